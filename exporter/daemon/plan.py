"""What is published of one application: as much of its stock as it may have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exporter.daemon.catalogue import BY_EXECUTOR, DETAIL, OWN
from exporter.daemon.stock import keep, scope_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.custom import Scope
    from exporter.daemon.frame import Column
    from exporter.daemon.stock import Stock

BUDGET = "budget"
ALL = "all_budget"
CONFLICT = "conflict"
LABEL = "label_truncated"
DROP_REASONS = (BUDGET, ALL, CONFLICT, LABEL)
"""Why a series is not published: the values of the label ``reason``. One of LABEL is, under a shorter one."""


@dataclass(frozen=True, eq=False)
class Plan:
    """The choice of one application."""

    stock: Stock
    allowed: int | None
    total: Scope | None
    """What is printed of the user's metrics by application."""
    executors: Mapping[str, Scope]
    """The user's metrics by executor; empty where the budget does not allow them."""
    columns: Mapping[str, Column]
    """The built-in metrics that are printed."""
    left_out: tuple[str, ...]
    """What the budget does not allow, in words."""
    dropped: Mapping[str, int]
    """How many Prometheus series are left out now, by reason."""
    lines: int
    """How many Prometheus series are published."""


def make_plan(catalogue: Catalogue, stock: Stock, allowed: int | None, last: Plan | None) -> Plan:
    """Return the plan for a stock.

    Args:
        catalogue: knows the built-in metrics.
        stock: everything there is.
        allowed: how many series there is room for beside the other applications; None is no limit.
        last: the plan before; prepared lines are taken over from it.

    """
    limit = stock.limit if allowed is None else min(allowed, stock.limit)
    cut = _Cut(catalogue, stock, limit, last)
    cut.user_detail()
    cut.kind(BY_EXECUTOR, whole=True)
    cut.kind(DETAIL)
    cut.user_totals()
    cut.kind(OWN)
    lost = stock.lines - cut.lines
    dropped = {
        BUDGET: lost if allowed is None else 0,
        ALL: lost if allowed is not None else 0,
        CONFLICT: _conflicting(stock),
        LABEL: cut.total.clipped if cut.total is not None else 0,
    }
    return Plan(
        stock, allowed, cut.total, cut.executors, cut.columns, tuple(cut.left_out), dropped, cut.lines
    )


class _Cut:
    """Takes away from a stock, step by step, until it fits."""

    def __init__(self, catalogue: Catalogue, stock: Stock, limit: int, last: Plan | None) -> None:
        self.total = stock.total
        self.executors = stock.executors
        self.columns = dict(stock.columns)
        self.left_out: list[str] = []
        self.lines = stock.lines
        self._catalogue = catalogue
        self._stock = stock
        self._limit = limit
        self._last = last

    def user_detail(self) -> None:
        """Take away the user's metrics by executor: a part of them would add up to a wrong total."""
        if self.lines > self._limit and self._stock.executor_lines:
            self.lines -= self._stock.executor_lines
            self.executors = {}
            self.left_out.append("custom metrics by executor")

    def kind(self, kind: str, *, whole: bool = False) -> None:
        """Take away the families of a kind, the largest first; either all of them or as few as will do."""
        if self.lines <= self._limit:
            return
        names = [name for name in self.columns if self._catalogue[name].kind == kind]
        for name in sorted(names, key=lambda name: (-len(self.columns[name].keys), name)):
            if not whole and self.lines <= self._limit:
                return
            self.lines -= len(self.columns.pop(name).keys)
            self.left_out.append(name)

    def user_totals(self) -> None:
        """Take away the latest of the user's series."""
        total, snapshot = self.total, self._stock.record.snapshot
        if self.lines <= self._limit or total is None or snapshot is None:
            return
        room = max(0, self._limit - (self.lines - total.lines))
        end = _fitting(total, room)
        less = scope_of(snapshot, total.refused, total.labels, total.label_length, end)
        self.total = keep(self._last.total if self._last is not None else None, less)
        self.lines -= total.lines - self.total.lines
        self.left_out.append("the latest custom series")


def _fitting(scope: Scope, limit: int) -> int:
    """Return how many of the scope's series fit into ``limit`` lines."""
    room = limit
    for position, index in enumerate(scope.shape.series):
        metric = scope.layout.series[index].metric
        room -= scope.layout.metrics[metric].lines if scope.shows(metric) else 0
        if room < 0:
            return position
    return len(scope.shape.series)


def _conflicting(stock: Stock) -> int:
    """Return how many series, by application and by executor, the refused metrics would have had."""
    snapshot = stock.record.snapshot
    if not stock.refused or snapshot is None:
        return 0
    wanted = {metric: snapshot.layout.metrics[metric].lines for metric in stock.refused}
    shapes = [snapshot.shape, *(executor.shape for executor in snapshot.executors)]
    metrics = [snapshot.layout.series[index].metric for shape in shapes for index in shape.series]
    return sum([wanted.get(metric, 0) for metric in metrics])
