"""What is published of one application: its scopes within the series budget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exporter.daemon.custom import APPLICATION_PREFIX, EXECUTOR_PREFIX, Scope, application_labels
from exporter.daemon.exposition import escape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.daemon.model import Executor, Record, Snapshot

BUDGET = "budget"
CONFLICT = "conflict"
DROP_REASONS = (BUDGET, CONFLICT)
"""Why a series is not published: the values of the label ``reason``."""


@dataclass(frozen=True, eq=False)
class Plan:
    """The scopes of one application, in the order in which they are printed."""

    snapshot: Snapshot
    refused: frozenset[int]
    whole: Scope
    """Everything the application has, whether it fits or not."""
    total: Scope
    """What is printed of it."""
    executors: Mapping[str, Scope]
    """By executor; empty where the budget does not allow any per-executor detail."""
    details: Mapping[str, Scope]
    """By executor, whether printed or not; kept so that the next plan can take it over."""
    dropped: Mapping[str, int]
    """How many Prometheus series are left out now, by reason."""

    @property
    def lines(self) -> int:
        """How many Prometheus series are published."""
        return self.total.lines + sum(scope.lines for scope in self.executors.values())


def make_plan(
    record: Record, snapshot: Snapshot, refused: frozenset[int], limit: int, last: Plan | None
) -> Plan:
    """Return the plan for a snapshot.

    Args:
        record: the application.
        snapshot: its values.
        refused: metrics that are not published because they contradict those of another application.
        limit: how many Prometheus series the application may have. The detail by executor goes first and as
            a whole, since a part of it would add up to a wrong total; then the latest series.
        last: the plan before; what did not change is taken over from it, prepared lines included.

    """
    labels = application_labels(record.application.id, record.application.name)
    old = last.details if last is not None else {}
    details = {
        executor.id: _keep(old.get(executor.id), _executor_scope(snapshot, executor, refused, labels))
        for executor in snapshot.executors
    }
    whole = _total_scope(snapshot, refused, labels, len(snapshot.shape.series))
    whole = _keep(last.whole if last is not None else None, whole)
    total = whole
    if whole.lines > limit:
        total = _total_scope(snapshot, refused, labels, _cut(whole, limit))
        total = _keep(last.total if last is not None else None, total)
    detail_lines = sum(scope.lines for scope in details.values())
    fits = whole.lines + detail_lines <= limit
    dropped = {
        BUDGET: whole.lines - total.lines + (0 if fits else detail_lines),
        CONFLICT: _conflicting(snapshot, refused),
    }
    return Plan(snapshot, refused, whole, total, details if fits else {}, details, dropped)


def _keep(old: Scope | None, new: Scope) -> Scope:
    return old if old is not None and old.same(new) else new


def _total_scope(snapshot: Snapshot, refused: frozenset[int], labels: str, end: int) -> Scope:
    return Scope(snapshot.layout, snapshot.shape, refused, True, end, APPLICATION_PREFIX, labels)


def _executor_scope(snapshot: Snapshot, executor: Executor, refused: frozenset[int], labels: str) -> Scope:
    labels = f'{labels},executor_id="{escape(executor.id)}"'
    shape = executor.shape
    return Scope(snapshot.layout, shape, refused, executor.live, len(shape.series), EXECUTOR_PREFIX, labels)


def _cut(scope: Scope, limit: int) -> int:
    """Return how many of the scope's series fit into ``limit`` lines."""
    room = limit
    for position, index in enumerate(scope.shape.series):
        metric = scope.layout.series[index].metric
        room -= scope.layout.metrics[metric].lines if scope.shows(metric) else 0
        if room < 0:
            return position
    return len(scope.shape.series)


def _conflicting(snapshot: Snapshot, refused: frozenset[int]) -> int:
    """Return how many series, by application and by executor, the refused metrics would have had."""
    if not refused:
        return 0
    wanted = {metric: snapshot.layout.metrics[metric].lines for metric in refused}
    shapes = [snapshot.shape, *(executor.shape for executor in snapshot.executors)]
    metrics = [snapshot.layout.series[index].metric for shape in shapes for index in shape.series]
    return sum([wanted.get(metric, 0) for metric in metrics])
