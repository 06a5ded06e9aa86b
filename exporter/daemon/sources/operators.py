"""What the operators of SQL executions did, as Spark's REST API shows it."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from exporter.daemon import fields, sqlvalue
from exporter.daemon.frame import LIMIT, MALFORMED, Drops
from exporter.daemon.operators import Choice, Table
from exporter.daemon.sources.rest import brief, entries, words

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


def kind_in(node: Mapping[str, Any], drops: Drops, length: int) -> str:
    """Return the kind of the operator of a node, which is shortened if it is long."""
    return brief(kind_of(words(node, "nodeName", drops)), drops, "nodeName", length)


def count_kinds(execution: Mapping[str, Any], drops: Drops, length: int) -> Counter[str]:
    """Return how many operators of each kind a plan has; those of too many kinds are taken together."""
    kinds: Counter[str] = Counter()
    for node in nodes_of(execution, drops):
        kind = kind_in(node, drops, length)
        if kind not in kinds and len(kinds) >= MAX_KINDS:
            drops.drop(LIMIT, name="nodeName")
            kind = OTHER
        kinds[kind] += 1
    return kinds


def nodes_of(execution: Mapping[str, Any], drops: Drops | None = None) -> list[dict[str, Any]]:
    """Return the nodes of an execution's plan. What is none is told to ``drops``, if they are given."""
    return _objects(execution, "nodes", drops)


def metrics_of(node: Mapping[str, Any], drops: Drops | None = None) -> Iterable[tuple[str, str]]:
    """Return the metrics of a node: names and what Spark shows as value."""
    for metric in _objects(node, "metrics", drops):
        yield words(metric, "name", drops), words(metric, "value", drops)


def _objects(document: Mapping[str, Any], key: str, drops: Drops | None) -> list[dict[str, Any]]:
    listed = entries(document, key, list, drops) or []
    found = [item for item in listed if type(item) is dict]
    if drops is not None and len(found) < len(listed):
        drops.drop(MALFORMED, len(listed) - len(found), key)
    return found


class Operators:
    """Totals over the executions that have ended."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Begin with nothing."""
        self._table = Table(catalogue)
        self._choice = Choice()
        self._kinds: set[str] = set()
        self._names: set[str] = set()
        self._length = catalogue.label_length
        self.drops = Drops()
        """What was wrong with executions since they were shown last: values that are none of Spark's forms,
        operators and metrics that have lost their names because there are too many, and the like."""

    def add(self, execution: Mapping[str, Any]) -> None:
        """Add an execution for good."""
        self._table.next_execution()
        for node in nodes_of(execution, self.drops):
            kind = self._known(self._kinds, kind_in(node, self.drops, self._length), MAX_KINDS)
            for name, shown in metrics_of(node, self.drops):
                if shown.strip() and not self._take(kind, name, shown):
                    self.drops.drop(MALFORMED)

    def _take(self, kind: str, name: str, shown: str) -> bool:
        value = sqlvalue.parse(shown)
        if value is None:
            return False
        metric = self._known(self._names, brief(name, self.drops, "name", self._length), MAX_METRICS)
        return self._table.add(kind, metric, value.kind, value.total, value.largest)

    def show(self, builder: FrameBuilder) -> None:
        """Put the totals into a frame."""
        builder.take(self.drops)
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
            self.drops.drop(LIMIT)
            return OTHER
        known.add(name)
        return name
