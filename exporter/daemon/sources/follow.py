"""Follows things that Spark numbers one after another, without reading all of them each time.

Spark's lists of jobs and stages grow with an application's age, and its UI forgets the oldest. One thing by
its number costs the driver the same at any age. Numbers may have gaps: some are given to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from exporter.daemon import fields
from exporter.daemon.errors import NotFoundError, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

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


@dataclass
class Found(Generic[T]):
    """What a round finds."""

    things: dict[int, T]
    """By number: what is new, and what was read again and is still there."""
    gone: list[int]
    """What was to be read again and is there no more."""
    absent: int = 0
    """How many of the new numbers have nothing: it was forgotten, or they were given to nothing."""


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

    def read(self, again: Iterable[int], known: Iterable[int]) -> Found[T]:
        """Read what there is under the numbers of ``again``, and under all new ones.

        However many numbers Spark has given since, only what still exists takes memory.

        Args:
            again: numbers that have to be read again, or for the first time after a round that failed.
            known: numbers, new ones perhaps, that are known to exist and need not be read.

        Raises:
            SourceError: a request failed. Nothing is lost then: the next call does all of it again.

        """
        again = sorted(set(again))
        given = {number for number in (*known, *again) if number >= self._next}
        end = max(given, default=self._next - 1) + 1
        unknown = end - self._next - len(given)
        found: Found[T] = Found({}, [])
        if self._first or unknown + len(again) > BULK:
            end = self._all(found, again, given, end)
        else:
            self._each(found, again, (number for number in range(self._next, end) if number not in given))
            end = self._probe(found, end)
            if self._resumed:
                end = self._leap(found, end)
        self._first = self._resumed = False
        self._idle = self._idle + 1 if end == self._next else 0
        self._next = end
        return found

    def _each(self, found: Found[T], again: Iterable[int], new: Iterable[int]) -> None:
        for number in again:
            thing = self._look(number)
            if thing is None:
                found.gone.append(number)
            else:
                found.things[number] = thing
        for number in new:
            self._take(found, number, self._look(number))

    def _all(self, found: Found[T], again: Sequence[int], given: set[int], end: int) -> int:
        """Read the list of all; return the number after the last one."""
        try:
            every = self._every()
        except SourceError as error:
            # Whoever has too much to tell at once would have it the next time, too.
            if error.reason not in _TOO_MUCH or not (self._refused or error.reason == "too_large"):
                self._refused = error.reason in _TOO_MUCH
                raise
            every = {}
        found.things |= {number: every[number] for number in again if number in every}
        found.gone += [number for number in again if number not in every]
        return self._add(found, every, given, self._next, end)

    def _add(
        self, found: Found[T], every: Mapping[int, T], given: Collection[int], start: int, end: int
    ) -> int:
        """Take what there is from ``start`` on; return the number after the last one."""
        new = {number: thing for number, thing in every.items() if number >= start}
        end = max(end, max(new, default=-1) + 1)
        found.things |= new
        found.absent += end - start - len(new.keys() | given)
        return end

    def _probe(self, found: Found[T], end: int) -> int:
        """Look beyond the last known number; return the one after the last that exists."""
        while len(found.things) + found.absent <= BULK:
            beyond = {end + offset: self._look(end + offset) for offset in ahead(self._idle)}
            last = max((number for number, thing in beyond.items() if thing is not None), default=None)
            if last is None:
                break
            for number in range(end, last + 1):
                # What was not there yet when it was looked at may have come just before the last one.
                thing = beyond.get(number)
                self._take(found, number, thing if thing is not None else self._look(number))
            end = last + 1
        return end

    def _leap(self, found: Found[T], end: int) -> int:
        """Look at the list once: while nobody watched, Spark may have forgotten more than is probed."""
        try:
            every = self._every()
        except SourceError as error:
            if error.reason not in _TOO_MUCH:
                raise
            return end
        return self._add(found, every, (), end, end)

    @staticmethod
    def _take(found: Found[T], number: int, thing: T | None) -> None:
        if thing is None:
            found.absent += 1
        else:
            found.things[number] = thing

    def _look(self, number: int) -> T | None:
        try:
            return self._one(number)
        except NotFoundError:
            return None
