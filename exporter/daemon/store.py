"""Every application the daemon knows, handed from the sources' threads to scrapes as immutable views."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from operator import is_
from types import MappingProxyType
from typing import TYPE_CHECKING

from exporter.daemon import logs
from exporter.daemon.custom import Resolution, resolve
from exporter.daemon.errors import SourceError
from exporter.daemon.model import FINISHED, LOST, RUNNING, Application, Layout, Record, Snapshot
from exporter.daemon.plan import BUDGET, CONFLICT, DROP_REASONS, Plan, make_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_ENDED = 100
_EMPTY = Layout()


@dataclass(frozen=True, eq=False)
class Published:
    """One application as a scrape sees it."""

    record: Record
    plan: Plan | None
    dropped: Mapping[str, int]
    """Series that were ever left out, by reason; only grows."""


@dataclass(frozen=True, eq=False)
class View:
    """Everything a scrape shows of applications."""

    applications: tuple[Published, ...] = ()
    resolution: Resolution = field(default_factory=Resolution)
    evicted: int = 0
    """Ended applications that went before their time because there were too many."""


class Store:
    """Keeps running applications, and ended ones for a while.

    Args:
        retention: seconds for which an application stays after its end.
        series_limit: Prometheus series that one application may have.
        clock: monotonic seconds.

    """

    def __init__(
        self, retention: float, series_limit: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Know of no application."""
        self._retention = retention
        self._limit = series_limit
        self._clock = clock
        self._lock = threading.Lock()
        self._view = View()
        self._layouts: tuple[Layout, ...] = ()
        self._repeats = logs.Repeats()

    def view(self) -> View:
        """Return what is known now, without applications whose time is over."""
        with self._lock:
            self._set({item.record.application.id: item for item in self._view.applications})
            return self._view

    def publish(self, target: str, application: Application, snapshot: Snapshot | None = None) -> None:
        """Put in what a source found out; a snapshot that is not given stays as it was.

        Raises:
            SourceError: with reason ``duplicate``, if another target shows the same application.

        """
        with self._lock:
            known = self._known()
            before = known.get(application.id)
            if before is not None and before.record.target != target and before.record.up:
                raise SourceError(
                    "duplicate", f"{application.id} is already watched at {before.record.target}"
                )
            if before is not None and before.record.application.run != application.run:
                before = None
                self._forget_drops(application.id)
            if before is not None and before.record.state == FINISHED:
                return
            self._lose(known, target, but=application.id)
            record = self._record(target, application, snapshot, before)
            plain = Published(record, None, _no_drops())
            known[application.id] = replace(before, record=record) if before is not None else plain
            self._set(known)

    def _record(
        self, target: str, application: Application, snapshot: Snapshot | None, before: Published | None
    ) -> Record:
        if snapshot is None and before is not None:
            snapshot = before.record.snapshot
        record = Record(application, target, RUNNING, snapshot)
        if snapshot is not None and snapshot.final:
            return self._ended(record, FINISHED, application.end_time or snapshot.time)
        return self._ended(record, FINISHED, application.end_time) if application.completed else record

    def lost(self, target: str) -> None:
        """Note that the driver at ``target`` is gone without having said so."""
        with self._lock:
            known = self._known()
            self._lose(known, target)
            self._set(known)

    def run_of(self, target: str, application: Application) -> Record | None:
        """Return what is known of this very run, if it was seen at ``target``."""
        found = self._known().get(application.id)
        if found is None or found.record.target != target or found.record.application.run != application.run:
            return None
        return found.record

    def _lose(self, known: dict[str, Published], target: str, but: str = "") -> None:
        for app_id, item in known.items():
            if item.record.target == target and item.record.up and app_id != but:
                known[app_id] = replace(item, record=self._ended(item.record, LOST, None))

    def _known(self) -> dict[str, Published]:
        return {item.record.application.id: item for item in self._view.applications}

    def _ended(self, record: Record, state: str, end_time: float | None) -> Record:
        application = replace(record.application, end_time=end_time)
        return replace(record, application=application, state=state, ended_at=self._clock())

    def _set(self, known: dict[str, Published]) -> None:
        """Make the next view out of ``known``; what did not change keeps its identity."""
        horizon = self._clock() - self._retention
        kept = [i for i in known.values() if i.record.ended_at is None or i.record.ended_at > horizon]
        ended = sorted(
            (i.record.ended_at, i.record.application.id) for i in kept if i.record.ended_at is not None
        )
        surplus = {app_id for _, app_id in ended[: max(0, len(ended) - MAX_ENDED)]}
        kept = [item for item in kept if item.record.application.id not in surplus]
        if len(kept) == len(self._view.applications) and all(map(is_, kept, self._view.applications)):
            return
        resolution = self._resolve(kept)
        applications = tuple(
            self._planned(item, refused) for item, refused in zip(kept, resolution.refused, strict=True)
        )
        for app_id in self._known().keys() - {item.record.application.id for item in kept}:
            self._forget_drops(app_id)
        self._view = View(applications, resolution, self._view.evicted + len(surplus))

    def _resolve(self, kept: list[Published]) -> Resolution:
        layouts = tuple(i.record.snapshot.layout if i.record.snapshot is not None else _EMPTY for i in kept)
        if layouts != self._layouts:
            self._layouts = layouts
            return resolve(layouts)
        return self._view.resolution

    def _planned(self, item: Published, refused: frozenset[int]) -> Published:
        snapshot = item.record.snapshot
        unchanged = item.plan is not None and (item.plan.snapshot, item.plan.refused) == (snapshot, refused)
        if snapshot is None or unchanged:
            return item
        plan = make_plan(item.record, snapshot, refused, self._limit, item.plan)
        dropped = {reason: max(item.dropped[reason], plan.dropped[reason]) for reason in DROP_REASONS}
        self._say_drops(item.record, plan)
        return Published(item.record, plan, MappingProxyType(dropped))

    def _say_drops(self, record: Record, plan: Plan) -> None:
        app_id = record.application.id
        if plan.dropped[BUDGET]:
            message = f"more than {self._limit} series: some are not published; raise --series.limit"
            self._repeats.fault((app_id, BUDGET), message, app_id=app_id)
        else:
            self._repeats.cleared((app_id, BUDGET), "all series fit in the limit again", app_id=app_id)
        if plan.dropped[CONFLICT] and record.snapshot is not None:
            metrics = record.snapshot.layout.metrics
            names = ", ".join(sorted(metrics[index].name for index in plan.total.refused))
            message = (
                "metrics that contradict or repeat another one, or use a reserved label, are not published"
            )
            self._repeats.fault((app_id, CONFLICT), message, app_id=app_id, metrics=names)
        else:
            self._repeats.cleared((app_id, CONFLICT), "all metrics are published again", app_id=app_id)

    def _forget_drops(self, app_id: str) -> None:
        self._repeats.forget((app_id, BUDGET), (app_id, CONFLICT))


def _no_drops() -> Mapping[str, int]:
    return MappingProxyType(dict.fromkeys(DROP_REASONS, 0))
