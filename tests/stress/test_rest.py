"""Without the plugin: what Spark itself says, held against its own event log and against the catalogue."""

import pytest

import event_log
from exporter.daemon import catalogue
from promised import expected_names, until_complete
from running import until, until_idle

pytestmark = [pytest.mark.spark, pytest.mark.timeout(420)]

# REST does not know reasons of failures.
UNKNOWN = ("task_failures_total",)
ROUND = ("spill", "query", "shuffle", "again", "fail", "reuse")


# A daemon beside the driver, an application that uses SQL, and a query of it that is held.
HELD = {
    "app_status",
    "processes",
    "rest_totals",
    "running_job",
    "running_sql",
    "running_stage",
    "running_stage_shuffle",
    "running_stage_summary",
    "sql",
}
# What Spark tells only if it is told to, under names that begin with something of the user's.
OPENED = {
    "spark.executor.processTreeMetrics.enabled": "true",
    "spark.metrics.conf.*.source.jvm.class": "org.apache.spark.metrics.source.JvmSource",
    "spark.metrics.namespace": "team.${spark.app.name}",
    "spark.sql.streaming.metricsEnabled": "true",
}


@pytest.mark.parametrize(
    ("conf", "words", "held"),
    [
        ({}, ("query",), HELD),
        (
            OPENED,
            ("query", "cache", "stream"),
            HELD | {"jvm_source", "process_tree", "storage", "streaming", "streaming_gauges"},
        ),
    ],
    ids=["as it is", "opened, with a namespace"],
)
def test_the_names_are_those_that_need_no_plugin(start_job, start_daemon, conf, words, held):
    """Exactly: every one whose conditions hold is published, and no other."""
    job = start_job("paced.py", conf=conf)
    daemon = start_daemon(job.hear("ui"), arguments=["--poll.interval=500ms"])
    for word in ("spill", *words, "hold"):
        job.tell(word)
        job.hear("done")
    expected = expected_names({*catalogue.load().conditions} - held)
    names = until_complete(daemon, expected)
    job.tell("stop")
    assert job.wait() == 0

    assert (expected - names, names - expected) == (set(), set())


def test_totals_are_those_of_the_event_log_although_the_ui_forgets(start_job, start_daemon, tmp_path):
    """Spark's UI keeps five stages and five jobs; the totals have all, failed and retried ones, too."""
    retained = {"spark.ui.retainedStages": "5", "spark.ui.retainedJobs": "5"}
    job = start_job("paced.py", conf=retained)
    ui = job.hear("ui")
    daemon = start_daemon(ui, arguments=["--poll.interval=200ms"])
    until(lambda: daemon.samples_of("spark_app_jobs_active") == [0.0], "the first poll")
    for word in (*ROUND, *ROUND[1:]):
        job.tell(word)
        count = job.hear("done")
        until(
            lambda count=count: event_log.jobs_ended(daemon.totals()) >= count, f"{count} jobs are published"
        )
        until_idle(ui)
        # Only now may Spark forget what this word has done.
        daemon.until_asked("stages")
        until(
            lambda: event_log.caught_up(daemon.totals(), tmp_path / "job-0"),
            "every stage and task is published",
        )
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
    # Spark forgets those first that were skipped, however new they are.
    (missed,) = daemon.samples_of("spark_exporter_missed_stages_total")
    assert missed <= daemon.totals()["stages_total{result=skipped}"]
    assert daemon.samples_of("spark_exporter_missed_jobs_total") == [0.0]
    job.tell("stop")
    assert job.wait() == 0
    until(lambda: daemon.samples_of("spark_app_up") == [0.0], "the application is gone")

    (log,) = (tmp_path / "job-0").glob("app-*")
    assert event_log.differences(daemon.totals(), log, without=UNKNOWN) == {}
    assert event_log.replay(log)["disk_spilled_bytes_total"] > 0
