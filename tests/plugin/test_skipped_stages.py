"""Which stages jobs have skipped: what Spark's own status listener says after the same events."""

import pytest

EMPTY, FULL = True, False


def ran(stage, attempt=0):
    """Return the events of an attempt with one task."""
    task = ("task", stage, attempt)
    return [("submit", stage, attempt), (*task, 1), (*task, -1), ("complete", stage, attempt, FULL)]


@pytest.mark.parametrize(
    ("events", "skipped"),
    [
        pytest.param(
            [("start", 1, [(0, 0), (1, 0)]), *ran(1), ("end", 1)], [1], id="the output of a stage was there"
        ),
        pytest.param(
            [("start", 1, [(0, 0), (1, 0), (2, 0)]), *ran(0), ("end", 1)],
            [2],
            id="the job has failed before the others began",
        ),
        pytest.param(
            [("start", 1, [(0, 0)]), ("start", 2, [(0, 0)]), ("end", 1), *ran(0), ("end", 2)],
            [1, 0],
            id="skipped by one job and run by another",
        ),
        pytest.param(
            [("start", 1, [(0, 0)]), ("start", 2, [(0, 0)]), ("end", 1), ("end", 2)],
            [1, 0],
            id="two jobs wait for the same: the first one that ends has skipped it",
        ),
        pytest.param(
            [
                *[("start", 1, [(0, 0)]), ("start", 2, [(0, 0)]), ("end", 1)],
                *[("start", 3, [(0, 0)]), ("end", 2), ("end", 3)],
            ],
            [1, 1, 0],
            id="it waits again for a job that starts later",
        ),
        pytest.param(
            [("start", 1, [(0, 0)]), *ran(0), ("start", 2, [(0, 0)]), ("end", 1), ("end", 2)],
            [1, 0],
            id="what has run waits again for a job that starts later",
        ),
        pytest.param(
            [("start", 1, [(0, 0)]), *ran(0), ("start", 2, [(0, 0)]), *ran(0, 1), ("end", 1), ("end", 2)],
            [1, 0],
            id="also if another attempt of it is made",
        ),
        pytest.param(
            [
                *[("start", 1, [(0, 0)]), ("submit", 0, 0), ("task", 0, 0, 1), ("task", 0, 0, 1)],
                *[("task", 0, 0, -1), ("complete", 0, 0, FULL), ("start", 2, [(0, 0)])],
                *[("task", 0, 0, -1), ("end", 1), ("end", 2)],
            ],
            [0, 0],
            id="nobody waits while a task of it runs on",
        ),
        pytest.param(
            [("start", 1, [(0, 0)]), ("submit", 0, 0), ("start", 2, [(0, 0)]), ("end", 2), ("end", 1)],
            [0, 0],
            id="nobody waits for what runs",
        ),
        pytest.param(
            [
                *[("start", 1, [(0, 0)]), ("start", 2, [(0, 0)]), ("start", 3, [(1, 0)])],
                *[*ran(0), ("submit", 0, 1), ("complete", 0, 1, EMPTY), ("end", 1), ("end", 2), ("end", 3)],
            ],
            [1, 1, 1],
            id="an attempt in which nothing is missing counts for every job that needs it",
        ),
        pytest.param([("end", 7), ("complete", 0, 0, FULL), ("task", 0, 0, -1)], [0], id="what nobody knows"),
    ],
)
def test_jobs_skip_what_waits_when_they_end(jvm, events, skipped):
    """Each of them as its page in Spark's UI says."""
    assert jvm("skipped_stages", events=events) == skipped


def test_nothing_is_left_of_jobs_that_have_ended(jvm):
    """A number that Spark would give again to a stage is that of another one."""
    lingering = [("submit", 0, 0), ("task", 0, 0, 1), ("complete", 0, 0, FULL)]
    events = [("start", 1, [(0, 0)]), *lingering, ("end", 1), ("start", 2, [(0, 0)]), ("end", 2)]
    assert jvm("skipped_stages", events=events) == [0, 1]
