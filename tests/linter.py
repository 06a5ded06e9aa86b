"""The rules of Grafana's dashboard-linter, each under the name that the linter has for it."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import promql_parser as promql

from dashboards import promql as checked
from dashboards.promql import stand_in
from dashboards.queries_of import STAND_INS, panels_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dashboards.vocabulary import Vocabulary

_RATE_INTERVAL = "4m37s"
"""Stands in for ``$__rate_interval``; no other window is so long."""
_RATES = ("rate", "irate", "increase")
_FUNCTION = re.compile(r"\s*([a-z_]+)\((.+)\)\s*", re.DOTALL)
# Those of the linter's list that these dashboards could use; rowsps is not among them.
_UNITS = frozenset(
    {"none", "short", "percentunit", "bytes", "decbytes", "Bps", "s", "ms", "ops", "reqps", "rps", "iops"}
)


class Problem(NamedTuple):
    """What is wrong, and where."""

    dashboard: str
    panel: str
    """Empty for what is of the whole dashboard."""
    text: str


class Board:
    """A dashboard, and what its rules ask of it."""

    def __init__(self, document: Mapping[str, Any], known: Vocabulary) -> None:
        """Read what Grafana reads."""
        self.document, self.known = document, known
        self.title = document["title"]
        self.variables = document["templating"]["list"]
        self.panels = list(panels_of(document))
        self._values = {one["name"]: STAND_INS.get(one["name"], ".*") for one in self.variables}

    def parsed(self, target: Mapping[str, Any], **values: str) -> promql.Expr:
        """Return a query with values in the place of variables."""
        return promql.parse(stand_in(target["expr"], self.title, {**self._values, **values}))

    def targets(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield each query with the title of its panel."""
        for panel in self.panels:
            for target in panel.get("targets") or ():
                yield panel["title"], target

    def problem(self, text: str, panel: str = "") -> Problem:
        """Return a problem of the dashboard or of a panel."""
        return Problem(self.title, panel, text)

    def check_variable(self, query: str, where: str) -> None:
        """Check the query of a variable; it raises PromqlError."""
        checked.check_variable(query, self.known, where, self._values)


def _selectors(node: Any, function: str = "") -> Iterator[tuple[promql.VectorSelector, bool, str]]:
    """Yield each selector, whether it has a range, and the function around it."""
    if isinstance(node, promql.VectorSelector):
        yield node, False, function
    elif isinstance(node, promql.MatrixSelector):
        yield node.vector_selector, True, function
    elif isinstance(node, promql.Call):
        for one in node.args:
            yield from _selectors(one, node.func.name)
    elif isinstance(node, promql.BinaryExpr):
        yield from _selectors(node.lhs)
        yield from _selectors(node.rhs)
    elif hasattr(node, "expr"):
        yield from _selectors(node.expr)


def template_datasource(board: Board) -> Iterator[Problem]:
    """Who looks at a dashboard chooses the data source."""
    sources = [one for one in board.variables if one["type"] == "datasource"]
    if not sources:
        yield board.problem("there is no choice of a data source")
    for one in sources:
        if (one["name"], one["label"]) not in {
            ("datasource", "Data source"),
            ("prometheus_datasource", "Prometheus data source"),
        }:
            yield board.problem(f"the data source is called {one['name']}, {one['label']}")


def template_of(label: str, board: Board) -> Iterator[Problem]:
    """There is a choice of a label's values."""
    (found,) = [one for one in board.variables if one["name"] == label] or [{}]
    wanted = {"name": label, "label": label, "type": "query", "multi": True, "allValue": ".+"}
    for key, value in wanted.items():
        if found.get(key) != value:
            yield board.problem(f"{key} of the variable {label} is {found.get(key)}, not {value}")


def template_label_promql(board: Board) -> Iterator[Problem]:
    """The queries of variables work."""
    for one in (one for one in board.variables if one["type"] == "query"):
        found = _FUNCTION.fullmatch(one["query"])
        if found is None:
            yield board.problem(f"{one['name']} has no function")
        elif found[1] == "label_names":
            try:
                re.compile(stand_in(found[2], board.title, board._values))
            except (re.error, checked.PromqlError) as error:
                yield board.problem(f"{one['name']}: {error}")
        else:
            try:
                board.check_variable(one["query"], one["name"])
            except checked.PromqlError as error:
                yield board.problem(str(error))


def template_reload(board: Board) -> Iterator[Problem]:
    """Variables follow the time range."""
    for one in board.variables:
        if one["type"] == "query" and one.get("refresh") != 2:
            yield board.problem(f"{one['name']} does not follow the time range")


def panel_datasource(board: Board) -> Iterator[Problem]:
    """Panels ask the data source that is chosen."""
    chosen = {form for one in board.variables for form in (f"${one['name']}", f"${{{one['name']}}}")}
    for panel in board.panels:
        if panel.get("datasource", {}).get("uid") not in chosen:
            yield board.problem("it asks a data source of its own", panel["title"])


def panel_title_description(board: Board) -> Iterator[Problem]:
    """Panels have a title and a description."""
    for panel in board.panels:
        if not panel.get("title") or not panel.get("description"):
            yield board.problem("it has no title or no description", panel.get("title", ""))


def panel_units(board: Board) -> Iterator[Problem]:
    """Numbers have a unit; states that are shown as texts need none."""
    for panel in board.panels:
        defaults = panel["fieldConfig"]["defaults"]
        numbers = panel["type"] in {"stat", "table", "timeseries", "gauge"} and not defaults.get("mappings")
        if numbers and defaults.get("unit") not in _UNITS:
            yield board.problem(f"its unit is {defaults.get('unit')}", panel["title"])


def panel_no_targets(board: Board) -> Iterator[Problem]:
    """Panels have queries."""
    yield from (
        board.problem("it has no query", one["title"]) for one in board.panels if not one.get("targets")
    )


def target_promql(board: Board) -> Iterator[Problem]:
    """Queries are PromQL."""
    for title, target in board.targets():
        try:
            board.parsed(target)
        except ValueError as error:  # noqa: PERF203 - each query by itself
            yield board.problem(str(error), title)


def target_rate_interval(board: Board) -> Iterator[Problem]:
    """Rates follow the scrape interval."""
    window = promql.parse_duration(_RATE_INTERVAL)
    for title, target in board.targets():
        found: list[promql.MatrixSelector] = []

        def look(node: promql.Expr, found: list[promql.MatrixSelector] = found) -> None:
            if isinstance(node, promql.Call) and node.func.name in _RATES:
                found.extend(node.args)

        promql.walk(board.parsed(target, __rate_interval=_RATE_INTERVAL), look)
        if any(one.range != window for one in found):
            yield board.problem("a rate is over another window than $__rate_interval", title)


def target_matcher(label: str, board: Board) -> Iterator[Problem]:
    """Each selector is narrowed down to the chosen values of a label."""
    for title, target in board.targets():
        for node, _, _ in _selectors(board.parsed(target, **{label: "chosen"})):
            if not any(
                one.name == label and one.op == promql.MatchOp.Re and one.value == "chosen"
                for one in node.matchers.matchers
            ):
                yield board.problem(f'{node} has no {label}=~"${label}"', title)


def target_counter(board: Board) -> Iterator[Problem]:
    """Counters are read as rates."""
    for title, target in board.targets():
        for node, ranged, function in _selectors(board.parsed(target)):
            if (node.name or "").endswith("_total") and not (ranged and function in _RATES):
                yield board.problem(f"{node.name} is not read as a rate", title)


def uneditable(board: Board) -> Iterator[Problem]:
    """What is changed in Grafana is lost, so that nobody should."""
    if board.document.get("editable") is not False:
        yield board.problem("it can be edited")


RULES: Mapping[str, Callable[[Board], Iterator[Problem]]] = {
    "template-datasource-rule": template_datasource,
    "template-job-rule": partial(template_of, "job"),
    "template-instance-rule": partial(template_of, "instance"),
    "template-label-promql-rule": template_label_promql,
    "template-on-time-change-reload-rule": template_reload,
    "panel-datasource-rule": panel_datasource,
    "panel-title-description-rule": panel_title_description,
    "panel-units-rule": panel_units,
    "panel-no-targets-rule": panel_no_targets,
    "target-promql-rule": target_promql,
    "target-rate-interval-rule": target_rate_interval,
    "target-job-rule": partial(target_matcher, "job"),
    "target-instance-rule": partial(target_matcher, "instance"),
    "target-counter-agg-rule": target_counter,
    "uneditable-dashboard": uneditable,
}
