"""What the driver's Python serves: handlers of messages and events, and declared keys, told when needed."""

import threading

import pytest
from fake_hop import FAR, PATIENCE, event, message
from steering import until

from exporter import config, events, rpc
from exporter.client import pool
from exporter.client.hopfile import NoHopError


@pytest.fixture
def hop(start_hop, tmp_path):
    """The plugin of the driver's JVM."""
    return start_hop(tmp_path)


@pytest.fixture
def run(steering, hop):
    """Let the application begin."""
    return lambda: steering.run_in(hop.directory)


def test_handlers_are_told_when_the_application_begins(hop, run):
    """What is registered before is told as one; what comes later is told before the decorator returns."""
    rpc.handler("initial-config")(len)
    rpc.handler("another")(len)
    events.on("reload")(len)
    assert hop.noted("hello") == []
    run()
    header, _ = hop.until("handle")
    assert header == {
        "kind": "handle",
        "id": 1,
        "topics": ["another", "initial-config"],
        "events": ["reload"],
    }
    assert hop.noted("hello")[0][0]["role"] == "driver"

    events.on("refresh")(len)
    assert hop.noted("handle")[-1][0]["events"] == ["refresh", "reload"]


def test_nothing_to_serve_nothing_opened(hop, run):
    """A driver without handlers and declarations starts no thread and opens no connection."""
    before = set(threading.enumerate())
    run()
    assert [
        thread for thread in set(threading.enumerate()) - before if thread.name == "spark-exporter-serve"
    ] == []
    assert hop.noted("hello") == []


def test_a_handler_answers(hop, run):
    """JSON gives JSON, bytes give bytes; a message that wants no reply gets none."""
    seen = []
    rpc.handler("double")(lambda payload: seen.append(payload) or payload * 2)
    run()
    hop.until("handle")
    (session,) = hop.sessions
    session.push(*message(1, "double", 0, reply=False))
    session.push(*message(2, "double", [1]))
    session.push({**message(3, "double")[0], "encoding": "bytes"}, b"ab")
    hop.until("result", 2)

    assert hop.noted("result") == [
        ({"kind": "result", "call": 2, "encoding": "json"}, b"[1,1]"),
        ({"kind": "result", "call": 3, "encoding": "bytes"}, b"abab"),
    ]
    assert seen == [0, [1], b"ab"]
    assert hop.noted("failed") == []


class RudeError(Exception):
    """An exception that cannot even be shown."""

    def __str__(self):
        raise RuntimeError


def raising(error):
    """Return a handler that fails."""

    def fail(_payload):
        raise error

    return fail


@pytest.mark.parametrize(
    ("handler", "text"),
    [
        (raising(ValueError("no shard 3")), "ValueError: no shard 3"),
        (raising(RudeError()), "RudeError: "),
        (raising(SystemExit(3)), "SystemExit: 3"),
        (raising(KeyError("x" * 9999)), "KeyError: 'xxx"),
        (lambda _: {1, 2}, "TypeError: the handler's result must be JSON "),
        (lambda _: float("nan"), "ValueError: the handler's result must be JSON "),
        (lambda _: "x" * 5000, "the result has 5002 bytes; at most 1000"),
        (lambda: None, "TypeError: "),
    ],
)
def test_a_handler_that_fails(start_hop, tmp_path, steering, handler, text):
    """Whoever asked learns the type and the text; the handler's thread goes on."""
    hop = start_hop(tmp_path, max_payload=1000)
    rpc.handler("bad")(handler)
    rpc.handler("good")(lambda payload: payload)
    steering.run_in(tmp_path)
    hop.until("handle")
    for number in (1, 2):
        hop.sessions[0].push(*message(number, "bad"))
        header, body = hop.until("failed", number)
        assert (header["call"], body) == (number, b"")
        assert header["error"].startswith(text)
        assert len(header["error"]) <= 2000
    hop.sessions[0].push(*message(3, "good", "x"))
    assert hop.until("result")[1] == b'"x"'


def test_a_traceback_for_whoever_looks_closely(hop, run, caplog):
    """At debug level the log says where a handler failed."""
    caplog.set_level("DEBUG", "exporter")
    rpc.handler("bad")(raising(ValueError("no shard 3")))
    run()
    hop.until("handle")
    hop.sessions[0].push(*message(1, "bad"))
    hop.until("failed")
    (record,) = [record for record in caplog.records if "the handler of 'bad' failed" in record.message]
    assert (record.levelname, record.exc_info[0]) == ("DEBUG", ValueError)


def test_a_message_that_nobody_handles(hop, run):
    """The plugin asks only for what it was told of; if it asks for more it learns that, and others go on."""
    rpc.handler("known")(lambda payload: payload)
    run()
    hop.until("handle")
    hop.sessions[0].push(*message(1, "unknown"))
    assert hop.until("failed")[0]["error"] == "no handler for 'unknown' in this process"
    hop.sessions[0].push({**message(2, "known")[0], "encoding": "pickle"}, b"x")
    assert "in the encoding 'pickle'; expected json or bytes" in hop.until("failed", 2)[0]["error"]
    hop.sessions[0].push(*message(3, "known", 1))
    hop.until("result")


def test_a_slow_topic_delays_itself_only(hop, run):
    """Each topic has threads of its own; what has waited beyond its time is not even begun."""
    released, begun = threading.Event(), []
    rpc.handler("slow")(lambda payload: begun.append(payload) or released.wait(PATIENCE))
    rpc.handler("fast")(lambda payload: payload)
    run()
    hop.until("handle")
    (session,) = hop.sessions
    session.push(*message(1, "slow", 1))
    session.push(*message(2, "slow", 2, timeout=0))
    session.push(*message(3, "fast", 3))
    assert hop.until("result")[0]["call"] == 3
    released.set()
    hop.until("result", 2)
    header, _ = hop.until("failed")
    assert header == {
        "kind": "failed",
        "call": 2,
        "error": "its time was over before the handler could begin",
        "code": "timeout",
    }
    assert begun == [1]


def test_threads_of_a_topic(hop, run):
    """As many messages are handled at once as the topic has threads."""
    together = threading.Barrier(3, timeout=PATIENCE)
    rpc.handler("meet", threads=3)(lambda _: together.wait() >= 0)
    run()
    hop.until("handle")
    for number in range(3):
        hop.sessions[0].push(*message(number, "meet"))
    hop.until("result", 3)


def test_too_many_messages_wait(hop, run, monkeypatch):
    """The queue of a topic is bounded."""
    monkeypatch.setattr(pool, "MAX_WAITING", 2)
    released, begun = threading.Event(), threading.Event()
    rpc.handler("slow")(lambda _: begun.set() or released.wait(PATIENCE))
    run()
    hop.until("handle")
    hop.sessions[0].push(*message(0, "slow"))
    assert begun.wait(PATIENCE)
    for number in range(1, 4):
        hop.sessions[0].push(*message(number, "slow"))
    header, _ = hop.until("failed")
    assert header == {
        "kind": "failed",
        "call": 3,
        "error": "too many messages wait for the handler of 'slow'",
        "code": "overloaded",
    }
    released.set()
    hop.until("result", 3)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_handler_is_replaced(hop, run, threads):
    """A notebook's cell runs twice: the later function counts, and no thread is left over."""
    name = f"replaced-{threads}"
    run()
    for answer in ("one", "two"):
        rpc.handler(name, threads=1 if answer == "one" else threads)(lambda _, answer=answer: answer)
        hop.sessions[0].push(*message(1, name))
        hop.until("result", 1 if answer == "one" else 2)
    assert [body for _, body in hop.noted("result")] == [b'"one"', b'"two"']
    until(lambda: [thread.name for thread in threading.enumerate()].count(f"spark-exporter-rpc-{name}") == 1)


def test_events_are_handled_in_order(hop, run):
    """One after the other, with what the handler returned, raised, or reported itself."""

    @events.on("reload")
    def reload(occurred):
        assert (occurred.type, occurred.time, occurred.expires) == ("reload", 1.0, FAR)
        if occurred.payload == "fail":
            raise ValueError("no such path")
        if occurred.payload == "itself":
            occurred.done("first")
        return occurred.payload

    run()
    hop.until("handle")
    payloads = ["a", None, "fail", "itself", "x" * 65535, {"rows": 1}]
    for number, payload in enumerate(payloads):
        hop.sessions[0].push(*event(number, "reload", payload))
    hop.sessions[0].push(*event(9, "unknown"))
    hop.until("outcome", 7)

    found = [(head["event"][-1], head["state"], head["error"], body) for head, body in hop.noted("outcome")]
    assert found == [
        ("0", "handled", None, b'"a"'),
        ("1", "handled", None, b""),
        ("2", "failed", "ValueError: no such path", b""),
        ("3", "handled", None, b'"first"'),
        ("4", "failed", "the result has 65537 bytes; at most 65536", b""),
        ("5", "handled", None, b'{"rows":1}'),
        ("9", "failed", "no handler for unknown in the driver", b""),
    ]


@pytest.mark.parametrize(
    "header",
    [
        {"kind": "news", "call": 1},
        {"kind": "event", "call": 1},
        {"kind": "event", "call": 1, "event": 5, "type": "reload", "time": 1, "expires": 2},
        {"kind": "ok", "id": [1]},
    ],
)
def test_calls_that_make_no_sense(hop, run, header):
    """They end the connection; another one is opened, and told of everything again."""
    rpc.handler("topic")(lambda payload: payload)
    run()
    hop.until("handle")
    hop.sessions[0].push(header)
    hop.until("handle", 2)
    hop.sessions[1].push(*message(1, "topic", 5))
    assert hop.until("result")[1] == b"5"


def test_the_connection_drops(hop, run):
    """Handlers and rules are told again; an answer for the former connection goes nowhere, harmlessly."""
    released, begun = threading.Event(), threading.Event()
    rpc.handler("slow")(lambda _: begun.set() or released.wait(PATIENCE))
    config.declare("threshold", type=int)
    run()
    hop.until("declare")
    hop.sessions[0].push(*message(1, "slow"))
    assert begun.wait(PATIENCE)
    hop.drop()
    hop.until("declare", 2)
    released.set()
    hop.sessions[-1].push(*message(2, "slow"))
    assert hop.until("result")[0]["call"] == 2


def test_the_plugin_does_not_answer_at_first(hop, run):
    """It is told again, with pauses that grow; registering meanwhile waits for nothing."""
    hop.greet = lambda session: session.close()
    rpc.handler("topic")(lambda payload: payload)
    run()
    until(lambda: len(hop.noted("closed")) >= 2)
    rpc.handler("another")(lambda payload: payload)
    hop.greet = hop.welcome
    assert hop.until("handle")[0]["topics"] == ["another", "topic"]


def test_one_application_after_another(steering, start_hop, tmp_path):
    """Each application's plugin is told of everything; the one before hears no more."""
    events.on("reload")(lambda _: None)
    hops = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        hops.append(start_hop(tmp_path / name))
        steering.run_in(tmp_path / name)
        hops[-1].until("handle")
        if name == "one":
            steering.run_in(None)
            hops[0].until("closed")
    assert [len(hop.noted("handle")) for hop in hops] == [1, 1]


def test_messages_are_off(steering, tmp_path, warnings_logged):
    """Handlers that cannot be reached are worth one warning; registering does not wait, asking says why."""
    (tmp_path / "one").mkdir()
    rpc.handler("topic")(lambda payload: payload)
    steering.run_in(tmp_path / "one")
    until(warnings_logged)
    rpc.handler("another")(lambda payload: payload)
    (warning,) = warnings_logged()
    assert "handlers are registered in this process, and the plugin takes no messages: " in warning
    assert "spark.exporter.messages" in warning
    with pytest.raises(rpc.UnavailableError, match=r"spark\.exporter\.messages"):
        rpc.ask("topic")


def test_the_application_is_ending(steering, hop, run, warnings_logged):
    """The plugin goes before the driver hears of the end: nothing to warn about, and nothing to wait for."""
    rpc.handler("topic")(lambda payload: payload)
    run()
    hop.until("handle")
    (hop.directory / "hop").unlink()
    hop.close()
    until(lambda: steering.serving._directory is None)
    rpc.handler("another")(lambda payload: payload)
    assert warnings_logged() == []


def test_the_application_ends_before_anything_was_told(steering, hop, run, warnings_logged):
    """It listened when it began, so there is nothing to warn about."""
    run()
    (hop.directory / "hop").unlink()
    hop.close()
    rpc.handler("topic")(lambda payload: payload)
    until(lambda: steering.serving._directory is None)
    assert warnings_logged() == []


def test_the_application_ends_while_it_is_being_told(steering, tmp_path, monkeypatch, warnings_logged):
    """Whatever comes first, the end or the failure: it is the end, and the next application is served."""
    ended, told = threading.Event(), threading.Event()

    def connection(_deadline):
        if ended.is_set():
            told.set()
        else:
            ended.set()
            steering.serving.follow(None)
        raise NoHopError("the plugin takes no messages: its file is gone")

    monkeypatch.setattr(steering.link, "connection", connection)
    (tmp_path / "hop").touch()
    steering.serving.follow(str(tmp_path))
    rpc.handler("topic")(lambda payload: payload)
    assert ended.wait(PATIENCE)
    steering.serving.follow(str(tmp_path))
    assert told.wait(PATIENCE)
    until(lambda: steering.serving._directory is None)
    assert warnings_logged() == []


@pytest.mark.usefixtures("worker")
def test_workers_serve_nothing(steering, tmp_path):
    """A module that registers handlers and declares keys may be imported in workers."""

    @rpc.handler("topic")
    def handler(payload):
        return payload

    assert handler(5) == 5
    events.on("reload")(handler)
    config.declare("threshold", type=int, default=3)
    assert steering.serving._wanted == 0
    assert config.get("threshold") == 3
    assert not list(tmp_path.glob("**/hop"))


@pytest.mark.usefixtures("steering")
@pytest.mark.parametrize(
    ("register", "error", "sentence"),
    [
        (
            lambda: rpc.handler(len),
            TypeError,
            "topic must be a string such as 'initial-config', not <built-in",
        ),
        (lambda: rpc.handler(""), ValueError, "topic must be 1 to 200 characters"),
        (lambda: rpc.handler("t", threads=0), ValueError, "threads must be 1 to 64, not 0"),
        (lambda: rpc.handler("t", threads=True), TypeError, "threads must be a whole number, not True"),
        (lambda: rpc.handler("t")(5), TypeError, "a handler must be a function, not 5"),
        (lambda: events.on(len), TypeError, "type must be a string such as 'reload', not <built-in"),
        (lambda: events.on("Reload"), ValueError, "type must be a lower-case letter, .* not 'Reload'"),
        (lambda: events.on("x" * 65), ValueError, "up to 63 lower-case letters, digits or '-'"),
        (lambda: events.on("t")(None), TypeError, "a handler must be a function, not None"),
    ],
)
def test_wrong_arguments(register, error, sentence):
    """A decorator refuses what it cannot use, and names it."""
    with pytest.raises(error, match=sentence):
        register()


def test_the_driver_asks_itself(hop, run):
    """Messages work in the driver as well, over the connection that serves."""
    rpc.handler("topic")(lambda payload: payload)
    run()
    hop.until("handle")
    assert rpc.ask("topic", {"a": 1}, PATIENCE) == {"a": 1}
    rpc.send("topic", b"x")
    assert len(hop.noted("hello")) == 1


def test_the_driver_polls_nothing(hop, run):
    """In the driver functions handle events; a poll claims none."""
    run()
    assert events.poll() == []
    assert hop.noted("claim") == []
