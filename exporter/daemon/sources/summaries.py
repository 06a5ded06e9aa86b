"""How the tasks of running stages differ from one another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from exporter.daemon.errors import NotFoundError
from exporter.daemon.frame import INVALID_VALUE, LIMIT
from exporter.daemon.sources.rest import WRONG, is_amount, look, number, scaled, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.frame import FrameBuilder
    from exporter.daemon.sources.attempts import Attempt
    from exporter.daemon.sources.rest import Api

# Spark remembers quantiles at multiples of 0.05; any other one lets it go through all tasks each time.
_PERCENTILES = {"50": 0.5, "75": 0.75, "95": 0.95, "100": 1.0}
_MEDIAN, _MAXIMUM = 0, 3
MAX_READ = 5
"""So many stages are asked in one poll: the driver goes through all tasks of a stage to answer."""
MAX_TASKS = 20_000
"""A stage with more finished tasks is asked once every ``PATIENCE`` polls."""
PATIENCE = 12
_SKEWS = (
    # Not duration: in a running stage, Spark mixes in the time so far of tasks that have not ended.
    ("spark_stage_task_run_time_skew_ratio", ("executorRunTime",)),
    ("spark_stage_task_shuffle_read_skew_ratio", ("shuffleReadMetrics", "readBytes")),
)


_Summary: TypeAlias = "Mapping[tuple[str, ...], tuple[Any, ...] | None]"
"""By the path of each field that is used, the values at the percentiles."""


class _Known(NamedTuple):
    finished: float
    """How many tasks had finished when the summary was read."""
    read: int
    """In which round that was."""
    summary: _Summary | None


class Summaries:
    """Reads ``/stages/ID/ATTEMPT/taskSummary`` of running stages in which something has happened."""

    def __init__(self, api: Api, catalogue: Catalogue) -> None:
        """Ask ``api``."""
        self._api = api
        self._fields = table(catalogue, "taskSummary", "stage_id", "attempt_id", "percentile")
        self._known: dict[Attempt, _Known] = {}
        self._round = 0

    def add(self, builder: FrameBuilder, running: Mapping[Attempt, Mapping[str, Any]]) -> None:
        """Put what is known of the tasks of ``running`` into a frame."""
        self._round += 1
        self._known = {attempt: known for attempt, known in self._known.items() if attempt in running}
        due = [attempt for attempt, item in running.items() if self._due(attempt, item)]
        due.sort(key=lambda attempt: self._known[attempt].read if attempt in self._known else 0)
        for attempt in due[:MAX_READ]:
            finished = number(running[attempt], "numCompleteTasks")
            self._known[attempt] = _Known(finished, self._round, self._read(attempt))
        unknown = [attempt for attempt in due[MAX_READ:] if attempt not in self._known]
        if unknown:
            builder.drop(LIMIT, len(unknown))
        for attempt, known in self._known.items():
            if known.summary is not None:
                self._show(builder, attempt, known.summary)

    def _due(self, attempt: Attempt, item: Mapping[str, Any]) -> bool:
        finished = number(item, "numCompleteTasks")
        known = self._known.get(attempt)
        if known is None:
            return finished > 0
        if finished > MAX_TASKS and self._round - known.read < PATIENCE:
            return False
        return finished != known.finished

    def _read(self, attempt: Attempt) -> _Summary | None:
        quantiles = ",".join(f"{value:g}" for value in _PERCENTILES.values())
        place = f"stages/{attempt.stage}/{attempt.attempt}/taskSummary"
        try:
            found = self._api.mapping(place, {"quantiles": quantiles})
        except NotFoundError:
            return None
        paths = {*[field.path for field in self._fields], *[path for _, path in _SKEWS]}
        return {path: _distribution(look(found, path)) for path in paths}

    def _show(self, builder: FrameBuilder, attempt: Attempt, summary: _Summary) -> None:
        stage_id, attempt_id = str(attempt.stage), str(attempt.attempt)
        for field in self._fields:
            values = summary[field.path]
            if values is None:
                continue
            if len(values) != len(_PERCENTILES):
                builder.drop(INVALID_VALUE, name=field.metric)
            for percentile, value in zip(_PERCENTILES, values, strict=False):
                labels = {"stage_id": stage_id, "attempt_id": attempt_id, "percentile": percentile}
                builder.add(field.metric, scaled(value, field.scale), *field.key(labels))
        for metric, path in _SKEWS:
            builder.add(metric, _skew(summary[path]), stage_id, attempt_id)


def _distribution(values: Any) -> tuple[Any, ...] | None:
    """Return the values at the percentiles; None if Spark has left them out, nothing if they are no list."""
    if values is None:
        return None
    return tuple(map(_defined, values)) if type(values) is list and len(values) == len(_PERCENTILES) else ()


def _defined(value: Any) -> Any:
    """Return a number, None for the "NaN" that Spark writes where no task said anything, or WRONG."""
    return None if value == "NaN" else value if is_amount(value) else WRONG


def _skew(values: Any) -> float | None:
    """Return the largest value against the median, if both are known."""
    if not values:
        return None
    median, largest = values[_MEDIAN], values[_MAXIMUM]
    return largest / median if is_amount(median) and is_amount(largest) and median > 0 else None
