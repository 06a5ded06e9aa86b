"""Counts what the API refuses, and says in the log who comes without the right token."""

from __future__ import annotations

import logging
from types import MappingProxyType
from typing import TYPE_CHECKING

from exporter.daemon import logs
from exporter.daemon.control.bucket import Bucket
from exporter.daemon.control.refusal import CONTROL_OFF, OVERLOADED, STOPPING, TOKEN_MISSING, TOKEN_WRONG

if TYPE_CHECKING:
    from collections.abc import Mapping

REASONS = (TOKEN_MISSING, TOKEN_WRONG, CONTROL_OFF, OVERLOADED, STOPPING)
LINES_PER_SECOND = 0.1
LINES_AT_ONCE = 10
_SAID = (TOKEN_MISSING, TOKEN_WRONG)
"""Whoever has no token may be somebody who guesses; the others are told what they need to know."""


class Refused:
    """What was refused so far.

    Args:
        lines: how often a line may be written, whoever asks and however often.

    """

    def __init__(self, lines: Bucket | None = None) -> None:
        """Begin with zeros, so that the first one is seen as an increase."""
        self._lines = lines if lines is not None else Bucket(LINES_PER_SECOND, LINES_AT_ONCE)
        self._counts = dict.fromkeys(REASONS, 0)
        self._unsaid = 0

    @property
    def counts(self) -> Mapping[str, int]:
        """How many requests were refused, by reason."""
        return MappingProxyType(self._counts.copy())

    def note(self, reason: str, method: str, path: str, client: str) -> None:
        """Account for one request. In the event loop alone.

        Args:
            reason: one of ``REASONS``.
            method: of HTTP.
            path: what was asked for.
            client: the address that it came from.

        """
        self._counts[reason] += 1
        if reason not in _SAID:
            return
        if self._lines.take():
            self._unsaid += 1
            return
        fields = {"reason": reason, "client": client, "method": method, "path": path[:200]}
        logs.log(logging.WARNING, "control refused", {**fields, "left_out": self._unsaid})
        self._unsaid = 0
