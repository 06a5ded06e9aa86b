"""Messages: to handlers in the driver's JVM and its Python process, and over a network that fails."""

import base64
import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugin.hop_client import frame, told
from plugin.parts import JavaError
from plugin.services import Services
from running import until

MEBIBYTE = 1 << 20


@pytest.fixture
def driver(jvm, tmp_path):
    """A driver's services."""
    made = Services(jvm, tmp_path / "driver")
    yield made
    made.stop()


@pytest.fixture
def echoing(driver):
    """The driver, with a handler that answers what it was asked."""
    driver.handle("echo", "echo")
    return driver


@pytest.fixture
def executor(jvm, driver, tmp_path):
    """Make executors of that driver, after the driver has its handlers."""
    made = []

    def start(name="1", **arguments):
        made.append(Services(jvm, tmp_path / f"executor-{name}", driver=driver, name=name, **arguments))
        return made[-1]

    yield start
    for one in made:
        one.stop()


@pytest.fixture
def python(driver):
    """The driver's Python process, which handles one topic and one type of events."""
    with driver.connect("driver") as made:
        assert made.request("handle", topics=["python"], events=["reload"])[0] == {"kind": "ok"}
        yield made


# ---- handlers in the JVM


def test_a_worker_gets_the_answer_of_a_handler_in_the_driver(driver, executor):
    """JSON for JSON, bytes for bytes; and the handler knows who asks."""
    driver.handle("echo", "echo")
    with executor("7").connect() as worker:
        assert worker.ask("echo", {"shard": 3, "ü": [None, 0.1]}) == (
            "json", {"got": {"shard": 3, "ü": [None, 0.1]}},
        )  # fmt: skip
        assert worker.ask("echo", b"\x00\xff") == ("bytes", b"\x00\xff")
    assert driver.seen("echo")[0].startswith("7:")
    assert driver.counts() == {"echo asked": 2, "echo answered": 2}


def test_the_driver_may_ask_itself(driver):
    """As in local mode, where the driver's JVM runs the tasks."""
    driver.handle("echo", "echo")
    with driver.connect() as worker:
        assert worker.ask("echo", 1) == ("json", {"got": 1})
    assert driver.seen("echo") == ["driver:1"]


def test_what_a_handler_returns_becomes_json(driver, executor):
    """Numbers keep their text, whatever their class."""
    driver.handle("values", "values")
    with executor().connect() as worker:
        assert worker.ask("values", None) == (
            "json", [1, 2.5, 3, 4, "c", "t", None, True, [0.1], 1.7976931348623157e308],
        )  # fmt: skip


FAILURES = {
    "throw": ("handler_failed", "IllegalStateException: as the test wants"),
    "error": ("handler_failed", "NoClassDefFoundError: of another version"),
    "strange": ("handler_failed", "what the handler returned: a harness.FakeTopics$1 is not JSON"),
    "nan": ("handler_failed", "what the handler returned: the number NaN is not JSON"),
    "huge": (
        "too_large",
        "the answer has 1048576 bytes; at most 65536 are allowed (spark.exporter.maxPayload)",
    ),
}


@pytest.mark.parametrize(("does", "expected"), FAILURES.items(), ids=FAILURES)
def test_what_fails_in_a_handler_is_told_to_the_one_who_asked(jvm, tmp_path, does, expected):
    """With a code and a sentence; the next message is answered as ever."""
    driver = Services(jvm, tmp_path / "driver", maxPayload="64k")
    driver.handle("bad", does)
    driver.handle("good", "echo")
    executor = Services(jvm, tmp_path / "executor", driver=driver, maxPayload="64k")
    with executor.connect() as worker:
        assert worker.ask("bad", None) == expected
        assert worker.ask("good", None) == ("json", {"got": None})
    assert driver.counts() == {"bad asked": 1, f"bad {expected[0]}": 1, "good asked": 1, "good answered": 1}
    executor.stop()
    driver.stop()


def test_a_topic_without_a_handler_fails_at_once(driver, executor):
    """It need not wait for its time to be over."""
    with executor().connect() as worker:
        assert worker.ask("nobody", None, timeout=86400) == (
            "no_handler",
            'no handler for "nobody" in the driver',
        )
    assert driver.counts() == {"nobody asked": 1, "nobody no_handler": 1}


def test_a_slow_topic_delays_itself_alone(driver, executor):
    """Its own messages wait; others are answered meanwhile."""
    driver.handle("slow", "hold")
    driver.handle("fast", "echo")
    with executor().connect() as worker:
        first = worker.start("ask", topic="slow", encoding="json", timeout=60)
        second = worker.start("ask", topic="slow", encoding="json", timeout=60)
        until(lambda: driver.seen("slow"), "the handler is busy")
        fast = worker.start("ask", b"5", topic="fast", encoding="json", timeout=60)
        header, body = worker.read()
        assert (header["id"], json.loads(body)) == (fast, {"got": 5})
        driver.release("slow")
        assert [worker.read()[0]["id"] for _ in range(2)] == [first, second]


def test_when_the_time_is_over_the_worker_hears_it(driver, executor):
    """The handler still hangs; and the next topic is served."""
    driver.handle("slow", "hold")
    driver.handle("fast", "echo")
    with executor().connect() as worker:
        assert worker.ask("slow", None, timeout=0.2) == ("timeout", 'no answer in time to "slow"')
        assert worker.ask("fast", None) == ("json", {"got": None})
    until(lambda: driver.counts().get("slow timeout"), "the driver counts it")
    driver.release("slow")


def test_a_message_whose_time_is_over_is_not_handled_any_more(driver, executor):
    """It waited behind another one."""
    driver.handle("slow", "hold")
    with executor().connect() as worker:
        worker.start("ask", b'"first"', topic="slow", encoding="json", timeout=60)
        until(lambda: driver.seen("slow"), "the handler is busy")
        second = worker.start("ask", b'"second"', topic="slow", encoding="json", timeout=0.2)
        header, _ = worker.read()
        assert (header["id"], header["error"]) == (second, "timeout")
        until(lambda: driver.counts().get("slow timeout"), "the driver has given it up, too")
        driver.release("slow")
        assert worker.read()[1] == b'"released"'
        assert worker.ask("slow", "third") == ("json", "released")
    assert driver.seen("slow") == ['1:"first"', '1:"third"']


def test_a_topic_takes_a_thousand_messages_and_then_no_more(driver):
    """Those that wait are handled all the same."""
    driver.handle("slow", "hold")
    driver.handle("fast", "echo")
    with driver.connect() as worker:
        worker.start("ask", topic="slow", encoding="json", timeout=600)
        until(lambda: driver.seen("slow"), "the handler is busy")
        for _ in range(1000):
            worker.start("ask", topic="slow", encoding="json", timeout=600)
        more = worker.start("ask", topic="slow", encoding="json", timeout=600)
        header, _ = worker.read()
        assert (header["id"], *told(header, b"")) == (
            more, "overloaded", '1000 messages wait for the handler of "slow" already',
        )  # fmt: skip
        driver.release("slow")
        assert [worker.read()[0]["kind"] for _ in range(1001)] == ["ok"] * 1001


def test_an_executor_takes_a_thousand_messages_and_then_no_more(driver, executor):
    """So that a driver that hangs does not fill its memory."""
    driver.handle("slow", "hold")
    with executor().connect() as worker:
        for _ in range(1000):
            worker.start("ask", topic="slow", encoding="json", timeout=600)
        assert worker.ask("slow", None) == (
            "overloaded", "1000 messages of this executor are under way; one more cannot be taken",
        )  # fmt: skip
        driver.release("slow")
        assert [worker.read()[0]["kind"] for _ in range(1000)] == ["ok"] * 1000


def test_a_payload_has_a_length_up_to_the_limit(jvm, tmp_path):
    """One byte more is refused, and the connection stays."""
    driver = Services(jvm, tmp_path / "driver", maxPayload="64k")
    driver.handle("echo", "echo")
    executor = Services(jvm, tmp_path / "executor", driver=driver, maxPayload="64k")
    most = os.urandom(65536)
    with executor.connect() as worker:
        assert worker.ask("echo", most) == ("bytes", most)
        assert worker.ask("echo", most + b"1") == (
            "too_large", "the payload has 65537 bytes; at most 65536 are allowed (spark.exporter.maxPayload)",
        )  # fmt: skip
        assert worker.ask("echo", most) == ("bytes", most)
    executor.stop()
    driver.stop()


def test_many_large_payloads_go_through_in_both_directions(driver, executor):
    """More than fits one call to the driver."""
    driver.handle("echo", "echo")
    bodies = [os.urandom(MEBIBYTE) for _ in range(12)]
    with executor().connect() as worker:
        for first in range(0, len(bodies), 3):
            batch = bodies[first : first + 3]
            numbers = [
                worker.start("ask", body, topic="echo", encoding="bytes", timeout=60) for body in batch
            ]
            answers = [worker.read() for _ in batch]
            assert {header["id"]: body for header, body in answers} == dict(zip(numbers, batch, strict=True))


@pytest.mark.parametrize("topic", ["", "x" * 201, "a\nb", "\x00"])
def test_a_topic_is_a_short_line_of_text(driver, executor, topic):
    """Anything else is refused where it comes from."""
    with executor().connect() as worker:
        assert worker.ask(topic, None) == (
            "bad_request", "a topic is text of 1 to 200 characters without control characters",
        )  # fmt: skip
    assert driver.counts() == {}


def test_a_sent_message_is_handled_although_nobody_waits(driver, executor):
    """In the order in which it was sent."""
    driver.handle("log", "echo")
    with executor().connect() as worker:
        for number in range(100):
            header, _ = worker.request("send", str(number).encode(), topic="log", encoding="json")
            assert header == {"kind": "ok"}
    until(lambda: len(driver.seen("log")) == 100, "all of them")
    assert driver.seen("log") == [f"1:{number}" for number in range(100)]
    assert driver.counts() == {"log sent": 100}


def test_only_so_many_topics_are_counted_by_name(driver):
    """Whoever makes up topics does not fill the memory."""
    with driver.connect() as worker:
        for number in range(60):
            worker.ask(f"topic-{number}", None)
    counts = driver.counts()
    assert len(counts) == 2 * 51
    assert counts["other asked"] == counts["other no_handler"] == 10


# ---- handlers in the driver's Python process


def test_the_drivers_python_process_answers(driver, executor, python):
    """It is told who asks, and how much time there is."""
    with executor("4").connect() as worker:
        number = worker.start("ask", b"[1]", topic="python", encoding="json", timeout=30)
        header, body = python.read()
        assert 0 < header.pop("timeout") <= 30
        assert (header, body) == (
            {"kind": "message", "call": 1, "topic": "python", "encoding": "json", "reply": True, "from": "4"},
            b"[1]",
        )
        python.send({"kind": "result", "call": 1, "encoding": "json"}, b'{"a": 1}')
        assert worker.read() == ({"kind": "ok", "id": number, "encoding": "json"}, b'{"a": 1}')
    assert driver.counts() == {"python asked": 1, "python answered": 1}


def test_a_failure_in_python_is_told_to_the_one_who_asked(executor, python):
    """In its own words."""
    with executor().connect() as worker:
        worker.start("ask", topic="python", encoding="json", timeout=30)
        python.send({"kind": "failed", "call": python.read()[0]["call"], "error": "ValueError: no"})
        assert told(*worker.read()) == ("handler_failed", "ValueError: no")


@pytest.mark.parametrize(("code", "expected"), [("no_handler", "no_handler"), ("else", "handler_failed")])
def test_python_may_say_why_it_failed(executor, python, code, expected):
    """By one of the codes; a word that is none counts as the handler's failure."""
    with executor().connect() as worker:
        worker.start("ask", topic="python", encoding="json", timeout=30)
        call = python.read()[0]["call"]
        python.send({"kind": "failed", "call": call, "error": "as the test wants", "code": code})
        assert told(*worker.read()) == (expected, "as the test wants")


def test_an_answer_of_python_has_a_length_up_to_the_limit(executor, python):
    """What exceeds it is no answer."""
    with executor().connect() as worker:
        worker.start("ask", topic="python", encoding="json", timeout=30)
        python.send(
            {"kind": "result", "call": python.read()[0]["call"], "encoding": "bytes"}, bytes(MEBIBYTE + 1)
        )
        assert told(*worker.read()) == (
            "too_large",
            "the answer has 1048577 bytes; at most 1048576 are allowed (spark.exporter.maxPayload)",
        )


def test_a_sent_message_reaches_python_without_a_time(executor, python):
    """Nothing is expected back."""
    with executor().connect() as worker:
        worker.request("send", b"\x01", topic="python", encoding="bytes")
    assert python.read() == (
        {"kind": "message", "call": 1, "topic": "python", "encoding": "bytes", "reply": False, "from": "1"},
        b"\x01",
    )


def test_when_the_python_process_goes_its_open_messages_fail(executor, python):
    """And its handlers are gone."""
    with executor().connect() as worker:
        worker.start("ask", topic="python", encoding="json", timeout=600)
        python.read()
        python.close()
        assert told(*worker.read()) == (
            "handler_failed", "the driver's Python process ended before it was done",
        )  # fmt: skip
        assert worker.ask("python", None) == ("no_handler", 'no handler for "python" in the driver')


def test_the_last_process_that_handles_a_topic_gets_it(driver, executor, python):
    """When it goes, the one before it is there again."""
    with executor().connect() as worker:
        with driver.connect("driver") as newer:
            newer.request("handle", topics=["python"], events=[])
            worker.start("ask", topic="python", encoding="json", timeout=600)
            newer.send({"kind": "result", "call": newer.read()[0]["call"], "encoding": "json"}, b"2")
            assert told(*worker.read()) == ("json", 2)

        def older_answers():
            worker.start("ask", topic="python", encoding="json", timeout=600)
            python.socket.settimeout(0.5)
            try:
                return python.read()[0]["call"]
            except TimeoutError:
                return None
            finally:
                python.socket.settimeout(60)

        assert until(older_answers, "the older process is asked")


def test_handlers_may_change(executor, python):
    """What is registered replaces what was."""
    python.request("handle", topics=["other"], events=[])
    with executor().connect() as worker:
        assert worker.ask("python", None)[0] == "no_handler"
        worker.start("ask", topic="other", encoding="json", timeout=600)
        assert python.read()[0]["topic"] == "other"


@pytest.mark.usefixtures("python")
def test_a_handler_in_the_jvm_goes_before_one_in_python(driver, executor):
    """Each topic has one answer."""
    driver.handle("python", "echo")
    with executor().connect() as worker:
        assert worker.ask("python", 1) == ("json", {"got": 1})


def test_answers_to_what_nobody_asked_are_passed_over(executor, python):
    """The connection goes on."""
    python.send({"kind": "result", "call": 99, "encoding": "json"}, b"1")
    python.send({"kind": "failed", "call": 98, "error": "x"})
    assert python.request("handle", topics=["python"], events=[])[0] == {"kind": "ok"}
    with executor().connect() as worker:
        worker.start("ask", topic="python", encoding="json", timeout=600)
        call = python.read()[0]["call"]
        for body in (b"1", b"2"):
            python.send({"kind": "result", "call": call, "encoding": "json"}, body)
        assert told(*worker.read()) == ("json", 1)
        worker.send({"kind": "claim", "id": 7})
        assert worker.read()[0]["id"] == 7


def test_a_python_process_with_too_much_to_do_gets_no_more(executor, python):
    """Neither does the driver's memory."""
    with executor().connect() as worker, executor("2").connect() as other:
        for _ in range(1000):
            worker.start("ask", topic="python", encoding="json", timeout=600)
        for _ in range(1000):
            python.read()
        assert other.ask("python", None) == (
            "overloaded", 'the handler of "python" has too much to do already',
        )  # fmt: skip


# ---- the way to the driver

FATES = st.lists(
    st.sampled_from(["arrives", "lost", "reply_lost", "late", "twice", "silent", "garbage"]), max_size=6
)


@given(fates=FATES, sizes=st.lists(st.integers(0, 2), min_size=1, max_size=6))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_message_is_handled_once_whatever_the_network_does(echoing, executor, fates, sizes):
    """Lost and repeated calls, lost, late and broken replies: one answer to each, in the order of asking."""
    before = len(echoing.seen("echo"))
    asking = executor("9", fates=fates)
    with asking.connect() as worker:
        number = 0
        expected = []
        for size in sizes:
            batch = []
            for _ in range(size + 1):
                number += 1
                expected.append(f"9:{number}")
                batch.append(frame({
                    "kind": "ask", "id": number, "topic": "echo", "encoding": "json", "timeout": 60,
                }, str(number).encode()))  # fmt: skip
            worker.socket.sendall(b"".join(batch))
        answers = [worker.read() for _ in range(number)]
        assert sorted((header["id"], json.loads(body)["got"]) for header, body in answers) == [
            (one, one) for one in range(1, number + 1)
        ]
    asking.stop()
    assert echoing.seen("echo")[before:] == expected


def test_a_driver_that_cannot_be_reached_is_unavailable(driver, executor):
    """And not a handler that is slow."""
    driver.handle("echo", "echo")
    with executor(fates=["lost"] * 1000).connect() as worker:
        assert worker.ask("echo", None, timeout=0.3) == (
            "unavailable", "the driver could not be reached: the network is down",
        )  # fmt: skip
    assert driver.seen("echo") == []


def test_what_was_sent_is_delivered_before_the_executor_stops(driver, executor):
    """If the driver still listens."""
    driver.handle("log", "echo")
    last = executor(fates=["lost", "lost"])
    with last.connect() as worker:
        worker.request("send", b"1", topic="log", encoding="json")
    last.stop(patience=60_000)
    until(lambda: driver.seen("log") == ["1:1"], "the handler has it")


def test_who_waits_when_the_executor_stops_is_told(driver, executor):
    """Nobody waits for what cannot come."""
    driver.handle("slow", "hold")
    stopping = executor()
    with stopping.connect() as worker:
        worker.start("ask", topic="slow", encoding="json", timeout=600)
        until(lambda: driver.seen("slow"), "the handler is busy")
        stopping.stop()
        assert told(*worker.read()) == ("unavailable", "the executor is stopping")
    driver.release("slow")


@given(content=st.binary(max_size=80))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_no_batch_is_refused_without_harm(jvm, driver, content):
    """An error in Spark's RPC thread would be no help to anybody."""
    with pytest.raises(JavaError, match=r"java\.io\.IOException: messages"):
        jvm("batch_receive", services=driver.number, bytes=base64.b64encode(b"\x02" + content).decode())


# ---- from the JVM


def test_jvm_code_asks_with_json_and_with_bytes(jvm, driver, executor):
    """As Python code does."""
    driver.handle("echo", "echo")
    worker = executor()
    assert worker.ask("echo", '{"a": 1.50}') == ("json", '{"got":{"a":1.5}}')
    answer = jvm("message_ask", topic="echo", bytes=base64.b64encode(b"\x00").decode(), millis=30_000)
    assert answer == ["bytes", base64.b64encode(b"\x00").decode()]
    assert worker.ask("nobody") == ("no_handler", 'no handler for "nobody" in the driver')


def test_jvm_code_must_ask_for_something_that_can_be(driver):
    """A mistake of the caller's is an exception of its own kind."""
    with pytest.raises(JavaError, match="IllegalArgumentException: the payload: not JSON"):
        driver.ask("echo", "{")
    with pytest.raises(JavaError, match="IllegalArgumentException: timeoutMillis=0: expected 1 to 86400000"):
        driver.ask("echo", millis=0)


def test_messages_are_handled_in_the_driver_alone(executor):
    """Who asks for a handler on an executor has misunderstood something."""
    with pytest.raises(JavaError, match="messages are handled in the driver; this is an executor"):
        executor().handle("echo", "echo")


def test_without_the_plugin_messages_say_so(jvm, tmp_path):
    """Nothing hangs."""
    Services(jvm, tmp_path / "driver").stop()
    reason, sentence = jvm("message_ask", topic="a", json="1", millis=1000)
    assert reason == "unavailable"
    assert "the plugin is not loaded, or spark.exporter.messages=false" in sentence
    assert jvm("message_send", topic="a", json="1")[0] == "unavailable"


def test_a_class_that_cannot_be_used_is_a_warning_and_the_rest_works(jvm, tmp_path):
    """The warning names the class and the setting."""
    names = "no.such.Handler,harness.Harness,harness.NamedHandler"
    driver = Services(jvm, tmp_path / "driver", messageHandlers=names)
    with driver.connect() as worker:
        assert worker.ask("named", 5) == ("json", "driver:5")
    missing, other = driver.warnings()
    where = "named in spark.exporter.messageHandlers, cannot be used"
    assert missing == f"no.such.Handler, {where}: java.lang.ClassNotFoundException: no.such.Handler"
    assert other.startswith(f"harness.Harness, {where}: java.lang.ClassCastException")
    driver.stop()
