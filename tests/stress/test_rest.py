"""Without the plugin: what Spark's REST API says, held against Spark's own event log."""

import pytest

import event_log
from running import until

pytestmark = [pytest.mark.spark, pytest.mark.timeout(420)]

# REST does not know reasons of failures.
UNKNOWN = ("task_failures_total",)
ROUND = ("spill", "query", "shuffle", "again", "fail", "reuse")


def ended(daemon):
    """Return how many jobs the daemon has seen to end."""
    return sum(value for name, value in daemon.totals().items() if name.startswith("jobs_total"))


def caught_up(daemon, directory):
    """Say whether every stage and task that the event log knows so far is published."""
    (log,) = directory.glob("app-*")
    try:
        tally = event_log.replay(log)
    except ValueError:
        # The last line is being written.
        return False
    totals = daemon.totals()
    counted = {
        name: value for name, value in tally.items() if name.startswith(("stages_total", "tasks_total"))
    }
    # The log is written in pieces and may be behind.
    return all(totals.get(name, 0) >= value for name, value in counted.items())


def test_totals_are_those_of_the_event_log_although_the_ui_forgets(start_job, start_daemon, tmp_path):
    """Spark's UI keeps five stages and five jobs; the totals have all, failed and retried ones, too."""
    retained = {"spark.ui.retainedStages": "5", "spark.ui.retainedJobs": "5"}
    job = start_job("paced.py", conf=retained)
    daemon = start_daemon(job.hear("ui"), arguments=["--poll.interval=200ms"])
    until(lambda: daemon.samples_of("spark_app_jobs_active") == [0.0], "the first poll")
    for word in (*ROUND, *ROUND[1:]):
        job.tell(word)
        count = job.hear("done")
        until(lambda count=count: ended(daemon) >= count, f"{count} jobs are published")
        # Only now may Spark forget what this word has done.
        until(lambda: caught_up(daemon, tmp_path / "job-0"), "every stage and task is published")
    failed = {
        labels["collector"]
        for labels, value in zip(
            daemon.labels_of("spark_exporter_scrape_collector_success"),
            daemon.samples_of("spark_exporter_scrape_collector_success"),
            strict=True,
        )
        if value != 1
    }
    assert failed == set()
    assert daemon.samples_of("spark_exporter_missed_stages_total") == [0.0]
    assert daemon.samples_of("spark_exporter_missed_jobs_total") == [0.0]
    job.tell("stop")
    assert job.wait() == 0
    until(lambda: daemon.samples_of("spark_app_up") == [0.0], "the application is gone")

    (log,) = (tmp_path / "job-0").glob("app-*")
    assert event_log.differences(daemon.totals(), log, without=UNKNOWN) == {}
    assert event_log.replay(log)["disk_spilled_bytes_total"] > 0
