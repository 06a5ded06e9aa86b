"""Counts the samples in which something was wrong."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from exporter.daemon import logs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.daemon.frame import Frame


class Dropped:
    """Counts by target, source and reason, and says each of them once."""

    def __init__(self) -> None:
        """Know of none."""
        self._counts: Mapping[tuple[str, str, str], int] = MappingProxyType({})
        self._repeats = logs.Repeats()

    def count(self, target: str, source: str, frame: Frame) -> None:
        """Note what was wrong in one frame."""
        for reason, count in frame.drops.items():
            key = (target, source, reason)
            self._counts = MappingProxyType({**self._counts, key: self._counts.get(key, 0) + count})
            message = f"samples are not published as they came: {reason}"
            metric = frame.culprits.get(reason, "")
            self._repeats.fault(key, message, target=target, collector=source, metric=metric)

    def forget(self, target: str) -> None:
        """Drop what was counted at a target."""
        counts = {key: count for key, count in self._counts.items() if key[0] != target}
        self._repeats.forget(*(self._counts.keys() - counts.keys()))
        self._counts = MappingProxyType(counts)

    def view(self) -> Mapping[tuple[str, str, str], int]:
        """Return all counts; what is returned never changes."""
        return self._counts
