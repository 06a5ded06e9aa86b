"""Streaming queries in answers: which are listed, what is said of them, and how it is bounded."""

import json
from collections import Counter as Tally

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.daemon.decode import Decoder
from plugin.applications import Store


def runs(snapshot):
    """Return the queries of a snapshot by run."""
    return {query["run_id"]: query for query in snapshot["queries"]}


def test_a_progress_is_said_once(jvm):
    """The totals always; its JSON is made when somebody asks, once."""
    store = Store(jvm)
    store.query("started", "r", name="orders")
    assert store.query("progress", "r", json='{"batchId": 1}') == 0
    first = runs(store.poll())["r"]
    assert (first["name"], first["progress"], first["totals"]) == ("orders", {"batchId": 1}, {"batches": 1.0})
    again = runs(store.poll())["r"]
    assert "progress" not in again
    assert again["totals"] == {"batches": 1.0}
    store.raw()
    assert store.query("progress", "r", json='{"batchId": 2}') == 1
    assert runs(store.poll())["r"]["progress"] == {"batchId": 2}
    assert runs(store.poll())["r"]["totals"] == {"batches": 2.0}


def test_every_event_of_a_query_is_news(jvm):
    """So a client that waits hears of it."""
    store = Store(jvm)
    sequences = [store.poll()["sequence"]]
    for event in ("started", "progress", "idle", "ended"):
        store.query(event, "r")
        sequences.append(store.poll()["sequence"])
    assert sequences == sorted(set(sequences))


def test_idle_begins_with_the_first_trigger_that_finds_nothing(jvm):
    """And ends with the next batch."""
    store = Store(jvm)
    store.query("started", "r")
    store.query("idle", "r")
    store.event("time", seconds=10)
    store.query("idle", "r")
    assert runs(store.poll())["r"]["idle"] == 1e6
    store.query("progress", "r")
    assert runs(store.poll())["r"]["idle"] is None


@pytest.mark.parametrize(
    ("exception", "line"),
    [
        (None, None),
        ("java.lang.Error: boom\n\tat a.b.C", "java.lang.Error: boom"),
        ("x" * 2000, "x" * 500 + "..."),
    ],
)
def test_the_end_of_a_query(jvm, exception, line):
    """With the first line of what ended it; the application looks failed if something did."""
    store = Store(jvm)
    store.query("started", "r")
    store.event("time", seconds=5)
    store.query("ended", "r", exception=exception)
    snapshot = store.poll()
    ended = runs(snapshot)["r"]
    assert (ended["started"], ended["terminated"], ended["exception"]) == (1e6, 1e6 + 5, line)
    assert snapshot["application"]["outcome"] == ("failed" if exception else "completed")


def test_of_those_that_ended_the_last_ones_stay(jvm):
    """Active ones always. Those before are taken together, under the last of them."""
    store = Store(jvm, retainedQueries="2")
    for run in "abcd":
        store.query("started", run)
    for run in "bca":
        store.query("ended", run)
    assert set(runs(store.poll())) == {"b", "c", "a", "d"}
    store.query("started", "e")
    store.query("progress", "e")
    for run in "de":
        store.query("ended", run, exception="boom" if run == "e" else None)
    store.query("started", "f")
    found = runs(store.poll())
    assert set(found) == {"a", "d", "e", "f"}
    assert {run: (query["stopped"], query["failed"]) for run, query in found.items()} == {
        "a": (3, 0), "d": (1, 0), "e": (0, 1), "f": (0, 0)
    }  # fmt: skip


def test_runs_that_are_taken_together_add_up(jvm):
    """And say what their parts are called, also if the last of them never had a batch."""
    store = Store(jvm, retainedQueries="0")
    for run, batches in (("a", 2), ("b", 1), ("c", 0)):
        store.query("started", run, name="orders")
        for _ in range(batches):
            store.query("progress", run, json=json.dumps({"run": run}))
        store.query("ended", run)
    (query,) = store.poll()["queries"]
    assert (query["run_id"], query["totals"], query["stopped"]) == ("c", {"batches": 3.0}, 3)
    assert query["progress"] == {"run": "b"}


def test_earlier_runs_of_too_many_queries_are_forgotten(jvm):
    """Of those that do not go on, and counted."""
    store = Store(jvm, retainedQueries="0")
    for number in range(201):
        store.query("started", f"r{number}", id=f"q{number}")
        if number == 0:
            store.query("started", "again", id="q0")
        store.query("ended", f"r{number}", id=f"q{number}")
    found = {query["id"] for query in store.poll()["queries"]}
    store.raw()
    assert (len(found), "q0" in found, "q1" in found) == (200, True, False)
    assert store.dropped["query_limit"] == 1


class Follower:
    """A daemon that follows a store."""

    def __init__(self, store):
        """Know nothing yet."""
        self._store = store
        self._decoder = Decoder()

    def counters(self):
        """Ask for what is new; return all counters of streaming queries."""
        held = self._decoder.position._asdict()
        del held["boot"]
        frame = self._decoder.decode(self._store.raw(**held).encode()).frame
        return {
            (name, *key): value
            for name, column in frame.columns.items()
            if name.startswith("spark_streaming_") and name.endswith("_total")
            for key, value in zip(*column)
        }


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["run", "progress", "progress", "end"]), st.integers(0, 2), st.booleans()),
        max_size=40,
    ),
    retained=st.integers(0, 2),
)
@settings(deadline=None, max_examples=60)
def test_who_comes_late_sees_the_same_totals(shared_jvm, steps, retained):
    """A daemon that was restarted, and one that has watched all along; and no counter ever falls or goes."""
    store = Store(shared_jvm, retainedQueries=str(retained))
    along = Follower(store)
    active, highest, expected = {}, {}, Tally()
    for number, (what, query, failed) in enumerate(steps):
        about = {"id": f"q{query}"}
        if what == "run" and query not in active:
            active[query] = f"run-{number}"
            store.query("started", active[query], name=f"name {query}", **about)
        elif what == "progress" and query in active:
            progress = {"sources": [{"description": f"Source{query}"}]}
            store.query("progress", active[query], json=json.dumps(progress), **about)
            expected["spark_streaming_batches_total", f"name {query}", f"q{query}"] += 1
        elif what == "end" and query in active:
            exception = "boom" if failed else None
            store.query("ended", active.pop(query), exception=exception, **about)
            result = "failed" if failed else "stopped"
            key = ("spark_streaming_query_terminations_total", f"name {query}", f"q{query}", result)
            expected[key] += 1
        seen = along.counters()
        assert all(seen.get(key, -1) >= value for key, value in highest.items())
        assert Follower(store).counters() == seen
        highest = seen
    assert {key: value for key, value in highest.items() if value} == dict(expected)


@pytest.mark.parametrize(("text", "reason"), [("long", "progress_too_large"), ("fails", "invalid_reading")])
def test_a_progress_that_is_too_long_or_cannot_be_made_is_left_out(jvm, text, reason):
    """And counted once; the totals are there."""
    store = Store(jvm)
    store.query("progress", "r", json=text)
    store.poll()
    query = runs(json.loads(store.raw()))["r"]
    assert "progress" not in query
    assert query["totals"] == {"batches": 1.0}
    assert store.dropped[reason] == 1


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        ([], None),
        ([("job_ended", {"failed": True})], "failed"),
        ([("job_ended", {"failed": True}), ("job_ended", {"failed": False})], "completed"),
        ([("job_ended", {"failed": False}), ("exited", {"code": 3})], "failed"),
        ([("exited", {"code": 0})], "completed"),
        ([("finished", {})], "completed"),
        ([("job_ended", {"failed": True}), ("driver_ended", {"failed": False})], "completed"),
        ([("job_ended", {"failed": True}), ("driver_ended", {"failed": None})], "failed"),
        ([("job_ended", {"failed": False}), ("driver_ended", {"failed": True})], "failed"),
        ([("exited", {"code": 3}), ("driver_ended", {"failed": False})], "failed"),
        ([("exited", {"code": 0}), ("driver_ended", {"failed": True})], "failed"),
    ],
)
def test_how_the_application_would_end(jvm, events, outcome):
    """By what its driver ended with, else by the last job; at the end it is always known."""
    store = Store(jvm)
    for event, arguments in events:
        store.event(event, **arguments)
    assert store.poll()["application"]["outcome"] == outcome


def test_an_application_waits_until_an_executor_has_registered(jvm):
    """Unless the driver is the only one anyway."""
    store = Store(jvm)
    assert store.poll()["application"]["waiting"] is True
    store.event("counted", name="executors.added")
    assert store.poll()["application"]["waiting"] is False
    assert Store(jvm, local=True).poll()["application"]["waiting"] is False


def test_an_application_that_begins_without_executors_waits_while_a_job_runs(jvm):
    """As dynamic allocation lets it; without work it wants none."""
    store = Store(jvm, begins_empty=True)
    assert store.poll()["application"]["waiting"] is False
    store.event("counted", name="jobs.started")
    assert store.poll()["application"]["waiting"] is True
    store.event("counted", name="jobs.failed")
    assert store.poll()["application"]["waiting"] is False
    store.event("counted", name="jobs.started")
    store.event("counted", name="executors.added")
    assert store.poll()["application"]["waiting"] is False
