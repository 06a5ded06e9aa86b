"""Lists the queries of dashboards, and puts values in the place of Grafana's variables."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

STAND_INS = MappingProxyType(
    {"counter": "x_total", "gauge": "x", "histogram": "x", "split": "y", "app_id": "app"}
)
"""Values of variables that may not be a regular expression, for a check without data."""

# Not $1 of label_replace.
_VARIABLE = re.compile(r"\$(?:([A-Za-z_]\w*)|\{(\w+)(?::\w+)?\})")
LABEL_VALUES = re.compile(r"label_values\((.+),\s*(\w+)\)", re.DOTALL)
QUERY_RESULT = re.compile(r"query_result\((.+)\)", re.DOTALL)
LABEL_NAMES = re.compile(r"label_names\((.+)\)", re.DOTALL)
"""The forms that queries of variables have here."""


class Query(NamedTuple):
    """A query of a dashboard."""

    dashboard: str
    """The dashboard's title."""
    place: str
    """The panel, the variable or the annotation."""
    kind: str
    """panel, variable or annotation."""
    expr: str
    """PromQL with Grafana's variables; of a variable, PromQL that finds the same series."""
    instant: bool
    """Whether it is asked once, at the end of the time range."""
    texts: tuple[str, ...] = ()
    """What shows labels: a legend, or an annotation's title and text."""


def panels_of(dashboard: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the panels, also those of rows that are folded."""
    for panel in dashboard["panels"]:
        if panel["type"] != "row":
            yield panel
        yield from panel.get("panels") or ()


def variables_of(dashboard: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return each variable that has a query: its place, and the query as Grafana has it."""
    found = (one for one in dashboard["templating"]["list"] if one["type"] == "query")
    return [(f"variable {one['name']}", one["query"]) for one in found]


def queries_of(dashboard: Mapping[str, Any]) -> list[Query]:
    """Return every query of a dashboard."""
    title = dashboard["title"]
    queries = [
        Query(title, place, "variable", _as_promql(query), instant=True)
        for place, query in variables_of(dashboard)
    ]
    for panel in panels_of(dashboard):
        for target in panel.get("targets", ()):
            legend = (target["legendFormat"],)
            instant = bool(target.get("instant"))
            place = f"panel {panel['title']}"
            queries.append(Query(title, place, "panel", target["expr"], instant, legend))
    for mark in dashboard["annotations"]["list"]:
        if mark.get("expr"):
            texts = (mark["titleFormat"], mark["textFormat"])
            place = f"annotation {mark['name']}"
            queries.append(Query(title, place, "annotation", mark["expr"], instant=False, texts=texts))
    return queries


def _as_promql(query: str) -> str:
    """Return PromQL that finds the series in which Grafana looks for a variable's values."""
    if found := LABEL_VALUES.fullmatch(query):
        return f"group by ({found[2]}) ({found[1]})"
    if found := QUERY_RESULT.fullmatch(query):
        return found[1]
    if found := LABEL_NAMES.fullmatch(query):
        # Grafana looks for the pattern anywhere in a name.
        return f'{{__name__=~".*{found[1]}.*"}}'
    raise ValueError(f"{query} is no query of a variable that is used here")


def fill(text: str, values: Mapping[str, str | Iterable[str]]) -> str:
    """Put values in the place of variables, as Grafana does.

    Args:
        text: a query or a title.
        values: by the variable's name: one value, or several, which become a pattern, or a list for ``:csv``.
            Grafana's own, such as ``__rate_interval``, must be among them where they are used.

    Raises:
        KeyError: a variable has no value.

    """

    def value(found: re.Match[str]) -> str:
        given = values[found[1] or found[2]]
        if isinstance(given, str):
            return given
        several = list(given)
        if found[0].endswith(":csv}"):
            return ",".join(several)
        return several[0] if len(several) == 1 else f"({'|'.join(several)})"

    return _VARIABLE.sub(value, text)
