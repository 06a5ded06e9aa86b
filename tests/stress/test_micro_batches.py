"""Streaming queries with many small batches, each of which is SQL executions of its own."""

import pytest

import event_log
import sql_log
from running import until

pytestmark = [pytest.mark.spark, pytest.mark.timeout(420)]
OF_PYTHON = "spark_sql_operator_size_bytes_total{{metric=data {} Python workers,operator=MicroBatchScan}}"


def test_every_batch_is_in_the_totals_and_nothing_is_lost(start_job, start_daemon, tmp_path):
    """Executions and their operators are those of Spark's event log, metrics of a source in Python too."""
    job = start_job("micro_batches.py")
    daemon = start_daemon(job.hear("ui"), arguments=["--poll.interval=1s"])
    batches = job.hear("batches", 240)
    job.tell("stop")
    assert job.wait() == 0
    until(lambda: daemon.samples_of("spark_app_up") == [0.0], "the application has ended")

    (log,) = (tmp_path / "job-0").glob("local-*")
    true = sql_log.replay(log)
    assert true["spark_sql_executions_total{result=completed}"] >= sum(batches)
    assert true[OF_PYTHON.format("sent to")] > 0
    assert true[OF_PYTHON.format("returned from")] > 0
    assert sql_log.differences(daemon.samples(), log) == {}
    assert event_log.differences(daemon.totals(), log) == {}
    dropped = {
        dict(labels)["reason"]: value
        for (name, labels), value in daemon.samples().items()
        if name == "spark_exporter_plugin_dropped_total"
    }
    assert "sql_limit" in dropped
    assert {reason: value for reason, value in dropped.items() if value} == {}
