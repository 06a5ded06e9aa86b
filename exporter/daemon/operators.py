"""What the operators of SQL executions did, however it was learnt, and what of it is published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from exporter.daemon import fields
from exporter.daemon.frame import EMPTY, LIMIT, Frame, FrameBuilder
from exporter.daemon.sqlvalue import AVERAGE, BYTES, COUNT, SECONDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from exporter.daemon.catalogue import Catalogue

MAX_SHOWN = 40
"""So many kinds of operators are published, those that took most time; who once was among them stays."""
_PEAK = "peak memory"
_AVERAGE = "avg "
_TIME = "spark_sql_operator_time_seconds_total"
_SUMS = {
    SECONDS: _TIME,
    BYTES: "spark_sql_operator_size_bytes_total",
    COUNT: "spark_sql_operator_events_total",
}
_TYPES = {
    "sum": (COUNT, 1.0),
    "size": (BYTES, 1.0),
    "timing": (SECONDS, 1e3),
    "nsTiming": (SECONDS, 1e9),
    "average": (AVERAGE, 10.0),
}
"""What Spark's types of metrics measure, and in which part of the unit: an average is ten times itself."""


class OperatorRow(NamedTuple):
    """What the plugin says of one metric of one kind of operator, in Spark's own units."""

    operator: str
    metric: str
    type: str
    total: float
    largest: float
    """Of one task."""
    last: float
    """The largest of the last execution that had the metric."""


class Table:
    """Totals over the executions that have ended."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Begin with nothing; ``catalogue`` says which metrics are levels, and left out."""
        self._levels = {item.field for item in catalogue.left_out if item.kind == "operator"}
        self.sums: dict[str, dict[tuple[str, str], float]] = {metric: {} for metric in _SUMS.values()}
        self.peaks: dict[str, float] = {}
        self.averages: dict[tuple[str, str], float] = {}
        self.time: dict[str, float] = {}
        """By kind, in the order in which the kinds came."""
        self._averaged: set[tuple[str, str]] = set()

    def next_execution(self) -> None:
        """Let averages that are added from now on take the place of those before."""
        self._averaged.clear()

    def add(self, kind: str, name: str, measure: str, total: float | None, largest: float) -> bool:
        """Add what one operator did, in base units; say whether it can be added.

        Args:
            kind: of the operator.
            name: of the metric.
            measure: what it measures, one of the kinds of ``sqlvalue``.
            total: over all tasks, if there is one.
            largest: of one task.

        """
        if name in self._levels:
            return True
        key = (kind, name)
        self.time.setdefault(kind, 0.0)
        if name == _PEAK:
            if largest < 0:
                return False
            self.peaks[kind] = max(self.peaks.get(kind, 0), largest)
        elif name.startswith(_AVERAGE) or measure == AVERAGE:
            before = self.averages[key] if key in self._averaged else largest
            self.averages[key] = max(before, largest)
            self._averaged.add(key)
        else:
            if total is None or total < 0:
                return False
            sums = self.sums[_SUMS[measure]]
            sums[key] = sums.get(key, 0.0) + total
            self.time[kind] += total if measure == SECONDS else 0.0
        return True

    def remember(self) -> dict[str, Any]:
        """Return everything that was added up, as JSON can write it."""
        return {
            "sums": {metric: _rows(sums) for metric, sums in self.sums.items()},
            "peaks": self.peaks,
            "averages": _rows(self.averages),
            "time": self.time,
        }

    def recall(self, kept: dict[str, Any], where: str) -> None:
        """Go on from there.

        Raises:
            SourceError: it is none of what ``remember`` returns.

        """
        sums = fields.mapping(kept.get("sums"), f"{where}.sums")
        self.sums = {metric: _read_rows(sums, metric, f"{where}.sums") for metric in _SUMS.values()}
        self.peaks = _read_kinds(kept, "peaks", where)
        self.averages = _read_rows(kept, "averages", where)
        self.time = _read_kinds(kept, "time", where)


class Choice:
    """Chooses what is published. What once was stays: nobody can go on with a counter that comes and goes."""

    def __init__(self) -> None:
        """Have published nothing."""
        self._shown: set[str] = set()

    def remember(self) -> list[str]:
        """Return the kinds that were published."""
        return sorted(self._shown)

    def recall(self, kept: dict[str, Any], key: str, where: str) -> None:
        """Go on with the kinds under ``key``."""
        self._shown = set(fields.texts(kept, key, where))

    def show(self, builder: FrameBuilder, table: Table) -> None:
        """Put the chosen kinds into a frame, and count the others."""
        # Of kinds that took the same time, or say nothing of time, those that came first.
        ranked = sorted(table.time, key=lambda kind: -table.time[kind])
        self._shown.update(ranked[:MAX_SHOWN])
        left_out = len({*ranked} - self._shown)
        if left_out:
            builder.drop(LIMIT, left_out, _TIME)
        for metric, sums in table.sums.items():
            for (kind, name), value in sums.items():
                if kind in self._shown:
                    # Nobody measures less than a nanosecond; the rest comes from adding.
                    builder.add(metric, round(value, 9), kind, name)
        for kind, value in table.peaks.items():
            if kind in self._shown:
                builder.add("spark_sql_operator_peak_memory_bytes", value, kind)
        for (kind, name), value in table.averages.items():
            if kind in self._shown:
                builder.add("spark_sql_operator_average", value, kind, name)


class PluginOperators:
    """Turns what the plugin says of operators into samples."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Know nothing yet."""
        self._catalogue = catalogue
        self._choice = Choice()
        self._rows: Sequence[OperatorRow] = ()
        self._last = EMPTY

    def frame(self, rows: Sequence[OperatorRow]) -> Frame:
        """Return the frame of all rows; the columns of the last one if they are the same."""
        if rows is self._rows:
            return self._last
        builder = FrameBuilder(self._catalogue, self._last)
        self._choice.show(builder, _table(rows, self._catalogue))
        frame = builder.frame()
        # What was wrong with it has been said then.
        self._rows, self._last = rows, Frame(frame.columns)
        return frame


def _table(rows: Sequence[OperatorRow], catalogue: Catalogue) -> Table:
    table = Table(catalogue)
    for row in rows:
        # A newer Spark may have further types.
        if row.type in _TYPES:
            measure, part = _TYPES[row.type]
            once = measure == AVERAGE or row.metric.startswith(_AVERAGE)
            largest = (row.last if once else row.largest) / part
            table.add(row.operator, row.metric, measure, row.total / part, largest)
    return table


def _rows(found: Mapping[tuple[str, str], float]) -> list[tuple[str, str, float]]:
    return [(kind, name, value) for (kind, name), value in found.items()]


def _read_rows(kept: dict[str, Any], key: str, where: str) -> dict[tuple[str, str], float]:
    place = f"{where}.{key}"
    found = {}
    for index, row in enumerate(fields.items(kept.get(key), place)):
        at = f"{place}[{index}]"
        parts = dict(zip(("kind", "name", "value"), fields.items(row, at), strict=False))
        pair = (fields.text(parts, "kind", at), fields.text(parts, "name", at))
        found[pair] = fields.amount(parts, "value", at)
    return found


def _read_kinds(kept: dict[str, Any], key: str, where: str) -> dict[str, float]:
    found = fields.mapping(kept.get(key), f"{where}.{key}")
    return {kind: fields.amount(found, kind, f"{where}.{key}") for kind in found}
