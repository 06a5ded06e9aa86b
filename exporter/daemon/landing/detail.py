"""One application: its facts, its charts, its stages, streaming queries and executors."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from exporter.daemon.landing.chart import figure
from exporter.daemon.landing.markup import Heading, Html, badge, facts, hot, name, table, text
from exporter.daemon.landing.measures import CUSTOM, QUIET
from exporter.shown import NOTHING, count, seconds, size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exporter.daemon.landing.history import Chart
    from exporter.daemon.landing.markup import Piece
    from exporter.daemon.planner import Published
    from exporter.overview import Application, Executor, Query, Stage

MOST = 50
"""Rows of one table."""
_REASON = "removed because"
_STAGES = (
    Heading("stage"),
    Heading("name"),
    Heading("progress"),
    Heading("done", number=True),
    Heading("running", number=True),
    Heading("failed", number=True),
    Heading("for", number=True),
)
_QUERIES = (
    Heading("query"),
    Heading("state"),
    Heading("input rows/s", number=True),
    Heading("processed rows/s", number=True),
    Heading("batches", number=True),
    Heading("last batch", number=True),
    Heading("triggered every", number=True),
    Heading("watermark lag", number=True),
    Heading("backlog", number=True),
)
_EXECUTORS = (
    Heading("executor"),
    Heading("state"),
    Heading("host"),
    Heading("running", number=True),
    Heading("slots", number=True),
    Heading("succeeded", number=True),
    Heading("failed", number=True),
    Heading("heap used", number=True),
    Heading("heap at most", number=True),
    Heading("garbage collection", number=True),
    Heading(_REASON),
)


def application(
    app: Application, published: Published, charts: Sequence[Chart], left_out: int, now: float
) -> str:
    """Return everything about one application.

    Args:
        app: what its samples say.
        published: the same as the store has it.
        charts: its lines.
        left_out: how many series have no line.
        now: Unix seconds.

    """
    own = [chart for chart in charts if chart.key[0] != CUSTOM and not _silent(chart)]
    users = [chart for chart in charts if chart.key[0] == CUSTOM]
    removed = f", {count(app.removed)} removed so far" if app.removed else ""
    parts = [
        f"<h2>{name(app.name)} {badge(app.state)} <small>{name(app.id)}</small></h2>",
        _facts(app, published, now),
        _charts("Spark", own),
        _charts("Custom metrics", users),
    ]
    if left_out:
        parts.append(f'<p class="soft">{left_out} more series have no chart; they are in the metrics.</p>')
    tables = (
        ("Active stages", _STAGES, [_stage(stage, now) for stage in app.stages], "name"),
        ("Streaming queries", _QUERIES, [_query(query) for query in app.queries], ""),
        (f"Executors{removed}", _EXECUTORS, [_executor(one) for one in app.executors], _REASON),
    )
    for title, headings, rows, long in tables:
        if rows:
            parts += [f"<h3>{text(title)}</h3>", table(headings, rows[:MOST], long)]
        if len(rows) > MOST:
            parts.append(f'<p class="soft">and {len(rows) - MOST} more</p>')
    return "".join(parts)


def moment(time: float | None) -> Piece:
    """Return a moment as people write it, by the clock of the world."""
    if time is None:
        return NOTHING
    try:
        when = datetime.fromtimestamp(time, timezone.utc)
    except (ValueError, OverflowError, OSError):
        return NOTHING
    return Html(f'<time datetime="{when:%Y-%m-%dT%H:%M:%SZ}">{when:%Y-%m-%d %H:%M:%S} UTC</time>')


def _facts(app: Application, published: Published, now: float) -> str:
    jobs = ", ".join(f"{count(number)} {result}" for result, number in app.jobs.items())
    tasks = ", ".join(f"{count(number)} {status}" for status, number in app.tasks.items())
    return facts(
        (
            ("Spark", app.version or NOTHING),
            ("user", app.user or NOTHING),
            ("started", moment(app.started)),
            ("ran for" if not app.up else "running for", seconds(app.seconds(now))),
            ("running jobs", count(app.jobs_active)),
            ("ended jobs", jobs or NOTHING),
            ("ended tasks", tasks or NOTHING),
            ("executors", count(app.live) if app.up else NOTHING),
            ("series", count(published.plan.lines)),
        )
    )


def _silent(chart: Chart) -> bool:
    return chart.key[0] in QUIET and not any(value > 0 for _, value in chart.points)


def _charts(title: str, charts: Sequence[Chart]) -> str:
    if not charts:
        return ""
    return f'<h3>{title}</h3><div class="charts">{"".join([figure(chart) for chart in charts])}</div>'


def _stage(stage: Stage, now: float) -> tuple[Piece, ...]:
    attempt = f".{stage.attempt}" if stage.attempt not in ("", "0") else ""
    value = f"{stage.ratio:.3f}"
    done = f"{stage.done:.0f} of {stage.expected:.0f}"
    return (
        stage.id + attempt,
        name(stage.name),
        Html(f'<progress max="1" value="{value}" aria-label="{done} tasks">{done}</progress>'),
        done,
        count(stage.active),
        hot(stage.failed, count(stage.failed)),
        seconds(max(0.0, now - stage.started) if stage.started is not None else None),
    )


def _query(query: Query) -> tuple[Piece, ...]:
    return (
        name(query.name or query.id),
        badge("running" if query.active else "ended"),
        count(query.input_rate),
        count(query.processed_rate),
        count(query.batches),
        seconds(query.duration),
        seconds(query.period),
        seconds(query.watermark_lag),
        count(query.backlog),
    )


def _executor(executor: Executor) -> tuple[Piece, ...]:
    return (
        name(executor.id),
        badge("live" if executor.up else "removed"),
        name(executor.host),
        count(executor.active),
        count(executor.slots),
        count(executor.succeeded),
        hot(executor.failed, count(executor.failed)),
        size(executor.heap_used),
        size(executor.heap_max),
        seconds(executor.gc_seconds),
        executor.reason,
    )
