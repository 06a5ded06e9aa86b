"""The books of an application's stages: each attempt at a stage is added to the totals exactly once.

An attempt may still change after its stage has completed, while tasks of it run on. A stage that has
completed may be attempted again, as long as a job runs that needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from exporter.daemon import fields
from exporter.daemon.frame import DUPLICATE, MALFORMED
from exporter.daemon.sources.rest import identifiers, number
from exporter.daemon.sources.totals import RESULTS, SKIPPED, Seen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from exporter.daemon.frame import Drops
    from exporter.daemon.sources.totals import Totals

MAX_REOPENED = 1_000
"""Of so many closed stages it is remembered how many attempts there were."""
MAX_ATTEMPTS = 10_000
"""More attempts at one stage than Spark would ever make."""
_UNSEEN = Seen("", ())
_Item = TypeVar("_Item", bound="Mapping[str, Any]")
_Known: TypeAlias = "dict[int, Seen | None]"
"""The attempts at a stage; None is in the totals. A skipped one is not: another job may yet let it run."""


class Attempt(NamedTuple):
    """What tells attempts at stages apart."""

    stage: int
    attempt: int


def attempts_of(items: Iterable[_Item], drops: Drops) -> dict[Attempt, _Item]:
    """Return by attempt what ``items`` are about; those that do not say it are counted and left out."""
    found: dict[Attempt, _Item] = {}
    for item in items:
        attempt = _attempt_of(item)
        if attempt is None:
            drops.drop(MALFORMED, name="stageId")
        elif attempt in found:
            drops.drop(DUPLICATE, name="stageId")
        else:
            found[attempt] = item
    return found


def _attempt_of(item: Mapping[str, Any]) -> Attempt | None:
    stage, attempt = item.get("stageId"), item.get("attemptId")
    if type(stage) is not int or type(attempt) is not int or stage < 0:
        return None
    return Attempt(stage, attempt) if 0 <= attempt <= MAX_ATTEMPTS else None


class Books:
    """Which attempts are in the totals, and which stages may bring more.

    Args:
        totals: what attempts are added to.
        passed: says whether a stage was read or found missing in an earlier round.

    """

    def __init__(self, totals: Totals, passed: Callable[[int], bool]) -> None:
        """Begin with none."""
        self._totals = totals
        self._passed = passed
        self._open: dict[int, _Known] = {}
        self._closed: dict[int, int] = {}
        self._needed: frozenset[int] = frozenset()
        self._closing: frozenset[int] = frozenset()
        self._live: frozenset[Attempt] = frozenset()
        self.missed = 0
        """Attempts that Spark had forgotten before their end was seen, and stages that it did not know."""

    def begin(self, live: Mapping[Attempt, Mapping[str, Any]]) -> set[int]:
        """Take in which attempts wait or run; return the stages, all of them known, to be read again."""
        again = {attempt.stage for attempt in self._live - live.keys()}
        again |= {attempt.stage for attempt in live.keys() - self._live if attempt.attempt}
        again |= self._closing
        # Opened in a round that failed before it was read.
        again |= {stage for stage in self._open if not self._passed(stage)} - {each.stage for each in live}
        again |= {stage for stage, known in self._open.items() if any(map(_lingers, known.values()))}
        for attempt, item in live.items():
            self._take(attempt, item)
        self._live = frozenset(live)
        return again & self._open.keys()

    def read(self, stage: int, items: list[dict[str, Any]]) -> None:
        """Take in all attempts at a stage; none if Spark has forgotten it."""
        listed = attempts_of(items, self._totals.drops)
        for attempt, item in sorted(listed.items()):
            self._take(attempt, item)
        known = self._open.get(stage)
        if known is None:
            self.missed += 1
            return
        for count in range(max(known, default=-1) + 1):
            if Attempt(stage, count) not in listed and not _is_settled(known.get(count, _UNSEEN)):
                self._forgotten(known, count)

    def end(self, needed: frozenset[int]) -> None:
        """Close the books of stages that cannot change any more.

        Args:
            needed: the stages that running jobs need, asked for after everything else. A stage whose job has
                ended is read once more: a last attempt may have come and gone since.

        """
        self._closing = frozenset(self._open.keys() & self._needed - needed)
        self._needed = needed
        kept = {attempt.stage for attempt in self._live} | needed | self._closing
        for stage in self._open.keys() - kept:
            known = self._open[stage]
            if all(map(_is_settled, known.values())):
                del self._open[stage]
                self._remember(stage, known)

    def running(self) -> list[Seen]:
        """Return the attempts that may still change."""
        return [
            seen
            for known in self._open.values()
            for seen in known.values()
            if seen is not None and seen.status != SKIPPED
        ]

    def remember(self) -> dict[str, Any]:
        """Return all books as JSON can write them, those of stages that have nothing open briefly."""
        done = {stage: len(known) for stage, known in self._open.items() if _is_done(known)}
        still = {stage: known for stage, known in self._open.items() if stage not in done}
        return {
            "done": [*done.items()],
            "open": [(stage, [_written(*item) for item in known.items()]) for stage, known in still.items()],
            "closed": [*self._closed.items()],
            "awaited": sorted(self._needed - self._open.keys()),
            "unneeded": sorted(self._open.keys() - self._needed),
            "closing": sorted(self._closing),
            "live": [tuple(attempt) for attempt in sorted(self._live)],
            "missed": self.missed,
        }

    def recall(self, kept: dict[str, Any], where: str) -> None:
        """Go on with these books.

        Raises:
            SourceError: they are none.

        """
        self._open = {
            stage: self._read_known(value, f"{where}.open of stage {stage}")
            for stage, value in _pairs(kept, "open", where)
        }
        for stage, count in _numbered(kept, "done", where):
            self._open[stage] = dict.fromkeys(range(count))
        self._closed = dict(_numbered(kept, "closed", where))
        unneeded = fields.numbers(kept, "unneeded", where)
        awaited = fields.numbers(kept, "awaited", where)
        self._needed = frozenset(self._open.keys() - set(unneeded)).union(awaited)
        self._closing = frozenset(fields.numbers(kept, "closing", where))
        self._live = frozenset([Attempt(*pair) for pair in _numbered(kept, "live", where)])
        self.missed = fields.count(kept, "missed", where)

    def _read_known(self, value: Any, where: str) -> _Known:
        known: _Known = {}
        for attempt, seen in _pairs({"attempts": value}, "attempts", where):
            if attempt > MAX_ATTEMPTS:
                raise fields.invalid(where, f"attempts up to {MAX_ATTEMPTS}", attempt)
            if seen is None:
                known[attempt] = None
                continue
            parts = dict(zip(("status", "values"), fields.items(seen, where), strict=False))
            values = self._totals.read_values(parts.get("values"), where)
            known[attempt] = Seen(fields.text(parts, "status", where), tuple(values))
        return known

    def _take(self, attempt: Attempt, item: Mapping[str, Any]) -> None:
        known = self._open.get(attempt.stage)
        if known is None:
            # A stage that was closed and is there again: its earlier attempts are in the totals.
            unknown = attempt.attempt if self._passed(attempt.stage) else 0
            known = dict.fromkeys(range(self._closed.pop(attempt.stage, unknown)))
            self._open[attempt.stage] = known
        before = known.get(attempt.attempt, _UNSEEN)
        if before is None:
            return
        seen = self._totals.see(item)
        final = seen.status in RESULTS and number(item, "numActiveTasks", self._totals.drops) <= 0
        known[attempt.attempt] = None if final else seen
        if final:
            self._totals.add(seen)

    def _forgotten(self, known: _Known, attempt: int) -> None:
        self.missed += 1
        seen = known.get(attempt)
        if seen is not None:
            # What was last seen of it is what is left of it.
            self._totals.add(seen)
        known[attempt] = None

    def _remember(self, stage: int, known: Mapping[int, object]) -> None:
        self._closed[stage] = max(known, default=-1) + 1
        while len(self._closed) > MAX_REOPENED:
            del self._closed[next(iter(self._closed))]


def needed(jobs: Iterable[Mapping[str, Any]], drops: Drops) -> frozenset[int]:
    """Return the stages that ``jobs`` need."""
    return frozenset(stage for job in jobs for stage in identifiers(job, "stageIds", drops))


def _lingers(seen: Seen | None) -> bool:
    """Say whether tasks run on although their stage has ended."""
    return seen is not None and seen.status in RESULTS


def _is_settled(seen: Seen | None) -> bool:
    """Say whether the totals lack nothing of it, as far as anybody knows."""
    return seen is None or seen.status == SKIPPED


def _is_done(known: _Known) -> bool:
    return not any(known.values()) and [*known] == [*range(len(known))]


def _written(attempt: int, seen: Seen | None) -> tuple[int, tuple[Any, ...] | None]:
    return (attempt, None if seen is None else tuple(seen))


def _pairs(kept: dict[str, Any], key: str, where: str) -> list[tuple[int, Any]]:
    """Return pairs of a whole number and something."""
    found = []
    for index, item in enumerate(fields.items(kept.get(key), f"{where}.{key}")):
        place = f"{where}.{key}[{index}]"
        parts = fields.items(item, place)
        if len(parts) != 2 or type(parts[0]) is not int or parts[0] < 0:  # noqa: PLR2004 - a pair
            raise fields.invalid(place, "a whole number and what belongs to it", parts)
        found.append((parts[0], parts[1]))
    return found


def _numbered(kept: dict[str, Any], key: str, where: str) -> list[tuple[int, int]]:
    """Return pairs of whole numbers, of which the second one is a small one."""
    pairs = _pairs(kept, key, where)
    for _, count in pairs:
        if type(count) is not int or not 0 <= count <= MAX_ATTEMPTS:
            raise fields.invalid(f"{where}.{key}", f"numbers up to {MAX_ATTEMPTS}", count)
    return pairs
