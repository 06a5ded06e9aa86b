"""The first rows: whether queries keep up, and how far they are behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.judgement import NoBadValue
from dashboards.limits import BAD, GOOD, Look, above, never, seldom, some
from dashboards.panels import Query, Series, Stat, Timeline
from dashboards.queries import streaming as q
from dashboards.table import Column, Key, Table

if TYPE_CHECKING:
    from dashboards.config import Config
    from dashboards.panels import Panel

_STATES = (("0", Look("ended", BAD)), ("1", Look("running", GOOD)))
_QUERY = "{{query_name}}"


def numbers(config: Config) -> tuple[Stat, ...]:
    """Return the numbers at the top."""
    limits, panels = config.thresholds, config.panels
    stalled = limits["streaming_stalled_seconds"]
    return (
        Stat(
            title="Running queries",
            description="Queries that run; needs the plugin. 0 in a streaming application: they ended, see"
            " Runs that ended, or never started.",
            unit="short",
            width=4,
            queries=(Query(q.running(), "running"),),
            limits=some(),
        ),
        Stat(
            title="Failed runs",
            description="Runs of queries that ended with an exception; needs the plugin. Each stopped its"
            " output: the driver's log has the text.",
            unit="short",
            width=4,
            queries=(Query(q.failed(), "failed"),),
            limits=never(),
        ),
        Stat(
            title="Input against processing",
            description="Rows that arrive against rows that can be processed in the last batch, of the query"
            " that is worst off. Above 1 for long it falls behind for ever. With a limit of rows per trigger"
            " it is about 1, whatever waits: see Backlog.",
            unit="percentunit",
            width=4,
            queries=(Query(f"max({q.behind()})", "worst"),),
            limits=above(limits["streaming_input_ratio"], panels["streaming_input_warning_ratio"]),
        ),
        Stat(
            title="Without progress",
            description="For how long the worst of the running queries has not finished a batch, though it"
            " has something to do; needs the plugin. Above the threshold it hangs, or it has a long trigger"
            " or a large batch: look at its stages.",
            unit="s",
            width=4,
            queries=(Query(f"max({q.progress_age()})", "age"),),
            limits=above(stalled, panels["warning_ratio"] * stalled),
        ),
        Stat(
            title="Busy",
            description="Which part of the time the busiest query works on batches; needs the plugin. Near"
            " 100 % there is no reserve: the next peak makes it fall behind.",
            unit="percentunit",
            width=4,
            queries=(Query(f"max({q.busy()})", "busiest"),),
            limits=above(panels["used_ratio"], panels["used_warning_ratio"]),
            maximum=1,
        ),
        Stat(
            title="Starts",
            description="How often queries were started again in the time range; needs the plugin. Several"
            " are a loop of failures: each start reads its last batch again.",
            unit="short",
            width=4,
            queries=(Query(q.restarts(), "starts"),),
            limits=seldom(limits["streaming_restarts"]),
            instant=True,
        ),
    )


def queries(config: Config) -> tuple[Panel, ...]:
    """Return all queries side by side, and when they ran."""
    s = q.STREAM
    stalled = config.thresholds["streaming_stalled_seconds"]
    return (
        Table(
            title="Queries",
            description="All queries of the application; needs the plugin for all but the rates. Compare"
            " rows in with rows processed, and the age of the last progress with the trigger.",
            width=16,
            keys=(Key("query_name", "Query"), Key("sink", "Sink")),
            columns=(
                Column("State", q.sink_of_each(), looks=_STATES),
                Column("Last batch", q.each(s("spark_streaming_batch_id"))),
                Column("Rows in", q.each(s("spark_streaming_input_rows_per_second")), "rowsps"),
                Column("Processed", q.each(s("spark_streaming_processed_rows_per_second")), "rowsps"),
                Column("Trigger took", q.each(s("spark_streaming_last_trigger_duration_seconds")), "s"),
                Column(
                    "Without progress",
                    q.progress_age(),
                    "s",
                    above(stalled, config.panels["warning_ratio"] * stalled),
                ),
            ),
            sort="Without progress",
        ),
        Timeline(
            title="Runs",
            description="When each query ran; needs the plugin. Gaps are failures and restarts.",
            unit="short",
            width=8,
            queries=(Query(q.each(s("spark_streaming_query_active")), _QUERY),),
            looks=_STATES,
        ),
    )


def rates(config: Config) -> tuple[Series, ...]:
    """Return rates and what was not read yet."""
    s = q.STREAM
    return (
        Series(
            title="Rows in and processed",
            description="Rows that arrive per second, and that are processed while a batch runs, as of the"
            " last batch. In above processed for long: the query falls behind.",
            unit="rowsps",
            queries=(
                Query(q.each(s("spark_streaming_input_rows_per_second")), f"in {_QUERY}"),
                Query(q.each(s("spark_streaming_processed_rows_per_second")), f"processed {_QUERY}"),
            ),
            limits=NoBadValue(
                "How many rows arrive is up to the sources; Input against processing judges the two lines."
            ),
        ),
        Series(
            title="Input against processing by query",
            description="Rows that arrive against rows that can be processed. Above the line the query"
            " falls behind: give it more slots, or see which phase of its batches is slow. A limit of rows"
            " per trigger keeps it near 1: then Backlog tells.",
            unit="percentunit",
            queries=(Query(q.behind(), _QUERY),),
            limits=above(config.thresholds["streaming_input_ratio"]),
        ),
        Series(
            title="Backlog",
            description="What sources have that was not read yet, in offsets; with Kafka these are"
            " records. Above the line, and growing for long, the query never catches up.",
            unit="short",
            width=6,
            queries=(
                Query(q.sources("spark_streaming_source_backlog_offsets"), "{{query_name}} {{source_name}}"),
            ),
            limits=above(config.thresholds["streaming_backlog_offsets"]),
        ),
        Series(
            title="Time to catch up",
            description="How long it would take to read the backlog at the present speed, if nothing new"
            " came; needs the plugin. Above the line, and with a backlog that grows, the query falls behind,"
            " also if a limit of rows per trigger holds it back.",
            unit="s",
            width=6,
            queries=(Query(q.catch_up(), _QUERY),),
            limits=above(config.thresholds["streaming_catch_up_seconds"]),
        ),
        Series(
            title="Most backward partition",
            description="How many offsets the partition is behind that is furthest behind. Above the"
            " line, or far above the backlog divided by the partitions, one key or one broker is the"
            " trouble.",
            unit="short",
            width=6,
            queries=(Query(q.offsets_behind(), "{{query_name}} {{source_name}}"),),
            limits=above(config.thresholds["streaming_backlog_offsets"]),
        ),
        Series(
            title="Rows by source",
            description="Rows per second that each source reads; needs the plugin. 0 while others read:"
            " nothing arrives there, so look at the producer.",
            unit="rowsps",
            width=6,
            queries=(Query(q.rows_by_source(), "{{query_name}} {{source_name}}"),),
            limits=NoBadValue("How many rows arrive is up to the producers."),
        ),
    )
