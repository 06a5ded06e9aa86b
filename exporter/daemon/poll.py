"""Polls what has to be asked again and again while an application runs, one question at a time."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from typing import TYPE_CHECKING

from exporter.daemon.asking import Budget
from exporter.daemon.errors import SourceError, StoppedError
from exporter.daemon.sources import BY_PLUGIN
from exporter.daemon.sources.runner import defect
from exporter.daemon.state.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from exporter.daemon.model import Application, Run
    from exporter.daemon.sources import PolledSource
    from exporter.daemon.sources.runner import Runner
    from exporter.daemon.store import Store

_GONE = ("connect", "timeout")
KEPT = 2
"""The sources of so many runs, the last ones, are kept: they count on when a driver is back."""


class Schedule:
    """Which sources are due: each after its own number of polls."""

    def __init__(self, sources: Sequence[PolledSource]) -> None:
        """Find all sources due."""
        self._left = dict.fromkeys(sources, 0)
        self._due: deque[PolledSource] = deque()

    def begin(self) -> None:
        """Begin one poll: what became due stands behind what was left over from the poll before."""
        for source, left in self._left.items():
            self._left[source] = left - 1
            if left == 0:
                self._due.append(source)

    def take(self) -> PolledSource | None:
        """Return the next source that is due."""
        return self._due.popleft() if self._due else None

    def done(self, source: PolledSource, *, failed: bool) -> None:
        """Note that a source was asked. One that failed is due again with the next poll."""
        every = 1 if failed else source.every
        self._left[source] = every - 1 if every else -1


class Poller:
    """Polls one target in a thread of its own.

    Args:
        target: URL of the driver's UI.
        interval: seconds between two polls, at least.
        sources: makes the sources of an application.
        store: where the frames go.
        runner: runs the sources.
        memory: where what sources add up is kept.
        served: whether an application's plugin gives the totals, so that nothing need be kept.

    """

    def __init__(  # noqa: PLR0913 - the parts of a watcher
        self,
        target: str,
        *,
        interval: float,
        sources: Callable[[Application], Sequence[PolledSource]],
        store: Store,
        runner: Runner,
        memory: Memory | None = None,
        served: Callable[[Application], bool] = lambda _: False,
    ) -> None:
        """Ask nothing yet."""
        self._target = target
        self._interval = interval
        self._sources = sources
        self._store = store
        self._runner = runner
        self._memory = memory if memory is not None else Memory()
        self._served = served
        self._budget = Budget(runner.clock)
        self._application: Application | None = None
        self._followed: Application | None = None
        self._schedule: Schedule | None = None
        self._kept: OrderedDict[Run, Sequence[PolledSource]] = OrderedDict()
        self._names: list[str] = []
        self._patient = False
        self._changed = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=f"poll {target}", daemon=True)

    def start(self) -> None:
        """Begin to poll."""
        self._thread.start()

    def stop(self) -> None:
        """End soon. A request under way is left to itself: the thread does not keep the process."""
        self._stopping = True
        self._changed.set()

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end, at most ``timeout`` seconds, or for as long as it takes."""
        self._thread.join(timeout)

    def follow(self, application: Application | None, *, patient: bool = False) -> None:
        """Poll this application from now on; None for no one. Cheap when nothing changes.

        Args:
            application: which.
            patient: whether the first poll comes after an interval; else it comes at once.

        """
        before = self._application
        self._application = application
        if (before and before.run) != (application and application.run):
            self._patient = patient
            self._changed.set()

    def _run(self) -> None:
        while True:
            self._changed.clear()
            if self._stopping:
                return
            try:
                delay = self._step(self._application)
            except StoppedError:
                return
            except Exception as error:  # noqa: BLE001 - a defect here must not end the polls
                self._runner.failed("application", defect(error), 0.0, key="poll")
                delay = self._interval
            self._changed.wait(delay)

    def _step(self, application: Application | None) -> float | None:
        """Poll once; return the seconds until the next time, None if there is nothing to poll."""
        followed = self._followed
        if (followed and followed.run) != (application and application.run):
            self._begin(application)
            self._followed = application
            if self._patient and application is not None:
                return self._interval
        return self._poll(application) if application is not None else None

    def _begin(self, application: Application | None) -> None:
        for name in self._names:
            self._runner.idle(name)
        sources = self._sources_of(application) if application is not None else ()
        self._names = [source.name for source in sources]
        self._schedule = Schedule(sources)

    def _sources_of(self, application: Application) -> Sequence[PolledSource]:
        """Return the sources of a run: the same as before, with their sums, if it was followed of late."""
        sources = self._kept.pop(application.run, None)
        if sources is None:
            sources = self._memory.recall(self._target, application, lambda: self._sources(application))
        self._kept[application.run] = sources
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return sources

    def _poll(self, application: Application) -> float:
        """Ask whatever is due; return the seconds until the next poll."""
        schedule = self._schedule
        if schedule is None:
            return self._interval
        start = self._runner.clock()
        schedule.begin()
        while not self._changed.is_set() and (source := schedule.take()) is not None:
            reason = "internal"
            try:
                reason = self._ask(application, source)
            finally:
                schedule.done(source, failed=bool(reason))
            if reason in _GONE:
                # The others would wait for the same driver. They come first the next time.
                break
        spent = self._runner.clock() - start
        return max(self._interval - spent, self._budget.spend(spent))

    def _ask(self, application: Application, source: PolledSource) -> str:
        """Ask one source; return the reason of its failure, or nothing."""
        try:
            update = self._runner.ask(source)
        except SourceError as error:
            self._store.falter(self._target, application, source.name)
            return error.reason
        if not self._changed.is_set():
            # What was published once must not be lower after a restart, however this process ends.
            if source.name not in BY_PLUGIN or not self._served(application):
                self._memory.keep(self._target, application, source)
            self._store.put(self._target, application, source.name, update.value, **update.facts._asdict())
        return ""
