"""The books of an application's stages: each attempt at a stage is added to the totals exactly once.

An attempt may still change after its stage has completed, while tasks of it run on. A stage that has
completed may be attempted again, as long as a job runs that needs it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from exporter.daemon.sources.rest import identifiers, look, number, scaled, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from exporter.daemon.frame import FrameBuilder
    from exporter.daemon.sources.rest import Field

MAX_REOPENED = 1_000
"""Of so many closed stages it is remembered how many attempts there were."""
_UNSEEN: Mapping[str, Any] = {}
_RESULTS = {"COMPLETE": "completed", "FAILED": "failed", "SKIPPED": "skipped"}


class Attempt(NamedTuple):
    """What tells attempts at stages apart."""

    stage: int
    attempt: int


def attempt_of(item: Mapping[str, Any]) -> Attempt:
    """Return which attempt ``item`` is about."""
    return Attempt(int(number(item, "stageId")), int(number(item, "attemptId")))


class Totals:
    """Sums over attempts, by metric and labels. They never go back."""

    def __init__(self, found: Iterable[Field]) -> None:
        """Sum up the fields of ``found``."""
        self._fields = tuple(found)
        self._sums: dict[Field, float] = dict.fromkeys(self._fields, 0)
        self._results: Counter[str] = Counter(dict.fromkeys(_RESULTS.values(), 0))
        self._shown: dict[Field, float] = {}

    def add(self, item: Mapping[str, Any]) -> None:
        """Add an attempt for good."""
        result = _RESULTS.get(words(item, "status"))
        if result is not None:
            self._results[result] += 1
        self._sum(self._sums, item)

    def show(self, builder: FrameBuilder, running: Iterable[Mapping[str, Any]]) -> None:
        """Put the totals into a frame, what is still running included."""
        sums = self._sums.copy()
        for item in running:
            self._sum(sums, item)
        for field, value in sums.items():
            # A task that ends may take back some of what it had reported.
            shown = max(value, self._shown.get(field, 0))
            self._shown[field] = shown
            builder.add(field.metric, scaled(shown, field.scale), *field.key({}))
        for result, count in self._results.items():
            builder.add("spark_app_stages_total", count, result)

    def _sum(self, sums: dict[Field, float], item: Mapping[str, Any]) -> None:
        for field in self._fields:
            value = look(item, field.path)
            if (type(value) is int or type(value) is float) and value > 0:
                sums[field] += value


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
        self._open: dict[int, dict[int, Mapping[str, Any] | None]] = {}
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
        again |= {stage for stage, known in self._open.items() if any(map(_lingers, known.values()))}
        for attempt, item in live.items():
            self._take(attempt, item)
        self._live = frozenset(live)
        return again & self._open.keys()

    def read(self, stage: int, items: list[dict[str, Any]] | None) -> None:
        """Take in all attempts at a stage; None if Spark has forgotten it."""
        listed = {attempt_of(item): item for item in items or ()}
        for attempt, item in sorted(listed.items()):
            self._take(attempt, item)
        known = self._open.get(stage)
        if known is None:
            self.missed += 1
            return
        for count in range(max(known, default=-1) + 1):
            if Attempt(stage, count) not in listed and known.get(count, _UNSEEN) is not None:
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
            if all(item is None for item in known.values()):
                del self._open[stage]
                self._remember(stage, known)

    def running(self) -> list[Mapping[str, Any]]:
        """Return the attempts that may still change."""
        return [item for known in self._open.values() for item in known.values() if item is not None]

    def _take(self, attempt: Attempt, item: Mapping[str, Any]) -> None:
        known = self._open.get(attempt.stage)
        if known is None:
            # A stage that was closed and is there again: its earlier attempts are in the totals.
            unknown = attempt.attempt if self._passed(attempt.stage) else 0
            known = dict.fromkeys(range(self._closed.pop(attempt.stage, unknown)))
            self._open[attempt.stage] = known
        if attempt.attempt in known and known[attempt.attempt] is None:
            return
        final = words(item, "status") in _RESULTS and number(item, "numActiveTasks") <= 0
        known[attempt.attempt] = None if final else item
        if final:
            self._totals.add(item)

    def _forgotten(self, known: dict[int, Mapping[str, Any] | None], attempt: int) -> None:
        self.missed += 1
        item = known.get(attempt)
        if item is not None:
            # What was last seen of it is what is left of it.
            self._totals.add(item)
        known[attempt] = None

    def _remember(self, stage: int, known: Mapping[int, object]) -> None:
        self._closed[stage] = max(known, default=-1) + 1
        while len(self._closed) > MAX_REOPENED:
            del self._closed[next(iter(self._closed))]


def needed(jobs: Iterable[Mapping[str, Any]]) -> frozenset[int]:
    """Return the stages that ``jobs`` need."""
    return frozenset(stage for job in jobs for stage in identifiers(job, "stageIds"))


def _lingers(item: Mapping[str, Any] | None) -> bool:
    """Say whether tasks run on although their stage has ended."""
    return item is not None and words(item, "status") in _RESULTS
