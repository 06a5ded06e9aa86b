"""Follows things that Spark numbers one after another, without reading all of them each time.

Spark's lists of jobs and stages grow with an application's age, and its UI forgets the oldest. One thing by
its number costs the driver the same at any age. Numbers may have gaps: some are given to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from exporter.daemon import fields
from exporter.daemon.errors import NotFoundError, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

T = TypeVar("T")

BULK = 100
"""When so many things have to be read, the list of all of them is the smaller burden."""
AHEAD = 2
"""How many numbers beyond the last known one are tried each time."""
NEAR, FAR = 4, 64
"""Beyond these, one more is tried, another one each time: every other time within the shorter distance."""
_TOO_MUCH = ("too_large", "timeout")


def ahead(idle: int) -> list[int]:
    """Return how far beyond the last known number to look, when nothing was found ``idle`` times in a row.

    Gaps are rare, and wide ones are rarer still. Each look that finds nothing costs the driver an answer.
    """
    half, odd = divmod(idle, 2)
    return [*range(AHEAD), AHEAD + half % (FAR if odd else NEAR)]


class Follower(Generic[T]):
    """Follows numbers from 0 on.

    Args:
        one: returns the thing with a number, or raises NotFoundError.
        every: returns all things that Spark still has, by number.

    """

    def __init__(self, one: Callable[[int], T], every: Callable[[], Mapping[int, T]]) -> None:
        """Know of nothing."""
        self._one = one
        self._every = every
        self._next = 0
        self._idle = 0
        self._first = True
        self._resumed = False
        self._refused = False

    def remember(self) -> int:
        """Return the position: the number that comes next."""
        return self._next

    def recall(self, document: dict[str, Any], key: str, where: str) -> None:
        """Go on from the position that an earlier daemon left under ``key``.

        Raises:
            SourceError: it is no position.

        """
        self._next = fields.count(document, key, where)
        self._first = False
        self._resumed = True

    def seen(self, number: int) -> bool:
        """Say whether the number was passed already."""
        return number < self._next

    def read(self, again: Iterable[int], known: Iterable[int]) -> dict[int, T | None]:
        """Return what there is under the numbers of ``again``, and of all new ones.

        Args:
            again: numbers that were passed already and have to be read again.
            known: numbers, new ones perhaps, that are known to exist and need not be read.

        Returns:
            By number; None if there is nothing (any more).

        Raises:
            SourceError: a request failed. Nothing is lost then: the next call does all of it again.

        """
        given = {number for number in known if number >= self._next}
        end = max(given, default=self._next - 1) + 1
        wanted = [number for number in range(self._next, end) if number not in given]
        wanted += sorted(set(again))
        if self._first or len(wanted) > BULK:
            found, end = self._all(wanted, end)
        else:
            found = {number: self._look(number) for number in wanted}
            end = self._probe(found, end)
            if self._resumed:
                end = self._leap(found, end)
        self._first = self._resumed = False
        self._idle = self._idle + 1 if end == self._next else 0
        self._next = end
        return found

    def _all(self, wanted: list[int], end: int) -> tuple[dict[int, T | None], int]:
        try:
            every = self._every()
        except SourceError as error:
            # Whoever has too much to tell at once would have it the next time, too.
            if error.reason not in _TOO_MUCH or not (self._refused or error.reason == "too_large"):
                self._refused = error.reason in _TOO_MUCH
                raise
            every = {}
        found = {number: every.get(number) for number in wanted}
        for number in range(self._next, max(every, default=-1) + 1):
            found[number] = every.get(number)
        return found, max(end, max(every, default=-1) + 1)

    def _probe(self, found: dict[int, T | None], end: int) -> int:
        """Look beyond the last known number; return the one after the last that exists."""
        while len(found) <= BULK:
            beyond = {end + offset: self._look(end + offset) for offset in ahead(self._idle)}
            last = max((number for number, thing in beyond.items() if thing is not None), default=None)
            if last is None:
                break
            for number in range(end, last + 1):
                found[number] = beyond[number] if number in beyond else self._look(number)
            end = last + 1
        return end

    def _leap(self, found: dict[int, T | None], end: int) -> int:
        """Look at the list once: while nobody watched, Spark may have forgotten more than is probed."""
        try:
            every = self._every()
        except SourceError as error:
            if error.reason not in _TOO_MUCH:
                raise
            return end
        for number in range(end, max(every, default=-1) + 1):
            found[number] = every.get(number)
        return max(end, max(every, default=-1) + 1)

    def _look(self, number: int) -> T | None:
        try:
            return self._one(number)
        except NotFoundError:
            return None
