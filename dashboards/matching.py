"""Values of labels: which ones a selector can find, and which ones an expression is narrowed down to."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import promql_parser as promql

from dashboards.vocabulary import hint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_EQUAL = promql.MatchOp.Equal
# Operators have no hash.
_PATTERNS = (promql.MatchOp.Re, promql.MatchOp.NotRe)
_NAME = "__name__"
_SET = {"and", "or", "unless"}
_REPLACED = {"label_replace": 1, "label_join": 1}
"""Functions that set a label, and the place of its name among their arguments."""


def strange(matchers: Iterable[promql.Matcher], values: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """Yield what is wrong with matchers that ask for values which their labels never have."""
    for matcher in matchers:
        known = values.get(matcher.name)
        if known is None:
            continue
        for wanted in _alternatives(matcher):
            if not any(_matches(matcher, wanted, value) for value in known):
                expected = ", ".join(sorted(known))
                yield f"{matcher.name} is never {wanted}{hint(wanted, known)}; its values are {expected}"


def _alternatives(matcher: promql.Matcher) -> list[str]:
    """Return what a matcher asks for, each by itself; nothing if it asks for the label's absence."""
    pattern = matcher.op in _PATTERNS
    # Alternatives in brackets belong together.
    several = matcher.value.split("|") if pattern and not re.search(r"[(\[\\]", matcher.value) else None
    return [one for one in several or [matcher.value] if one]


def _matches(matcher: promql.Matcher, wanted: str, value: str) -> bool:
    return bool(re.fullmatch(wanted, value)) if matcher.op in _PATTERNS else wanted == value


def pinned(node: promql.Expr) -> dict[str, str]:
    """Return the labels of which every series of an expression has one and the same value."""
    if isinstance(node, (promql.ParenExpr, promql.UnaryExpr, promql.SubqueryExpr)):
        return pinned(node.expr)
    if isinstance(node, promql.MatrixSelector):
        return _selected(node.vector_selector)
    visit = _VISITS.get(type(node))
    return visit(node) if visit else {}


def _selected(node: promql.VectorSelector) -> dict[str, str]:
    equal = (one for one in node.matchers.matchers if one.op == _EQUAL and one.value)
    return {one.name: one.value for one in equal if one.name != _NAME}


def _aggregated(node: promql.AggregateExpr) -> dict[str, str]:
    inner = pinned(node.expr)
    if str(node.op) in {"topk", "bottomk"}:
        return inner
    if node.modifier is None:
        return {}
    kept = node.modifier.type == promql.AggModifierType.By
    return {name: value for name, value in inner.items() if (name in node.modifier.labels) == kept}


def _joined(node: promql.BinaryExpr) -> dict[str, str]:
    left, right = pinned(node.lhs), pinned(node.rhs)
    if str(node.op) == "or":
        return {name: value for name, value in left.items() if right.get(name) == value}
    if str(node.op) in _SET or isinstance(node.rhs, promql.NumberLiteral):
        return left
    if isinstance(node.lhs, promql.NumberLiteral):
        return right
    joined = set(matched_on(node, {*left, *right}))
    return {name: value for name, value in {**right, **left}.items() if name in joined}


def _called(node: promql.Call) -> dict[str, str]:
    vectors = [one for one in node.args if not isinstance(one, (promql.StringLiteral, promql.NumberLiteral))]
    found = dict(pinned(vectors[-1])) if vectors and node.func.name != "scalar" else {}
    place = _REPLACED.get(node.func.name)
    if place is not None:
        found.pop(node.args[place].val, None)
    return found


_VISITS: Mapping[type, Callable[[Any], dict[str, str]]] = MappingProxyType(
    {
        promql.VectorSelector: _selected,
        promql.AggregateExpr: _aggregated,
        promql.BinaryExpr: _joined,
        promql.Call: _called,
    }
)


def matched_on(node: promql.BinaryExpr, labels: Iterable[str]) -> list[str]:
    """Return those of ``labels`` that have to be equal on both sides of an operation."""
    matching = node.modifier.matching if node.modifier else None
    if matching is None:
        return list(labels)
    on = matching.type == promql.LabelModifierType.Include
    return [name for name in labels if (name in matching.labels) == on]


def contradiction(node: promql.BinaryExpr) -> str | None:
    """Return which label never is the same on both sides of an operation; None if there is none."""
    if str(node.op) == "or":
        return None
    left, right = pinned(node.lhs), pinned(node.rhs)
    for name in matched_on(node, sorted({*left} & {*right})):
        if left[name] != right[name]:
            return f"{name} is {left[name]} on one side and {right[name]} on the other"
    return None
