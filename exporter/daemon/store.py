"""Every application the daemon knows, handed from the sources' threads to scrapes as immutable views."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from exporter.daemon import catalogue as built_in
from exporter.daemon.custom import Resolution
from exporter.daemon.dropped import Dropped
from exporter.daemon.errors import SourceError
from exporter.daemon.labels import clip
from exporter.daemon.lifecycle import as_lost, as_told, began, first_ended, judge, without_levels
from exporter.daemon.limits import Limits
from exporter.daemon.model import ENDED, LOST, NOWHERE, Record
from exporter.daemon.names import Names
from exporter.daemon.planner import Planner, Published
from exporter.daemon.runs import Runs
from exporter.daemon.turns import TURNS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.frame import Frame
    from exporter.daemon.model import Application, Place, Snapshot

PLUGIN = "plugin"
STALE = 60.0
"""Seconds for which the last word of a source counts that fails again and again."""
AHEAD = 60.0
"""Seconds after a scrape for which another one is expected."""


@dataclass(frozen=True, eq=False)
class View:
    """Everything a scrape shows of applications."""

    applications: tuple[Published, ...] = ()
    resolution: Resolution = field(default_factory=Resolution)
    evicted: int = 0
    """Ended applications that went before their time because there were too many."""
    unread: int = 0
    """Applications in the windows of history servers that were not read because there were too many."""
    malformed: int = 0
    """Entries in the lists of history servers that are no applications."""
    runs: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """By the name of the application."""
    sample_drops: Mapping[tuple[str, str, str], int] = field(default_factory=lambda: MappingProxyType({}))
    """Samples in which something was wrong, by target, source and reason."""


class Store:
    """Keeps running applications, and ended ones for a while.

    Args:
        retention: seconds for which an application stays after its end.
        limits: how much is kept and published.
        clock: monotonic seconds.
        now: Unix seconds.
        names: make the published names of applications.
        catalogue: the built-in metrics.
        located: whether an application that is nowhere on Kubernetes says so.
        forget: is told of the target and the run that nothing is known of any more.
        runs: counts the runs of each name.

    """

    def __init__(  # noqa: PLR0913 - two clocks for the tests, and parts of the configuration
        self,
        retention: float,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        *,
        names: Names | None = None,
        catalogue: Catalogue | None = None,
        located: bool = False,
        forget: Callable[[str, Application], None] = lambda _target, _application: None,
        runs: Runs | None = None,
    ) -> None:
        """Know of no application."""
        self._forget = forget
        self._located = located
        self._gone: list[tuple[str, Application]] = []
        self._retention = retention
        self._limits = limits if limits is not None else Limits()
        self._clock = clock
        self._now = now
        self._names = names if names is not None else Names()
        self._catalogue = catalogue if catalogue is not None else built_in.load(self._limits.label_length)
        self._lock = threading.Lock()
        self._known: dict[str, Record] = {}
        self._planner = Planner(self._catalogue, self._limits)
        self._runs = runs if runs is not None else Runs()
        self._evicted = 0
        self._unread = 0
        self._malformed = 0
        self._dropped = Dropped()
        self._view = View()
        self._scraped = -math.inf
        self._silent: dict[tuple[str, str], float] = {}
        """Since when a source of an application has failed, by the monotonic clock."""

    def recall_runs(self, kept: dict[str, Any]) -> None:
        """Go on with the runs of names that an earlier daemon has counted.

        Raises:
            SourceError: it is nothing that would have been kept.

        """
        self._runs.recall(kept)
        with self._lock:
            self._refresh(())

    def view(self, *, scraped: bool = False) -> View:
        """Return what is known now, without applications whose time is over.

        Args:
            scraped: whether it is for a scrape, so that the sources print ahead for the next one.

        """
        with self._lock:
            if scraped:
                self._scraped = self._clock()
            horizon = self._clock() - self._retention
            over = [
                app_id
                for app_id, record in self._known.items()
                if record.ended_at is not None and record.ended_at <= horizon
            ]
            for app_id in over:
                self._remove(app_id)
            if over:
                self._refresh(())
            view = self._view
        self._let_go()
        return view

    def publish(
        self,
        target: str,
        application: Application,
        snapshot: Snapshot | None = None,
        place: Place = NOWHERE,
    ) -> None:
        """Put in what a source found out; a snapshot that is not given stays as it was.

        Raises:
            SourceError: with reason ``duplicate``, if another target shows the same application; with reason
                ``too_many``, if there is no room for another one.

        """
        with TURNS.work():
            try:
                self._publish(target, application, snapshot, place)
            finally:
                self._let_go()
            self._print_ahead(application.id)
        self._runs.keep()

    def _publish(
        self, target: str, application: Application, snapshot: Snapshot | None, place: Place
    ) -> None:
        with self._lock:
            before = self._before(target, application)
            if before is not None and before.ended:
                return
            # What was there before may be what makes room.
            if lost := self._lose(target, but=application.id):
                self._refresh(lost)
            if before is None:
                self._admit(application)
            after = self._merged(target, application, snapshot, before)
            said = place if self._located or place != NOWHERE else None
            self._known[application.id] = replace(after, place=said)
            if snapshot is not None:
                self._silent.pop((application.id, PLUGIN), None)
                self._dropped.count(target, PLUGIN, snapshot.frame)
            self._refresh([application.id])

    def put(  # noqa: PLR0913 - what a source found out, together
        self,
        target: str,
        application: Application,
        source: str,
        frame: Frame,
        waiting: bool | None = None,
        failed: bool | None = None,
    ) -> None:
        """Keep the last frame of a source; one for a run that is not published any more changes nothing.

        Args:
            target: where it comes from.
            application: the run that it is about.
            source: the name of the source.
            frame: all that it says.
            waiting: whether no executor has come yet; None if the source cannot know.
            failed: whether the application would count as failed if it ended now; None likewise.

        """
        with TURNS.work():
            with self._lock:
                record = self._run_of(target, application)
                if record is None:
                    return
                after = replace(
                    _with_frame(record, source, frame),
                    waiting=record.waiting if waiting is None else waiting,
                    failed=record.failed if failed is None else failed,
                    heard=self._now(),
                )
                self._silent.pop((application.id, source), None)
                known = record.told or record.state == LOST
                self._known[application.id] = after if known else self._judged(after, record)
                self._dropped.count(target, source, frame)
                self._refresh([application.id])
            self._print_ahead(application.id)

    def falter(self, target: str, application: Application, source: str) -> None:
        """Note that a source has failed: its last frame stays for ``STALE`` seconds, then its counters."""
        with self._lock:
            record = self._run_of(target, application)
            if record is None or source not in record.frames:
                return
            since = self._silent.setdefault((application.id, source), self._clock())
            if self._clock() - since < STALE:
                return
            frame = without_levels(self._catalogue, record.frames[source])
            if frame is not record.frames[source]:
                self._known[application.id] = _with_frame(record, source, frame)
                self._refresh([application.id])

    def hold(self, target: str, app_ids: Collection[str]) -> None:
        """Let the retention of applications that have ended at ``target`` begin anew: they are wanted."""
        with self._lock:
            now = self._clock()
            for app_id in app_ids:
                record = self._known.get(app_id)
                if record is not None and record.target == target and record.ended:
                    self._known[app_id] = replace(record, ended_at=now)

    @property
    def capacity(self) -> int:
        """How many applications are known at most."""
        return self._limits.applications

    def admits(self, application: Application) -> bool:
        """Say whether there is room for an application, be it that of one which ended before it did."""
        with self._lock:
            return (
                application.id in self._known
                or len(self._known) < self.capacity
                or first_ended(self._known, application) is not None
            )

    def left_out(self, count: int) -> None:
        """Count applications that a history server has and that are not read because there are too many."""
        with self._lock:
            self._unread += count
            self._refresh(())

    def refused(self, count: int) -> None:
        """Count entries in the list of a history server that are no applications."""
        with self._lock:
            self._malformed += count
            self._refresh(())

    def lost(self, target: str) -> None:
        """Note that the driver at ``target`` is gone without having said so."""
        with self._lock:
            changed = self._lose(target)
            if changed:
                self._refresh(changed)

    def gone(self, target: str, last: Application | None = None, outcome: str = "") -> None:
        """Note that nobody looks at ``target`` any more: what was there is lost, and nothing counts on.

        The run that was there ``last`` has the ``outcome``, COMPLETED or FAILED, if that is not empty.
        """
        with self._lock:
            self._dropped.forget(target)
            changed = self._lose(target)
            record = self._run_of(target, last) if last is not None and outcome else None
            # What the driver itself said is the better word.
            if record is not None and record.state == LOST:
                self._known[record.application.id] = as_told(record, outcome)
                changed.append(record.application.id)
            self._refresh(changed)

    def moved(self, target: str, *, ended: bool = False) -> None:
        """Drop what runs at ``target``: another daemon publishes it now.

        What is over stays, as the other one may never hear of it, unless it tells of what has ``ended``, too.
        """
        with self._lock:
            self._dropped.forget(target)
            moved = [
                app_id
                for app_id, record in self._known.items()
                if record.target == target and (ended or record.up)
            ]
            for app_id in moved:
                self._remove(app_id)
            self._refresh(())
        self._let_go()

    def find(self, app_id: str) -> Record | None:
        """Return what is known of an application."""
        with self._lock:
            return self._known.get(app_id)

    def run_of(self, target: str, application: Application) -> Record | None:
        """Return what is known of this very run, if it was seen at ``target``."""
        with self._lock:
            return self._run_of(target, application)

    def _run_of(self, target: str, application: Application) -> Record | None:
        found = self._known.get(application.id)
        if found is None or found.target != target or found.application.run != application.run:
            return None
        return found

    def _before(self, target: str, application: Application) -> Record | None:
        """Return the same run as it was; forget another one under the same id."""
        known = self._known.get(application.id)
        if known is None:
            return None
        if known.target != target and known.up:
            raise SourceError("duplicate", f"{application.id} is already watched at {known.target}")
        if known.application.run == application.run:
            return known
        self._remove(application.id)
        return None

    def _admit(self, application: Application) -> None:
        """Make room for one more: the application that ended first goes.

        Raises:
            SourceError: with reason ``too_many``, if all of them run, or ended later than this one.

        """
        if len(self._known) < self.capacity:
            return
        first = first_ended(self._known, application)
        if first is None:
            others = "ended later or run still" if application.completed else "run already"
            raise SourceError(
                "too_many",
                f"{application.id} is not followed: {self.capacity} applications {others}; "
                "raise --limits.applications",
            )
        self._remove(first)
        self._evicted += 1

    def _merged(
        self, target: str, application: Application, snapshot: Snapshot | None, before: Record | None
    ) -> Record:
        if before is None:
            name = self._names.normal(application.name)
            self._runs.count(clip(name, self._limits.label_length), application.run)
            record = Record(application, target, name)
        else:
            # The plugin does not know of other attempts, and REST does.
            counted = max(application.attempts, before.application.attempts)
            record = replace(before, application=replace(application, attempts=counted), target=target)
        if snapshot is not None:
            record = _with_frame(replace(record, snapshot=snapshot), PLUGIN, snapshot.frame)
        return self._judged(replace(record, heard=self._now()), before)

    def _judged(self, record: Record, before: Record | None) -> Record:
        word = judge(record.application, record.snapshot, record.waiting, record.failed)
        ended_at = None
        if word.state in ENDED:
            ended_at = before.ended_at if before is not None and before.ended else self._clock()
        return replace(
            record,
            application=replace(record.application, end_time=word.end_time),
            state=word.state,
            since=began(before, word, record.application, self._now()),
            ended_at=ended_at,
        )

    def _lose(self, target: str, but: str = "") -> list[str]:
        """Take every application that was there for lost; return which."""
        lost = [
            app_id
            for app_id, record in self._known.items()
            if record.target == target and record.up and app_id != but
        ]
        for app_id in lost:
            self._known[app_id] = as_lost(self._known[app_id], self._now(), self._clock())
        return lost

    def _remove(self, app_id: str) -> None:
        record = self._known.pop(app_id)
        self._runs.over(record.application.run)
        self._gone.append((record.target, record.application))
        self._silent = {key: since for key, since in self._silent.items() if key[0] != app_id}
        self._planner.forget(app_id)

    def _let_go(self) -> None:
        """Say which runs are over. Not under the lock: a disk that hangs would hold up all scrapes."""
        with self._lock:
            gone, self._gone = self._gone, []
        for target, application in gone:
            self._forget(target, application)

    def _print_ahead(self, app_id: str) -> None:
        """Print an application here and not in the next scrape, unless nobody scrapes."""
        if self._clock() - self._scraped > AHEAD:
            return
        published = self._planner.of(app_id)
        if published is not None:
            published.print_ahead()

    def _refresh(self, changed: Collection[str]) -> None:
        """Make the next view; what did not change keeps its identity."""
        applications = self._planner.update(self._known, changed)
        resolution, runs, drops = self._planner.resolution, self._runs.view(), self._dropped.view()
        self._view = View(applications, resolution, self._evicted, self._unread, self._malformed, runs, drops)


def _with_frame(record: Record, source: str, frame: Frame) -> Record:
    return replace(record, frames=MappingProxyType({**record.frames, source: frame}))
