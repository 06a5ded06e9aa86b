"""How often the daemon wants news of each target, so that many of them do not take more than one core."""

from __future__ import annotations

LEAST = 0.1
MOST = 5.0
PER_TARGET = 0.025
"""Seconds between any two answers: what an answer of twenty executors costs at most, and as much again."""


class Pace:
    """What all targets share: how many of them there are."""

    def __init__(self, targets: int = 1) -> None:
        """Begin with so many."""
        self.targets = targets
        """May be set while targets come and go."""

    @property
    def gap(self) -> float:
        """The seconds that an answer of a plugin should take at least, and between two looks for nobody."""
        return gap(self.targets)


def gap(targets: int) -> float:
    """Return the seconds that an answer of a plugin should take at least, with so many targets.

    One target is followed closely. With many, the answers come evenly, as many per second for 100 as for 200,
    but no later than a scrape at the usual interval would see them.
    """
    return min(max(LEAST, targets * PER_TARGET), MOST)
