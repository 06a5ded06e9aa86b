"""What discovery finds: targets, each with where it is and what may be asked there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from exporter.daemon.model import NOWHERE, Place

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from exporter.daemon.discovery.health import Health
    from exporter.daemon.discovery.reach import Reach

STATIC, FILE, KUBERNETES = "static", "file", "kubernetes"
DISCOVERIES = (STATIC, FILE, KUBERNETES)
"""The ways in which targets are found. Of two with the same URL, the one found the earlier way is watched."""


@dataclass(frozen=True)
class Target:
    """A driver's UI, or a history server."""

    url: str
    place: Place = NOWHERE
    reach: Reach | None = None
    """Where else the driver may be asked; None if it may say so itself."""
    plugin: str | None = None
    """The URL at which its plugin is said to listen."""
    identity: str = ""
    """What refusals are counted by, such as the unique id of a pod."""


class Discoverer(Protocol):
    """Finds targets, in threads of its own."""

    name: str
    """One of ``DISCOVERIES``."""
    health: Health
    """How it is doing."""
    ready: threading.Event
    """Set once it knows all targets that there were when it began."""

    def targets(self) -> Sequence[Target]:
        """Return all targets that it knows now, and that are this shard's."""

    def start(self, changed: Callable[[], object]) -> None:
        """Begin; ``changed`` is called, in any thread, whenever there may be other targets."""

    def stop(self) -> None:
        """End soon."""
