"""What the operators of SQL executions did, as Spark's REST API shows it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from exporter.daemon import fields, sqlvalue
from exporter.daemon.operators import Choice, Table
from exporter.daemon.sources.rest import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.frame import FrameBuilder

MAX_KINDS = 200
MAX_METRICS = 300
"""Kinds and names of metrics beyond these, which only data sources make up, are taken together."""
OTHER = "other"
# What follows is a table, a path, a number of code generation or a subquery: no end of labels.
_KIND = re.compile(r"(?:(?:Scan|Execute) )?[A-Za-z0-9_]+")


def kind_of(name: str) -> str:
    """Return the kind of an operator by the name of its node; the plugin's OperatorTotals does the same."""
    match = _KIND.match(name)
    return match[0] if match is not None else OTHER


def nodes_of(execution: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the nodes of an execution's plan."""
    nodes = execution.get("nodes")
    return [node for node in nodes if type(node) is dict] if type(nodes) is list else []


def metrics_of(node: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Return the metrics of a node: names and what Spark shows as value."""
    metrics = node.get("metrics")
    for metric in metrics if type(metrics) is list else ():
        if type(metric) is dict:
            yield words(metric, "name"), words(metric, "value")


class Operators:
    """Totals over the executions that have ended."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Begin with nothing."""
        self._table = Table(catalogue)
        self._choice = Choice()
        self._kinds: set[str] = set()
        self._names: set[str] = set()
        self.unreadable = 0
        """Values that were none of Spark's forms."""
        self.unnamed = 0
        """Operators and metrics that have lost their names because there are too many."""

    def add(self, execution: Mapping[str, Any]) -> None:
        """Add an execution for good."""
        self._table.next_execution()
        for node in nodes_of(execution):
            kind = self._known(self._kinds, kind_of(words(node, "nodeName")), MAX_KINDS)
            for name, shown in metrics_of(node):
                value = sqlvalue.parse(shown)
                if value is not None:
                    metric = self._known(self._names, name, MAX_METRICS)
                    self._table.add(kind, metric, value.kind, value.total, value.largest)
                elif shown.strip():
                    self.unreadable += 1

    def show(self, builder: FrameBuilder) -> None:
        """Put the totals into a frame."""
        self._choice.show(builder, self._table)

    def remember(self) -> dict[str, Any]:
        """Return what was added up and published, and which names are known."""
        return {
            **self._table.remember(),
            "shown": self._choice.remember(),
            "kinds": sorted(self._kinds),
            "names": sorted(self._names),
        }

    def recall(self, kept: dict[str, Any], where: str) -> None:
        """Go on from there."""
        self._table.recall(kept, where)
        self._choice.recall(kept, "shown", where)
        self._kinds = set(fields.texts(kept, "kinds", where))
        self._names = set(fields.texts(kept, "names", where))

    def _known(self, known: set[str], name: str, limit: int) -> str:
        if name not in known and len(known) >= limit:
            self.unnamed += 1
            return OTHER
        known.add(name)
        return name
