"""Readings in real Spark, compared with what Spark's own sinks, event log and progress say."""

import csv
import json
import re
from collections import Counter

import pyspark
import pytest
import requests

import event_log
from plugin.following import Follower, jobs, python_path
from running import until

pytestmark = pytest.mark.spark
OWN = re.compile(r"container\.|process\.|jvm\.(threads|classes|cpu|uptime|processors)\b")
DISTRIBUTION = ("count", "p50", "p95", "p99")
OFTEN = re.compile(r"jvm|ExecutorMetrics|JVMCPU|BlockManager|LiveListenerBus|threadpool|NettyBlockTransfer")
# How many metrics each source of an executor has in Spark 4.3.
SOURCES = {
    "executor": 50, "ExecutorMetrics": 23, "NettyBlockTransfer": 4, "CodeGenerator": 4,
    "HiveExternalCatalog": 5, "JVMCPU": 1,
}  # fmt: skip
# What the plugin calls the sums that the event log's replay has: name, and how many of its units make one.
SUMS = {
    "executor_run_time_seconds_total": ("executorRunTime", 1e3),
    "executor_cpu_time_seconds_total": ("executorCpuTime", 1e9),
    "executor_deserialize_time_seconds_total": ("executorDeserializeTime", 1e3),
    "executor_deserialize_cpu_time_seconds_total": ("executorDeserializeCpuTime", 1e9),
    "jvm_gc_time_seconds_total": ("jvmGCTime", 1e3),
    "result_serialization_time_seconds_total": ("resultSerializationTime", 1e3),
    "result_size_bytes_total": ("resultSize", 1),
    "memory_spilled_bytes_total": ("memoryBytesSpilled", 1),
    "disk_spilled_bytes_total": ("diskBytesSpilled", 1),
    "input_bytes_total": ("input.bytesRead", 1),
    "input_records_total": ("input.recordsRead", 1),
    "output_bytes_total": ("output.bytesWritten", 1),
    "output_records_total": ("output.recordsWritten", 1),
    "shuffle_read_bytes_total{location=remote}": ("shuffleRead.remoteBytesRead", 1),
    "shuffle_read_bytes_total{location=local}": ("shuffleRead.localBytesRead", 1),
    "shuffle_read_records_total": ("shuffleRead.recordsRead", 1),
    "shuffle_blocks_fetched_total{location=remote}": ("shuffleRead.remoteBlocksFetched", 1),
    "shuffle_blocks_fetched_total{location=local}": ("shuffleRead.localBlocksFetched", 1),
    "shuffle_fetch_wait_time_seconds_total": ("shuffleRead.fetchWaitTime", 1e3),
    "shuffle_remote_read_to_disk_bytes_total": ("shuffleRead.remoteBytesReadToDisk", 1),
    "shuffle_write_bytes_total": ("shuffleWrite.bytesWritten", 1),
    "shuffle_write_records_total": ("shuffleWrite.recordsWritten", 1),
    "shuffle_write_time_seconds_total": ("shuffleWrite.writeTime", 1e9),
}


@pytest.fixture
def start(start_job):
    """Start a job of this directory; return it with a client that follows it."""

    def run(script, *arguments, **conf):
        job = start_job(jobs(script), *arguments, conf=conf, env=python_path())
        return job, Follower(job.hear("ui"))

    return run


def total_name(name):
    """Return what the plugin calls a count of the replay."""
    if name in SUMS:
        return f"app.{SUMS[name][0]}"
    what, _, label = name.partition("{")
    what = what.removesuffix("_total")
    what = what.replace("_", ".") if what.startswith("executors") else what
    return f"app.{what}" + (f".{label.split('=')[1][:-1]}" if label else "")


@pytest.mark.parametrize("master", ["local[2]", "local-cluster[2,1,1024]"])
def test_application_totals_are_those_of_the_event_log(start, tmp_path, master):
    """To the last event before the end, of a short job with failures."""
    log = tmp_path / "events"
    log.mkdir()
    conf = {
        "spark.master": master,
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": log.as_uri(),
        "spark.eventLog.rolling.enabled": "false",
        "spark.eventLog.compress": "false",
    }
    job, follower = start("work.py", tmp_path / "written", **conf)
    assert job.hear("done")
    job.tell("stop")
    final = follower.last()
    assert job.wait() == 0
    (file,) = log.iterdir()
    expected = event_log.replay(file)
    seen = {name: follower.application[total_name(name)] / SUMS.get(name, (0, 1))[1] for name in expected}
    assert seen == pytest.approx(expected, rel=1e-12)
    assert expected["jobs_total{result=failed}"] == 1
    # Not in the log: the stage whose output the second count of the group found.
    assert follower.application["app.stages.skipped"] >= 1
    assert final["application"]["outcome"] == "completed"
    assert final["application"]["waiting"] is False
    named = {name for name in follower.application if name.startswith("app.task_failures.")}
    assert named == {"app.task_failures.ExceptionFailure"}


def shown_by_the_driver(ui):
    """Return the driver's metrics as its UI has them, by the names of readings."""
    metrics = requests.get(f"{ui}/metrics/json/", timeout=30).json()
    shown = {}
    for kind in ("gauges", "counters", "histograms", "timers"):
        for full, metric in metrics[kind].items():
            name = full.split(".driver.", 1)[1]
            if kind in ("gauges", "counters"):
                shown[name] = metric["value" if kind == "gauges" else "count"]
            else:
                shown |= {f"{name}#{part}": metric[part] for part in DISTRIBUTION}
    return {name: value for name, value in shown.items() if not name.startswith("plugin.io.sparkexporter")}


def test_the_drivers_readings_are_those_of_its_ui(start, tmp_path):
    """Every name, and every number that holds still."""
    conf = {"spark.metrics.conf.*.source.jvm.class": "org.apache.spark.metrics.source.JvmSource"}
    job, follower = start("work.py", tmp_path / "written", **{"spark.master": "local[2]"}, **conf)
    assert job.hear("done")
    ui = follower.ui

    def agree():
        shown = shown_by_the_driver(ui)
        readings = follower.once()["driver"]
        still = {name for name in shown if not OFTEN.search(name)}
        same = {name for name in still if readings.get(name) == shown[name]}
        return (shown, readings) if same == still and len(still) > 60 else None

    shown, readings = until(agree, "the readings are those of the UI", 30)
    numbers = {name for name, value in shown.items() if isinstance(value, (int, float))}
    assert numbers <= readings.keys()
    assert {name for name in readings if not OWN.match(name)} <= shown.keys()
    job.tell("stop")
    assert job.wait() == 0


def csv_of(directory, executor):
    """Return the last values of one executor in the files of Spark's CSV sink, by metric."""
    values = {}
    for file in directory.glob(f"*.{executor}.*.csv"):
        name = file.name.split(f".{executor}.", 1)[1].removesuffix(".csv")
        *_, last = csv.DictReader(file.read_text().splitlines())
        values[name] = float(last.get("count") or last["value"])
    return {name: value for name, value in values.items() if not name.startswith("plugin.io.sparkexporter")}


def test_executors_readings_are_those_of_a_sink(start, tmp_path):
    """Every name that the CSV sink has of an executor, with the same number where it holds still."""
    sink = tmp_path / "csv"
    sink.mkdir()
    prefix = "spark.metrics.conf.executor.sink.csv"
    conf = {
        "spark.master": "local-cluster[2,1,1024]",
        f"{prefix}.class": "org.apache.spark.metrics.sink.CsvSink",
        f"{prefix}.period": "1",
        f"{prefix}.unit": "seconds",
        f"{prefix}.directory": str(sink),
    }
    job, follower = start("work.py", tmp_path / "written", **conf)
    assert job.hear("done")

    def agree():
        files, readings = csv_of(sink, "0"), follower.once().get("0", {})
        counted = {name.removesuffix("#count"): value for name, value in readings.items()}
        still = {name for name in files if not OFTEN.search(name)}
        same = {name for name in still if counted.get(name) == files[name]}
        return (files, readings) if still and same == still else None

    files, readings = until(agree, "the readings are those of the files", 60)
    names = {name.split("#")[0] for name in readings if not OWN.match(name) and not name.startswith("jvm.")}
    assert names == {name for name in files if not name.startswith("jvm.")}
    if pyspark.__version__.startswith("4.3."):
        assert Counter(name.split(".")[0] for name in names) == SOURCES
    assert {
        f"{name}#{part}" for name in names if name.startswith("CodeGenerator") for part in DISTRIBUTION
    } <= set(readings)
    assert readings["process.jvm.count"] == 1
    assert readings["process.python.count"] >= 1
    assert follower.once()["driver"]["process.jvm.count"] == 1
    job.tell("stop")
    assert job.wait() == 0


def test_streaming_queries_are_summed_up_as_spark_says(start):
    """All progress of a run; one that failed shows why, and makes the application look failed."""
    job, follower = start("stream.py")
    run, progress = job.hear("run"), job.hear("progress")
    broken = job.hear("broken")
    job.tell("stop")
    final = follower.last()
    assert job.wait() == 0
    queries = {query["run_id"]: query for query in final["queries"]}
    orders = queries[run]
    assert orders["name"] == "orders"
    assert orders["exception"] is None
    assert orders["started"] <= orders["terminated"]
    totals = orders["totals"]
    assert totals["batches"] == len(progress)
    assert (
        totals["input_rows"] == totals["source.0.input_rows"] == sum(one["numInputRows"] for one in progress)
    )
    assert totals["output_rows"] == sum(one["sink"]["numOutputRows"] for one in progress)
    for phase in ("triggerExecution", "addBatch"):
        assert totals[f"duration_ms.{phase}"] == sum(one["durationMs"].get(phase, 0) for one in progress)
    operators = [one["stateOperators"][0] for one in progress if one["stateOperators"]]
    assert totals["state.0.rows_updated"] == sum(one["numRowsUpdated"] for one in operators)
    assert totals["state.0.commit_ms"] == sum(one["commitTimeMs"] for one in operators)
    assert follower.progress[run] == progress[-1]
    # The application does nothing else. Tasks that are killed may end after their stage.
    tasks = {end: follower.application[f"app.tasks.{end}"] for end in ("succeeded", "failed", "killed")}
    assert tasks["succeeded"] <= orders["tasks"] + queries[broken]["tasks"] <= sum(tasks.values())
    assert orders["tasks"] >= len(progress)
    assert queries[broken]["tasks"] >= 1
    assert orders["jobs"] == queries[broken]["jobs"] == 0
    assert "STREAM_FAILED" in queries[broken]["exception"] or "Exception" in queries[broken]["exception"]
    assert queries[broken]["name"] is None
    assert json.dumps(final).count(run) == 1
    assert final["application"]["outcome"] == "completed"
