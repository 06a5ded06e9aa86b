"""Shuffle, spill, input and output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.limits import BAD
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
        ),
        Series(
            title="Spill",
            description="What tasks write to disk because it does not fit into memory: its size there, as it"
            " was in memory, and how much on disk is too much for so many tasks. Sustained spill makes"
            " stages slow: more partitions, or more memory for a slot.",
            unit="Bps",
            width=8,
            queries=(
                Query(q.rate("spark_app_disk_spilled_bytes_total"), "on disk"),
                Query(q.rate("spark_app_memory_spilled_bytes_total"), "in memory"),
                Query(f"{most} * {q.rate('spark_app_executor_run_time_seconds_total')}", "limit on disk"),
            ),
            overrides=(("limit on disk", BAD),),
        ),
        Series(
            title="Shuffle blocks",
            description="Shuffle blocks that tasks read per second. Very many small ones, compared with"
            " Shuffle data, cost more than the data itself: fewer partitions, or coalescing by AQE.",
            unit="ops",
            width=8,
            queries=(Query(q.rate("spark_app_shuffle_blocks_fetched_total", "location"), "{{location}}"),),
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
        ),
        Series(
            title="Disks",
            description="What the chosen executors' processes read from disks and write to them, page cache"
            " apart. At the disk's limit shuffles and spill are slow: more disks in spark.local.dir.",
            unit="Bps",
            width=6,
            queries=(Query(eq.process_io(), "{{role}} {{direction}}"),),
        ),
        Series(
            title="Network",
            description="What the chosen executors' containers receive and send; needs the plugin. At the"
            " network's limit tasks wait for shuffle data.",
            unit="Bps",
            width=6,
            queries=(Query(eq.network(), "{{direction}}"),),
        ),
    )
