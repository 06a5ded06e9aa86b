"""What is published of a whole application, held against Spark's own event log and against the catalogue."""

import subprocess

import pytest
import requests
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics

import event_log
import sql_log
from counters import Counters
from promised import GIVEN, WORKLOAD_LACKS, expected_names, until_complete
from requirements import require_program
from running import until

# Spark's UI has forgotten most of it all when a daemon comes late.
FORGETFUL = {
    "spark.ui.retainedStages": "5",
    "spark.ui.retainedJobs": "5",
    "spark.ui.retainedDeadExecutors": "0",
    "spark.sql.ui.retainedExecutions": "2",
    "spark.exporter.retainedQueries": "0",
}
GPU = "spark.{}.resource.gpu.amount"
# Of what the workload does in SQL, what must have happened for the comparison to mean something.
SQL_DONE = {
    "spark_sql_executions_total{result=completed}",
    "spark_sql_executions_total{result=failed}",
    "spark_sql_operator_events_total{metric=number of output rows,operator=SortMergeJoin}",
    "spark_sql_operator_size_bytes_total{metric=shuffle bytes written,operator=Exchange}",
    "spark_sql_operator_size_bytes_total{metric=spill size,operator=Sort}",
    "spark_sql_operator_time_seconds_total{metric=shuffle write time,operator=Exchange}",
    "spark_sql_operator_time_seconds_total{metric=duration,operator=WholeStageCodegen}",
    "spark_sql_operator_peak_memory_bytes{operator=HashAggregate}",
}

pytestmark = [pytest.mark.spark, pytest.mark.timeout(420)]


def check_exposition(daemon):
    """Let promtool and a strict OpenMetrics parser look at a scrape."""
    promtool = require_program("promtool", "install it with: apt-get install prometheus")
    text = daemon.text()
    found = subprocess.run(
        [promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stdout + found.stderr) == (0, "")
    answer = requests.get(
        f"{daemon.url}/metrics", headers={"Accept": "application/openmetrics-text"}, timeout=30
    )
    assert sum(len(family.samples) for family in openmetrics(answer.text)) > 1_000


def settings_that_give(guests, directory):
    """Return settings that give more to publish: a GPU, and somebody else's plugin and data source."""
    script = directory / "gpus"
    script.write_text("""#!/bin/sh\necho '{"name": "gpu", "addresses": ["0"]}'\n""")
    script.chmod(0o755)
    return {
        "spark.plugins": "guest.OneGauge",
        "spark.jars": guests,
        "spark.worker.resource.gpu.discoveryScript": str(script),
        **{GPU.format(whose): "1" for whose in ("worker", "executor", "task")},
    }


def restart(daemon, counters, start_daemon, target):
    """Kill the daemon; return another one."""
    daemon.process.kill()
    daemon.wait()
    counters.daemon_under_test = start_daemon(target, arguments=["--poll.interval=1s"])
    return counters.daemon_under_test


def test_with_the_plugin_everything_is_there_and_true(start_job, start_daemon, guests, tmp_path):
    """Every promised name, every total equal to the event log, no counter ever lower, also over a restart."""
    job = start_job("workload.py", "behind", conf=FORGETFUL | settings_that_give(guests, tmp_path))
    target = job.hear("ui")
    daemon = start_daemon(target, arguments=["--poll.interval=1s"])
    counters = Counters(daemon)
    counters.start()
    until(lambda: daemon.totals().get("jobs_total{result=succeeded}", 0) >= 3, "three jobs are published")

    daemon = restart(daemon, counters, start_daemon, target)
    job.hear("ready", 240)
    daemon = restart(daemon, counters, start_daemon, target)
    names = until_complete(daemon, expected_names(WORKLOAD_LACKS - GIVEN))
    counters.stop()
    check_exposition(daemon)
    job.tell("stop")
    assert job.wait() == 0
    until(lambda: daemon.samples_of("spark_app_up") == [0.0], "the application has ended")

    (log,) = (tmp_path / "job-0").glob("app-*")
    assert event_log.differences(daemon.totals(), log) == {}
    assert event_log.replay(log)["executors_removed_total"] >= 1
    assert sql_log.differences(daemon.samples(), log) == {}
    assert {name for name, value in sql_log.replay(log).items() if value} >= SQL_DONE
    assert counters.fallen == []
    assert counters.scrapes > 20
    assert names == expected_names(WORKLOAD_LACKS - GIVEN)
