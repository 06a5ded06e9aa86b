"""SQL executions: those that run one by one, those that have ended as totals, operators included."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from exporter.daemon import fields
from exporter.daemon.errors import NotFoundError
from exporter.daemon.frame import LIMIT, Drops, Frame, FrameBuilder
from exporter.daemon.sources import Update
from exporter.daemon.sources.follow import ahead
from exporter.daemon.sources.jobs import by_number
from exporter.daemon.sources.operators import Operators, count_kinds, metrics_of, nodes_of
from exporter.daemon.sources.rest import amount, brief, identifiers, instant, number, read, show, table, words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.sources.rest import Api, Readings

MAX_SHOWN = 20
"""So many running executions, the oldest ones, are published one by one."""
MAX_READ = 100
"""So many executions are read in one poll; the next poll goes on with the others."""
LATE = 8
"""So many numbers before one that was found may yet come: Spark gives the number, then makes the plan."""
ROUNDS = 4
"""So many updates they are looked for, until they are called missed."""
MAX_LATE = 4 * LATE
SETTLED = 10.0
"""Seconds after its end in which the driver may still be adding up the metrics of an execution."""
_RUNNING = "RUNNING"
_RESULTS = {"COMPLETED": "completed", "FAILED": "failed"}
_JOBS = {"running": "runningJobIds", "succeeded": "successJobIds", "failed": "failedJobIds"}
JOB_STATES = tuple(_JOBS)
"""How the jobs of an execution do."""
_FULL = {"details": "true", "planDescription": "false"}
_BRIEF = {"details": "false", "planDescription": "false"}


class _Running(NamedTuple):
    """What is published of a running execution, and nothing else of it: plans and texts may be long."""

    readings: Readings
    description: str
    jobs: Mapping[str, int]
    """By how they do."""
    kinds: Counter[str]
    """How many operators of each kind the plan has."""


class SqlSource:
    """Reads ``/sql/ID``, of each execution when it is new and when it has ended, of running ones briefly.

    Args:
        api: asks.
        catalogue: says what is published.
        served: whether the application's plugin gives the totals, exactly.
        now: Unix seconds.

    """

    name = "sql"

    def __init__(
        self,
        api: Api,
        catalogue: Catalogue,
        served: Callable[[], bool] = lambda: False,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Ask ``api``."""
        self._api = api
        self._served = served
        self._now = now
        self._catalogue = catalogue
        self._fields = table(catalogue, "sql", "execution_id")
        self._next = 0
        self._idle = 0
        self._running: dict[int, _Running | None] = {}
        """What is known of each; nothing yet where an earlier daemon has seen it."""
        self._bare: set[int] = set()
        self._late: dict[int, int] = {}
        """Numbers that were skipped, and how often they are still looked for."""
        self._ended: Counter[str] = Counter(dict.fromkeys(_RESULTS.values(), 0))
        self._milliseconds: Counter[str] = Counter(dict.fromkeys(_RESULTS.values(), 0))
        self._operators = Operators(catalogue)
        self._drops = Drops()
        """What was wrong with running executions since the last frame."""
        self._missed = 0
        self._found = False
        self._last = Frame()
        self.behind = False
        """Whether there was more than could be read at once."""

    @property
    def every(self) -> int:
        """Seldom while nothing is there."""
        return 1 if self.behind else 3

    def update(self) -> Update[Frame]:
        """Return the running executions, and the totals of all that have ended."""
        for execution in list(self._running)[:MAX_READ]:
            self._look_again(execution)
        self._look_for_late()
        self.behind = self._follow()
        self._last = self._frame()
        return Update(self._last)

    def remember(self) -> dict[str, Any]:
        """Return what was added up, and which executions are still to come."""
        return {
            "next": self._next,
            "found": self._found,
            "running": [*self._running],
            "bare": sorted(self._bare),
            "late": sorted(self._late),
            "ended": self._ended,
            "milliseconds": self._milliseconds,
            "missed": self._missed,
            "operators": self._operators.remember(),
        }

    def recall(self, kept: dict[str, Any]) -> None:
        """Go on from there."""
        self._next = fields.count(kept, "next", self.name)
        self._found = fields.flag(kept, "found", self.name)
        self._running = dict.fromkeys(fields.numbers(kept, "running", self.name))
        self._bare = set(fields.numbers(kept, "bare", self.name))
        self._late = dict.fromkeys(fields.numbers(kept, "late", self.name), ROUNDS)
        self._ended = fields.tally(kept, "ended", self.name, _RESULTS.values())
        self._milliseconds = fields.tally(kept, "milliseconds", self.name, _RESULTS.values())
        self._missed = fields.count(kept, "missed", self.name)
        place = f"{self.name}.operators"
        self._operators.recall(fields.mapping(kept.get("operators"), place), place)

    def _look_again(self, execution: int) -> None:
        # The plan is read once. It has no metrics until the end.
        before = self._running[execution]
        item = self._read(execution, _BRIEF if before else _FULL)
        kinds = before.kinds if before else None
        if before and item is not None and words(item, "status") != _RUNNING:
            item, kinds = self._read(execution, _FULL), None
        # Whoever was looked at stands last the next time.
        del self._running[execution]
        self._take(execution, item, kinds)

    def _follow(self) -> bool:
        """Read new executions; say whether there are more."""
        for _ in range(MAX_READ):
            item = self._read(self._next, _FULL)
            if item is None and not self._jump():
                return False
            if item is not None:
                self._take(self._next, item)
                self._next += 1
        return True

    def _jump(self) -> bool:
        """Go on with the next execution that exists, if there is one."""
        found = self._oldest()
        if found is None or found < self._next:
            candidates = [self._next + offset for offset in ahead(self._idle) if offset]
            found = next((n for n in candidates if self._read(n, _BRIEF) is not None), None)
        if found is None:
            self._idle += 1
            return False
        self._idle = 0
        first = max(self._next, found - LATE)
        self._missed += first - self._next
        self._late |= dict.fromkeys(range(first, found), ROUNDS)
        self._next = found
        while len(self._late) > MAX_LATE:
            del self._late[next(iter(self._late))]
            self._missed += 1
        return True

    def _look_for_late(self) -> None:
        """Read what was not there when one after it was: the plan of the first may take longest."""
        for execution, left in list(self._late.items()):
            # One that can never be read must not hold up those after it for ever.
            self._late[execution] = left - 1
            item = self._read(execution, _FULL) if left > 0 else None
            if item is not None or left <= 1:
                del self._late[execution]
                self._take(execution, item)

    def _oldest(self) -> int | None:
        """Return the id of the oldest execution that Spark has."""
        try:
            page = self._api.array("sql", {**_BRIEF, "offset": 0, "length": 1})
        except NotFoundError:
            # An application that never used SQL, or a Spark without it.
            return None
        self._found = self._found or bool(page)
        return next(iter(by_number(page, "id", self._operators.drops)), None)

    def _read(self, execution: int, params: Mapping[str, str]) -> dict[str, Any] | None:
        try:
            return self._api.mapping(f"sql/{execution}", params)
        except NotFoundError:
            return None

    def _take(self, execution: int, item: dict[str, Any] | None, kinds: Counter[str] | None = None) -> None:
        """Account for an execution, which is new or was running until now."""
        result = _RESULTS.get(words(item, "status")) if item is not None else None
        if item is not None and (words(item, "status") == _RUNNING or self._too_early(execution, item)):
            self._running[execution] = self._digest(item, kinds)
            return
        self._running.pop(execution, None)
        self._bare.discard(execution)
        if item is None or result is None:
            self._missed += 1
            return
        self._ended[result] += 1
        self._milliseconds[result] += int(amount(item, "duration", self._operators.drops))
        self._operators.add(item)

    def _digest(self, item: Mapping[str, Any], kinds: Counter[str] | None) -> _Running:
        """Return what is published of a running execution; ``kinds`` if its plan was read before."""
        length = self._catalogue.label_length
        description = words(item, "description", self._drops)
        return _Running(
            read(self._fields, item),
            brief(description, self._drops, "spark_sql_execution_info", length),
            {state: len(identifiers(item, key, self._drops)) for state, key in _JOBS.items()},
            count_kinds(item, self._drops, length) if kinds is None else kinds,
        )

    def _too_early(self, execution: int, item: Mapping[str, Any]) -> bool:
        """Say, once, whether an execution has ended just now and the driver has yet to add up its metrics."""
        started = instant(item, "submissionTime")
        if started is not None and started + number(item, "duration") / 1000 < self._now() - SETTLED:
            return False
        bare = not any(True for node in nodes_of(item) for _ in metrics_of(node))
        early = bare and execution not in self._bare
        if early:
            self._bare.add(execution)
        return early

    def _frame(self) -> Frame:
        builder = FrameBuilder(self._catalogue, self._last)
        self._found = self._found or self._next > 0
        if not self._found:
            return builder.frame()
        builder.take(self._drops)
        running = {n: item for n, item in self._running.items() if n not in self._bare}
        # Totals of both would differ: Spark's texts are rounded, and polls come later than events.
        if not self._served():
            self._add_totals(builder, len(running))
        known = {execution: item for execution, item in sorted(running.items()) if item is not None}
        shown = dict(list(known.items())[:MAX_SHOWN])
        if len(running) > len(shown):
            builder.drop(LIMIT, len(running) - len(shown))
        for execution, item in shown.items():
            _show(builder, str(execution), item)
        return builder.frame()

    def _add_totals(self, builder: FrameBuilder, active: int) -> None:
        builder.add("spark_sql_executions_active", active)
        for result, count in self._ended.items():
            builder.add("spark_sql_executions_total", count, result)
            seconds = self._milliseconds[result] / 1000
            builder.add("spark_sql_execution_time_seconds_total", seconds, result)
        builder.add("spark_exporter_missed_sql_executions_total", self._missed)
        self._operators.show(builder)


def _show(builder: FrameBuilder, execution: str, item: _Running) -> None:
    show(builder, item.readings, execution_id=execution)
    builder.add("spark_sql_execution_info", 1, execution, item.description)
    for state, count in item.jobs.items():
        builder.add("spark_sql_execution_jobs", count, execution, state)
    for kind, count in item.kinds.items():
        builder.add("spark_sql_execution_operators", count, execution, kind)
