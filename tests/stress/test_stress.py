"""The long tests on real Spark: many rows, and many short jobs. Run by `make stress`."""

import pytest

pytestmark = [pytest.mark.spark, pytest.mark.timeout(900)]
ROWS = 1_000_000
SHORT_JOBS = 20


def test_a_million_rows_on_three_executors_are_exact(start_job, start_daemon):
    """Every label set, the histogram's buckets, count and sum equal what Spark says about the same rows."""
    conf = {"spark.master": "local-cluster[3,1,1024]"}
    job = start_job("rows.py", ROWS, 24, conf=conf, optimised=True)
    daemon = start_daemon(job.hear("ui"))
    tally = job.hear("tally", 600)

    daemon.until_custom(tally)
    assert sum(value for key, value in daemon.custom().items() if key.startswith("parsed_total")) == ROWS
    job.tell("stop")
    assert job.wait() == 0
    daemon.until_custom(tally)


@pytest.mark.parametrize("_number", range(1, SHORT_JOBS + 1))
def test_the_last_values_of_a_short_job_are_not_lost(_number, start_job, start_daemon):
    """The final values of a short job are on /metrics after its driver has gone, every time."""
    job = start_job("short.py")
    daemon = start_daemon(job.hear("ui"))
    tally = job.hear("tally")
    assert job.wait() == 0

    daemon.until_custom(tally)
