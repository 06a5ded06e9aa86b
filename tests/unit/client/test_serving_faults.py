"""What one handler does wrong is told to the one concerned; what can never be called is said once."""

import sys
import threading
import time
import types

import pytest
from fake_hop import PATIENCE, event, message
from steering import until

from exporter import config, events, rpc
from exporter.client import attach

# What os.listdir() gives for a name in Latin-1.
NAME = "/data/\udce9t.csv"


@pytest.fixture
def hop(start_hop, tmp_path):
    """The plugin of the driver's JVM."""
    return start_hop(tmp_path)


@pytest.fixture
def run(steering, hop):
    """Let the application begin."""
    return lambda: steering.run_in(hop.directory)


def test_half_of_a_character_in_an_error(hop, run):
    """A message and an event fail with a text that any reader takes; the message beside them is answered."""
    released, begun = threading.Event(), threading.Event()

    def fail(_):
        raise FileNotFoundError(NAME)

    rpc.handler("slow")(lambda _: begun.set() or released.wait(PATIENCE))
    rpc.handler("bad")(fail)
    events.on("bad")(fail)
    run()
    hop.until("handle")
    (session,) = hop.sessions
    session.push(*message(1, "slow"))
    assert begun.wait(PATIENCE)
    session.push(*message(2, "bad"))
    assert hop.until("failed")[0]["error"] == "FileNotFoundError: /data/\\udce9t.csv"
    session.push(*event(3, "bad"))
    header, _ = hop.until("outcome")
    assert (header["state"], header["error"]) == ("failed", "FileNotFoundError: /data/\\udce9t.csv")
    released.set()
    assert hop.until("result")[0]["call"] == 1
    assert len(hop.noted("hello")) == 1


class Rude:
    """An object that cannot be shown."""

    def __str__(self):
        raise RuntimeError

    __repr__ = __str__


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("x\ud800", "x\\ud800"),
        (ValueError("x\ud800"), "ValueError: x\\ud800"),
        ("\ud800" * 3000, "\\ud800" * 332),
        (5, "5"),
        (Rude(), "<Rude>"),
    ],
)
def test_an_event_fails_for_any_reason(hop, run, reason, text):
    """What is reported is a text of bounded length, and reporting never raises."""
    events.on("reload")(lambda occurred: occurred.fail(reason))
    run()
    hop.until("handle")
    hop.sessions[0].push(*event(1, "reload"))
    header, _ = hop.until("outcome")
    assert header["state"] == "failed"
    assert header["error"].startswith(text)
    assert len(header["error"]) <= 2000


def test_an_event_whose_time_is_over_is_not_begun(hop, run):
    """It waited for the one before it, and the plugin learns that it has expired; the next one is handled."""
    released, begun = threading.Event(), threading.Event()
    handled = []

    @events.on("reload")
    def reload(occurred):
        handled.append(occurred.payload)
        begun.set()
        assert released.wait(PATIENCE)

    run()
    hop.until("handle")
    (session,) = hop.sessions
    session.push(*event(1, "reload", "first"))
    assert begun.wait(PATIENCE)
    expires = time.time() + 0.05
    session.push(*event(2, "reload", "late", expires=expires))
    session.push(*event(3, "reload", "next"))
    until(lambda: time.time() > expires)
    released.set()
    hop.until("outcome", 3)
    found = [(head["event"][-1], head["state"], head["error"]) for head, _ in hop.noted("outcome")]
    assert found == [("1", "handled", None), ("2", "expired", None), ("3", "handled", None)]
    assert handled == ["first", "next"]


def test_a_result_with_keys_that_are_no_texts(hop, run):
    """Whoever asked learns it: of these two values one would be lost."""
    rpc.handler("keys")(lambda _: {1: 2, "1": 3})
    events.on("keys")(lambda _: {1: 2})
    run()
    hop.until("handle")
    hop.sessions[0].push(*message(1, "keys"))
    error = hop.until("failed")[0]["error"]
    assert error.startswith("TypeError: the handler's result must be JSON (None, ")
    assert error.endswith("the keys of a dict must be texts, not 1")
    hop.sessions[0].push(*event(2, "keys"))
    header, _ = hop.until("outcome")
    assert header["state"] == "failed"
    assert header["error"].startswith("TypeError: the result must be JSON (None, ")
    assert header["error"].endswith("the keys of a dict must be texts, not 1")


def test_handlers_that_nothing_comes_to(hop, run, warnings_logged):
    """The plugin says which the JVM has itself; each is worth one warning."""
    hop.answers["handle"] = lambda *_: ({"events": ["gc"], "topics": ["prices"]}, b"")
    events.on("gc")(len)
    rpc.handler("prices")(len)
    run()
    rpc.handler("another")(len)
    of_event, of_topic = warnings_logged()
    assert of_event == (
        "spark-exporter: the handler of gc events in this process is never called: the plugin, or a listener "
        "in the driver's JVM, handles them. Give the type another name."
    )
    assert of_topic == (
        "spark-exporter: the handler of 'prices' in this process is never called: a handler in the driver's "
        "JVM answers this topic."
    )


@pytest.fixture
def connect(monkeypatch):
    """Return Spark Connect's class of sessions, as in a process that has imported it and has no session."""
    session_class = types.SimpleNamespace(_default_session=None)
    module = types.SimpleNamespace(SparkSession=session_class)
    context_class = types.SimpleNamespace(_active_spark_context=None, _gateway=None)
    monkeypatch.setitem(sys.modules, "pyspark", types.SimpleNamespace(SparkContext=context_class))
    monkeypatch.setitem(sys.modules, "pyspark.sql.connect.session", module)
    # The thread that follows applications is looked through by hand here.
    monkeypatch.setattr(attach._State, "started", True)
    monkeypatch.setattr(attach._Directory, "remote_listeners", ())
    session_class.context_class = context_class
    return session_class


REGISTRATIONS = [
    lambda: rpc.handler("topic")(len),
    lambda: events.on("reload")(len),
    lambda: config.declare("threshold", type=int),
]


@pytest.mark.usefixtures("steering")
@pytest.mark.parametrize("register", REGISTRATIONS)
@pytest.mark.parametrize("early", [True, False])
def test_a_client_of_spark_connect_serves_nothing(connect, warnings_logged, register, early):
    """One warning, whichever was first, the session or the registration."""
    if not early:
        connect._default_session = object()
    register()
    if early:
        assert warnings_logged() == []
        connect._default_session = object()
    attach._look_for_connect()
    register()
    attach._look_for_connect()
    (warning,) = warnings_logged()
    assert warning == (
        "spark-exporter: this process is a client of Spark Connect: its handlers of messages and events are "
        "not called, and what it declares of the live configuration does not count. "
        "Both belong into the driver."
    )


@pytest.mark.usefixtures("steering")
def test_a_driver_with_a_session_of_spark_connect_serves(connect, warnings_logged):
    """A server in this process makes it the driver all the same."""
    connect._default_session = object()
    connect.context_class._active_spark_context = object()
    REGISTRATIONS[0]()
    attach._look_for_connect()
    assert warnings_logged() == []
