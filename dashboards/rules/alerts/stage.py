"""Alerts about stages and their tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.config import seconds
from dashboards.rules.model import NUMBER, PERCENTAGE, Alert, grown, lately, number

if TYPE_CHECKING:
    from dashboards.config import Config

_FAILED = 'spark_app_tasks_total{status="failed"}'
_TRIED = 'spark_app_tasks_total{status=~"failed|succeeded"}'
_RUN_TIME = "spark_stage_task_run_time_seconds"
_COMPLETED = 'spark_stage_tasks{state="completed"}'


def _failures(config: Config) -> str:
    # Not of a rate: long tasks that fail together are in it for a moment only.
    window, limits = config.windows["failure_window"], config.thresholds
    failed = f"sum without (status) ({grown(_FAILED, window)})"
    ended = f"sum without (status) ({grown(_TRIED, window)})"
    ratio, least = number(limits["task_failure_ratio"]), number(limits["task_failures"])
    return f"{failed} / {ended} > {ratio} and {failed} >= {least} {lately(config)}"


def _fetch_failures(config: Config) -> str:
    failures = grown('spark_app_task_failures_total{reason="FetchFailed"}', config.windows["fetch_window"])
    least = number(config.thresholds["fetch_failures"])
    return f"sum without (reason) ({failures}) >= {least} {lately(config)}"


def _skewed(config: Config) -> str:
    # Of tasks that have succeeded: one that still runs is left to SparkStageStraggling.
    ratio, longest = config.thresholds["stage_skew_ratio"], config.thresholds["stage_skewed_task_seconds"]
    return (
        f"spark_stage_task_run_time_skew_ratio > {number(ratio)}"
        f' and ignoring (percentile) ({_RUN_TIME}{{percentile="100"}} >= {number(longest)})'
    )


def _straggling(config: Config) -> str:
    window = config.windows["straggler_window"]
    done, times = config.thresholds["straggler_progress_ratio"], config.thresholds["straggler_task_ratio"]
    return (
        f"spark_stage_progress_ratio >= {number(done)}"
        ' and ignoring (state) (spark_stage_tasks{state="active"} > 0)'
        f" and ignoring (state) ({_COMPLETED} - {_COMPLETED} offset {window} == 0)"
        f' and ignoring (percentile) ({number(times)} * {_RUN_TIME}{{percentile="75"}} < {seconds(window)})'
    )


ALERTS = (
    Alert(
        "SparkTaskFailureRateHigh",
        "Many tasks of a Spark application fail.",
        "{value} of the latest attempts at tasks of {application} have failed. Look at the reasons on its"
        " dashboard, and whether they are all on one executor or node.",
        PERCENTAGE,
        _failures,
    ),
    Alert(
        "SparkFetchFailures",
        "Tasks of a Spark application cannot fetch shuffle data.",
        "{value} tasks of {application} could not fetch shuffle data, and stages are run again for"
        " it. Look for executors and nodes that were lost, and at the network.",
        NUMBER,
        _fetch_failures,
    ),
    Alert(
        "SparkStageSkewed",
        "The tasks of a Spark stage differ too much.",
        "{stage} has a task that took {value} times as long as the median. Look at the shuffle read"
        " and the input of its tasks, by percentile, for keys that are too frequent.",
        NUMBER,
        _skewed,
    ),
    Alert(
        "SparkStageStraggling",
        "A Spark stage waits for its last tasks.",
        "{stage} is done to {value}, and its last tasks take far longer than the others. Look at"
        " the executors that they run on, and at the size of their input.",
        PERCENTAGE,
        _straggling,
    ),
)
