"""How the daemon itself is doing: its targets and its sources."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from exporter.daemon.discovery.found import STATIC
from exporter.daemon.sources import COLLECTORS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True)
class CollectorStatus:
    """What one source of one target did so far."""

    attempts: int = 0
    failures: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    success: bool | None = None
    """Whether the last attempt succeeded; None before the first, and while the source is not needed."""
    seconds: float = 0.0
    """How long the last attempt took, without the time it waited for news."""
    waits: bool = False
    """Whether the last attempt failed only because the other side is not there yet, or not any more."""
    last_success: float | None = None
    """When an attempt succeeded last, in Unix seconds."""


@dataclass(frozen=True)
class TargetStatus:
    """How one target is doing."""

    discovery: str = STATIC
    """The way in which it was found."""
    up: bool = False
    app_id: str = ""
    endpoint: str = ""
    claimed: bool = False
    """Whether who listens at the endpoint is not known, so that no token may be sent there."""
    state: str = "not asked yet"
    """In plain words."""
    collectors: Mapping[str, CollectorStatus] = field(
        default_factory=lambda: MappingProxyType({name: CollectorStatus() for name in COLLECTORS})
    )


class Status:
    """The state of all targets; written by their threads, read by scrapes."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        """Know of no target; ``now`` gives Unix seconds."""
        self._now = now
        self._lock = threading.Lock()
        # Changed in place: a copy at each attempt of each target would cost the square of their number.
        self._targets: dict[str, TargetStatus] = {}

    def view(self) -> Mapping[str, TargetStatus]:
        """Return all targets as they are now; what is returned never changes."""
        with self._lock:
            return MappingProxyType(self._targets.copy())

    def get(self, target: str) -> TargetStatus | None:
        """Return how one target is doing now, None if nobody looks at it."""
        return self._targets.get(target)

    def found(self, target: str, discovery: str) -> None:
        """Begin with a target that was found in one of the ways of discovery."""
        with self._lock:
            self._targets[target] = TargetStatus(discovery)

    def describe(  # noqa: PLR0913 - what there is to know
        self,
        target: str,
        state: str,
        *,
        up: bool,
        app_id: str = "",
        endpoint: str = "",
        claimed: bool = False,
    ) -> None:
        """Set what is known about a target."""
        with self._lock:
            known = self._targets.get(target, TargetStatus())
            self._targets[target] = replace(
                known, state=state, up=up, app_id=app_id, endpoint=endpoint, claimed=claimed
            )

    def succeeded(self, target: str, collector: str, seconds: float) -> None:
        """Account for a source that did its work."""
        self._account(target, collector, seconds, None)

    def failed(
        self, target: str, collector: str, seconds: float, reason: str, *, transient: bool = False
    ) -> None:
        """Account for a source that failed, by reason; ``transient`` as for ``SourceError``."""
        self._account(target, collector, seconds, reason, waits=transient)

    def idle(self, target: str, collector: str) -> None:
        """Note that a source is not needed now, so that its last attempt says nothing any more."""
        with self._lock:
            known = self._targets.get(target, TargetStatus())
            after = replace(known.collectors[collector], success=None)
            collectors = MappingProxyType({**known.collectors, collector: after})
            self._targets[target] = replace(known, collectors=collectors)

    def remove(self, target: str) -> None:
        """Forget a target that nobody looks at any more."""
        with self._lock:
            self._targets.pop(target, None)

    def _account(
        self, target: str, collector: str, seconds: float, reason: str | None, *, waits: bool = False
    ) -> None:
        with self._lock:
            known = self._targets.get(target, TargetStatus())
            before = known.collectors[collector]
            failures = dict(before.failures)
            if reason is not None:
                failures[reason] = failures.get(reason, 0) + 1
            last = self._now() if reason is None else before.last_success
            after = CollectorStatus(
                before.attempts + 1, MappingProxyType(failures), reason is None, seconds, waits, last
            )
            collectors = MappingProxyType({**known.collectors, collector: after})
            self._targets[target] = replace(known, collectors=collectors)
