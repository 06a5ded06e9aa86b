"""Everything built-in that the plugin says in one answer, as a frame."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING

from exporter.daemon.columns import Bearer, ReadingPlan, take_over
from exporter.daemon.frame import Frame, FrameBuilder
from exporter.daemon.operators import PluginOperators
from exporter.daemon.queries import Queries
from exporter.daemon.readings import vocabulary
from exporter.daemon.steered import add_steered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exporter.daemon.catalogue import Catalogue, Entry
    from exporter.daemon.frame import Column
    from exporter.daemon.measured import Measured
    from exporter.daemon.model import Executor

MAX_REASON = 200
_STREAMING = "spark_streaming_"


class FrameMaker:
    """Makes the frames of one driver, from answer to answer."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Know nothing yet."""
        self._catalogue = catalogue
        self._queries = Queries(catalogue)
        self._operators = PluginOperators(catalogue)
        self._plan: ReadingPlan | None = None
        self._planned: tuple[object, ...] = ()
        self._last = Frame()
        self._lasting = [
            name for name, _ in catalogue.origins("reading") if _is_counter_of_application(catalogue[name])
        ]

    def make(
        self, version: str, report_interval: float, executors: Sequence[Executor], measured: Measured
    ) -> Frame:
        """Return the frame of an answer.

        Args:
            version: of the plugin.
            report_interval: seconds.
            executors: how they are doing.
            measured: readings, queries and operators.

        """
        builder = FrameBuilder(self._catalogue, self._last)
        builder.add("spark_exporter_plugin_info", 1, version)
        builder.add("spark_exporter_plugin_report_interval_seconds", report_interval)
        for executor in executors:
            _add_executor(builder, executor)
        add_steered(builder, measured.steered, [executor.id for executor in executors if executor.live])
        self._queries.add_to(builder, measured.queries)
        stated, readings = builder.frame(), self._readings(executors, measured)
        operators = self._operators.frame(measured.operators)
        columns = {**readings.columns}
        if measured.queries:
            # What the plugin says of queries is more than what Spark's own gauges say.
            columns = {name: column for name, column in columns.items() if not name.startswith(_STREAMING)}
        for name, column in stated.columns.items():
            columns[name] = take_over(self._last.columns.get(name), *column)
        columns |= operators.columns
        self._keep_counters(columns)
        parts = (operators, readings, stated)
        drops = sum([Counter(part.drops) for part in parts], Counter())
        culprits = dict(chain.from_iterable(part.culprits.items() for part in parts))
        self._last = Frame(MappingProxyType(columns), MappingProxyType(drops), MappingProxyType(culprits))
        return self._last

    def _keep_counters(self, columns: dict[str, Column]) -> None:
        """Spark removes the gauges of a StreamingContext that stops; what its UI said last may be less."""
        for name in self._lasting:
            if name not in columns and name in self._last.columns:
                columns[name] = self._last.columns[name]

    def _readings(self, executors: Sequence[Executor], measured: Measured) -> Frame:
        held = [(executor, measured.executors[executor.id]) for executor in executors]
        bearers = [Bearer("", True, measured.application.indices)]
        bearers += [Bearer(executor.id, executor.live, readings.indices) for executor, readings in held]
        planned = (measured.names, *bearers)
        if self._plan is None or planned != self._planned:
            words = vocabulary(self._catalogue, "reading")
            self._plan = ReadingPlan(self._catalogue, words, measured.names, bearers)
            self._planned = planned
        values = [*measured.application.values, *chain.from_iterable(readings.values for _, readings in held)]
        return self._plan.frame(values, self._last.columns)


def _is_counter_of_application(entry: Entry) -> bool:
    return entry.scope == "app" and entry.family.type == "counter"


def _add_executor(builder: FrameBuilder, executor: Executor) -> None:
    name = executor.id
    builder.add("spark_executor_info", 1, name, executor.host)
    builder.add("spark_executor_up", executor.live, name)
    builder.add("spark_executor_added_timestamp_seconds", executor.added, name)
    builder.add("spark_executor_removed_timestamp_seconds", executor.removed, name)
    if not executor.live:
        builder.add("spark_executor_removed_info", 1, name, shorten(executor.reason or ""))
    builder.add("spark_executor_tasks_ended_total", executor.tasks_ended, name)
    builder.add("spark_exporter_plugin_last_report_timestamp_seconds", executor.reported, name)
    builder.add("spark_exporter_plugin_reports_total", executor.reports, name)
    stats = executor.stats
    builder.add("spark_exporter_plugin_report_failures_total", stats.report_failures, name)
    builder.add("spark_exporter_plugin_samples_total", stats.samples, name)
    builder.add("spark_exporter_plugin_sample_seconds_total", stats.sample_seconds, name)
    builder.add("spark_exporter_plugin_sample_failures_total", stats.sample_failures, name)
    builder.add("spark_exporter_plugin_series", stats.series, name)
    builder.add("spark_exporter_plugin_segments", stats.segments, name)
    builder.add("spark_exporter_plugin_readings", stats.readings, name)
    builder.add("spark_exporter_plugin_reading_seconds_total", stats.reading_seconds, name)
    for reason, count in stats.dropped.items():
        builder.add("spark_exporter_plugin_dropped_total", count, name, reason)


def shorten(reason: str) -> str:
    """Return a removal reason as one line of bounded length: Spark may put a whole stack trace there."""
    line = " ".join(reason.split())
    return line if len(line) <= MAX_REASON else line[: MAX_REASON - 3] + "..."
