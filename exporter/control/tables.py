"""What the answers of the API look like in a terminal."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from exporter.shown import NOTHING, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LONGEST = 200
"""Characters of one cell."""
DRIVER = "driver"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return columns side by side, each as wide as its widest cell."""
    cells = [tuple(heads), *(tuple(map(_cell, row)) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in cells)


def _cell(value: object) -> str:
    text = printable(str(value))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def compact(value: object) -> str:
    """Return JSON in one line."""
    return json.dumps(value, ensure_ascii=False)


def values(config: Mapping[str, Any]) -> str:
    """Return the keys of a configuration with their values and what is declared of them."""
    keys = sorted({*config["values"], *config["declared"]})
    if not keys:
        return "Nothing is set or declared."
    rows = []
    for key in keys:
        value = compact(config["values"][key]) if key in config["values"] else NOTHING
        rule = config["declared"].get(key)
        rows.append((key, value, compact(rule) if rule is not None else NOTHING))
    return table(("KEY", "VALUE", "DECLARED"), rows)


def versions(config: Mapping[str, Any]) -> str:
    """Return which JVM has which version of a configuration."""
    return table(
        ("JVM", "VERSION"), [(item["id"], item["version"]) for item in in_order(config["executors"])]
    )


def recipients(event: Mapping[str, Any]) -> str:
    """Return what has become of an event in each JVM."""
    return table(("JVM", "STATE", "RESULT"), [_recipient(item) for item in in_order(event["recipients"])])


def _recipient(item: Mapping[str, Any]) -> tuple[str, str, str]:
    result = compact(item["result"]) if item["result"] is not None else ""
    return item["id"], item["state"], item["error"] if item["error"] is not None else result


def events(items: Iterable[Mapping[str, Any]]) -> str:
    """Return one line for each event."""
    rows = [
        (event["id"], event["type"], event["target"], moment(event["accepted"]), event["actor"] or NOTHING,
         states(event["recipients"]))
        for event in items
    ]  # fmt: skip
    return (
        table(("EVENT", "TYPE", "TARGET", "ACCEPTED", "BY", "STATE"), rows)
        if rows
        else "There are no events."
    )


def states(items: Iterable[Mapping[str, Any]]) -> str:
    """Return how many recipients are in each state: 2 handled, 1 failed."""
    counts: dict[str, int] = {}
    for item in items:
        counts[item["state"]] = counts.get(item["state"], 0) + 1
    return ", ".join(f"{count} {state}" for state, count in counts.items())


def moment(seconds: float) -> str:
    """Return Unix seconds as a date and a time."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M:%SZ")


def in_order(items: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the driver first, then executors by their number."""
    return sorted(items, key=lambda item: _rank(item["id"]))


def _rank(name: str) -> tuple[bool, bool, int, str]:
    number = name.isascii() and name.isdecimal()
    return name != DRIVER, not number, int(name) if number else 0, name
