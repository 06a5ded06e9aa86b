"""Messages to handlers in the driver's Python process."""

import pytest

from plugin.hop_client import told
from running import until

MEBIBYTE = 1 << 20


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
    assert python.request("handle", topics=["python"], events=[])[0]["kind"] == "ok"
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
