"""Checks of what panels do with their queries: variables, sources, rates, columns and overrides."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import promql_parser

from dashboards import counters, promql
from dashboards.promql import PromqlError
from dashboards.queries_of import STAND_INS, panels_of
from dashboards.vocabulary import ANY, hint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dashboards.vocabulary import Vocabulary

_CHOSEN = {"type": "prometheus", "uid": "${datasource}"}
_OF_GRAFANA = {"type": "grafana", "uid": "-- Grafana --"}
_IN_TEXTS = frozenset({"__all", "__url_time_range", "__value", "__series", "__field", "__data"})
_VARIABLE = re.compile(r"\$(?:([A-Za-z_]\w*)|\{(\w+)(?:\.([\w.]+))?(?::[^}]*)?\})|\[\[(\w+)(?::[^\]]*)?\]\]")
_FIELD = re.compile(r"fields\.(\w+)")
_RATES = frozenset({"rate", "irate", "increase"})
_RATE_INTERVAL = "4m37s"
"""Stands in for ``$__rate_interval``; no other window is so long."""
_LABEL = re.compile(r"\{\{\s*\.?(\w+)\s*\}\}")
_LEGENDS = re.compile(r"(\{\{[^}]*\}\}|\$\w+|\$\{[^}]*\})")


def check(dashboard: Mapping[str, Any], known: Vocabulary, path: str) -> None:
    """Check the panels of a dashboard, whose queries are known to work.

    Raises:
        PromqlError: a text has a variable that does not exist, or a panel cannot show what it is to show.

    """
    names = [variable["name"] for variable in dashboard["templating"]["list"]]
    values = {name: STAND_INS.get(name, ".*") for name in names}
    for where, part in _parts(dashboard, path):
        _sources(part, where)
        _variables(part, where, {*names, *promql.BUILT_IN, *_IN_TEXTS})
    for panel in panels_of(dashboard):
        where = f"{path}, panel {panel['title']}"
        for target in panel.get("targets", ()):
            _rates(target["expr"], where, values)
            if panel["title"] not in counters.SO_FAR:
                _counters(target["expr"], where, values)
        if panel["type"] == "table":
            _table(panel, where, known, values)
        else:
            _overrides(panel, where, known, values)


def _parts(dashboard: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    """Yield the parts of a dashboard that errors name."""
    rest = {key: value for key, value in dashboard.items() if key not in {"panels", "templating"}}
    yield path, rest
    for variable in dashboard["templating"]["list"]:
        yield f"{path}, variable {variable['name']}", variable
    for panel in panels_of(dashboard):
        yield f"{path}, panel {panel['title']}", panel
    for row in (one for one in dashboard["panels"] if one["type"] == "row"):
        yield f"{path}, row {row['title']}", {**row, "panels": []}


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for one in part.values():
            yield from _texts(one)
    elif isinstance(part, list):
        for one in part:
            yield from _texts(one)
    elif isinstance(part, str):
        yield part


def _variables(part: Any, where: str, known: set[str]) -> None:
    titles = set(_renamed(part).values())
    for text in _texts(part):
        for found in _VARIABLE.finditer(text):
            name = found[1] or found[2] or found[4]
            if name not in known:
                raise PromqlError(where, f"${name} is no variable of the dashboard{hint(name, known)}")
            field = _FIELD.fullmatch(found[3] or "") if name == "__data" else None
            if field and field[1] not in titles:
                raise PromqlError(where, f"{found[0]} is of no column{hint(field[1], titles)}")


def _sources(part: Any, where: str) -> None:
    if isinstance(part, dict):
        source = part.get("datasource", _CHOSEN)
        if source not in (_CHOSEN, _OF_GRAFANA):
            raise PromqlError(where, f"its data source is {source}; expected the variable: {_CHOSEN}")
        for one in part.values():
            _sources(one, where)
    elif isinstance(part, list):
        for one in part:
            _sources(one, where)


def _rates(expr: str, where: str, values: Mapping[str, str]) -> None:
    """Check that rates follow the scrape interval: a fixed window would be empty or blurred with another."""
    window = promql_parser.parse_duration(_RATE_INTERVAL)

    def look(node: promql_parser.Expr) -> None:
        if not isinstance(node, promql_parser.Call) or node.func.name not in _RATES:
            return
        (ranges,) = node.args
        if not isinstance(ranges, promql_parser.MatrixSelector) or ranges.range != window:
            name = node.func.name
            raise PromqlError(where, f"{name} is over a window of its own in {expr}; use $__rate_interval")

    standing = {**values, "__rate_interval": _RATE_INTERVAL}
    promql_parser.walk(promql_parser.parse(promql.stand_in(expr, where, standing)), look)


def _counters(expr: str, where: str, values: Mapping[str, str]) -> None:
    parsed = promql_parser.parse(promql.stand_in(expr, where, values))
    for name in counters.bare(parsed):
        raise PromqlError(where, f"{name} is a counter, which by itself tells of its start; use a rate")


def _renamed(panel: Mapping[str, Any]) -> dict[str, str]:
    """Return the titles of a table's columns, by the names of labels and values."""
    found: dict[str, str] = {}
    for one in panel.get("transformations", ()):
        found |= one["options"].get("renameByName", {})
    return found


def _table(panel: Mapping[str, Any], where: str, known: Vocabulary, values: Mapping[str, str]) -> None:
    columns = _renamed(panel)
    labels = {one["refId"]: promql.check(one["expr"], known, where, values) for one in panel["targets"]}
    kept = frozenset().union(*labels.values())
    shown = {"Value", *(f"Value #{letter}" for letter in labels)}
    for name in (name for name in columns if name not in shown):
        if name not in kept and ANY not in kept:
            raise PromqlError(where, f"the column {name} is of a label that no query keeps{hint(name, kept)}")
    common = frozenset.intersection(*labels.values())
    more = [letter for letter, own in labels.items() if own != common]
    for letter, own in labels.items():
        if unseen := own - {*columns, ANY}:
            names = ", ".join(sorted(unseen))
            raise PromqlError(where, f"query {letter} has {names}, which no column shows: its rows repeat")
    # One query may name what the others are about.
    if len(more) > 1 or not common:
        lacking = {letter: ", ".join(sorted(kept - own)) for letter, own in labels.items() if own == common}
        names = "; ".join(f"query {letter} lacks {those}" for letter, those in lacking.items())
        raise PromqlError(where, f"rows do not meet: {names or 'the queries have no label in common'}")
    _named(panel, where, set(columns.values()))


def _named(panel: Mapping[str, Any], where: str, titles: set[str]) -> None:
    """Check that what a table's looks are about are columns."""
    named = [one["matcher"]["options"] for one in panel["fieldConfig"]["overrides"]]
    named += [one["displayName"] for one in panel["options"].get("sortBy", ())]
    for name in named:
        if name not in titles:
            raise PromqlError(where, f"there is no column {name}{hint(name, titles)}")


def _overrides(panel: Mapping[str, Any], where: str, known: Vocabulary, values: Mapping[str, str]) -> None:
    wanted = [
        one["matcher"]["options"]
        for one in panel["fieldConfig"]["overrides"]
        if one["matcher"]["id"] == "byName"
    ]
    for name in wanted:
        if not any(_has(target, name, where, known, values) for target in panel["targets"]):
            legends = ", ".join(target["legendFormat"] for target in panel["targets"])
            raise PromqlError(where, f"there is no series {name}; the legends are {legends}")


def _has(
    target: Mapping[str, Any], name: str, where: str, known: Vocabulary, values: Mapping[str, str]
) -> bool:
    """Say whether a query may have a series with this name in the legend."""
    legend = target["legendFormat"]
    if only := _LABEL.fullmatch(legend):
        parsed = promql_parser.parse(promql.stand_in(target["expr"], where, values))
        allowed = _values(parsed, only[1], known)
        return allowed is None or name in allowed
    parts = [".+" if part.startswith(("{{", "$")) else re.escape(part) for part in _LEGENDS.split(legend)]
    return re.fullmatch("".join(parts), name) is not None


def _values(node: promql_parser.Expr, label: str, known: Vocabulary) -> set[str] | None:
    """Return all values that a label may have in an expression; None where nobody knows."""
    found: set[str] = set()
    unknown = False

    def look(one: promql_parser.Expr) -> None:
        nonlocal unknown
        if isinstance(one, promql_parser.MatrixSelector):
            one = one.vector_selector
        if isinstance(one, promql_parser.Call) and one.func.name in {"label_replace", "label_join"}:
            texts = [part.val for part in one.args if isinstance(part, promql_parser.StringLiteral)]
            unknown = unknown or (texts[0] == label and (one.func.name == "label_join" or "$" in texts[1]))
            found.update(texts[1:2] if texts[0] == label else ())
        series = known.find(one.name or "") if isinstance(one, promql_parser.VectorSelector) else None
        if series and label in series.labels:
            unknown = unknown or label not in series.values
            found.update(series.values.get(label, ()))

    promql_parser.walk(node, look)
    return None if unknown else found
