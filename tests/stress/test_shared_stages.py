"""Jobs that share stages with others: what is published is what Spark's own status listener counts."""

import contextlib

import pytest

from running import shown, until

pytestmark = [pytest.mark.spark, pytest.mark.timeout(420)]
OURS, SPARKS = "spark_app_", "spark_driver_status_"
SKIPPED, FAILED = "stages_total{result=skipped}", "jobs_total{result=failed}"
JOBS = (FAILED, "jobs_total{result=succeeded}")
COMPARED = (SKIPPED, *JOBS)


def published(daemon):
    """Return what is published, by name and labels."""
    return {shown(name, labels): value for (name, labels), value in daemon.samples().items()}


def differences(daemon):
    """Return what Spark counts otherwise: what is published, and what it says."""
    found = published(daemon)
    pairs = {name: (found.get(OURS + name), found.get(SPARKS + name)) for name in COMPARED}
    return {name: pair for name, pair in pairs.items() if pair[0] is None or pair[0] != pair[1]}


def ended(daemon, prefix):
    """Return how many jobs have ended."""
    found = published(daemon)
    return sum(found.get(prefix + name, 0) for name in JOBS)


@pytest.mark.parametrize("arguments", [["plugin"], []], ids=["with the plugin", "without"])
def test_skipped_stages_are_those_of_sparks_own_count(start_job, start_daemon, arguments):
    """Of jobs that wait for the same stage, are cancelled or fail, and find output that another one left."""
    job = start_job("shared_stages.py", *arguments)
    daemon = start_daemon(job.hear("ui"), arguments=["--poll.interval=500ms"])
    count = job.hear("done", 240)

    def complete():
        return ended(daemon, OURS) == ended(daemon, SPARKS) == count

    # One poll asks for what is published and for what Spark counts one after the other.
    with contextlib.suppress(AssertionError):
        until(lambda: complete() and not differences(daemon), "all jobs as Spark counts them", 60)
    assert complete()
    assert differences(daemon) == {}
    counts = published(daemon)
    assert counts[OURS + SKIPPED] > 10
    assert counts[OURS + FAILED] > 10
    job.tell("stop")
    assert job.wait() == 0
