"""The rows of a table, after the transformations that the dashboards use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboards.preview.fields import PreviewError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dashboards.preview.asked import Named

Cell = str | float
_KNOWN = ["merge", "filterFieldsByName", "organize"]


def rows(panel: Mapping[str, Any], found: Iterable[Named]) -> tuple[list[str], list[list[Cell | None]]]:
    """Return the headings and the rows, sorted as the panel wants it."""
    steps = {one["id"]: one["options"] for one in panel["transformations"]}
    if list(steps) != _KNOWN:
        raise PreviewError(f"transformations {', '.join(steps)} cannot be drawn; only {', '.join(_KNOWN)}")
    several = len(panel["targets"]) > 1
    merged = _merged(found, several=several)
    organize = steps["organize"]
    wanted = list(steps["filterFieldsByName"]["include"]["names"])
    present = [name for name in wanted if any(name in row for row in merged)] if merged else wanted
    order = organize["indexByName"]
    columns = sorted(present, key=lambda name: order.get(name, len(order)))
    headings = [organize["renameByName"].get(name, name) for name in columns]
    lines = [[row.get(name) for name in columns] for row in merged]
    for sort in reversed(panel["options"].get("sortBy", ())):
        if sort["displayName"] in headings:
            at = headings.index(sort["displayName"])
            lines.sort(key=lambda line: _key(line[at]), reverse=bool(sort.get("desc")))
    return headings, lines


def _merged(found: Iterable[Named], *, several: bool) -> list[dict[str, Cell]]:
    """Join the rows of all queries that agree in the labels that all queries have, as ``merge`` does."""
    series = list(found)
    labels: dict[str, set[str]] = {}
    for one in series:
        labels.setdefault(one.query, set()).update(one.series.labels)
    common = sorted(set.intersection(*labels.values())) if labels else []
    merged: dict[tuple[str | None, ...], list[dict[str, Cell]]] = {}
    for one in series:
        row: dict[str, Cell] = dict(one.series.labels)
        row[f"Value #{one.query}" if several else "Value"] = one.series.values[-1]
        alike = merged.setdefault(tuple(one.series.labels.get(name) for name in common), [])
        into = next(
            (other for other in alike if all(other.get(key, row[key]) == row[key] for key in row)), None
        )
        if into is None:
            alike.append(row)
        else:
            into.update(row)
    return [row for alike in merged.values() for row in alike]


def _key(cell: Cell | None) -> tuple[int, float, str]:
    if cell is None:
        return (0, 0.0, "")
    return (2, 0.0, cell) if isinstance(cell, str) else (1, cell, "")
