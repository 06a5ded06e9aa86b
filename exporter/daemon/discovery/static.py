"""The targets that are given by flags."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from exporter.daemon.discovery.found import STATIC, Target
from exporter.daemon.discovery.health import Health

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from exporter.daemon.discovery.sharding import Shard


class StaticDiscovery:
    """Knows its targets from the beginning.

    Args:
        urls: of the targets.
        shard: what part of them is wanted.

    """

    name = STATIC

    def __init__(self, urls: Sequence[str], shard: Shard) -> None:
        """Know them."""
        self.health = Health(self.name)
        self.ready = threading.Event()
        self.ready.set()
        self._targets = tuple([Target(url) for url in urls if shard.owns(url)])

    def targets(self) -> Sequence[Target]:
        """Return all of this shard's targets."""
        return self._targets

    def start(self, changed: Callable[[], object]) -> None:
        """Say that they are there."""
        changed()

    def stop(self) -> None:
        """Do nothing: there is nothing to end."""
