"""What the operators of SQL executions did, as totals by kind of operator."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from exporter.daemon import sqlvalue
from exporter.daemon.sources.rest import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from exporter.daemon.frame import FrameBuilder

MAX_SHOWN = 20
"""So many kinds of operators, those that took most time, are published."""
MAX_KINDS = 200
MAX_METRICS = 100
"""Kinds and names of metrics beyond these, which only data sources make up, are taken together."""
OTHER = "other"
_PEAK = "peak memory"
_AVERAGE = "avg "
# What follows is a table, a path, a number of code generation or a subquery: no end of labels.
_KIND = re.compile(r"(?:(?:Scan|Execute) )?[A-Za-z0-9_]+")
_SUMS = {
    sqlvalue.SECONDS: "spark_sql_operator_time_seconds_total",
    sqlvalue.BYTES: "spark_sql_operator_size_bytes_total",
    sqlvalue.COUNT: "spark_sql_operator_events_total",
}


def kind_of(name: str) -> str:
    """Return the kind of an operator by the name of its node."""
    match = _KIND.match(name)
    return match[0] if match is not None else OTHER


def nodes_of(execution: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the nodes of an execution's plan."""
    nodes = execution.get("nodes")
    return [node for node in nodes if type(node) is dict] if type(nodes) is list else []


def metrics_of(node: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Return the metrics of a node: names and what Spark shows as value."""
    metrics = node.get("metrics")
    for metric in metrics if type(metrics) is list else ():
        if type(metric) is dict:
            yield words(metric, "name"), words(metric, "value")


class Operators:
    """Totals over the executions that have ended."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._sums: dict[str, dict[tuple[str, str], float]] = {metric: {} for metric in _SUMS.values()}
        self._peaks: dict[str, float] = {}
        self._averages: dict[tuple[str, str], float] = {}
        self._time: dict[str, float] = {}
        self._kinds: set[str] = set()
        self._names: set[str] = set()
        self.unreadable = 0
        """Values that were none of Spark's forms."""

    def add(self, execution: Mapping[str, Any]) -> None:
        """Add an execution for good."""
        averages: dict[tuple[str, str], float] = {}
        for node in nodes_of(execution):
            kind = _known(self._kinds, kind_of(words(node, "nodeName")), MAX_KINDS)
            self._time.setdefault(kind, 0)
            for name, shown in metrics_of(node):
                value = sqlvalue.parse(shown)
                if value is not None:
                    self._add(kind, _known(self._names, name, MAX_METRICS), value, averages)
                elif shown.strip():
                    self.unreadable += 1
        self._averages.update(averages)

    def _add(
        self, kind: str, name: str, value: sqlvalue.SqlValue, averages: dict[tuple[str, str], float]
    ) -> None:
        if name == _PEAK:
            self._peaks[kind] = max(self._peaks.get(kind, 0), value.largest)
        elif name.startswith(_AVERAGE) or value.kind == sqlvalue.AVERAGE:
            averages[kind, name] = max(averages.get((kind, name), 0), value.largest)
        elif value.total is not None and value.total >= 0:
            sums = self._sums[_SUMS[value.kind]]
            sums[kind, name] = sums.get((kind, name), 0) + value.total
            if value.kind == sqlvalue.SECONDS:
                self._time[kind] += value.total

    def show(self, builder: FrameBuilder) -> None:
        """Put the totals of the operators that took most time into a frame."""
        shown = {kind for kind, _ in sorted(self._time.items(), key=lambda i: (-i[1], i[0]))[:MAX_SHOWN]}
        for metric, sums in self._sums.items():
            for (kind, name), value in sums.items():
                if kind in shown:
                    builder.add(metric, round(value, 3), kind, name)
        for kind, value in self._peaks.items():
            if kind in shown:
                builder.add("spark_sql_operator_peak_memory_bytes", value, kind)
        for (kind, name), value in self._averages.items():
            if kind in shown:
                builder.add("spark_sql_operator_average", value, kind, name)


def _known(known: set[str], name: str, limit: int) -> str:
    if name not in known and len(known) >= limit:
        return OTHER
    known.add(name)
    return name
