"""How targets are asked."""

from __future__ import annotations

from dataclasses import dataclass

from exporter.daemon.pace import LEAST

POLL_INTERVAL = 5.0
HISTORY_WINDOW = 24 * 3600.0
SHARE = 0.1
"""At most this part of the time is spent asking Spark: whoever answers slowly is asked less often."""


@dataclass(frozen=True)
class Asking:
    """What is the same for all targets. Times are in seconds."""

    timeout: float
    """For one answer."""
    token: str | None = None
    """For plugins, never for Spark's own UI."""
    gap: float = LEAST
    """How long an answer of a plugin should take at least."""
    interval: float = POLL_INTERVAL
    """Between two polls, at least."""
    disabled: frozenset[str] = frozenset()
    """Names of collectors that are not wanted."""
    window: float = HISTORY_WINDOW
    """How long ago an application may have ended to be read from a history server."""


def rest_of(spent: float) -> float:
    """Return how long to leave a server alone that was kept busy for ``spent`` seconds."""
    return spent / SHARE - spent
