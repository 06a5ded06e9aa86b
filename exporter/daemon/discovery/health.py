"""How a way of finding targets is doing."""

from __future__ import annotations

import logging
import threading
import time
from types import MappingProxyType
from typing import TYPE_CHECKING

from exporter.daemon import logs
from exporter.daemon.errors import ExporterError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

REASONS = (
    "connect",
    "timeout",
    "unauthorized",
    "forbidden",
    "throttled",
    "expired",
    "http_status",
    "invalid",
    "read",
    "internal",
)
"""Why looking for targets can fail: the values of the ``reason`` label.

unauthorized, forbidden: the API server answers 401 or 403. throttled: 429. expired: the watch fell so far
behind that everything is listed again (410). invalid: an answer or a file that cannot be understood. read: a
file that cannot be read.
"""
QUIET = ("expired", "throttled")
"""What an API server says of itself in the course of things."""


class DiscoveryError(ExporterError):
    """Targets could not be looked for."""

    def __init__(self, reason: str, message: str, retry_after: float = 0.0) -> None:
        """Make the error.

        Args:
            reason: one of ``REASONS``.
            message: what happened, in words that stay the same while the fault does.
            retry_after: seconds for which the other side asks to be left alone.

        """
        if reason not in REASONS:
            raise ValueError(f"unknown reason {reason!r}; expected one of {', '.join(REASONS)}")
        super().__init__(message)
        self.reason = reason
        self.retry_after = retry_after


def defect(error: Exception) -> DiscoveryError:
    """Return the error of a discovery that raised what it should not."""
    return DiscoveryError("internal", f"a defect of the exporter: {type(error).__name__}: {error}")


class Health:
    """Counts what goes wrong, and remembers when all was well.

    Args:
        discovery: which way it is.
        now: Unix seconds.

    """

    def __init__(self, discovery: str, now: Callable[[], float] = time.time) -> None:
        """Begin with zeros, so that the first error is seen as an increase."""
        self._discovery = discovery
        self._now = now
        self._lock = threading.Lock()
        self._repeats = logs.Repeats()
        self._errors = dict.fromkeys(REASONS, 0)
        self._successes: dict[Hashable, float | None] = {}

    @property
    def errors(self) -> Mapping[str, int]:
        """How many errors there were, by reason."""
        with self._lock:
            return MappingProxyType(self._errors.copy())

    @property
    def last_success(self) -> float | None:
        """When the part that has been silent for the longest was well, in Unix seconds.

        None before the first part is well, and while one has failed that never was.
        """
        with self._lock:
            moments = [*self._successes.values()]
        known = [moment for moment in moments if moment is not None]
        return min(known) if known and len(known) == len(moments) else None

    def succeeded(self, part: Hashable, **fields: object) -> None:
        """Note that a part of it, such as a file or a namespace, is known as it is now."""
        with self._lock:
            self._successes[part] = self._now()
        self._repeats.cleared(part, "well again", discovery=self._discovery, **fields)

    def mended(self, part: Hashable, **fields: object) -> None:
        """Note that a part which is only looked at when something changes does not fail any more."""
        with self._lock:
            self._successes.pop(part, None)
        self._repeats.cleared(part, "well again", discovery=self._discovery, **fields)

    def failed(self, part: Hashable, error: DiscoveryError, **fields: object) -> None:
        """Count an error of a part, and say it once."""
        with self._lock:
            self._errors[error.reason] += 1
            self._successes.setdefault(part, None)
        level = logging.INFO if error.reason in QUIET else logging.WARNING
        level = logging.ERROR if error.reason == "internal" else level
        fields = {"discovery": self._discovery, "reason": error.reason, **fields}
        self._repeats.fault(part, str(error), level, **fields)

    def forget(self, part: Hashable) -> None:
        """Drop a part that is not there any more."""
        with self._lock:
            self._successes.pop(part, None)
        self._repeats.forget(part)
