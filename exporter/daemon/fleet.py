"""Watches whatever targets there are, as they come and go."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from exporter.daemon import logs
from exporter.daemon.discovery.found import STATIC
from exporter.daemon.discovery.refusals import Refusals
from exporter.daemon.discovery.sharding import Shard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from exporter.daemon.discovery.found import Discoverer, Target
    from exporter.daemon.pace import Pace
    from exporter.daemon.status import Status
    from exporter.daemon.store import Store
    from exporter.daemon.watch import Watcher


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
        shard: what part of all targets is watched.

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
        shard: Shard,
    ) -> None:
        """Watch nothing yet."""
        self._discoverers = discoverers
        self._watch = watch
        self._store = store
        self._status = status
        self._pace = pace
        self._refusals = refusals
        self._shard = shard
        self._lock = threading.Lock()
        self._watchers: dict[str, Watcher] = {}
        self._counts = dict.fromkeys((one.name for one in discoverers), 0)
        self._stopped = False

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
            self._shard,
        )

    def start(self) -> None:
        """Begin to look for targets, and to watch them."""
        for discoverer in self._discoverers:
            discoverer.start(self.update)

    def stop(self) -> None:
        """End soon."""
        with self._lock:
            self._stopped = True
            watchers = [*self._watchers.values()]
        for discoverer in self._discoverers:
            discoverer.stop()
        for watcher in watchers:
            watcher.stop()

    def update(self) -> None:
        """Watch what there is now, and nothing else."""
        with self._lock:
            if self._stopped:
                return
            wanted = self._wanted()
            self._pace.targets = len(wanted)
            over = [url for url, known in self._watchers.items() if wanted.get(url) != known.target]
            for url in over:
                self._watchers.pop(url).stop()
                self._clear(url)
            for url, target in wanted.items():
                if url not in self._watchers:
                    watcher = self._watch(target, self._ended)
                    watcher.start()
                    self._watchers[url] = watcher
                    if target.place.pod:
                        logs.info("watching a pod", target=url, **target.place._asdict())

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
            if not self._stopped and watcher.target.url not in self._watchers:
                self._clear(watcher.target.url)

    def _clear(self, url: str) -> None:
        self._store.gone(url)
        self._status.remove(url)
