"""The application runs on another version of Spark: what the daemon says is as complete and as true."""

import pytest

import event_log
from promised import WORKLOAD_LACKS, catalogued, expected_names, names_of, newer_than, until_complete
from running import until

pytestmark = [pytest.mark.spark, pytest.mark.compat, pytest.mark.timeout(900)]

# What workload.py counts in its UDF: 5,000 numbers, each seen once.
COUNTED = {
    "seen_total{parity=even}": 2500.0,
    "seen_total{parity=odd}": 2500.0,
    "sizes_bucket{le=10.0}": 275.0,
    "sizes_bucket{le=100.0}": 2525.0,
    "sizes_bucket{le=+Inf}": 5000.0,
    "sizes_count": 5000.0,
    "sizes_sum": 497_500.0,
    "level": 4.0,
}
# Off by default before Spark 4.0.
STATUS_SOURCE = "spark.metrics.appStatusSource.enabled"
# REST does not know reasons of failures.
UNKNOWN_TO_REST = ("task_failures_total",)


def release_of(daemon):
    """Return the version that the application says it runs, without the last number."""
    (labels,) = daemon.labels_of("spark_app_info")
    return labels["spark_version"].rpartition(".")[0]


def end(job, daemon):
    """Let the application end, and wait until that is published."""
    job.tell("stop")
    assert job.wait() == 0
    until(lambda: daemon.samples_of("spark_app_up") == [0.0], "the application has ended")


def test_with_the_plugin_everything_is_there_and_true(spark, start_other, start_daemon, tmp_path):
    """Joins, spill, failures, a lost executor, streams: each promised name, each total, each custom metric.

    The names are exactly those that the catalogue promises for this version.
    """
    job = start_other("workload.py", conf={STATUS_SOURCE: "true"})
    daemon = start_daemon(job.hear("ui"), arguments=["--poll.interval=1s"])
    job.hear("ready", 240)
    expected = expected_names(WORKLOAD_LACKS) - newer_than(spark.version)
    names = until_complete(daemon, expected)
    daemon.until_custom(COUNTED)
    release = release_of(daemon)
    end(job, daemon)

    (log,) = (tmp_path / "job-0").glob("app-*")
    assert release == spark.version
    assert event_log.differences(daemon.totals(), log) == {}
    assert names == expected
    daemon.until_custom(COUNTED)


def test_every_place_of_python_code_counts(spark, start_other, start_daemon, tmp_path):
    """Functions, UDFs, pandas, Arrow, foreachBatch and, where Spark has them, Python data sources.

    What Spark's defaults leave out is left out.
    """
    job = start_other("surface.py", tmp_path)
    daemon = start_daemon(job.hear("ui"))
    tally = job.hear("tally")

    daemon.until_custom({f"rows_total{{place={place}}}": count for place, count in tally.items()})
    status = catalogued({"app_status"})
    assert names_of(daemon.text()) & status == (status if spark.version >= "4.0" else set())
    end(job, daemon)


def test_without_the_plugin_rest_has_the_totals(start_other, start_daemon, tmp_path):
    """Shuffles, spill, SQL, retries and a failed job, read from Spark's REST API."""
    job = start_other("paced.py")
    daemon = start_daemon(job.hear("ui"), arguments=["--poll.interval=200ms"])
    until(lambda: daemon.samples_of("spark_app_jobs_active") == [0.0], "the first poll")
    for word in ("spill", "query", "again", "fail", "reuse"):
        job.tell(word)
        count = job.hear("done")
        until(
            lambda count=count: event_log.jobs_ended(daemon.totals()) >= count, f"{count} jobs are published"
        )
    until(
        lambda: event_log.caught_up(daemon.totals(), tmp_path / "job-0"), "every stage and task is published"
    )
    end(job, daemon)

    (log,) = (tmp_path / "job-0").glob("app-*")
    assert event_log.differences(daemon.totals(), log, without=UNKNOWN_TO_REST) == {}
