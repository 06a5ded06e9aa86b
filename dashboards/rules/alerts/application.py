"""Alerts about whole applications and their drivers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.config import seconds
from dashboards.rules.model import (
    DURATION,
    NUMBER,
    PERCENTAGE,
    RETRIED,
    Alert,
    grown,
    lately,
    number,
)

if TYPE_CHECKING:
    from dashboards.config import Config

_FAILED_JOBS = 'spark_app_jobs_total{result="failed"}'
_OF_SAME = "on (namespace, app_id)"
_SAME = "on (job, instance, namespace, app_id, app_name)"


def _ended(config: Config, state: str) -> str:
    """Return for how long an application ran that has ended like this, if that was not long ago."""
    # A sidecar tells it in one scrape, and is gone.
    window = config.windows["end_window"]
    end, start, there = (
        f"last_over_time({series}[{window}])"
        for series in (
            "spark_app_end_timestamp_seconds",
            "spark_app_start_timestamp_seconds",
            f'spark_app_state{{state="{state}"}}',
        )
    )
    return f"{end} - {start} and ignoring (state) ({there} == 1) and ({end} > time() - {seconds(window)})"


def _failed(config: Config) -> str:
    return f"{_ended(config, 'failed')} unless {_OF_SAME} {RETRIED}"


def _lost(config: Config) -> str:
    # Without the plugin nobody says how an application ends, and nearly every one is lost.
    return f"{_ended(config, 'lost')} and ignoring (version) spark_exporter_plugin_info"


def _waiting(_: Config) -> str:
    return (
        "time() - spark_app_state_timestamp_seconds"
        ' and ignoring (state) (spark_app_state{state="waiting"} == 1) and spark_app_jobs_active > 0'
    )


def _not_progressing(_: Config) -> str:
    # The job of a receiver of DStreams has one task, which never ends. A daemon that has just begun knows
    # no rate; the one before it still does. A scrape that fails does not begin the time anew.
    return (
        "min_over_time(spark_app_jobs_active[5m]) > 0"
        f" and {_OF_SAME} last_over_time(spark_app_tasks_total[5m])"
        f" unless {_OF_SAME} (app:spark_app_tasks:rate5m > 0)"
        f" unless {_OF_SAME} last_over_time(spark_app_end_timestamp_seconds[5m])"
        f' unless {_OF_SAME} (last_over_time(spark_app_state{{state="waiting"}}[5m]) == 1)'
        f' unless {_OF_SAME} (last_over_time(spark_dstream_receivers{{state="active"}}[5m]) > 0)'
    )


def _jobs_failing(config: Config) -> str:
    window, limits = config.windows["job_window"], config.thresholds
    failed = f"sum without (result) ({grown(_FAILED_JOBS, window)})"
    ended = f"sum without (result) ({grown('spark_app_jobs_total', window)})"
    ratio, least = number(limits["job_failure_ratio"]), number(limits["job_failures"])
    return f"{failed} / {ended} >= {ratio} and {failed} >= {least} {lately(config)}"


def _overloaded(config: Config) -> str:
    # The percentiles of a scheduler that has nothing to do stay as they were.
    message = "spark_driver_dag_scheduler_message_processing_time_seconds"
    limit = number(config.thresholds["scheduler_message_seconds"])
    return (
        f'max without (percentile) ({message}{{percentile="95"}}) > {limit}'
        " and rate(spark_driver_dag_scheduler_messages_total[5m]) > 0"
    )


def _dropping(config: Config) -> str:
    lost = grown("spark_driver_listener_bus_queue_dropped_events_total", config.windows["events_window"])
    return f"{lost} > 0 {lately(config)}"


def _stalled(config: Config) -> str:
    # An application without tasks that end has other trouble, or none. A rare counter stands still most of
    # the time, so it must have moved in each of the windows before.
    counter = "app_metric:spark_custom_counter:sum"
    moving, still = config.windows["custom_moving_window"], config.windows["custom_stall_window"]
    moved = f"(increase({counter}[{still}]) > 0)[{moving}:{still}] offset {still}"
    return (
        f"max_over_time({counter}[{still}]) - min_over_time({counter}[{moving}] offset {still}) > 0"
        f" and increase({counter}[{still}]) == 0"
        f" and count_over_time({moved}) > {seconds(moving)} / {seconds(still)} - 1"
        f" and {_SAME} app:spark_app_tasks:rate5m > 0 {lately(config)}"
    )


ALERTS = (
    Alert(
        "SparkApplicationFailed",
        "A Spark application has failed.",
        "{application} has failed after {value}. Look at the driver's log for the exception, and at"
        " the last jobs and stages on its dashboard.",
        DURATION,
        _failed,
    ),
    Alert(
        "SparkApplicationLost",
        "The driver of a Spark application is gone without a word.",
        "{application} ran for {value} until its driver was killed or cut off. Ask the cluster"
        " manager what became of the driver, and look at its memory before that.",
        DURATION,
        _lost,
    ),
    Alert(
        "SparkApplicationWaiting",
        "A Spark application has jobs, but no executors.",
        "{application} has waited for its first executor for {value}. Look at the free resources of"
        " the cluster and of the application's queue or quota.",
        DURATION,
        _waiting,
    ),
    Alert(
        "SparkApplicationNotProgressing",
        "The jobs of a Spark application make no progress.",
        "{application} has {value} active jobs, but none of its tasks ends. Look at the thread"
        " dumps of executors with active tasks, and for locks and slow sources outside of Spark.",
        NUMBER,
        _not_progressing,
    ),
    Alert(
        "SparkJobsFailing",
        "Many jobs of a Spark application fail.",
        "{value} of the latest jobs of {application} have failed. Look at the reasons on the page"
        " Jobs of its UI.",
        PERCENTAGE,
        _jobs_failing,
    ),
    Alert(
        "SparkDriverOverloaded",
        "The scheduler of a Spark driver is too slow.",
        "The 95th percentile of one message of the DAG scheduler of {application} takes {value},"
        " and all scheduling waits for it. Look at the driver's CPU, its garbage collection and the"
        " number of tasks in its stages.",
        DURATION,
        _overloaded,
    ),
    Alert(
        "SparkListenerBusDroppingEvents",
        "A Spark driver loses events.",
        "The queue {queue} of {application} has lost {value} events. The UI, the event log or"
        " dynamic allocation is wrong from now on. Look at the processing time of its listeners.",
        NUMBER,
        _dropping,
    ),
    Alert(
        "SparkCustomMetricStalled",
        "A custom counter of a Spark application has stopped.",
        "{metric} of {application} has grown by {value} not long ago, and now stands still while"
        " tasks go on. Look at what the code that counts is waiting for.",
        NUMBER,
        _stalled,
    ),
)
