"""Which jobs and tasks are a streaming query's."""

import pytest

from plugin.applications import Store

QUERY = {"sql.streaming.queryId": "query", "spark.jobGroup.id": "one of the user's"}
OTHER = {"sql.streaming.queryId": "other"}


def work(store):
    """Return the active jobs and the ended tasks by run."""
    return {query["run_id"]: (query["jobs"], query["tasks"]) for query in store.poll()["queries"]}


@pytest.fixture
def store(jvm):
    """Two queries that run."""
    store = Store(jvm)
    store.query("started", "r")
    store.query("started", "o", id="other")
    return store


def test_jobs_and_tasks_of_a_query_are_counted(store):
    """Beside those of another one, and of nobody's; a job group of the user's takes nothing away."""
    store.work(("job", 1, QUERY), ("stage", 10, QUERY), ("job", 2, OTHER), ("stage", 20, OTHER))
    store.work(("job", 3, {}), ("stage", 30, {}), ("job", 4, None), ("stage", 40, None))
    assert work(store) == {"r": (1, 0), "o": (1, 0)}
    store.work(("task", 10), ("task", 20), ("task", 10), ("task", 30), ("task", 40))
    assert work(store) == {"r": (1, 2), "o": (1, 1)}
    store.work(("stage ends", 10), ("job ends", 1), ("task", 10), ("job ends", 3))
    assert work(store) == {"r": (0, 2), "o": (1, 1)}


def test_what_is_said_twice_counts_once(store):
    """Also an end of what nobody has seen to begin."""
    store.work(("job", 1, QUERY), ("job", 1, QUERY), ("job ends", 1), ("job ends", 1), ("stage ends", 9))
    assert work(store)["r"] == (0, 0)


def test_work_is_that_of_the_run_which_is_active(store):
    """A query that nobody knows has none; what an ended run leaves behind is not the next one's."""
    store.work(("job", 1, QUERY), ("stage", 10, QUERY), ("job", 2, {"sql.streaming.queryId": "unknown"}))
    store.query("ended", "r")
    store.query("started", "r2")
    store.work(("stage", 11, QUERY), ("task", 11), ("task", 10), ("job ends", 1))
    assert work(store) == {"r": (0, 1), "r2": (0, 1), "o": (0, 0)}


def test_tasks_of_runs_that_are_taken_together_add_up(jvm):
    """So that the sum over the runs of a query never goes back."""
    store = Store(jvm, retainedQueries="0")
    for run in "abc":
        store.query("started", run)
        store.work(("stage", 1, QUERY), ("task", 1), ("stage ends", 1))
        store.query("ended", run)
    assert work(store) == {"c": (0, 3)}
