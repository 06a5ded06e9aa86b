"""The targets that are given by flags."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from exporter.daemon.discovery.found import STATIC, Target
from exporter.daemon.discovery.health import Health

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from exporter.daemon.discovery.sharding import Sharing


class StaticDiscovery:
    """Knows its targets from the beginning.

    Args:
        urls: of the targets.
        sharing: what part of them is wanted.

    """

    name = STATIC

    def __init__(self, urls: Sequence[str], sharing: Sharing) -> None:
        """Know them."""
        self.health = Health(self.name)
        self.ready = threading.Event()
        self.ready.set()
        self._sharing = sharing
        self._targets = tuple([Target(url) for url in urls])

    def targets(self) -> Sequence[Target]:
        """Return all of this shard's targets."""
        return [target for target in self._targets if self._sharing.owns(target.key)]

    def outcome(self, _target: Target) -> str:
        """Return nothing: flags do not know it."""
        return ""

    def start(self, changed: Callable[[], object]) -> None:
        """Say that they are there."""
        changed()

    def stop(self) -> None:
        """Do nothing: there is nothing to end."""
