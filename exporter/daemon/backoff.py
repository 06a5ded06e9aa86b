"""How long to wait before asking again."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST = 0.1
CAP = 5.0
# A refused connection costs both sides little, and a job may be over in three seconds.
TRANSIENT_CAP = 0.5


class Backoff:
    """Doubling delays with jitter, so that many daemons do not ask in step.

    Args:
        uniform: draws a number between two bounds.

    """

    def __init__(self, uniform: Callable[[float, float], float] = random.uniform) -> None:
        """Start at the shortest delay."""
        self._uniform = uniform
        self._next = FIRST

    def reset(self) -> None:
        """Start again at the shortest delay."""
        self._next = FIRST

    def delay(self, *, transient: bool, gap: float = 0.0) -> float:
        """Return the seconds to wait now.

        Args:
            transient: the other side is merely not there yet; then the delay stays short.
            gap: the seconds to which even a short delay grows, when many others are asked, too.

        """
        self._next = min(self._next, max(TRANSIENT_CAP, gap) if transient else CAP)
        delay = self._next
        self._next *= 2
        return self._uniform(delay / 2, delay)
