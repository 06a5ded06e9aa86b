"""Alerts about streaming queries, and about DStreams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.config import seconds
from dashboards.rules.model import DURATION, NUMBER, Alert, grown, lately, number

if TYPE_CHECKING:
    from dashboards.config import Config

_FAILED = 'spark_streaming_query_terminations_total{result="failed"}'
_ACTIVE = "spark_streaming_query_active"
_IDLE = "spark_streaming_query_idle_since_timestamp_seconds"
_APP = "namespace, app_id"
_QUERY = f"{_APP}, query_name, query_id"


def _behind(config: Config) -> str:
    # Both rates stay what they were in the last batch, also if nothing has arrived since. One batch says
    # little.
    limit = number(config.thresholds["streaming_input_ratio"])
    window = config.windows["behind_window"]
    arrive = f"avg_over_time(spark_streaming_input_rows_per_second[{window}])"
    processed = f"avg_over_time(spark_streaming_processed_rows_per_second[{window}])"
    return f"{arrive} / ({processed} > 0) > {limit} unless {_ACTIVE} == 0 unless {_IDLE}"


def _backlog(config: Config) -> str:
    # A ratio would be smaller each hour of a growth that goes on. A large backlog need not be a long one.
    backlog, window = "query:spark_streaming_source_backlog_offsets:sum", config.windows["backlog_window"]
    least = number(config.thresholds["streaming_backlog_offsets"])
    long = number(config.thresholds["streaming_catch_up_seconds"])
    reads = f"(rate(spark_streaming_input_rows_total[{window}]) > 0)"
    return (
        f"{backlog} >= {least} and deriv({backlog}[{window}]) > 0"
        f" unless ({backlog} / {reads} <= {long}) unless {_ACTIVE} == 0"
    )


def _stalled(config: Config) -> str:
    # A long trigger interval is no stall, nor is a source that has nothing new, nor a batch whose tasks end.
    # The first batch of a run has no progress before it, or that of the run before.
    progress = "spark_streaming_last_progress_timestamp_seconds"
    started = "spark_streaming_query_started_timestamp_seconds"
    age = f"time() - ({progress} > {started} or {started} or {progress})"
    trigger = "(spark_streaming_last_trigger_duration_seconds + spark_streaming_last_trigger_idle_seconds)"
    least = number(config.thresholds["streaming_stalled_seconds"])
    times = number(config.thresholds["streaming_stalled_trigger_ratio"])
    window = config.windows["stalled_window"]
    tasks = "spark_streaming_query_tasks_total"
    working = f"increase({tasks}[{window}]) > 0"
    # Nobody knows whose the tasks are with an older plugin, and in foreachBatch over Spark Connect.
    unknown = f"{_ACTIVE} unless {tasks} > 0 and on ({_APP}) app:spark_app_tasks:rate5m > 0"
    # As long as a daemon has not seen two batches, the interval is not known; who waits for its end has
    # no job. A first batch has nothing to wait for.
    due = (
        f"spark_streaming_last_trigger_idle_seconds or {started} unless {progress} > {started}"
        f" or min_over_time(spark_streaming_query_jobs_active[{window}]) > 0"
    )
    return (
        f"{age} > {least} and {_ACTIVE} == 1 and ({due}) unless {_IDLE}"
        f" unless ({age} <= {times} * {trigger}) unless ({working}) unless ({unknown})"
    )


def _terminated(config: Config) -> str:
    # One that failed once, was started again and then stopped in order has not failed. Without its checkpoint
    # a query gets another id when it is started again, but not another name.
    started, name = "spark_streaming_query_started_timestamp_seconds", f"{_APP}, query_name"
    last = f"{started} == on ({name}) group_left () max by ({name}) ({started})"
    return (
        "time() - spark_streaming_query_terminated_timestamp_seconds"
        f" and spark_streaming_query_failed == 1 and ({last}) {lately(config)}"
    )


def _restarting(config: Config) -> str:
    failed = grown(_FAILED, config.windows["restart_window"])
    least = number(config.thresholds["streaming_restarts"])
    return f"sum without (result) ({failed}) >= {least} {lately(config)}"


def _state(config: Config) -> str:
    rows, window = "query:spark_streaming_state_rows:sum", config.windows["state_window"]
    ratio = number(config.thresholds["streaming_state_growth_ratio"])
    least = number(config.thresholds["streaming_state_rows"])
    fast = f"{rows} / ({rows} offset {window} > 0) > {ratio}"
    return f"{rows} >= {least} and on ({_QUERY}) ({fast} or {_ever_growing(config)})"


def _ever_growing(config: Config) -> str:
    # The older a state is, the smaller is the ratio of what an hour adds. One that gets larger hour by
    # hour, and of which nothing is ever removed, has no end. It goes on without single samples, and where
    # a daemon has another address than before.
    window, whole = config.windows["state_window"], config.windows["state_growth_window"]
    operator = f"{_QUERY}, operator"

    def largest(before: str) -> str:
        return f"max by ({operator}) (max_over_time(spark_streaming_state_rows[{window}]{before}))"

    grows = f"({largest('')} > {largest(f' offset {window}')})[{whole}:{window}]"
    removes = f"increase(spark_streaming_state_removed_rows_total[{whole}]) > 0"
    return (
        f"max by ({_QUERY}) (count_over_time({grows}) > {seconds(whole)} / {seconds(window)} - 1"
        f" unless on ({operator}) {removes})"
    )


def _watermark(config: Config) -> str:
    mark, window = "spark_streaming_watermark_timestamp_seconds", config.windows["watermark_window"]
    return (
        f"time() - {mark} and ({mark} - {mark} offset {window} == 0)"
        f" and increase(spark_streaming_input_rows_total[{window}]) > 0 and {_ACTIVE} == 1"
    )


def _dstream(config: Config) -> str:
    # The averages are over all batches that Spark retains, and follow what happens far too slowly.
    times = number(config.thresholds["dstream_delay_ratio"])
    delay = "spark_dstream_last_batch_scheduling_delay_seconds"
    return f"{delay} > {times} * spark_dstream_batch_interval_seconds"


ALERTS = (
    Alert(
        "SparkStreamingFallingBehind",
        "A streaming query processes less than arrives.",
        "{query} gets {value} times as many rows as it processes. Look at the phases of its"
        " batches, at skew and spill in its stages, and for more executors.",
        NUMBER,
        _behind,
    ),
    Alert(
        "SparkStreamingBacklogGrowing",
        "The backlog of a streaming query grows.",
        "{query} is {value} offsets behind its sources, and falls back further. Look at the rows"
        " that it processes a second against what arrives, and at the limit of rows per trigger.",
        NUMBER,
        _backlog,
    ),
    Alert(
        "SparkStreamingStalled",
        "A streaming query makes no progress.",
        "{query} has made no progress for {value} though it is active. Look at its running job and"
        " stage, at thread dumps, and at the source and the sink.",
        DURATION,
        _stalled,
    ),
    Alert(
        "SparkStreamingTerminated",
        "A streaming query has failed and does not run any more.",
        "{query} ended with an exception {value} ago and was not started again. Look at the"
        " exception in the driver's log or on the page Structured Streaming of the UI.",
        DURATION,
        _terminated,
    ),
    Alert(
        "SparkStreamingRestarting",
        "A streaming query fails again and again.",
        "{query} has failed {value} times lately. Look at the exceptions in the driver's log, and"
        " whether they are always the same.",
        NUMBER,
        _restarting,
    ),
    Alert(
        "SparkStreamingStateGrowing",
        "The state of a streaming query grows and grows.",
        "{query} keeps {value} rows in its state, and ever more. Look at the watermark, at rows"
        " removed from the state, and at the memory of the state.",
        NUMBER,
        _state,
    ),
    Alert(
        "SparkStreamingWatermarkStuck",
        "The watermark of a streaming query stands still.",
        "{query} reads rows, but its watermark is {value} old and does not move. Look at the event"
        " times of its input, and for a source or a partition that gives nothing.",
        DURATION,
        _watermark,
    ),
    Alert(
        "SparkDstreamFallingBehind",
        "Batches of DStreams wait longer than the batch interval.",
        "The batches of {application} wait for {value} until they are processed. Look at the"
        " processing time against the batch interval, and at the rates of the receivers.",
        DURATION,
        _dstream,
    ),
)
