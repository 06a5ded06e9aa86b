"""Replays an event log of Spark: the independent tally of what an application has done.

It follows Spark's documentation of the log alone, and uses nothing of the package under test.
"""

from __future__ import annotations

import json
import math
from collections import Counter

MILLI, NANO = 1e-3, 1e-9

# Each application total: the fields of "Task Metrics" that add up to it, and their unit in seconds or bytes.
TASK_SUMS = {
    "executor_run_time_seconds_total": (("Executor Run Time",), MILLI),
    "executor_cpu_time_seconds_total": (("Executor CPU Time",), NANO),
    "executor_deserialize_time_seconds_total": (("Executor Deserialize Time",), MILLI),
    "executor_deserialize_cpu_time_seconds_total": (("Executor Deserialize CPU Time",), NANO),
    "jvm_gc_time_seconds_total": (("JVM GC Time",), MILLI),
    "result_serialization_time_seconds_total": (("Result Serialization Time",), MILLI),
    "result_size_bytes_total": (("Result Size",), 1),
    "memory_spilled_bytes_total": (("Memory Bytes Spilled",), 1),
    "disk_spilled_bytes_total": (("Disk Bytes Spilled",), 1),
    "input_bytes_total": (("Input Metrics", "Bytes Read"), 1),
    "input_records_total": (("Input Metrics", "Records Read"), 1),
    "output_bytes_total": (("Output Metrics", "Bytes Written"), 1),
    "output_records_total": (("Output Metrics", "Records Written"), 1),
    "shuffle_read_bytes_total{location=remote}": (("Shuffle Read Metrics", "Remote Bytes Read"), 1),
    "shuffle_read_bytes_total{location=local}": (("Shuffle Read Metrics", "Local Bytes Read"), 1),
    "shuffle_read_records_total": (("Shuffle Read Metrics", "Total Records Read"), 1),
    "shuffle_blocks_fetched_total{location=remote}": (("Shuffle Read Metrics", "Remote Blocks Fetched"), 1),
    "shuffle_blocks_fetched_total{location=local}": (("Shuffle Read Metrics", "Local Blocks Fetched"), 1),
    "shuffle_fetch_wait_time_seconds_total": (("Shuffle Read Metrics", "Fetch Wait Time"), MILLI),
    "shuffle_remote_read_to_disk_bytes_total": (
        ("Shuffle Read Metrics", "Remote Bytes Read To Disk"),
        1,
    ),
    "shuffle_write_bytes_total": (("Shuffle Write Metrics", "Shuffle Bytes Written"), 1),
    "shuffle_write_records_total": (("Shuffle Write Metrics", "Shuffle Records Written"), 1),
    "shuffle_write_time_seconds_total": (("Shuffle Write Metrics", "Shuffle Write Time"), NANO),
}

# As Spark's own pages count them; everything else has failed.
STATUS = {"Success": "succeeded", "TaskKilled": "killed", "TaskCommitDenied": "killed"}

# What in Spark's text for a removal tells its class; the first one found counts.
REMOVALS = (
    ("heartbeat", "heartbeat"),
    ("decommission", "decommissioned"),
    ("code 137", "sigkill"),
    ("killed by driver", "killed"),
    ("disassociated", "lost"),
    ("worker lost", "lost"),
    ("exited", "exited"),
)


def replay(path, growing=False):
    """Return ``{"name{label=value}": value}`` of the application totals, without ``spark_app_``.

    The last line of a growing log may be written in part, and is left out then.
    """
    totals = Counter(dict.fromkeys(TASK_SUMS, 0))
    text = path.read_text()
    whole = text[: text.rfind("\n") + 1] if growing else text
    for event in map(json.loads, whole.splitlines()):
        kind = event["Event"]
        if kind == "SparkListenerTaskEnd":
            _task(totals, event)
        elif kind == "SparkListenerJobEnd":
            succeeded = event["Job Result"]["Result"] == "JobSucceeded"
            totals[f"jobs_total{{result={'succeeded' if succeeded else 'failed'}}}"] += 1
        elif kind == "SparkListenerStageCompleted":
            failed = "Failure Reason" in event["Stage Info"]
            totals[f"stages_total{{result={'failed' if failed else 'completed'}}}"] += 1
        elif kind == "SparkListenerExecutorAdded":
            totals["executors_added_total"] += 1
        elif kind == "SparkListenerExecutorRemoved":
            totals["executors_removed_total"] += 1
            totals[f"executor_removals_total{{reason={_class(event['Removed Reason'])}}}"] += 1
    units = {name: unit for name, (_fields, unit) in TASK_SUMS.items()}
    return {name: value * units.get(name, 1) for name, value in totals.items()}


def differences(published, path, without=()):
    """Return every total that the event log at ``path`` tells otherwise: what is published, what is true.

    Totals whose names begin with one of ``without`` are not compared.
    """
    return {
        name: (published.get(name), value)
        for name, value in replay(path).items()
        if not name.startswith(without)
        and not math.isclose(published.get(name, math.nan), value, rel_tol=1e-9, abs_tol=1e-9)
    }


def jobs_ended(published):
    """Return how many jobs are published to have ended."""
    return sum(value for name, value in published.items() if name.startswith("jobs_total"))


def caught_up(published, directory):
    """Say whether every stage and task is published that the only event log in ``directory`` knows so far.

    The log is written in pieces and may itself be behind.
    """
    (log,) = directory.glob("app-*")
    tally = replay(log, growing=True)
    ended = {name: value for name, value in tally.items() if name.startswith(("stages_total", "tasks_total"))}
    return all(published.get(name, 0) >= value for name, value in ended.items())


def _class(text):
    return next((word for sign, word in REMOVALS if sign in text.lower()), "other")


def _task(totals, event):
    reason = event["Task End Reason"]["Reason"]
    status = STATUS.get(reason, "failed")
    totals[f"tasks_total{{status={status}}}"] += 1
    if reason != "Success":
        totals[f"task_failures_total{{reason={reason}}}"] += 1
    metrics = event.get("Task Metrics")
    if metrics is None:
        return
    for name, (fields, _unit) in TASK_SUMS.items():
        value = metrics
        for field in fields:
            value = value[field]
        totals[name] += value
