"""Events in workers: claimed once, reported once, and cheap to ask for while there are none."""

import threading

import pytest
from control_file import ControlFiles

from exporter import events
from exporter.client.live import _MOST_CALLS_BETWEEN_LOOKS
from running import until


def waiting(number, kind="reload", **fields):
    """Return an event as the plugin gives it to a worker."""
    return {
        "event": f"{number:016x}",
        "type": kind,
        "payload": {"n": number},
        "time": 1.0,
        "expires": 2.0,
        **fields,
    }


class Executor:
    """The plugin of a worker, with events that wait."""

    def __init__(self, hop, files):
        self.hop = hop
        self.files = files
        self.count = 0
        self.queue = []
        hop.answers["claim"] = self._claim

    def _claim(self, *_):
        claimed, self.queue = self.queue, []
        return {"events": claimed}, b""

    def add(self, *found):
        """Let events wait for workers."""
        self.queue += found
        self.count += len(found)
        self.files.claimable(self.count)

    def outcomes(self):
        """Return what was reported: number of the event, state, error, result."""
        return [
            (int(header["event"], 16), header["state"], header["error"], body)
            for header, body in self.hop.noted("outcome")
        ]


@pytest.fixture
def executor(start_hop, worker, steering):  # noqa: ARG001 - the state of a new process
    """The plugin of this worker."""
    return Executor(start_hop(worker), ControlFiles(worker))


def test_polling(executor):
    """Nothing waits: nothing is asked. Something waits: it is claimed once, oldest first."""
    assert [events.poll() for _ in range(3)] == [[], [], []]
    assert executor.hop.noted("hello") == []
    executor.add(waiting(1), waiting(2))
    first, second = events.poll()
    assert (first.id, first.type, first.payload, first.time, first.expires) == (
        "0000000000000001",
        "reload",
        {"n": 1},
        1.0,
        2.0,
    )
    assert repr(second) == "<Event reload 0000000000000002>"
    first.done()
    second.done()
    assert [events.poll() for _ in range(3)] == [[], [], []]
    assert len(executor.hop.noted("claim")) == 1


def test_more_than_one_answer_can_carry(executor):
    """The next poll gets the rest, although nothing new has come."""
    executor.hop.answers["claim"] = lambda *_: ({"events": [waiting(1)], "more": True}, b"")
    executor.files.claimable(2)
    assert [found.payload for found in events.poll()] == [{"n": 1}]
    executor.hop.answers["claim"] = lambda *_: ({"events": [waiting(2)]}, b"")
    assert [found.payload for found in events.poll()] == [{"n": 2}]
    assert events.poll() == []
    assert len(executor.hop.noted("claim")) == 2


def test_a_worker_that_comes_later_asks_once(executor):
    """Events of before may wait still, or be claimed by others already."""
    executor.files.claimable(7)
    assert [events.poll() for _ in range(3)] == [[], [], []]
    assert len(executor.hop.noted("claim")) == 1


def test_outcomes(executor):
    """done() and fail() are reported once, the first of them counts, and what is no result is a failure."""
    executor.add(*(waiting(number) for number in range(8)))
    found = events.poll()
    found[0].done()
    found[1].done({"rows": [1]})
    found[2].fail("no such path")
    found[3].fail(ValueError("no such path"))
    found[4].done({1, 2})
    found[5].done("x" * 70_000)
    found[6].fail("x" * 5000)
    found[7].done(1)
    for again in found:
        again.done("again")
        again.fail("again")

    outcomes = executor.outcomes()
    assert outcomes[:4] == [
        (0, "handled", None, b""),
        (1, "handled", None, b'{"rows":[1]}'),
        (2, "failed", "no such path", b""),
        (3, "failed", "ValueError: no such path", b""),
    ]
    assert outcomes[4][2].startswith("TypeError: the result must be JSON ")
    assert outcomes[5][2] == "the result has 70002 bytes; at most 65536"
    assert outcomes[6][2] == "x" * 1997 + "..."
    assert outcomes[7:] == [(7, "handled", None, b"1")]


def test_what_is_not_reported_counts_as_handled_with_the_next_poll(executor):
    """A loop that only looks at events need not report them; another thread's are left alone."""
    executor.add(waiting(1), waiting(2))
    first, _second = events.poll()
    first.fail("no")
    other = threading.Thread(target=events.poll)
    other.start()
    other.join()
    assert executor.outcomes() == [(1, "failed", "no", b"")]
    assert events.poll() == []
    executor.hop.until("outcome", 2)
    assert executor.outcomes()[1:] == [(2, "handled", None, b"")]


@pytest.mark.parametrize(
    "answer",
    [
        {"kind": "error", "error": "overloaded", "message": "later"},
        {},
        {"events": 5},
        {"events": [5]},
        {"events": [{"event": "1"}]},
        {"events": [waiting(1, kind=None)]},
    ],
)
def test_a_claim_that_fails(executor, monkeypatch, answer):
    """No event, no exception, and no further attempt for a while; then it is tried again."""
    monkeypatch.setattr(events, "_PAUSE_SECONDS", 1e6)
    executor.hop.answers["claim"] = lambda *_: (answer, b"")
    executor.files.claimable(1)
    assert [events.poll() for _ in range(3)] == [[], [], []]
    assert len(executor.hop.noted("claim")) == 1
    executor.hop.answers["claim"] = executor._claim
    executor.add(waiting(1))
    monkeypatch.setattr(events._POLLS, "pause_until", 0.0)
    assert [found.payload for found in events.poll()] == [{"n": 1}]


def test_a_claim_that_is_answered_late(executor, monkeypatch):
    """A JVM that stood still gives events to a process that waits no more: a later poll has them."""
    monkeypatch.setattr(events, "_CLAIM_SECONDS", 0.5)
    monkeypatch.setattr(events, "_PAUSE_SECONDS", 1e6)
    goes_on = threading.Event()

    def claim(*arguments):
        goes_on.wait(60)
        return executor._claim(*arguments)

    executor.hop.answers["claim"] = claim
    executor.add(waiting(1), waiting(2))
    assert events.poll() == []
    assert events.poll() == []
    goes_on.set()
    found = until(events.poll, "the events are there", 30)
    assert [event.payload for event in found] == [{"n": 1}, {"n": 2}]
    found[0].done()
    assert events.poll() == []
    executor.hop.until("outcome", 2)
    assert [outcome[:2] for outcome in executor.outcomes()] == [(1, "handled"), (2, "handled")]


def test_no_jvm(executor):
    """A worker that outlives its JVM polls in vain, reports in vain, and notices nothing."""
    executor.add(waiting(1))
    (found,) = events.poll()
    executor.hop.close()
    found.done()
    executor.files.claimable(2)
    assert events.poll() == []


@pytest.mark.usefixtures("steering")
def test_without_spark():
    """Outside of Spark, and without control, nothing ever waits."""
    assert [events.poll() for _ in range(10)] == [[]] * 10


def test_control_appears_later(steering, worker, start_hop):  # noqa: ARG001 - the state of a new process
    """A worker that polls from the beginning finds what is there later."""
    assert events.poll() == []
    executor = Executor(start_hop(worker), ControlFiles(worker))
    executor.add(waiting(1))
    assert [waiting(1)["payload"]] in [
        [found.payload for found in events.poll()] for _ in range(_MOST_CALLS_BETWEEN_LOOKS + 1)
    ]
