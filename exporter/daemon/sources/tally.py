"""Counts over processes that come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import psutil


class Tally:
    """A count over processes that come and go: it never goes back.

    What an ended process had counted is kept here, unless it has passed to one of them, its parent or,
    if that has ended too, the nearest one above. What is counted by processes that end between two tallies,
    while nobody looks, is lost.

    Args:
        ended: what ended processes had counted when an earlier tally looked last.
        highest: what that one returned last.

    """

    def __init__(self, ended: float = 0.0, highest: float = 0.0) -> None:
        """Count from there on."""
        self._ended = ended
        self._highest = highest
        self._last: Mapping[psutil.Process, float] = {}
        self._parents: dict[psutil.Process, int] = {}

    def add_up(self, values: Mapping[psutil.Process, float], parents: Mapping[psutil.Process, int]) -> float:
        """Return the total.

        Args:
            values: what each process has counted that is there.
            parents: the pids of their parents, of those to which the operating system passes the counts
                of ended children.

        """
        for process, value in self._last.items():
            if process not in values and not self._has_heir(process, values):
                self._ended += value
        self._last = values
        self._parents = dict(parents)
        # Between a process's end and its parent's taking note of it, its count is nowhere to be seen.
        self._highest = max(self._highest, self._ended + sum(values.values()))
        return self._highest

    def _has_heir(self, process: psutil.Process, living: Collection[psutil.Process]) -> bool:
        before = {one.pid: one for one in self._parents}
        above = before.get(self._parents.get(process, 0))
        while above is not None and above not in living:
            above = before.get(self._parents[above])
        return above is not None

    def remember(self) -> tuple[float, float]:
        """Return what the next tally needs: what ended processes had counted, and what was returned last."""
        return (self._ended, self._highest)
