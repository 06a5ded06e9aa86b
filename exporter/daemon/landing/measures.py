"""What there are charts of: a few numbers of each application, and the user's own metrics."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from exporter.daemon.custom import base_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.model import MetricDef
    from exporter.daemon.planner import Published

COUNT, BYTES, SECONDS, SHARE = "count", "bytes", "seconds", "share"
EXECUTOR_UP = "spark_executor_up"
SUM, MOST, MEAN = "sum", "most", "mean"
MAX_PARTS = 10
"""How many streaming queries of an application have charts."""


@dataclass(frozen=True)
class Measure:
    """One number of an application over time."""

    key: str
    title: str
    unit: str
    names: tuple[str, ...]
    """The metrics that tell it; the first one that there is counts."""
    labels: tuple[tuple[str, str], ...] = ()
    """Those that a sample must have."""
    rate: bool = False
    """Whether what is shown is the growth per second."""
    how: str = SUM
    """How samples are put together: their sum, the greatest, or their mean over the executors there are."""
    part: str = ""
    """A label; each of its values has a chart of its own."""
    quiet: bool = False
    """Whether a chart of nothing but zeros says nothing."""


ACTIVE_TASKS = Measure("tasks_active", "Running tasks", COUNT, ("spark_executor_tasks_active",))
MEASURES = (
    ACTIVE_TASKS,
    Measure("tasks", "Ended tasks per second", COUNT, ("spark_app_tasks_total",), rate=True),
    Measure("executors", "Executors", COUNT, ("spark_app_executors",)),
    Measure("heap", "JVM heap used", BYTES, ("spark_executor_jvm_memory_used_bytes",), (("area", "heap"),)),
    Measure(
        "gc",
        "Time in garbage collection",
        SHARE,
        ("spark_executor_jvm_gc_time_seconds_total", "spark_executor_gc_time_seconds_total"),
        rate=True,
        how=MEAN,
    ),
    Measure("cpu", "Busy cores", COUNT, ("spark_process_cpu_seconds_total",), rate=True),
    Measure("rss", "Resident memory", BYTES, ("spark_process_resident_memory_bytes",)),
    Measure("input", "Input per second", BYTES, ("spark_app_input_bytes_total",), rate=True, quiet=True),
    Measure(
        "shuffle",
        "Shuffle read per second",
        BYTES,
        ("spark_app_shuffle_read_bytes_total",),
        rate=True,
        quiet=True,
    ),
    Measure(
        "spill",
        "Spill to disk per second",
        BYTES,
        ("spark_app_disk_spilled_bytes_total",),
        rate=True,
        quiet=True,
    ),
    Measure(
        "rows", "Input rows per second", COUNT, ("spark_streaming_input_rows_per_second",), part="query_name"
    ),
    Measure(
        "batch",
        "Batch duration",
        SECONDS,
        ("spark_streaming_last_trigger_duration_seconds",),
        how=MOST,
        part="query_name",
    ),
    Measure(
        "backlog",
        "Backlog in offsets",
        COUNT,
        ("spark_streaming_source_backlog_offsets",),
        part="query_name",
        quiet=True,
    ),
    Measure("dstream", "Batch duration", SECONDS, ("spark_dstream_last_batch_processing_time_seconds",)),
    Measure("delay", "Scheduling delay", SECONDS, ("spark_dstream_last_batch_scheduling_delay_seconds",)),
)

RANKS = {measure.key: rank for rank, measure in enumerate(MEASURES)}
QUIET = {measure.key for measure in MEASURES if measure.quiet}
CUSTOM = "custom"


class Reading(NamedTuple):
    """One value of one chart at one moment."""

    key: tuple[str, ...]
    """Tells the charts of an application from each other."""
    title: str
    detail: str
    """The streaming query, or the labels of a custom metric."""
    unit: str
    rate: bool
    value: float
    """NaN if nobody has set it."""
    source: object
    """What it was read from. The same object again means that there is no news."""


def builtin(catalogue: Catalogue, published: Published) -> Iterator[Reading]:
    """Yield what there is of ``MEASURES``."""
    columns = published.plan.columns
    for measure in MEASURES:
        name = next((name for name in measure.names if name in columns), None)
        if name is None:
            continue
        entry, column = catalogue[name], columns[name]
        order = entry.key_labels
        wanted = [(order.index(label), value) for label, value in measure.labels]
        part = order.index(measure.part) if measure.part else -1
        found: dict[str, list[float]] = {}
        for key, value in zip(column.keys, column.values, strict=True):
            if all(key[index] == label for index, label in wanted):
                found.setdefault(key[part] if measure.part else "", []).append(value)
        for detail, values in list(found.items())[:MAX_PARTS]:
            value = _together(measure, values, published)
            key = (measure.key, detail)
            # Values stay one object for as long as their source has no news.
            yield Reading(key, measure.title, detail, measure.unit, measure.rate, value, column.values)


def _together(measure: Measure, values: Sequence[float], published: Published) -> float:
    if measure.how == MOST:
        return max(values)
    if measure.how == MEAN:
        up = published.plan.columns.get(EXECUTOR_UP)
        there = sum(up.values) if up is not None else len(values)
        return sum(values) / there if there else math.nan
    return sum(values)


def custom(published: Published, most: int) -> Iterator[Reading]:
    """Yield the user's series, at most so many: of a histogram, how often something was observed."""
    snapshot, scope = published.record.snapshot, published.plan.total
    if snapshot is None or scope is None:
        return
    left = most
    for position, index in enumerate(scope.shape.series[: scope.end]):
        series = scope.layout.series[index]
        if not scope.shows(series.metric):
            continue
        if left == 0:
            return
        left -= 1
        metric = scope.layout.metrics[series.metric]
        labels = ", ".join(map("=".join, zip(metric.labels, series.labels, strict=True)))
        unit = {"bytes": BYTES, "seconds": SECONDS, "ratio": SHARE}.get(metric.unit, COUNT)
        rate = metric.type != "gauge"
        yield Reading(
            (CUSTOM, metric.name, *series.labels),
            base_name(metric) + (" per second" if rate else ""),
            labels,
            COUNT if metric.type == "histogram" else unit,
            rate,
            _cell(metric, snapshot.totals, scope.shape.offsets[position]),
            snapshot.totals,
        )


def custom_count(published: Published) -> int:
    """Return how many series of the user's are published."""
    scope = published.plan.total
    if scope is None:
        return 0
    shown = [scope.layout.series[index].metric for index in scope.shape.series[: scope.end]]
    return sum([scope.shows(metric) for metric in shown])


def _cell(metric: MetricDef, cells: Sequence[float], offset: int) -> float:
    if metric.type == "histogram":
        return sum(cells[offset : offset + len(metric.buckets) + 1])
    if metric.mode == "mean":
        return cells[offset] / cells[offset + 1] if cells[offset + 1] else math.nan
    return cells[offset]
