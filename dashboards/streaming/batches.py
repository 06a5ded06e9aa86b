"""What a batch does: its phases, event time and state; and DStreams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.judgement import Line, NoBadValue
from dashboards.limits import above, never
from dashboards.panels import Query, Series
from dashboards.queries import streaming as q
from dashboards.rules.model import number

if TYPE_CHECKING:
    from dashboards.config import Config

_QUERY = "{{query_name}}"


def batches() -> tuple[Series, ...]:
    """Return how long batches take, and what is in them."""
    s = q.STREAM
    return (
        Series(
            title="Time of a batch by phase",
            description="How long each phase takes of an average batch of the chosen queries; needs the"
            " plugin. addBatch is the work itself, latestOffset and getBatch the source, walCommit and"
            " commitOffsets the checkpoint's storage.",
            unit="s",
            queries=(Query(q.phases(), "{{phase}}"),),
            stacked=True,
            limits=NoBadValue(
                "How long a batch may take depends on its trigger: the number Busy judges that."
            ),
        ),
        Series(
            title="Trigger against its interval",
            description="How long the last trigger took, and how long it was from that one to the next."
            " Where both meet the query has no reserve and batches grow.",
            unit="s",
            queries=(
                Query(q.each(s("spark_streaming_last_trigger_duration_seconds")), f"took {_QUERY}"),
                Query(q.interval(), f"interval {_QUERY}"),
            ),
            limits=NoBadValue(
                "How long a trigger may take depends on the interval beside it: the number Busy judges that."
            ),
        ),
        Series(
            title="Rows of a batch",
            description="Rows of the last batch; needs the plugin. Growing with every batch is the sign of"
            " a query that falls behind; a flat top is a limit such as maxOffsetsPerTrigger.",
            unit="short",
            width=8,
            queries=(
                Query(q.each(s("spark_streaming_last_batch_input_rows")), f"in {_QUERY}"),
                Query(q.each(s("spark_streaming_last_batch_output_rows")), f"out {_QUERY}"),
            ),
            limits=NoBadValue("How many rows there are is up to the sources and to the trigger."),
        ),
        Series(
            title="Starts and ends",
            description="Runs of queries that started and that ended, by how; needs the plugin. failed"
            " again and again: the same batch fails each time.",
            unit="short",
            width=8,
            queries=(Query(q.starts(), f"started {_QUERY}"), Query(q.ends(), "{{result}} {{query_name}}")),
            bars=True,
            limits=NoBadValue(
                "Queries may be started and stopped; the numbers Failed runs and Starts judge how often."
            ),
        ),
        Series(
            title="What queries observe",
            description="Numbers that the queries' own observe() gave for the last batch, under their own"
            " names and in their own units. What is bad only their author knows.",
            unit="none",
            width=8,
            queries=(Query(q.observed(), "{{query_name}} {{observation}} {{column}}"),),
            minimum=None,
            limits=NoBadValue("Only the author of the query knows which numbers are right."),
        ),
    )


def event_time(config: Config) -> tuple[Series, ...]:
    """Return watermarks and late rows."""
    return (
        Series(
            title="Watermark behind the clock",
            description="How far each watermark is behind the clock now. It should stay level: rising in"
            " step with the clock it is stuck, because a source is silent or the query stands, and state is"
            " never let go.",
            unit="s",
            width=8,
            queries=(Query(q.watermark_lag(), _QUERY),),
            linear_below=100,
            limits=NoBadValue("How far behind is right depends on the delay that each query has chosen."),
        ),
        Series(
            title="Age of events",
            description="How old the smallest, average and largest event time of the last batch is. A"
            " largest one in the future pushes the watermark ahead and makes all others late.",
            unit="s",
            width=8,
            queries=(Query(q.event_time_age(), "{{query_name}} {{statistic}}"),),
            minimum=None,
            linear_below=100,
            limits=NoBadValue("How old events are is up to the sources."),
        ),
        Series(
            title="Late rows dropped",
            description="Rows per second that came later than the watermark and were dropped. Above the"
            " line data is lost: more delay in withWatermark keeps it, at the price of state.",
            unit="rowsps",
            width=8,
            queries=(Query(q.late_rows(), "{{query_name}} {{operator_name}}"),),
            limits=above(config.panels["streaming_late_rows_per_second"]),
        ),
    )


def state(config: Config) -> tuple[Series, ...]:
    """Return what stateful operators keep."""
    updated, removed = q.state_changes()
    update, removal, commit = q.state_time()
    return (
        Series(
            title="State: rows",
            description="Rows that stateful operators keep. Above the line, and growing without end,"
            " there is no watermark, or keys never come again; it ends in memory or slow commits.",
            unit="short",
            width=6,
            queries=(Query(q.state("spark_streaming_state_rows"), "{{query_name}} {{operator_name}}"),),
            limits=above(config.thresholds["streaming_state_rows"]),
        ),
        Series(
            title="State: memory",
            description="Memory that states take, over all executors. Near what executors have: use the"
            " RocksDB state store, or more partitions on more executors.",
            unit="bytes",
            width=6,
            queries=(
                Query(q.state("spark_streaming_state_memory_used_bytes"), "{{query_name}} {{operator_name}}"),
            ),
            limits=NoBadValue(
                "How much is too much depends on the executors' memory: see the dashboard Spark application."
            ),
        ),
        Series(
            title="State: changes",
            description="Rows of states that are updated and removed per second; needs the plugin. Updated"
            " without any removed: the state only grows.",
            unit="rowsps",
            width=6,
            queries=(Query(updated, f"updated {_QUERY}"), Query(removed, f"removed {_QUERY}")),
            limits=NoBadValue("How many rows change depends on the data; State: rows judges what is left."),
        ),
        Series(
            title="State: time of a batch",
            description="Time that an average batch spends on its state, added up over partitions; needs"
            " the plugin. A large commit is slow checkpoint storage.",
            unit="s",
            width=6,
            queries=(
                Query(update, f"update {_QUERY}"),
                Query(removal, f"removal {_QUERY}"),
                Query(commit, f"commit {_QUERY}"),
            ),
            limits=NoBadValue(
                "It is added up over partitions that work side by side; the number Busy judges batches."
            ),
        ),
    )


def dstreams(config: Config) -> tuple[Series, ...]:
    """Return the streams of the older API."""
    work = q.dstream("spark_dstream_last_batch_processing_time_seconds")
    due = q.dstream("spark_dstream_batch_interval_seconds")
    return (
        Series(
            title="DStreams: time of a batch",
            description="How long the last batch worked and waited, and how long it may: the interval."
            " Work above that line: batches pile up, and the wait grows without end.",
            unit="s",
            width=6,
            queries=(
                Query(work, "processing"),
                Query(q.dstream("spark_dstream_last_batch_scheduling_delay_seconds"), "waiting"),
                Query(f"{number(config.thresholds['dstream_delay_ratio'])} * {due}", "limit"),
            ),
            limits=Line("limit"),
        ),
        Series(
            title="DStreams: batches",
            description="Batches that wait and that are in progress. Above the line, and growing in"
            " number, they are a stream that falls behind: turn on backpressure.",
            unit="short",
            width=6,
            queries=(Query(q.dstream_batches(), "{{state}}"),),
            limits=above(config.panels["dstream_batches"]),
        ),
        Series(
            title="DStreams: inactive receivers",
            description="Receivers that have stopped. Any above the line reads nothing: its last error is"
            " in Spark's UI, and its executor may be gone.",
            unit="short",
            width=6,
            queries=(Query(q.dstream_receivers("inactive"), "inactive"),),
            limits=never(),
        ),
        Series(
            title="DStreams: records",
            description="Records of the last batch. None while the source has some: the receivers read"
            " nothing, or the wrong place.",
            unit="short",
            width=6,
            queries=(Query(q.dstream("spark_dstream_last_batch_records"), "records"),),
            limits=NoBadValue("How many records arrive is up to the sources."),
        ),
    )
