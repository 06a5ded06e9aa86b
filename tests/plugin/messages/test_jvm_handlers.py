"""Messages to handlers in the driver's JVM: what is answered, what fails, and what is bounded."""

import json
import os

import pytest

from plugin.hop_client import told
from plugin.services import Services
from running import until

MEBIBYTE = 1 << 20


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


def test_a_handler_that_interrupts_its_thread(driver, executor):
    """What the plugin does after it is not interrupted."""
    driver.handle("rude", "interrupt")
    with executor().connect() as worker:
        assert worker.ask("rude", None) == ("json", [False])


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
