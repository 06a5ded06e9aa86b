"""Streaming queries in answers: which are listed, what is said of them, and how it is bounded."""

import json

import pytest

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
    """Active ones always."""
    store = Store(jvm, retainedQueries="2")
    for run in "abcd":
        store.query("started", run)
    for run in "bca":
        store.query("ended", run)
    assert set(runs(store.poll())) == {"c", "a", "d"}


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
    ],
)
def test_how_the_application_would_end(jvm, events, outcome):
    """By the last job and the exit code; at the end it is always known."""
    store = Store(jvm)
    for event, arguments in events:
        store.event(event, **arguments)
    assert store.poll()["application"]["outcome"] == outcome


def test_an_application_waits_until_an_executor_has_registered(jvm):
    """Unless the driver is the only one anyway."""
    store = Store(jvm)
    assert store.poll()["application"]["waiting"] is True
    store.event("executor_registered")
    assert store.poll()["application"]["waiting"] is False
    assert Store(jvm, local=True).poll()["application"]["waiting"] is False
