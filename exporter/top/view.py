"""What is shown of two scrapes: a pure function of both, and of what fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from exporter.overview import rank
from exporter.top.scrape import GAUGE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from exporter.overview import Application, Executor, Query, Stage
    from exporter.top.scrape import Custom, Key, Scrape, Seen


class AppRow(NamedTuple):
    """One line of the table of applications."""

    application: Application
    seconds: float | None
    """Since its start, or from its start to its end."""
    task_rate: float | None
    """Tasks that ended, per second."""


class ExecutorRow(NamedTuple):
    """One line of the table of executors."""

    executor: Executor
    task_rate: float | None
    gc_share: float | None
    """Which part of the time went into garbage collection."""


class CustomRow(NamedTuple):
    """One line of the table of custom metrics."""

    key: Key
    type: str
    value: float
    rate: float | None
    """Per second; None for a gauge, and as long as there is but one scrape."""


class StageRow(NamedTuple):
    """One line of the table of stages."""

    stage: Stage
    seconds: float | None
    """Since it was submitted."""


@dataclass(frozen=True)
class Detail:
    """Everything of one application."""

    row: AppRow
    executors: tuple[ExecutorRow, ...]
    stages: tuple[StageRow, ...]
    queries: tuple[Query, ...]
    custom: tuple[CustomRow, ...]


@dataclass(frozen=True)
class View:
    """Everything that is shown."""

    applications: tuple[AppRow, ...]
    details: tuple[Detail, ...]
    unreachable: tuple[str, ...]
    """Targets that do not answer."""


def make(scrape: Scrape, before: Scrape | None = None, application: str | None = None) -> View:
    """Return what there is to show.

    Args:
        scrape: the present one.
        before: an earlier one of the same daemon, for rates.
        application: the id of the only application that is wanted.

    """
    chosen = {app_id: seen for app_id, seen in scrape.applications.items() if application in (None, app_id)}
    rows = sorted((_app_row(scrape, before, seen) for seen in chosen.values()), key=_order)
    details = tuple(_detail(scrape, before, row, chosen[row.application.id]) for row in rows)
    shown = tuple(detail for detail in details if detail.row.application.up or application is not None)
    down = tuple(target for target, up in scrape.targets.items() if not up)
    return View(tuple(rows), shown, down)


def _order(row: AppRow) -> tuple[int, float, str]:
    return rank(row.application.state, row.application.started, row.application.id)


def _app_row(scrape: Scrape, before: Scrape | None, seen: Seen) -> AppRow:
    app = seen.application
    past = before.applications.get(app.id) if before is not None else None
    earlier = sum(past.application.tasks.values()) if past is not None else None
    return AppRow(app, app.seconds(scrape.now), _rate(scrape, before, sum(app.tasks.values()), earlier))


def _detail(scrape: Scrape, before: Scrape | None, row: AppRow, seen: Seen) -> Detail:
    app = row.application
    past = before.applications.get(app.id) if before is not None else None
    executors = {one.id: one for one in past.application.executors} if past is not None else {}
    stages = tuple(
        StageRow(stage, max(0.0, scrape.now - stage.started) if stage.started is not None else None)
        for stage in app.stages
    )
    return Detail(
        row,
        tuple(_executor_row(scrape, before, one, executors.get(one.id)) for one in app.executors),
        stages,
        app.queries,
        _custom_rows(scrape, before, seen.custom, past.custom if past is not None else {}),
    )


def _executor_row(
    scrape: Scrape, before: Scrape | None, executor: Executor, past: Executor | None
) -> ExecutorRow:
    if not executor.up:
        return ExecutorRow(executor, None, None)
    tasks = _sum(executor.succeeded, executor.failed)
    earlier = _sum(past.succeeded, past.failed) if past is not None else None
    collected = past.gc_seconds if past is not None else None
    return ExecutorRow(
        executor,
        _rate(scrape, before, tasks, earlier),
        _rate(scrape, before, executor.gc_seconds, collected),
    )


def _custom_rows(
    scrape: Scrape, before: Scrape | None, now: Mapping[Key, Custom], past: Mapping[Key, Custom]
) -> tuple[CustomRow, ...]:
    rows = []
    for key in sorted(now):
        kind, value = now[key]
        earlier = past[key].value if key in past else None
        rate = _rate(scrape, before, value, earlier) if kind != GAUGE else None
        rows.append(CustomRow(key, kind, value, rate))
    return tuple(rows)


def _sum(*values: float | None) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _rate(scrape: Scrape, before: Scrape | None, value: float | None, earlier: float | None) -> float | None:
    """Return the growth of a count per second; None if it went back, for then it began anew."""
    if before is None or value is None or earlier is None or value < earlier:
        return None
    elapsed = scrape.time - before.time
    return (value - earlier) / elapsed if elapsed > 0 else None


def fit(wanted: Sequence[int], room: int, least: int = 2) -> list[int]:
    """Return how many lines each table may have so that together they are at most ``room``.

    Every table gets its ``least`` first, as far as there is room; then what is left goes to the first ones.
    """
    given = []
    for want in wanted:
        got = min(want, least, max(0, room))
        given.append(got)
        room -= got
    for index, want in enumerate(wanted):
        more = min(want - given[index], max(0, room))
        given[index] += more
        room -= more
    return given
