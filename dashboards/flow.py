"""Follows labels through a PromQL expression."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import promql_parser as promql

from dashboards import matching
from dashboards.vocabulary import ANY, CUSTOM_PREFIXES, TARGET_LABELS, Vocabulary, hint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_NAME = "__name__"
_OF_COUNTERS = frozenset({"rate", "irate", "increase"})
_OF_LEVELS = frozenset({"delta", "idelta", "deriv", "predict_linear"})
_LEAST_RANGE = timedelta(seconds=20)
"""A rate needs two scrapes, and nobody scrapes much more often than each ten seconds."""
_SELECTS = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
_REPLACES, _JOINS = "label_replace", "label_join"
_OF_BUCKETS = "histogram_quantile"
_ABSENT = frozenset({"absent", "absent_over_time"})
_UNION = "or"
_SET = frozenset({"and", _UNION, "unless"})
_CUSTOM = frozenset({"app_id", "app_name", "executor_id", ANY}) | TARGET_LABELS
_KEEP_NAME = frozenset(
    {"last_over_time", "first_over_time", "sort", "sort_desc", _REPLACES, _JOINS, *_ABSENT}
)
"""Functions whose results have the names of their metrics, or no series of theirs."""


class PromqlError(ValueError):
    """A query that cannot work; its text names the file and the panel or rule that has it."""

    def __init__(self, where: str, problem: str) -> None:
        """Say what is wrong, and where."""
        super().__init__(f"{where}: {problem}")


class Flow:
    """Finds the labels of expressions, and what they name that does not exist."""

    def __init__(self, vocabulary: Vocabulary, where: str) -> None:
        """Look names up in ``vocabulary``; begin errors with ``where``."""
        self._vocabulary = vocabulary
        self._where = where
        self._unsure: frozenset[str] = frozenset()  # labels that a series of a custom metric may lack
        self._visits: Mapping[type, Callable[[Any], frozenset[str] | None]] = {
            promql.VectorSelector: self._selector,
            promql.AggregateExpr: self._aggregate,
            promql.BinaryExpr: self._binary,
            promql.Call: self._call,
        }

    def labels(self, expression: str) -> frozenset[str]:
        """Return the labels of a query's result; see ``promql.check``."""
        try:
            parsed = promql.parse(expression)
        except ValueError as error:
            raise self._error(f"{expression} is no PromQL: {error}") from None
        return self.labels_of(parsed)

    def labels_of(self, node: promql.Expr) -> frozenset[str]:
        """Return the labels of the result of a part of a query."""
        found = self._visit(node)
        return frozenset() if found is None else found

    def counts(self, expression: str) -> bool | None:
        """Return whether the result of a query that has been checked only goes up, as that of a counter."""
        return self._grows(promql.parse(expression))

    def _grows(self, node: promql.Expr) -> bool | None:
        if isinstance(node, (promql.ParenExpr, promql.AggregateExpr)):
            return self._grows(node.expr)
        if isinstance(node, promql.Call) and node.func.name in {_REPLACES, _JOINS}:
            return self._grows(node.args[0])
        if isinstance(node, promql.VectorSelector):
            series = self._vocabulary.find(node.name) if node.name else None
            names = (one.value for one in node.matchers.matchers if one.name == _NAME)
            return series.counter if series else any(name.endswith("_total") for name in names)
        return False

    def _error(self, problem: str) -> PromqlError:
        return PromqlError(self._where, problem)

    def _visit(self, node: promql.Expr) -> frozenset[str] | None:
        """Return the labels of a node's result; None for a scalar or a text."""
        if isinstance(node, (promql.ParenExpr, promql.UnaryExpr, promql.SubqueryExpr)):
            return self._visit(node.expr)
        if isinstance(node, promql.MatrixSelector):
            return self._selector(node.vector_selector)
        visit = self._visits.get(type(node))
        return visit(node) if visit else None

    def _selector(self, node: promql.VectorSelector) -> frozenset[str]:
        matchers = node.matchers.matchers
        names = [one for one in matchers if one.name == _NAME]
        labels = self._named(node.name) if node.name else self._named_by(names)
        self._need([one.name for one in matchers if one.name != _NAME], labels, str(node))
        series = self._vocabulary.find(node.name or "")
        for problem in matching.strange(matchers, series.values if series else {}):
            raise self._error(f"{node} finds nothing: {problem}")
        return labels

    def _named(self, name: str) -> frozenset[str]:
        series = self._vocabulary.find(name)
        if series is None:
            like = self._vocabulary.like(name)
            raise self._error(f"{name} is neither in the catalogue nor a recording rule{like}")
        return series.labels

    def _named_by(self, names: list[promql.Matcher]) -> frozenset[str]:
        if not names:
            raise self._error("a selector without a metric's name looks at every series")
        for matcher in names:
            if matcher.op == promql.MatchOp.Equal:
                return self._named(matcher.value)
        patterns = [one.value for one in names if one.op == promql.MatchOp.Re]
        if any(pattern.startswith(CUSTOM_PREFIXES) for pattern in patterns):
            return _CUSTOM
        expected = " or ".join(f"{prefix}.*" for prefix in CUSTOM_PREFIXES)
        raise self._error(f"{_NAME} matches {patterns}; names by pattern are for custom metrics: {expected}")

    def _aggregate(self, node: promql.AggregateExpr) -> frozenset[str] | None:
        if isinstance(node.param, promql.Expr):
            self._visit(node.param)
        inner = self._visit(node.expr)
        operation = str(node.op)
        if inner is None or operation in _SELECTS:
            return inner
        kept: frozenset[str] = frozenset()
        if node.modifier is not None:
            listed = frozenset(node.modifier.labels)
            self._need(listed, inner, f"{operation} {node.modifier.labels} of {node.expr}")
            if ANY in inner:
                self._unsure |= listed - inner
            kept = listed if node.modifier.type == promql.AggModifierType.By else inner - listed
        if operation == "count_values":
            kept |= {str(getattr(node.param, "val", node.param))}
        return kept

    def _binary(self, node: promql.BinaryExpr) -> frozenset[str] | None:
        left, right = self._visit(node.lhs), self._visit(node.rhs)
        if left is None or right is None:
            return right if left is None else left
        if problem := matching.contradiction(node):
            raise self._error(f"{node} never matches: {problem}")
        matched = self._match(node, left, right)
        operation = str(node.op)
        if operation in _SET:
            return left | right if operation == _UNION else left
        return matched

    def _match(self, node: promql.BinaryExpr, left: frozenset[str], right: frozenset[str]) -> frozenset[str]:
        modifier = node.modifier
        matching = modifier.matching if modifier else None
        on = matching is not None and matching.type == promql.LabelModifierType.Include
        listed = frozenset(matching.labels) if matching else frozenset()
        if on:
            for side, labels in ((node.lhs, left), (node.rhs, right)):
                self._need(listed, labels, f"{side} of a join on it")
        else:
            self._need(listed, left | right, f"{node.lhs} and {node.rhs}, which are joined ignoring it")
            self._meet(node, left - listed, right - listed)
        return self._joined(node, left, right, listed if on else left - listed)

    def _meet(self, node: promql.BinaryExpr, left: frozenset[str], right: frozenset[str]) -> None:
        """Check that two sides have the same labels: others never match, and nobody hears of it."""
        if str(node.op) == _UNION or ANY in left | right:
            return
        for side, more in ((node.lhs, left - right), (node.rhs, right - left)):
            if more := more - self._unsure:
                names = ", ".join(sorted(more))
                raise self._error(f"{node} never matches: only {side} has {names}; use on or ignoring")

    def _joined(
        self, node: promql.BinaryExpr, left: frozenset[str], right: frozenset[str], one: frozenset[str]
    ) -> frozenset[str]:
        modifier = node.modifier
        card = modifier.card if modifier else promql.VectorMatchCardinality.OneToOne
        brought = frozenset(modifier.group_labels or ()) if modifier else frozenset()
        if card == promql.VectorMatchCardinality.ManyToOne:
            self._need(brought, right, f"{node.rhs}, from which group_left is to bring it")
            return left | brought
        if card == promql.VectorMatchCardinality.OneToMany:
            self._need(brought, left, f"{node.lhs}, from which group_right is to bring it")
            return right | brought
        return one

    def _call(self, node: promql.Call) -> frozenset[str] | None:
        name = node.func.name
        self._counts(name, node.args)
        inner = [self._visit(one) for one in node.args if isinstance(one, promql.Expr)]
        if node.func.return_type == promql.ValueType.Scalar:
            return None
        labels = next((one for one in inner if one is not None), frozenset())
        texts = [one.val for one in node.args if isinstance(one, promql.StringLiteral)]
        if name in {_REPLACES, _JOINS}:
            sources = texts[2:3] if name == _REPLACES else texts[2:]
            # An empty name is how a label gets a constant.
            self._need(filter(None, sources), labels, f"{node.args[0]}, from which {name} is to take it")
            return labels | {texts[0]}
        if name == _OF_BUCKETS:
            self._need(["le"], labels, f"{node.args[-1]}, of which a quantile is asked")
            return labels - {"le"}
        return labels - {_NAME} if name not in _ABSENT else self._absent(node.args[0])

    def _absent(self, node: promql.Expr) -> frozenset[str]:
        if isinstance(node, promql.MatrixSelector):
            node = node.vector_selector
        if not isinstance(node, promql.VectorSelector):
            return frozenset()
        equal = promql.MatchOp.Equal
        return frozenset(one.name for one in node.matchers.matchers if one.op == equal and one.name != _NAME)

    def _counts(self, function: str, arguments: list[promql.Expr]) -> None:
        for one in arguments if function not in _KEEP_NAME else ():
            selector = one.vector_selector if isinstance(one, promql.MatrixSelector) else one
            if isinstance(selector, promql.VectorSelector) and not selector.name and not _one_name(selector):
                raise self._error(
                    f"{function} drops the names of {one}: metrics with equal labels would be one series"
                )
        ranges = [one for one in arguments if isinstance(one, promql.MatrixSelector)]
        for one in ranges if function in _OF_COUNTERS else ():
            if one.range < _LEAST_RANGE:
                least = int(_LEAST_RANGE.total_seconds())
                raise self._error(f"{one} holds too few scrapes for {function}; expected {least}s at least")
        for name in filter(None, (one.vector_selector.name for one in ranges)):
            series = self._vocabulary.find(name)
            if series is None or series.counter is None:
                continue
            if function in _OF_COUNTERS and not series.counter:
                raise self._error(f"{function} is for counters, and {name} is none")
            if function in _OF_LEVELS and series.counter:
                raise self._error(f"{function} is for gauges, and {name} is a counter")

    def _need(self, wanted: Iterable[str], labels: frozenset[str], what: str) -> None:
        for name in wanted:
            if name not in labels and ANY not in labels:
                raise self._error(f"there is no label {name} on {what}{hint(name, labels)}")


def _one_name(selector: promql.VectorSelector) -> bool:
    names = (one for one in selector.matchers.matchers if one.name == _NAME)
    return any(one.op == promql.MatchOp.Equal for one in names)
