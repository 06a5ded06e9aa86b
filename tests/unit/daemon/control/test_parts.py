"""The parts of the API by themselves."""

import asyncio
import contextlib
import threading

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from exporter.daemon.control.bucket import Bucket
from exporter.daemon.control.document import load
from exporter.daemon.control.lane import Lane
from exporter.daemon.control.refusal import Refusal
from exporter.daemon.model import STATES
from exporter.daemon.steered import EVENT_STATES

PATIENCE = 30


@given(st.lists(st.floats(0, 10), max_size=50), st.floats(0.1, 20), st.integers(1, 10))
def test_a_bucket_gives_no_more_than_it_may(pauses, rate, burst):
    """So many at once, then so many a second; and what it says to wait is enough."""
    now = [0.0]
    bucket = Bucket(rate, burst, clock=lambda: now[0])
    taken = 0
    for pause in pauses:
        now[0] += pause
        seconds = bucket.take()
        taken += not seconds
        if seconds:
            assert 0 < seconds <= 1 / rate
            # No clock knows less than a nanosecond.
            now[0] += seconds * 1.001 + 1e-9
            assert bucket.take() == 0
            taken += 1
        assert taken <= burst + now[0] * rate + 0.01


def test_a_lane_returns_and_raises_what_its_work_does():
    """As if it had been called."""

    def fail():
        raise KeyError("x")

    async def both():
        lane = Lane("requests", 1)
        with pytest.raises(KeyError, match="x"):
            await lane.run(fail)
        return await lane.run(lambda: 7)

    assert asyncio.run(both()) == 7


def test_a_full_lane_sends_away_and_has_room_again():
    """Nobody waits for a place, and one that was given up is taken until its work is done."""
    release, done = threading.Event(), threading.Event()

    def work():
        release.wait(PATIENCE)
        done.set()

    async def run():
        lane = Lane("requests", 1)
        task = asyncio.create_task(lane.run(work))
        await asyncio.sleep(0)
        with pytest.raises(Refusal, match="too many requests at a time; at most 1 requests") as caught:
            await lane.run(lambda: None)
        assert (caught.value.status, caught.value.headers) == (503, {"Retry-After": "1"})
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(Refusal):
            await lane.run(lambda: None)
        release.set()
        assert await asyncio.to_thread(done.wait, PATIENCE)
        return await _until_room(lane)

    assert asyncio.run(run()) == 7


async def _until_room(lane):
    while True:
        with contextlib.suppress(Refusal):
            return await lane.run(lambda: 7)
        await asyncio.sleep(0.001)


def test_the_threads_of_a_lane_keep_no_process_alive():
    """A relay may wait for a minute, and the daemon ends within a second."""

    async def run():
        return await Lane("requests", 1).run(lambda: threading.current_thread().daemon)

    assert asyncio.run(run()) is True


def test_the_document_knows_the_states_of_the_code():
    """A new one has to be told to clients."""
    schemas = load().content["components"]["schemas"]

    assert tuple(schemas["Application"]["properties"]["state"]["enum"]) == STATES
    assert set(schemas["Recipient"]["properties"]["state"]["enum"]) == {*EVENT_STATES, "delivered"}


def test_every_operation_has_what_a_reader_needs():
    """A summary, an answer for each refusal that is possible, and an example for each body."""
    for operation in load().operations:
        item = load().content["paths"][operation.path][operation.method.lower()]
        refusals = {"400"} if operation.public else {"400", "401", "403", "503"}
        refusals |= {"404", "409", "502", "504"} if "{app_id}" in operation.path else set()
        refusals |= {"413", "415", "422", "429"} if operation.changes else set()
        assert item["summary"]
        assert refusals <= {*item["responses"]}, operation.name
        if operation.changes:
            assert item["requestBody"]["content"]["application/json"]["examples"]


def test_every_reference_leads_somewhere():
    """Within the document."""
    content = load().content
    for text in yaml.safe_dump(content).split("$ref: ")[1:]:
        found = content
        for step in text.split("\n")[0].strip("'\"").removeprefix("#/").split("/"):
            found = found[step]
        assert found
