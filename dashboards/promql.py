"""Checks PromQL against what there is: metrics, the labels that they have, and the variables of a dashboard.

``check`` follows the labels of an expression from its selectors through aggregations and joins to its result,
so that it finds a label that an aggregation has dropped, and returns what a legend or an annotation may show.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from dashboards.flow import Flow, PromqlError
from dashboards.vocabulary import ANY, Vocabulary, hint

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ANY",
    "BUILT_IN",
    "PromqlError",
    "check",
    "check_legend",
    "check_variable",
    "counts",
    "hint",
    "stand_in",
]

BUILT_IN = MappingProxyType(
    {
        "__rate_interval": "5m",
        "__interval": "1m",
        "__range": "1h",
        "__interval_ms": "60000",
        "__range_s": "3600",
        "__range_ms": "3600000",
        "__from": "1700000000000",
        "__to": "1700003600000",
    }
)
"""Grafana's own variables, each with a value that stands in for it."""

_VARIABLE = re.compile(r"\$(?:([A-Za-z_]\w*)|\{(\w+)(?::[^}]*)?\})|\[\[(\w+)(?::[^\]]*)?\]\]")
_LABEL_VALUES = re.compile(r"\s*label_values\(\s*(?:(.+),)?\s*(\w+)\s*\)\s*", re.DOTALL)
_QUERY_RESULT = re.compile(r"\s*query_result\((.+)\)\s*", re.DOTALL)
_METRICS = re.compile(r"\s*metrics\((.*)\)\s*", re.DOTALL)
_LEGEND = re.compile(r"\{\{\s*\.?(\w+)\s*\}\}")


def stand_in(text: str, where: str, variables: Mapping[str, str]) -> str:
    """Return ``text`` with a value in the place of each variable.

    Args:
        text: a query, or anything else that Grafana looks for variables in.
        where: what has it, for the error: the file and the panel.
        variables: names of the dashboard's variables, each with a value that makes the query valid.

    Raises:
        PromqlError: the dashboard has no such variable.

    """
    known = {**BUILT_IN, **variables}

    def value(found: re.Match[str]) -> str:
        name = next(filter(None, found.groups()))
        if name not in known:
            raise PromqlError(where, f"${name} is no variable of the dashboard{hint(name, known)}")
        return known[name]

    return _VARIABLE.sub(value, text)


def check(
    expression: str,
    vocabulary: Vocabulary,
    where: str,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> frozenset[str]:
    """Check a query; return the names of the labels that its result may have.

    Args:
        expression: PromQL, with variables of Grafana or without.
        vocabulary: the metrics and recording rules that there are.
        where: what has the query, for the error: the file and the panel or the rule.
        variables: as of ``stand_in``.

    Returns:
        Names of labels; ``ANY`` is among them where others are possible. Empty for a scalar.

    Raises:
        PromqlError: the query does not parse, or a metric, a label or a variable does not exist.

    """
    return Flow(vocabulary, where).labels(stand_in(expression, where, variables))


def counts(expression: str, vocabulary: Vocabulary, where: str) -> bool | None:
    """Return whether the result of a query that has been checked only goes up, as that of a counter."""
    return Flow(vocabulary, where).counts(expression)


def check_variable(
    query: str,
    vocabulary: Vocabulary,
    where: str,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Check the query of a dashboard's variable: ``label_values``, ``metrics`` or ``query_result``.

    Raises:
        PromqlError: as ``check`` does, and for a form that is none of these.

    """
    text = stand_in(query, where, variables)
    if found := _LABEL_VALUES.fullmatch(text):
        selector, label = found.groups()
        if selector is None:
            raise PromqlError(where, f"label_values({label}) looks at every series; name a metric, too")
        labels = check(selector, vocabulary, where)
        if label not in labels and ANY not in labels:
            raise PromqlError(where, f"{selector.strip()} has no label {label}{hint(label, labels)}")
    elif found := _QUERY_RESULT.fullmatch(text):
        check(found[1], vocabulary, where)
    elif not _METRICS.fullmatch(text):
        expected = "label_values(metric, label), metrics(regex) or query_result(query)"
        raise PromqlError(where, f"{query} is no query of a variable; expected {expected}")


def check_legend(legend: str, labels: frozenset[str], where: str) -> None:
    """Check that each ``{{label}}`` of a legend is one that the query's result has.

    Raises:
        PromqlError: there is no such label.

    """
    for name in _LEGEND.findall(legend):
        if name not in labels and ANY not in labels:
            raise PromqlError(
                where, f"the legend shows {name}, which the query does not keep{hint(name, labels)}"
            )
