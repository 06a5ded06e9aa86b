"""Reads Spark's own JSON of a streaming query's progress: what is in it by dotted name, tolerantly."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_LEAVES = 3000
"""Values of one progress that are looked at, beside those that the catalogue leaves out."""
_MAX_DEPTH = 6
_OFFSETS = {"startOffset", "endOffset", "latestOffset"}
"""These are the source's own and may have thousands of partitions."""
_ROUNDS = {"metrics": 1, "customMetrics": 2, "observedMetrics": 2}
"""In which round the things below a key are looked at: sources, operators and users name them."""
_SOURCES = "progress.sources."
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")
_INSTANCE = re.compile(r"@[0-9a-f]+$")
_UUID = re.compile(r"[0-9a-f]{8}([-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}")
_ID_LENGTH = 8
_NUMBER = re.compile(r"-?\d+(\.\d*)?([eE][-+]?\d+)?")


class Identity(NamedTuple):
    """What a query is called in labels. It stays when the query is restarted from its checkpoint."""

    name: str
    id: str


def identify(name: str | None, query_id: str) -> Identity:
    """Return what a query is called; one without a name goes by the beginning of its id."""
    return Identity(name or f"unnamed-{query_id[:_ID_LENGTH]}", query_id)


def identify_gauge(part: str) -> Identity:
    """Return what a query is called of which only Spark's own gauges tell: its name, or else its id."""
    return identify(None, part.replace("_", "-")) if _UUID.fullmatch(part) else Identity(part, "")


class Leaves(NamedTuple):
    """What is in a progress that is neither object nor array."""

    found: list[tuple[str, Any]]
    """By dotted name."""
    cut: int
    """How much more there was than is looked at."""


def leaves(value: Any, path: str, left_out: Callable[[str], bool]) -> Leaves:
    """Return everything in ``value`` that is neither object nor array, but for names that are ``left_out``.

    What anybody may add to comes last, so that nothing else is cut because of it.
    """
    found: list[tuple[str, Any]] = []
    cut = 0
    rounds: tuple[list[tuple[str, Any, int]], ...] = ([(path, value, 0)], [], [])
    for number, stack in enumerate(rounds):
        stack.reverse()
        while stack:
            path, value, depth = stack.pop()
            children = _children(value)
            if children is None:
                if left_out(path):
                    continue
                if len(found) < MAX_LEAVES:
                    found.append((path, value))
                else:
                    cut += 1
            elif depth < _MAX_DEPTH:
                skipped = _OFFSETS if path.startswith(_SOURCES) else ()
                for key, child in children:
                    if key not in skipped:
                        rounds[max(number, _ROUNDS.get(key, 0))].append((f"{path}.{key}", child, depth + 1))
            else:
                cut += len(children)
    return Leaves(found, cut)


def _children(value: Any) -> list[tuple[Any, Any]] | None:
    if isinstance(value, Mapping):
        return list(value.items())[::-1]
    return list(enumerate(value))[::-1] if isinstance(value, list) else None


def figure(value: Any) -> float | None:
    """Return a value of a progress as a number: times in Unix seconds; None if it is none.

    What sources say of themselves comes as text, also where it is a number.
    """
    if isinstance(value, str):
        if _NUMBER.fullmatch(value):
            return float(value)
        return time_of(value)
    if isinstance(value, int | float):
        try:
            return float(value)
        except OverflowError:
            return math.inf
    return None


def time_of(value: Any) -> float | None:
    """Return Unix seconds for a time as Spark writes it, such as 2026-11-22T18:03:53.000Z."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()
    except (ValueError, OverflowError):
        return None


def short_name(description: Any) -> str:
    """Return a source's or sink's description without package, settings and the address of the object."""
    text = description if isinstance(description, str) else ""
    head = _INSTANCE.sub("", text[:1000].partition("[")[0].strip())
    return head.rpartition(".")[2].rstrip("$")


def backlog(source: Mapping[str, Any]) -> float | None:
    """Return how far the end of the last batch is behind the newest offset, added up over partitions."""
    return _distance(source.get("endOffset"), source.get("latestOffset"), 0)


def _distance(end: Any, latest: Any, depth: int) -> float | None:
    if isinstance(end, dict) and isinstance(latest, dict) and depth < _MAX_DEPTH:
        # A partition that appeared after the batch has no end yet from which to count.
        parts = [_distance(end[key], latest[key], depth + 1) for key in latest if key in end]
        known = [part for part in parts if part is not None]
        return sum(known) if known else None
    start, stop = _offset(end), _offset(latest)
    return None if start is None or stop is None else max(0.0, stop - start)


def _offset(value: Any) -> float | None:
    number = None if isinstance(value, bool) else figure(value)
    return number if number is not None and math.isfinite(number) else None
