"""Reads what a snapshot answer says beyond the user's metrics: readings and streaming queries.

An older plugin leaves these parts out, and nothing is known then.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from exporter.daemon import fields
from exporter.daemon.fields import invalid
from exporter.daemon.operators import OperatorRow
from exporter.daemon.steered import NOT_STEERED, Steered, read_steered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Readings(NamedTuple):
    """Values of some readings."""

    indices: tuple[int, ...] = ()
    """Into the list of names."""
    values: Sequence[float] = ()


@dataclass(frozen=True)
class Query:
    """One run of a streaming query. Times are Unix seconds."""

    id: str
    run_id: str
    name: str | None
    started: float | None
    terminated: float | None
    exception: str | None
    idle: float | None
    """Since when it has found nothing to do; None if its last trigger ran a batch."""
    stopped: float
    """How many runs were stopped: 0 or 1, or more where earlier runs are taken together."""
    failed: float
    """How many runs ended by an exception."""
    totals: Mapping[str, float]
    """Sums over all batches."""
    progress: Mapping[str, Any]
    """Spark's own JSON of the last progress; empty before the first."""
    jobs: float | None = None
    """How many are active; an older plugin does not say it."""
    tasks: float | None = None
    """How many attempts have ended; an older plugin does not say it."""


NO_READINGS = Readings()


@dataclass(frozen=True, eq=False)
class Measured:
    """All readings and queries of one answer, completed with what earlier answers said."""

    names: tuple[str, ...] = ()
    application: Readings = NO_READINGS
    executors: Mapping[str, Readings] = field(default_factory=lambda: MappingProxyType({}))
    """By the executor's id."""
    queries: tuple[Query, ...] = ()
    steered: Steered = NOT_STEERED
    operators: tuple[OperatorRow, ...] = ()
    """Of SQL executions; the same object as before if nothing changed."""


NOTHING = Measured()


def read_measured(answer: dict[str, Any], last: Measured) -> Measured:
    """Return what ``answer`` says.

    Args:
        answer: a document whose other parts were checked already.
        last: of the answer before, if it was of the same boot.

    Raises:
        SourceError: with reason ``invalid``.

    """
    names = _names(answer, last.names)
    document = answer.get("application_readings", [[], []])
    return Measured(
        names,
        _application(document, last.application, names),
        MappingProxyType(
            {
                executor["id"]: _executor(executor, index, last.executors.get(executor["id"]), names)
                for index, executor in enumerate(answer["executors"])
            }
        ),
        _queries(answer, last),
        read_steered(answer),
        _operators(answer, last.operators),
    )


def _names(answer: dict[str, Any], known: tuple[str, ...]) -> tuple[str, ...]:
    base = answer["base"]
    if "readings" not in answer and "readings" not in base:
        return known
    if fields.count(base, "readings", "answer.base") != len(known):
        raise invalid("answer.base.readings", str(len(known)), base["readings"])
    new = fields.items(answer.get("readings"), "answer.readings")
    if not new:
        return known
    if set(map(type, new)) != {str}:
        raise invalid("answer.readings", "strings", new)
    names = known + tuple(new)
    if len(set(names)) != len(names):
        raise invalid("answer.readings", "names that are not listed yet", new)
    return names


def _application(value: Any, last: Readings, names: tuple[str, ...]) -> Readings:
    where = "answer.application_readings"
    parts = fields.items(value, where)
    if len(parts) != 2:  # noqa: PLR2004 - indexes and values
        raise invalid(where, "two arrays", parts)
    return _readings(parts[0], parts[1], where, last, names)


def _executor(
    document: dict[str, Any], index: int, known: Readings | None, names: tuple[str, ...]
) -> Readings:
    last = known if known is not None else NO_READINGS
    if "readings" not in document and "reading_values" not in document:
        return last
    where = f"answer.executors[{index}].readings"
    return _readings(document.get("readings"), document.get("reading_values"), where, last, names)


def _readings(indices: Any, values: Any, where: str, last: Readings, names: tuple[str, ...]) -> Readings:
    chosen = tuple(fields.items(indices, where))
    cells = fields.cells(values, f"{where}, values")
    if chosen == last.indices:
        # The same object, so that who has prepared something for it need not look again.
        chosen = last.indices
    else:
        _check(chosen, where, len(names))
    if len(cells) != len(chosen):
        raise invalid(f"{where}, values", f"{len(chosen)} values", f"{len(cells)} values")
    return Readings(chosen, cells)


def _check(indices: tuple[Any, ...], where: str, size: int) -> None:
    if not indices:
        return
    if set(map(type, indices)) != {int}:
        raise invalid(where, "whole numbers", list(indices))
    if min(indices) < 0 or max(indices) >= size:
        raise invalid(where, f"numbers from 0 to {size - 1}", list(indices))
    if len(set(indices)) != len(indices):
        raise invalid(where, "each reading once", list(indices))


def _queries(answer: dict[str, Any], last: Measured) -> tuple[Query, ...]:
    known = {query.run_id: query for query in last.queries}
    result: dict[str, Query] = {}
    for index, item in enumerate(fields.items(answer.get("queries", []), "answer.queries")):
        where = f"answer.queries[{index}]"
        query = _query(fields.mapping(item, where), where, known)
        if query.run_id in result:
            raise invalid(f"{where}.run_id", "a run that is not listed yet", query.run_id)
        result[query.run_id] = query
    return tuple(result.values())


def _query(document: dict[str, Any], where: str, known: Mapping[str, Query]) -> Query:
    run_id = fields.text(document, "run_id", where)
    totals = fields.mapping(document.get("totals"), f"{where}.totals")
    before = known.get(run_id)
    progress = before.progress if before is not None else MappingProxyType({})
    if document.get("progress") is not None:
        progress = MappingProxyType(fields.mapping(document["progress"], f"{where}.progress"))
    ended = document.get("terminated") is not None
    failed = ended and document.get("exception") is not None
    # An older plugin does not take runs together.
    counts = {"stopped": int(ended and not failed), "failed": int(failed), **document}
    return Query(
        id=fields.text(document, "id", where),
        run_id=run_id,
        name=fields.optional_text(document, "name", where),
        started=fields.optional_number(document, "started", where),
        terminated=fields.optional_number(document, "terminated", where),
        exception=fields.optional_text(document, "exception", where),
        idle=fields.optional_number(document, "idle", where),
        stopped=fields.amount(counts, "stopped", where),
        failed=fields.amount(counts, "failed", where),
        totals=MappingProxyType({key: fields.amount(totals, key, f"{where}.totals") for key in totals}),
        progress=progress,
        jobs=fields.amount(document, "jobs", where) if "jobs" in document else None,
        tasks=fields.amount(document, "tasks", where) if "tasks" in document else None,
    )


def _operators(answer: dict[str, Any], last: tuple[OperatorRow, ...]) -> tuple[OperatorRow, ...]:
    if "sql_operators" not in answer:
        return last
    rows = fields.items(answer["sql_operators"], "answer.sql_operators")
    return tuple([_operator(row, f"answer.sql_operators[{index}]") for index, row in enumerate(rows)])


def _operator(value: Any, where: str) -> OperatorRow:
    parts = fields.items(value, where)
    if len(parts) != len(OperatorRow._fields):
        raise invalid(where, ", ".join(OperatorRow._fields), parts)
    row = dict(zip(OperatorRow._fields, parts, strict=True))
    return OperatorRow(
        operator=fields.text(row, "operator", where),
        metric=fields.text(row, "metric", where),
        type=fields.text(row, "type", where),
        total=fields.amount(row, "total", where),
        largest=fields.amount(row, "largest", where),
        last=fields.amount(row, "last", where),
    )
