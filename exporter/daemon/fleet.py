"""Watches whatever targets there are, as they come and go."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from exporter.daemon import logs
from exporter.daemon.discovery.found import STATIC
from exporter.daemon.discovery.health import defect
from exporter.daemon.discovery.refusals import Refusals
from exporter.daemon.discovery.sharding import Shard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from exporter.daemon.discovery.found import Discoverer, Target
    from exporter.daemon.discovery.sharding import Sharing
    from exporter.daemon.pace import Pace
    from exporter.daemon.status import Status
    from exporter.daemon.store import Store
    from exporter.daemon.watch import Watcher

RETRY = 5.0
"""Seconds after which a target is tried again that could not be watched."""


@dataclass(frozen=True)
class Found:
    """How discovery is doing, as a scrape shows it. Mappings are by the name of the way."""

    targets: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({STATIC: 0}))
    """How many targets are known."""
    successes: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """When the way was well last, in Unix seconds."""
    errors: Mapping[str, Mapping[str, int]] = field(default_factory=lambda: MappingProxyType({}))
    """How many errors there were, by reason."""
    refused: Mapping[str, int] = field(default_factory=lambda: Refusals().counts)
    """What pods claimed in vain, by reason."""
    shard: Shard = field(default_factory=Shard)


class Fleet:
    """Keeps one watcher for each target that is found.

    Args:
        discoverers: find the targets.
        watch: makes the watcher of a target, which calls what it is given when it has said its last word.
        store: where applications go.
        status: where the targets' state goes.
        pace: is told how many targets there are.
        refusals: what pods claim in vain.
        sharing: what part of all targets is watched.

    """

    def __init__(  # noqa: PLR0913 - the parts of a daemon
        self,
        discoverers: Sequence[Discoverer],
        watch: Callable[[Target, Callable[[Watcher], None]], Watcher],
        *,
        store: Store,
        status: Status,
        pace: Pace,
        refusals: Refusals,
        sharing: Sharing,
    ) -> None:
        """Watch nothing yet."""
        self._discoverers = discoverers
        self._watch = watch
        self._store = store
        self._status = status
        self._pace = pace
        self._refusals = refusals
        self._sharing = sharing
        self._lock = threading.Lock()
        self._watchers: dict[str, Watcher] = {}
        self._counts = dict.fromkeys((one.name for one in discoverers), 0)
        self._repeats = logs.Repeats()
        self._unwatched: set[str] = set()
        self._stopping = threading.Event()
        self._look = threading.Event()
        self._thread = threading.Thread(target=self._run, name="retry targets", daemon=True)

    @property
    def ready(self) -> bool:
        """Whether all targets are known that there were at the beginning."""
        return all(one.ready.is_set() for one in self._discoverers)

    @property
    def asked(self) -> bool:
        """Whether each of them was asked at least once, too."""
        with self._lock:
            watchers = [*self._watchers.values()]
        return self.ready and all(watcher.asked.is_set() for watcher in watchers)

    def found(self) -> Found:
        """Return how discovery is doing."""
        last = {one.name: one.health.last_success for one in self._discoverers}
        ways = [one for one in self._discoverers if one.name != STATIC]
        with self._lock:
            counts = MappingProxyType(self._counts.copy())
        return Found(
            counts,
            {name: success for name, success in last.items() if success is not None},
            {one.name: one.health.errors for one in ways},
            self._refusals.counts,
            self._sharing.shard,
        )

    def start(self) -> None:
        """Begin to look for targets, and to watch them."""
        # First of all: when it is needed there may be no room for a thread.
        self._thread.start()
        for discoverer in self._discoverers:
            discoverer.start(self.update)

    def stop(self) -> None:
        """End soon."""
        with self._lock:
            self._stopping.set()
            self._look.set()
            watchers = [*self._watchers.values()]
        for discoverer in self._discoverers:
            discoverer.stop()
        for watcher in watchers:
            watcher.stop()

    def update(self) -> None:
        """Watch what there is now, and nothing else."""
        with self._lock:
            if self._stopping.is_set():
                return
            wanted = self._wanted()
            self._pace.targets = len(wanted)
            over = [url for url, known in self._watchers.items() if wanted.get(url) != known.target]
            for url in over:
                watcher = self._watchers.pop(url)
                watcher.stop()
                self._clear(watcher)
            for url in self._unwatched - wanted.keys():
                self._repeats.forget(url)
                self._status.remove(url)
            missing = [target for url, target in wanted.items() if url not in self._watchers]
            self._unwatched = {target.url for target in missing if not self._begin(target)}
            if self._unwatched:
                self._look.set()

    def _begin(self, target: Target) -> bool:
        """Watch a target, or say why that cannot be; the others are watched all the same."""
        url = target.url
        try:
            watcher = self._watch(target, self._ended)
            watcher.start()
        except Exception as error:  # noqa: BLE001 - whatever it is, it concerns this target alone
            message = f"a target is not watched: {_why(error)}"
            self._repeats.fault(url, message, target=url, **target.place._asdict())
            self._status.describe(url, f"not watched: {_why(error)}", up=False)
            return False
        self._watchers[url] = watcher
        self._repeats.cleared(url, "the target is watched now", target=url)
        if target.place.pod:
            logs.info("watching a pod", target=url, **target.place._asdict())
        return True

    def _run(self) -> None:
        """Try again what could not be watched, as long as there is anything."""
        while True:
            self._look.wait()
            self._look.clear()
            if self._stopping.wait(RETRY):
                return
            try:
                self.update()
            except Exception as error:  # noqa: BLE001 - a defect here must not end the attempts
                self._repeats.fault("retry", str(defect(error)), logging.ERROR)
                self._look.set()
            else:
                self._repeats.cleared("retry", "targets are tried again")

    def _wanted(self) -> dict[str, Target]:
        """Return the targets by URL: the one that is watched stays, else the one found the earlier way."""
        wanted: dict[str, Target] = {}
        for discoverer in self._discoverers:
            targets = discoverer.targets()
            self._counts[discoverer.name] = len(targets)
            for target in targets:
                known = self._watchers.get(target.url)
                if target.url not in wanted or (known is not None and known.target == target):
                    wanted[target.url] = target
        return wanted

    def _ended(self, watcher: Watcher) -> None:
        """Clear away what a watcher may have said after it was told to stop."""
        with self._lock:
            if not self._stopping.is_set() and watcher.target.url not in self._watchers:
                self._clear(watcher)

    def _clear(self, watcher: Watcher) -> None:
        """Let go of a target, with the last word on its driver that its discoverer has.

        What another shard watches now is that shard's to publish.
        """
        target = watcher.target
        outcomes = (discoverer.outcome(target) for discoverer in self._discoverers)
        outcome = next(filter(None, outcomes), "")
        if outcome or self._sharing.owns(target.key):
            self._store.gone(target.url, watcher.last, outcome)
        else:
            self._store.moved(target.url, ended=watcher.reads_history)
        self._status.remove(target.url)


def _why(error: Exception) -> str:
    # Threads raise it, and nothing more special.
    if isinstance(error, RuntimeError):
        return f"{error}; it takes two threads, and the limit of processes (pids) may be too low"
    return str(defect(error))
