"""Draws a view with rich: every text of the user's as it is, never as markup."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.console import Group
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from exporter import shown
from exporter.top.view import fit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType

    from exporter.overview import Query
    from exporter.top.view import AppRow, CustomRow, Detail, ExecutorRow, StageRow, View

NARROW, USUAL, WIDE = 0, 76, 100
"""How many columns a terminal must have for a part of the tables to be shown."""
_OVERHEAD = 4
"""Lines that a table takes beside its rows: title, header, how many more there are, and an empty one."""
_STYLES = {
    "running": "green",
    "waiting": "yellow",
    "completed": "dim",
    "failed": "bold red",
    "lost": "bold magenta",
}
_BAR = 20
_BUSY = 0.9
"""A query whose batches take so much of the time between two triggers is about to fall behind."""


class Column(NamedTuple):
    """One column of a table."""

    name: str
    width: int
    """How wide a terminal must be for it to be shown."""
    number: bool = True


class Section(NamedTuple):
    """One table. Its rows have a cell for every column, also for those that are not shown."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[RenderableType]]


_APPLICATIONS = (
    Column("application", NARROW, number=False),
    Column("state", NARROW, number=False),
    Column("id", WIDE, number=False),
    Column("for", NARROW),
    Column("executors", USUAL),
    Column("running", NARROW),
    Column("ok", USUAL),
    Column("failed", NARROW),
    Column("per s", USUAL),
)
_STAGES = (
    Column("stage", NARROW, number=False),
    Column("progress", USUAL, number=False),
    Column("done", NARROW),
    Column("running", NARROW),
    Column("failed", USUAL),
    Column("for", NARROW),
    Column("skew", WIDE),
    Column("name", NARROW, number=False),
)
_QUERIES = (
    Column("query", NARROW, number=False),
    Column("state", USUAL, number=False),
    Column("in/s", NARROW),
    Column("out/s", NARROW),
    Column("batch", NARROW),
    Column("every", NARROW),
    Column("batches", WIDE),
    Column("lag", USUAL),
    Column("backlog", USUAL),
)
_EXECUTORS = (
    Column("executor", NARROW, number=False),
    Column("state", NARROW, number=False),
    Column("host", WIDE, number=False),
    Column("running", NARROW),
    Column("slots", USUAL),
    Column("ok", USUAL),
    Column("failed", NARROW),
    Column("per s", USUAL),
    Column("heap", NARROW),
    Column("of", WIDE),
    Column("GC", NARROW),
    Column("reason", WIDE, number=False),
)
_CUSTOM = (
    Column("metric", NARROW, number=False),
    Column("labels", NARROW, number=False),
    Column("type", WIDE, number=False),
    Column("value", NARROW),
    Column("per s", NARROW),
)


def draw(view: View, width: int, height: int | None = None) -> RenderableType:
    """Return what rich prints.

    Args:
        view: what there is to show.
        width: columns of the terminal.
        height: lines of the terminal; None shows everything.

    """
    parts: list[RenderableType] = [_text(f"{target} does not answer", "red") for target in view.unreachable]
    if not view.applications:
        return Group(*parts, _text("No application.", "dim"))
    sections = [Section("Applications", _APPLICATIONS, [_application(row) for row in view.applications])]
    for detail in view.details:
        sections += _sections(detail, several=len(view.details) > 1)
    rows = [len(section.rows) for section in sections]
    if height is not None:
        room = height - len(parts)
        # What does not get its header and a row is left out as a whole.
        sections = sections[: max(1, room // (_OVERHEAD + 1))]
        rows = fit(rows[: len(sections)], room - len(sections) * _OVERHEAD)
    for section, count in zip(sections, rows, strict=True):
        parts += _lines(section, width, count)
    return Group(*parts[:-1])


def _lines(section: Section, width: int, count: int) -> Iterable[RenderableType]:
    yield _text(section.title, "bold")
    chosen = [index for index, column in enumerate(section.columns) if width >= column.width]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for index in chosen:
        name, _, number = section.columns[index]
        # A number that is cut is a wrong number; texts give way.
        fixed = {"justify": "right", "min_width": len(name)} if number else {"overflow": "ellipsis"}
        table.add_column(name, no_wrap=True, **fixed)
    for row in section.rows[:count]:
        table.add_row(*(row[index] for index in chosen))
    yield table
    if count < len(section.rows):
        yield _text(f"  and {len(section.rows) - count} more", "dim")
    yield Text()


def _text(value: str, style: str = "") -> Text:
    return Text(shown.printable(value), style=style, no_wrap=True, overflow="ellipsis")


def _number(value: float | None, bad: bool = False) -> Text:
    return _text(shown.count(value), "red" if bad and value else "")


def _application(row: AppRow) -> list[RenderableType]:
    app = row.application
    return [
        _text(app.name),
        _text(app.state, _STYLES.get(app.state, "")),
        _text(app.id),
        _text(shown.seconds(row.seconds)),
        _number(app.live if app.up else None),
        _number(app.active if app.up else None),
        _number(app.tasks.get("succeeded")),
        _number(app.tasks.get("failed"), bad=True),
        _number(row.task_rate),
    ]


def _sections(detail: Detail, *, several: bool) -> list[Section]:
    """Return the tables of one application that have anything to show."""
    app = detail.row.application
    of = f" of {app.name} ({app.id})" if several else ""
    removed = f", {shown.count(app.removed)} removed so far" if app.removed else ""
    sections = (
        Section(f"Active stages{of}", _STAGES, [_stage(row) for row in detail.stages]),
        Section(f"Streaming queries{of}", _QUERIES, [_query(query) for query in detail.queries]),
        Section(f"Executors{of}{removed}", _EXECUTORS, [_executor(row) for row in detail.executors]),
        Section(f"Custom metrics{of}", _CUSTOM, [_custom(row) for row in detail.custom]),
    )
    return [section for section in sections if section.rows]


def _stage(row: StageRow) -> list[RenderableType]:
    stage = row.stage
    attempt = f".{stage.attempt}" if stage.attempt not in ("", "0") else ""
    return [
        _text(stage.id + attempt),
        ProgressBar(total=max(stage.expected, 1.0), completed=stage.done, width=_BAR),
        _text(f"{stage.done:.0f}/{stage.expected:.0f}"),
        _number(stage.active),
        _number(stage.failed, bad=True),
        _text(shown.seconds(row.seconds)),
        _number(stage.skew),
        _text(stage.name),
    ]


def _executor(row: ExecutorRow) -> list[RenderableType]:
    executor = row.executor
    return [
        _text(executor.id),
        _text("live", "green") if executor.up else _text("removed", "dim"),
        _text(executor.host),
        _number(executor.active),
        _number(executor.slots),
        _number(executor.succeeded),
        _number(executor.failed, bad=True),
        _number(row.task_rate),
        _text(shown.size(executor.heap_used)),
        _text(shown.size(executor.heap_max)),
        _text(shown.share(row.gc_share)),
        _text(executor.reason),
    ]


def _query(query: Query) -> list[RenderableType]:
    slow = query.duration is not None and query.period is not None and query.duration >= _BUSY * query.period
    return [
        _text(query.name or query.id),
        _text("active", "green") if query.active else _text("ended", "dim"),
        _number(query.input_rate),
        _number(query.processed_rate),
        _text(shown.seconds(query.duration), "yellow" if slow else ""),
        _text(shown.seconds(query.period)),
        _number(query.batches),
        _text(shown.seconds(query.watermark_lag)),
        _number(query.backlog),
    ]


def _custom(row: CustomRow) -> list[RenderableType]:
    labels = ", ".join(f"{key}={value}" for key, value in row.key.labels)
    return [
        _text(row.key.name),
        _text(labels),
        _text(row.type),
        _number(row.value),
        _number(row.rate),
    ]
