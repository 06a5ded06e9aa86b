"""The way of a message to the driver, over a network that fails."""

import base64
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugin.hop_client import frame, told
from plugin.parts import JavaError
from running import until

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
