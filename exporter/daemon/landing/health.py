"""How the targets are doing, and each source of theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.daemon.landing.markup import Heading, badge, hot, link, table, text
from exporter.shown import NOTHING, count, seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.daemon.landing.markup import Piece
    from exporter.daemon.status import CollectorStatus, TargetStatus

MOST = 50
"""Targets on one page; those that fail come first."""
_WORDS = ("failing", "waiting", "well")
"""How a target may be doing, the worst first."""
OPEN = 3
"""Up to so many targets, what their sources do is shown without a click."""
_HEADINGS = (
    Heading("source"),
    Heading("state"),
    Heading("last success", number=True),
    Heading("took", number=True),
    Heading("attempts", number=True),
    Heading("failures", number=True),
    Heading("reasons"),
)


def targets(known: Mapping[str, TargetStatus], now: float) -> str:
    """Return all targets, or as many as fit on a page.

    Args:
        known: by their URL.
        now: Unix seconds.

    """
    if not known:
        return ""
    order = sorted(known, key=lambda target: (_WORDS.index(_word(known[target])), target))
    parts = [f"<h2>Targets <small>{len(known)}</small></h2>"]
    parts += [_target(target, known[target], now, is_open=len(known) <= OPEN) for target in order[:MOST]]
    if len(order) > MOST:
        parts.append(f'<p class="soft">and {len(order) - MOST} more, which do as well as the last one</p>')
    return "".join(parts)


def _word(status: TargetStatus) -> str:
    """Return how a target is doing. Where nothing listens, an application may just have ended."""
    failed = [source for source in status.collectors.values() if source.success is False]
    if not all(source.waits for source in failed):
        return "failing"
    return "well" if status.up and not failed else "waiting"


def _target(target: str, status: TargetStatus, now: float, *, is_open: bool) -> str:
    asked = {name: source for name, source in status.collectors.items() if source.attempts}
    rows = [_source(name, source, now) for name, source in asked.items()]
    sources = table(_HEADINGS, rows) if rows else ""
    opened = " open" if is_open else ""
    summary = f"{badge(_word(status))} {link(target, target)}: {text(status.state)}"
    return f"<details{opened}><summary>{summary}</summary>{sources}</details>"


def _source(name: str, source: CollectorStatus, now: float) -> tuple[Piece, ...]:
    state = {None: "idle", True: "well", False: "waiting" if source.waits else "failing"}[source.success]
    ago = (
        f"{seconds(max(0.0, now - source.last_success))} ago" if source.last_success is not None else NOTHING
    )
    failures = sum(source.failures.values())
    reasons = ", ".join(f"{reason} {times}" for reason, times in sorted(source.failures.items()))
    return (
        name,
        badge(state),
        ago,
        seconds(source.seconds),
        count(source.attempts),
        hot(failures if state == "failing" else None, count(failures)),
        reasons,
    )
