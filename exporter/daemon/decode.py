"""Turns the answers of ``GET /v1/snapshot`` (docs/protocol.md) into snapshots.

Everything is checked before anything is kept, so an answer that breaks the contract changes nothing.
"""

from __future__ import annotations

import re
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from exporter.daemon import catalogue, fields
from exporter.daemon.builtin import FrameMaker
from exporter.daemon.definitions import read_metrics, read_series
from exporter.daemon.errors import SourceError
from exporter.daemon.fields import invalid
from exporter.daemon.measured import NOTHING, read_measured
from exporter.daemon.model import (
    COMPLETED,
    FAILED,
    LIVE,
    REMOVED,
    Application,
    Executor,
    Layout,
    SeriesDef,
    Snapshot,
    Stats,
)
from exporter.daemon.shape import Shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from exporter.daemon.catalogue import Catalogue

PROTOCOL = 1
MAX_DROP_REASONS = 32
STATS = (
    "samples",
    "sample_seconds",
    "sample_failures",
    "series",
    "segments",
    "readings",
    "reading_seconds",
    "report_failures",
)
DROP_REASON = re.compile(r"[a-z][a-z0-9_]{0,39}")


class Position(NamedTuple):
    """What the client holds, as the parameters of the next request."""

    boot: str = ""
    after: int = 0
    metrics: int = 0
    series: int = 0
    readings: int = 0


class Decoder:
    """Follows one driver from answer to answer. Used by one thread.

    Args:
        known: the catalogue of built-in metrics; the one of this package if it is not given.

    """

    def __init__(self, known: Catalogue | None = None) -> None:
        """Hold nothing yet."""
        self._catalogue = known if known is not None else catalogue.load()
        self._last: Snapshot | None = None
        self._seen: set[SeriesDef] = set()
        self._measured = NOTHING
        self._maker = FrameMaker(self._catalogue)

    @property
    def position(self) -> Position:
        """From where to ask on."""
        last = self._last
        if last is None:
            return Position()
        layout, readings = last.layout, len(self._measured.names)
        return Position(last.boot, last.sequence, len(layout.metrics), len(layout.series), readings)

    def decode(self, body: bytes) -> Snapshot:
        """Return the snapshot that ``body`` leads to.

        Raises:
            SourceError: with reason ``invalid``, naming the first thing that breaks the contract.

        """
        answer = parse(body)
        protocol = answer.get("protocol")
        if type(protocol) is not int or protocol != PROTOCOL:
            raise SourceError(
                "invalid",
                f"the plugin speaks protocol {protocol!r} and this daemon {PROTOCOL}: use the same version",
            )
        boot = fields.text(answer, "boot", "answer")
        if not boot:
            raise invalid("answer.boot", "a string that is not empty", boot)
        last = self._last if self._last is not None and self._last.boot == boot else None
        layout, added = self._layout(answer, last)
        snapshot = _snapshot(answer, layout, last)
        measured = read_measured(answer, self._measured if last is not None else NOTHING)
        # From here on nothing is refused any more.
        if last is None:
            self._seen = set()
            self._maker = FrameMaker(self._catalogue)
        self._seen.update(added)
        self._measured = measured
        version, interval = snapshot.plugin_version, snapshot.report_interval
        frame = self._maker.make(version, interval, snapshot.executors, measured)
        control = measured.steered.control is not None
        self._last = replace(snapshot, frame=frame, control=control)
        return self._last

    def _layout(self, answer: dict[str, Any], last: Snapshot | None) -> tuple[Layout, Iterable[SeriesDef]]:
        known = last.layout if last is not None else Layout()
        base = fields.mapping(answer.get("base"), "answer.base")
        for key, held in (("metrics", len(known.metrics)), ("series", len(known.series))):
            if fields.count(base, key, "answer.base") != held:
                raise invalid(f"answer.base.{key}", str(held), base[key])
        metrics = read_metrics(fields.items(answer.get("metrics"), "answer.metrics"), known.metrics)
        all_metrics = known.metrics + metrics
        seen = self._seen if last is not None else set()
        series = read_series(fields.items(answer.get("series"), "answer.series"), all_metrics, seen)
        if not metrics and not series:
            return known, ()
        return Layout(all_metrics, known.series + tuple(series)), series


def parse(body: bytes) -> dict[str, Any]:
    """Return the JSON object in ``body``."""
    return fields.mapping(_load(body), "answer")


def parse_array(body: bytes) -> list[Any]:
    """Return the JSON array in ``body``."""
    return fields.items(_load(body), "answer")


def _load(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise SourceError("invalid", f"the answer is not JSON: {error.msg}") from error


def _snapshot(answer: dict[str, Any], layout: Layout, last: Snapshot | None) -> Snapshot:
    application = fields.mapping(answer.get("application"), "answer.application")
    totals = fields.cells(answer.get("totals"), "answer.totals")
    shape = last.shape if last is not None else Shape()
    if last is None or layout is not last.layout:
        shape = shape.follow(tuple(range(len(layout.series))), layout)
    shape.check(totals, layout, "answer.totals")
    return Snapshot(
        plugin_version=fields.text(answer, "plugin_version", "answer"),
        boot=fields.text(answer, "boot", "answer"),
        sequence=fields.count(answer, "sequence", "answer"),
        final=fields.flag(answer, "final", "answer"),
        time=fields.number(answer, "time", "answer"),
        application=_application(application, "answer.application"),
        report_interval=fields.amount(application, "report_interval", "answer.application"),
        layout=layout,
        shape=shape,
        totals=totals,
        executors=_executors(answer, layout, last),
    )


def _application(document: dict[str, Any], where: str) -> Application:
    return Application(
        id=fields.text(document, "id", where),
        name=fields.text(document, "name", where),
        attempt_id=fields.optional_text(document, "attempt_id", where) or "",
        spark_version=fields.text(document, "spark_version", where),
        user=fields.text(document, "user", where),
        start_time=fields.number(document, "start_time", where),
        # An older plugin says neither.
        waiting="waiting" in document and fields.flag(document, "waiting", where),
        outcome=_outcome(document, where),
    )


def _outcome(document: dict[str, Any], where: str) -> str:
    outcome = fields.optional_text(document, "outcome", where) or ""
    if outcome not in ("", COMPLETED, FAILED):
        raise invalid(f"{where}.outcome", f'"{COMPLETED}", "{FAILED}" or null', outcome)
    return outcome


def _executors(answer: dict[str, Any], layout: Layout, last: Snapshot | None) -> tuple[Executor, ...]:
    known = {executor.id: executor for executor in last.executors} if last is not None else {}
    result: dict[str, Executor] = {}
    for index, item in enumerate(fields.items(answer.get("executors"), "answer.executors")):
        where = f"answer.executors[{index}]"
        document = fields.mapping(item, where)
        executor_id = fields.text(document, "id", where)
        if executor_id in result:
            raise invalid(f"{where}.id", "an executor that is not listed yet", executor_id)
        result[executor_id] = _executor(document, where, layout, known.get(executor_id))
    return tuple(result.values())


def _executor(document: dict[str, Any], where: str, layout: Layout, known: Executor | None) -> Executor:
    state = fields.text(document, "state", where)
    if state not in (LIVE, REMOVED):
        raise invalid(f"{where}.state", f'"{LIVE}" or "{REMOVED}"', state)
    shape, values = _executor_values(document, where, layout, known)
    return Executor(
        id=fields.text(document, "id", where),
        host=fields.optional_text(document, "host", where) or "",
        state=state,
        reason=fields.optional_text(document, "reason", where),
        added=fields.optional_number(document, "added", where),
        removed=fields.optional_number(document, "removed", where),
        reported=fields.optional_number(document, "reported", where),
        reports=fields.amount(document, "reports", where),
        tasks_ended=fields.amount(document, "tasks_ended", where),
        stats=_stats(document.get("stats"), f"{where}.stats"),
        shape=shape,
        values=values,
    )


def _executor_values(
    document: dict[str, Any], where: str, layout: Layout, known: Executor | None
) -> tuple[Shape, Sequence[float]]:
    shape = known.shape if known is not None else Shape()
    if "series" not in document and "values" not in document:
        return shape, known.values if known is not None else ()
    series = tuple(fields.items(document.get("series"), f"{where}.series"))
    values = fields.cells(document.get("values"), f"{where}.values")
    if series and set(map(type, series)) != {int}:
        raise invalid(f"{where}.series", "whole numbers", list(series))
    if series != shape.series:
        _check_series(series, f"{where}.series", layout)
        shape = shape.follow(series, layout)
    shape.check(values, layout, f"{where}.values")
    return shape, values


def _check_series(series: tuple[int, ...], where: str, layout: Layout) -> None:
    if series and (min(series) < 0 or max(series) >= len(layout.series)):
        raise invalid(where, f"numbers from 0 to {len(layout.series) - 1}", list(series))
    if len(set(series)) != len(series):
        raise invalid(where, "each series once", list(series))


def _stats(value: Any, where: str) -> Stats:
    document = fields.mapping(value, where)
    dropped = fields.mapping(document.get("dropped", {}), f"{where}.dropped")
    if len(dropped) > MAX_DROP_REASONS or not all(map(DROP_REASON.fullmatch, dropped)):
        raise invalid(f"{where}.dropped", f"at most {MAX_DROP_REASONS} reasons in snake_case", list(dropped))
    # Before its first report nothing is known of an executor.
    numbers = {key: fields.amount(document, key, where) for key in STATS if key in document}
    drops = {key: fields.amount(dropped, key, f"{where}.dropped") for key in dropped}
    return Stats(**numbers, dropped=MappingProxyType(drops))
