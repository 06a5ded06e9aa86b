"""Events in one JVM: its listeners, the driver's Python process, and the workers that fetch them."""

import json
import struct

import pytest

from plugin.hop_client import told
from plugin.services import Services
from running import until

GONE = "the Python process ended before it was done"


@pytest.fixture
def services(jvm, tmp_path):
    """A driver in local mode, which has workers of its own."""
    made = Services(jvm, tmp_path / "driver", eventListeners="harness.NamedListener")
    yield made
    made.stop()


@pytest.fixture
def executor(jvm, services, tmp_path):
    """An executor of that driver."""
    made = Services(jvm, tmp_path / "executor", driver=services, eventListeners="harness.NamedListener")
    yield made
    made.stop()


def claimable(services):
    """Return the number that workers compare before they ask."""
    return struct.unpack_from("<d", (services.directory / "control").read_bytes(), 16)[0]


def test_a_listener_in_the_jvm_handles_its_type(executor):
    """What it returns is the result."""
    executor.give("e1", "heard", '{"result": {"a": [1]}}')
    assert executor.until_outcome("e1") == ("handled", '{"a":[1]}')
    assert claimable(executor) == 0


def test_a_listener_that_throws_fails_the_event(executor):
    """And only this one."""
    executor.give("e1", "heard", '{"throw": 1}')
    executor.give("e2", "heard", '{"strange": 1}')
    executor.give("e3", "heard")
    assert executor.until_outcome("e1") == ("IllegalStateException", "as the test wants")
    assert executor.until_outcome("e2") == ("EventFailed", "the result: the number NaN is not JSON")
    assert executor.until_outcome("e3") == ("handled", "null")


def test_several_listeners_of_a_type_all_get_it(jvm, services, tmp_path):
    """The result is the list of theirs."""
    both = "harness.NamedListener, harness.NamedListener2, no.such.Listener"
    executor = Services(jvm, tmp_path / "both", driver=services, eventListeners=both)
    executor.give("e1", "heard", '{"result": 5}')
    assert executor.until_outcome("e1") == ("handled", '[5,"second"]')
    executor.give("e2", "heard", '{"throw": 5}')
    assert executor.until_outcome("e2") == ("IllegalStateException", "as the test wants")
    (warning,) = executor.warnings()
    assert warning == (
        "no.such.Listener, named in spark.exporter.eventListeners, cannot be used:"
        " java.lang.ClassNotFoundException: no.such.Listener"
    )
    executor.stop()


def test_the_drivers_python_process_handles_what_it_has_registered(services):
    """The payload is the body; the outcome comes as a request."""
    with services.connect("driver") as python:
        python.request("handle", topics=[], events=["reload"])
        services.give("e1", payload='{"table":"ü"}')
        header, body = python.read()
        assert (header.pop("kind"), header.pop("call")) == ("event", 1)
        assert header == {"event": "e1", "type": "reload", "time": 1.0, "expires": 2.0}
        assert body.decode() == '{"table":"ü"}'
        assert services.outcome("e1") is None
        assert python.request("outcome", b"[1]", event="e1", state="handled", error=None)[0] == {"kind": "ok"}
        assert services.outcome("e1") == ("handled", "[1]")
    assert claimable(services) == 0


def test_a_failure_of_the_drivers_python_process_is_the_events(services):
    """In its own words, or in ours if it has none."""
    with services.connect("driver") as python:
        python.request("handle", topics=[], events=["reload"])
        for name, error in (("e1", "ValueError: no"), ("e2", None)):
            services.give(name)
            assert python.read()[0]["event"] == name
            python.request("outcome", event=name, state="failed", error=error)
    assert services.outcome("e1") == ("EventFailed", "ValueError: no")
    assert services.outcome("e2") == ("EventFailed", "it failed without a word")


def test_when_the_drivers_python_process_goes_its_events_fail(services):
    """Nobody waits for an outcome that cannot come."""
    with services.connect("driver") as python:
        python.request("handle", topics=[], events=["reload"])
        services.give("e1")
        python.read()
    assert services.until_outcome("e1") == ("EventFailed", GONE)


def test_a_worker_fetches_events_in_order_and_each_goes_to_one(executor):
    """The number in the control file tells that there is something."""
    assert claimable(executor) == 0
    with executor.connect() as first, executor.connect() as second:
        assert first.request("claim")[0] == {"kind": "ok", "events": []}
        for number in range(3):
            executor.give(f"e{number}", payload=json.dumps({"n": number}))
        assert claimable(executor) == 3
        header, _ = first.request("claim")
        assert header["events"] == [
            {"event": f"e{number}", "type": "reload", "time": 1.0, "expires": 2.0, "payload": {"n": number}}
            for number in range(3)
        ]
        assert second.request("claim")[0]["events"] == []
        assert told(*second.request("outcome", event="e0", state="handled")) == (
            "bad_request", "this process does not have the event e0",
        )  # fmt: skip
        assert first.request("outcome", b'"done"', event="e0", state="handled")[0] == {"kind": "ok"}
        assert first.request("outcome", event="e1", state="failed", error="OSError: x")[0] == {"kind": "ok"}
        assert told(*first.request("outcome", event="e0", state="handled"))[0] == "bad_request"
        assert executor.outcome("e0") == ("handled", '"done"')
        assert executor.outcome("e1") == ("EventFailed", "OSError: x")
        assert executor.outcome("e2") is None
    assert executor.until_outcome("e2") == ("EventFailed", GONE)


def test_an_outcome_is_handled_or_failed(executor):
    """Anything else is refused, and the event stays open."""
    with executor.connect() as worker:
        executor.give("e1")
        worker.request("claim")
        assert told(*worker.request("outcome", event="e1", state="done")) == (
            "bad_request", "the state of an outcome is handled, failed or expired",
        )  # fmt: skip
        assert executor.outcome("e1") is None


def test_an_event_that_nobody_fetches_in_time_expires(executor):
    """A worker that comes later does not get it."""
    executor.give("e1", millis=50)
    executor.give("e2")
    assert executor.until_outcome("e1") == ("EventExpired", "nobody began to handle it in time")
    with executor.connect() as worker:
        (event,) = worker.request("claim")[0]["events"]
    assert event["event"] == "e2"
    assert claimable(executor) == 2


def test_large_events_come_in_several_answers(executor):
    """Each of them fits a frame; the answer says that there is more."""
    payload = json.dumps("x" * 60_000)
    for number in range(20):
        executor.give(f"e{number}", payload=payload)
    seen = []
    with executor.connect() as worker:
        more = True
        while more:
            header, _ = worker.request("claim")
            assert header["events"]
            seen += [event["event"] for event in header["events"]]
            more = header.get("more", False)
    assert seen == [f"e{number}" for number in range(20)]


def test_in_local_mode_the_drivers_handler_goes_before_the_workers(services):
    """What it does not handle is for the workers."""
    with services.connect("driver") as python, services.connect() as worker:
        python.request("handle", topics=[], events=["reload"])
        services.give("e1", "reload")
        services.give("e2", "other")
        assert python.read()[0]["event"] == "e1"
        assert [event["event"] for event in worker.request("claim")[0]["events"]] == ["e2"]


def test_a_process_that_registers_later_gets_the_later_events(services):
    """Those before it wait for the workers."""
    services.give("e1")
    with services.connect("driver") as python:
        python.request("handle", topics=[], events=["reload"])
        services.give("e2")
        assert python.read()[0]["event"] == "e2"
    assert services.outcome("e1") is None


def names(answer):
    """Return the events of an answer to a claim."""
    return [event["event"] for event in answer[0]["events"]]


def test_what_workers_have_not_fetched_holds_up_nothing_in_the_jvm(executor):
    """Each kind of handler has its own events in order: those of the JVM do not wait for a poll."""
    for name, type_ in (("w1", "reload"), ("j1", "heard"), ("j2", "gc"), ("w2", "other"), ("j3", "heard")):
        executor.queue(name, type_)
    executor.until_ended("j1", "j2", "j3")
    executor.queue("w3")
    until(lambda: claimable(executor) == 3, "all for the workers wait for them")
    with executor.connect() as first, executor.connect() as second:
        assert names(first.request("claim")) == ["w1", "w2", "w3"]
        executor.queue("w4")
        until(lambda: claimable(executor) == 4, "one more")
        assert names(second.request("claim")) == ["w4"]
        second.request("outcome", event="w4", state="handled")
        first.request("outcome", event="w1", state="handled")
        executor.until_ended("j1", "j2", "j3", "w4", "w1")


def test_a_python_handler_that_hangs_holds_up_nothing_in_the_drivers_jvm(services):
    """It gets its own events in order, and those for workers do not wait for it either."""
    with services.connect("driver") as python, services.connect() as worker:
        python.request("handle", topics=[], events=["reload", "other"])
        for name, type_ in (
            ("p1", "reload"),
            ("j1", "gc"),
            ("w1", "loose"),
            ("p2", "other"),
            ("j2", "heard"),
        ):
            services.queue(name, type_)
        services.until_ended("j1", "j2")
        assert [python.read()[0]["event"] for _ in range(2)] == ["p1", "p2"]
        assert names(worker.request("claim")) == ["w1"]


def test_a_listener_that_hangs_holds_up_all_that_comes_after_it(executor):
    """Of the JVM and of the workers, until it returns."""
    for name, type_, payload in (("j1", "heard", '{"hold": 1}'), ("w1", "reload", "{}"), ("j2", "gc", "{}")):
        executor.queue(name, type_, payload)
    executor.queue("late", "reload", millis=1)
    until(lambda: executor.ended() == [("late", "expired")], "one has expired behind it")
    assert claimable(executor) == 0
    executor.jvm("listener_release")
    until(lambda: len(executor.ended()) == 3, "those of the JVM have ended")
    assert executor.ended()[1:] == [("j1", "handled"), ("j2", "handled")]
    with executor.connect() as worker:
        assert names(worker.request("claim")) == ["w1"]


PAYLOADS = [
    ("gc", '{"now": true}', 'unknown: "now"; expected {}'),
    ("gc", "[]", "the payload [] is no object; expected {}"),
    ("log-level", "{}", '"level" is missing; expected {"level": "DEBUG"}'),
    ("log-level", '{"lvl": "INFO"}', 'unknown: "lvl"; expected {"level": "DEBUG"}'),
    ("log-level", '{"level": 5}', '"level" is 5; expected {"level": "DEBUG"}'),
    ("log-level", '{"level": "LOUD"}', '"LOUD" is none of OFF, FATAL, ERROR, WARN, INFO, DEBUG, TRACE, ALL'),
    ("log-level", '{"level": "INFO", "for": "long"}', '"for" is "long"; expected {"level": "DEBUG"}'),
    ("log-level", '{"level": "INFO", "for": 0}', '"for" is 0; expected {"level": "DEBUG"}'),
    ("log-level", '{"level": "INFO", "for": "31d"}', '"for" is "31d"; expected {"level": "DEBUG"}'),
    ("report-interval", "{}", '"interval" is missing; expected {"interval": "2s"}, from 100ms to 60s'),
    ("report-interval", '{"interval": "61s"}', '"interval" is "61s"; expected {"interval": "2s"}, from'),
]


@pytest.mark.parametrize(("type_", "payload", "sentence"), PAYLOADS)
def test_a_built_in_event_takes_its_own_payload_alone(executor, type_, payload, sentence):
    """The sentence says what is wrong and what is expected."""
    executor.give("e1", type_, payload)
    kind, error = executor.until_outcome("e1")
    assert kind == "EventFailed"
    assert error.startswith(sentence)


def test_gc_says_what_it_freed(executor):
    """Heap before and after, and how long it took."""
    executor.give("e1", "gc")
    kind, result = executor.until_outcome("e1")
    assert kind == "handled"
    freed = json.loads(result)
    assert sorted(freed) == ["heap_bytes_after", "heap_bytes_before", "seconds"]
    assert all(value > 0 for value in freed.values())


class Levels:
    """The level of one logger of the JVM, over events."""

    def __init__(self, jvm, services, logger):
        """Use a logger that nobody else uses."""
        self.jvm, self.services, self.logger, self.count = jvm, services, logger, 0

    def set(self, level, **fields):
        """Set it; return what it was before."""
        self.count += 1
        name = f"level{self.count}"
        self.services.give(name, "log-level", json.dumps({"level": level, "logger": self.logger, **fields}))
        kind, result = self.services.until_outcome(name)
        assert kind == "handled", result
        told = json.loads(result)
        assert (told["logger"], told["level"]) == (self.logger, level.upper())
        return told["former"]

    def now(self):
        """Return the level that the logger has."""
        return self.jvm("log_level", logger=self.logger)

    def until(self, level):
        """Wait for a level."""
        until(lambda: self.now() == level, f"the level {level}")


@pytest.fixture
def levels(jvm, executor, request):
    """A logger of the test's own; the root logger has WARN."""
    return Levels(jvm, executor, f"test.{request.node.name}")


def test_a_log_level_holds_until_the_next_one(levels):
    """The result tells the former one."""
    assert levels.set("DEBUG") == "WARN"
    assert levels.now() == "DEBUG"
    assert levels.set("error") == "DEBUG"
    assert levels.now() == "ERROR"


def test_a_log_level_for_a_time_goes_back(levels):
    """To none of its own, if it had none."""
    assert levels.set("TRACE", **{"for": "300ms"}) == "WARN"
    levels.until("WARN")
    levels.set("INFO")
    assert levels.set("DEBUG", **{"for": 2.5}) == "INFO"
    assert levels.now() == "DEBUG"
    levels.until("INFO")


def test_log_levels_for_a_time_may_overlap(levels):
    """The last one whose time is not over counts, whichever ends first."""
    levels.set("INFO")
    levels.set("DEBUG", **{"for": "5s"})
    levels.set("TRACE", **{"for": "1500ms"})
    assert levels.now() == "TRACE"
    levels.until("DEBUG")
    levels.until("INFO")
    levels.set("DEBUG", **{"for": "300ms"})
    levels.set("TRACE", **{"for": "1s"})
    levels.until("INFO")


def test_a_lasting_log_level_ends_those_for_a_time(levels):
    """Nothing comes back later."""
    levels.set("DEBUG", **{"for": "200ms"})
    levels.set("ERROR")
    other = Levels(levels.jvm, levels.services, levels.logger + "2")
    other.set("DEBUG", **{"for": "400ms"})
    other.until("WARN")
    assert levels.now() == "ERROR"


def test_a_log_level_that_somebody_else_has_set_stays(levels):
    """It is the newer wish."""
    levels.set("DEBUG", **{"for": "300ms"})
    levels.jvm("log_level", logger=levels.logger, set="FATAL")
    other = Levels(levels.jvm, levels.services, levels.logger + "2")
    other.set("DEBUG", **{"for": "500ms"})
    other.until("WARN")
    assert levels.now() == "FATAL"


@pytest.mark.parametrize("name", ["root", ""])
def test_the_root_logger_has_two_names(jvm, executor, name):
    """It is also what is meant if none is named."""
    root = Levels(jvm, executor, name)
    former = root.jvm("log_level", logger="")
    executor.give("e1", "log-level", json.dumps({"level": "ERROR", "logger": name, "for": "300ms"}))
    result = json.loads(executor.until_outcome("e1")[1])
    assert result == {"logger": "root", "level": "ERROR", "former": former}
    until(lambda: jvm("log_level", logger="") == former, "the former level")
