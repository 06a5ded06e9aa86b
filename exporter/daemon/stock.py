"""Everything that an application has to show, whether all of it fits or not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from exporter.daemon.catalogue import OWN
from exporter.daemon.custom import APPLICATION_PREFIX, EXECUTOR_PREFIX, Scope, application_labels
from exporter.daemon.exposition import escape
from exporter.daemon.labels import clip
from exporter.daemon.lifecycle import after_the_end
from exporter.daemon.limits import Claim
from exporter.daemon.sources import COLLECTORS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.frame import Column, Frame
    from exporter.daemon.limits import Limits
    from exporter.daemon.model import Executor, Record, Snapshot

_RANKS = {name: rank for rank, name in enumerate(COLLECTORS)}


@dataclass(frozen=True, eq=False)
class Stock:
    """What the sources gave of one application, put together."""

    record: Record
    refused: frozenset[int]
    labels: str
    """The labels of the application, ready to print."""
    total: Scope | None
    """The user's metrics by application; None without the plugin."""
    executors: Mapping[str, Scope]
    """The user's metrics by executor."""
    columns: Mapping[str, Column]
    """The built-in metrics."""
    core: int
    """How many Prometheus series are the application's own, without executors and other detail."""
    limit: int
    """How many series it may have."""

    @cached_property
    def claim(self) -> Claim:
        """What it would like to publish."""
        started = self.record.application.start_time
        whole = min(self.lines, self.limit)
        return Claim(started if started is not None else math.inf, min(self.core, whole), whole)

    @cached_property
    def executor_lines(self) -> int:
        """How many Prometheus series the user's metrics by executor are."""
        return sum(scope.lines for scope in self.executors.values())

    @cached_property
    def lines(self) -> int:
        """How many Prometheus series all of it is."""
        total = self.total.lines if self.total is not None else 0
        return total + self.executor_lines + sum([len(column.keys) for column in self.columns.values()])

    def same(self, record: Record, refused: frozenset[int]) -> bool:
        """Say whether it was put together from this."""
        return self.record is record and self.refused == refused


def make_stock(
    catalogue: Catalogue, record: Record, refused: frozenset[int], limits: Limits, last: Stock | None
) -> Stock:
    """Return the stock of an application.

    Args:
        catalogue: knows the built-in metrics.
        record: the application, with the last word of every source.
        refused: metrics that are not published because they contradict those of another application.
        limits: how much may be published.
        last: the stock before; what did not change is taken over from it, prepared lines included.

    """
    labels = application_labels(record.application.id, record.name, limits.label_length, record.place)
    columns: Mapping[str, Column] = merge(record.frames)
    if not record.up:
        columns = after_the_end(catalogue, columns)
    snapshot, total = record.snapshot, None
    executors: dict[str, Scope] = {}
    if snapshot is not None:
        total = scope_of(snapshot, refused, labels, limits.label_length, len(snapshot.shape.series))
        total = keep(last.total if last is not None else None, total)
        old = last.executors if last is not None else {}
        executors = {
            executor.id: keep(
                old.get(executor.id), _executor_scope(snapshot, executor, refused, labels, limits)
            )
            for executor in snapshot.executors
        }
    own = sum([len(column.keys) for name, column in columns.items() if catalogue[name].kind == OWN])
    core = own + (total.lines if total is not None else 0)
    return Stock(record, refused, labels, total, executors, columns, core, limits.application_series)


def merge(frames: Mapping[str, Frame]) -> dict[str, Column]:
    """Return one column of each metric: that of the first source that gives it, in COLLECTORS' order."""
    columns: dict[str, Column] = {}
    for source in sorted(frames, key=lambda name: (_RANKS.get(name, len(_RANKS)), name), reverse=True):
        columns.update(frames[source].columns)
    return columns


def keep(old: Scope | None, new: Scope) -> Scope:
    """Return the old scope if it prints the same as the new one."""
    return old if old is not None and old.same(new) else new


def scope_of(snapshot: Snapshot, refused: frozenset[int], labels: str, length: int, end: int) -> Scope:
    """Return the user's metrics by application: the first ``end`` series."""
    return Scope(snapshot.layout, snapshot.shape, refused, True, end, APPLICATION_PREFIX, labels, length)


def _executor_scope(
    snapshot: Snapshot, executor: Executor, refused: frozenset[int], labels: str, limits: Limits
) -> Scope:
    labels = f'{labels},executor_id="{escape(clip(executor.id, limits.label_length))}"'
    shape, layout, length = executor.shape, snapshot.layout, limits.label_length
    return Scope(layout, shape, refused, executor.live, len(shape.series), EXECUTOR_PREFIX, labels, length)
