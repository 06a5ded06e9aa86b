"""How the panels read counters: as rates, and only where they say so as how far they have come."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

import promql_parser as promql

if TYPE_CHECKING:
    from collections.abc import Iterator

COUNTED = ("_total", "_bucket", "_count", "_sum")
"""How the names of counters and of the parts of histograms end."""
_OF_COUNTERS = frozenset({"rate", "increase", "irate", "changes", "last_over_time", "max_over_time"})
_EARLIER = re.compile(r"(\w+)\{[^}]*\}(?:\[[^\]]*\])? offset")

SO_FAR = MappingProxyType(
    {
        "Failed jobs": "The run's own total: a failure stays one however long ago it was.",
        "Failed stages": "The run's own total: a failure stays one however long ago it was.",
        "Failed tasks": "The run's own total: a failure stays one however long ago it was.",
        "Executors lost": "The run's own total: a loss stays one however long ago it was.",
        "Failed runs": "How often each query has failed since the application began.",
        "$counter: so far": "It is there to show how far the counter has come.",
        "Counters and gauges": "It counts the series of each metric, whatever their values are.",
        "Histograms": "It counts the series of each metric, whatever their values are.",
        "Series": "It counts the series of each metric, whatever their values are.",
    }
)
"""Panels that may read counters as they are, each with the reason."""


def bare(node: promql.Expr) -> Iterator[str]:
    """Yield the counters that are read as they are: neither in a function nor less what they were."""
    yield from _bare(node, covered=False, earlier=frozenset())


def _bare(node: promql.Expr, *, covered: bool, earlier: frozenset[str]) -> Iterator[str]:
    if isinstance(node, promql.VectorSelector):
        name = node.name or ""
        if name.endswith(COUNTED) and not covered and name not in earlier:
            yield name
    elif isinstance(node, promql.Call):
        for one in node.args:
            yield from _bare(one, covered=covered or node.func.name in _OF_COUNTERS, earlier=earlier)
    elif isinstance(node, promql.BinaryExpr):
        before = earlier | frozenset(_EARLIER.findall(str(node.rhs)))
        for side in (node.lhs, node.rhs):
            yield from _bare(side, covered=covered, earlier=before)
    elif isinstance(node, promql.MatrixSelector):
        yield from _bare(node.vector_selector, covered=covered, earlier=earlier)
    elif hasattr(node, "expr"):
        yield from _bare(node.expr, covered=covered, earlier=earlier)
