"""Shuffle, spill, input and output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.judgement import Line, NoBadValue
from dashboards.panels import Query, Series
from dashboards.queries import application as q
from dashboards.queries import executors as eq
from dashboards.rules.model import number

if TYPE_CHECKING:
    from dashboards.config import Config


def panels(config: Config) -> tuple[Series, ...]:
    """Return the row about data that moves."""
    return (*_shuffle(config), *_files())


def _shuffle(config: Config) -> tuple[Series, ...]:
    most = number(config.thresholds["disk_spilled_bytes_per_task_second"])
    return (
        Series(
            title="Shuffle data",
            description="Shuffle data that tasks write, and read from their own executor and from others."
            " Many times the input: filter and select before the join, or broadcast the small side.",
            unit="Bps",
            width=8,
            queries=(
                Query(q.rate("spark_app_shuffle_write_bytes_total"), "written"),
                Query(q.rate("spark_app_shuffle_read_bytes_total", "location"), "read {{location}}"),
            ),
            limits=NoBadValue("How much must be shuffled depends on the queries."),
        ),
        Series(
            title="Spill",
            description="What tasks write to disk because it does not fit into memory: its size there,"
            " as it was in memory, and the line of what is too much on disk for so many tasks. Above"
            " it for long stages are slow: more partitions, or more memory for a slot.",
            unit="Bps",
            width=8,
            queries=(
                Query(q.rate("spark_app_disk_spilled_bytes_total"), "on disk"),
                Query(q.rate("spark_app_memory_spilled_bytes_total"), "in memory"),
                Query(f"{most} * {q.rate('spark_app_executor_run_time_seconds_total')}", "limit on disk"),
            ),
            limits=Line("limit on disk"),
        ),
        Series(
            title="Shuffle blocks",
            description="Shuffle blocks that tasks read per second. Very many small ones, compared with"
            " Shuffle data, cost more than the data itself: fewer partitions, or coalescing by AQE.",
            unit="ops",
            width=8,
            queries=(Query(q.rate("spark_app_shuffle_blocks_fetched_total", "location"), "{{location}}"),),
            limits=NoBadValue("How many there are depends on the partitions and the data."),
        ),
    )


def _files() -> tuple[Series, ...]:
    return (
        Series(
            title="Input and output",
            description="Bytes that tasks read from storage or cache and write to storage. Low while tasks"
            " run and CPU idles: the storage is slow or throttles.",
            unit="Bps",
            width=6,
            queries=(
                Query(q.rate("spark_app_input_bytes_total"), "input"),
                Query(q.rate("spark_app_output_bytes_total"), "output"),
            ),
            limits=NoBadValue("How much is read and written depends on the job and on the storage."),
        ),
        Series(
            title="Records",
            description="Records that tasks read and write per second, and that go through shuffles. Output"
            " far above input is a join that multiplies rows.",
            unit="ops",
            width=6,
            queries=(
                Query(q.rate("spark_app_input_records_total"), "input"),
                Query(q.rate("spark_app_output_records_total"), "output"),
                Query(q.rate("spark_app_shuffle_write_records_total"), "shuffle"),
            ),
            limits=NoBadValue("How many there are depends on the data."),
        ),
        Series(
            title="Disks",
            description="What the chosen executors' processes read from disks and write to them, page cache"
            " apart. At the disk's limit shuffles and spill are slow: more disks in spark.local.dir.",
            unit="Bps",
            width=6,
            queries=(Query(eq.process_io(), "{{role}} {{direction}}"),),
            limits=NoBadValue("How much is too much depends on the disks, which Spark does not know."),
        ),
        Series(
            title="Network",
            description="What the chosen executors' containers receive and send; needs the plugin. At the"
            " network's limit tasks wait for shuffle data.",
            unit="Bps",
            width=6,
            queries=(Query(eq.network(), "{{direction}}"),),
            limits=NoBadValue("How much is too much depends on the network, which Spark does not know."),
        ),
    )
