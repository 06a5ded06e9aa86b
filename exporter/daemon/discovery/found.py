"""What discovery finds: targets, each with where it is and what may be asked there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from exporter.daemon.discovery.target import host_of
from exporter.daemon.model import NOWHERE, Place

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from exporter.daemon.discovery.health import Health
    from exporter.daemon.discovery.reach import Reach

STATIC, FILE, KUBERNETES, PEERS = "static", "file", "kubernetes", "peers"
DISCOVERIES = (STATIC, FILE, KUBERNETES, PEERS)
"""The ways in which targets are found. Of two with the same URL, the one found the earlier way is watched.

peers finds none: it follows the daemons that share them.
"""


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
    discovery: str = STATIC
    """The way in which it is found, one of ``DISCOVERIES``."""
    application: str = field(default="", compare=False)
    """What decides about its shard; empty if its URL does."""

    @property
    def key(self) -> str:
        """What decides about its shard."""
        return self.application or self.url

    @property
    def claimed(self) -> bool:
        """Whether it is a driver by its own word only, so that nothing secret may be sent to it."""
        return self.reach is not None

    @property
    def confidant(self) -> str | None:
        """Who may have the plugin's token: the host that the user has named, or nobody."""
        return None if self.claimed else host_of(self.url)


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

    def outcome(self, target: Target) -> str:
        """Return how the driver at a target that is gone has ended: COMPLETED, FAILED, or empty."""

    def start(self, changed: Callable[[], object]) -> None:
        """Begin; ``changed`` is called, in any thread, whenever there may be other targets."""

    def stop(self) -> None:
        """End soon."""
