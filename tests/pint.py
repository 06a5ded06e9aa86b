"""The checks of pint, Cloudflare's linter of rules, each under the name that pint has for it."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import promql_parser as promql

from dashboards import promql as checked
from dashboards.config import SEVERITIES, seconds
from dashboards.flow import Flow
from dashboards.matching import pinned
from dashboards.rules import templates
from dashboards.vocabulary import TARGET_LABELS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dashboards.vocabulary import Vocabulary

RUNBOOKS = Path(__file__).resolve().parents[1] / "dashboards/runbooks"
SCRAPE = 15
"""Seconds from scrape to scrape, as the chart has it."""
LONGEST_HOLD, LONGEST_RANGE, RETENTION = timedelta(hours=1), timedelta(days=1), timedelta(days=15)
_EXPERIMENTAL = re.compile(r"mad_over_time|sort_by_label\w*|info|double_exponential_smoothing|ts_of_\w+")
_SAFE = frozenset({"rate", "irate", "increase", "resets", "changes", "absent", "absent_over_time"})
_COMPARE = frozenset({"==", "!=", "<", ">", "<=", ">="})
_SAMPLING = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
_ARITHMETIC = frozenset({"+", "-", "*", "/", "%", "^", "atan2"})
_DETERMINED = frozenset({"app_name", "name", "operator_name", "query_name"}) | TARGET_LABELS
"""Labels whose values follow from others, such as an id; those of targets are the same on both sides."""


class Rule(NamedTuple):
    """A rule as Prometheus reads it, and what it is read with."""

    name: str
    alert: bool
    expr: str
    hold: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    known: Vocabulary
    recorded: Mapping[str, str]
    """All recording rules' queries by their names."""
    interval: str = ""

    @property
    def parsed(self) -> promql.Expr:
        """The query."""
        return promql.parse(self.expr)

    @property
    def kept(self) -> frozenset[str]:
        """The labels of the query's result."""
        return checked.check(self.expr, self.known, self.name)


def nodes(node: promql.Expr) -> Iterator[promql.Expr]:
    """Yield an expression and all parts of it."""
    yield node
    if isinstance(node, promql.BinaryExpr):
        below = [node.lhs, node.rhs]
    elif isinstance(node, promql.Call):
        below = [one for one in node.args if isinstance(one, promql.Expr)]
    elif isinstance(node, promql.MatrixSelector):
        below = [node.vector_selector]
    else:
        below = [node.expr] if hasattr(node, "expr") else []
        below += [node.param] if isinstance(getattr(node, "param", None), promql.Expr) else []
    for one in below:
        yield from nodes(one)


def _of(rule: Rule, kind: type) -> list[promql.Expr]:
    return [one for one in nodes(rule.parsed) if isinstance(one, kind)]


def _operations(rule: Rule, operators: frozenset[str]) -> list[promql.BinaryExpr]:
    return [one for one in _of(rule, promql.BinaryExpr) if str(one.op) in operators]


def _calls(rule: Rule, names: frozenset[str]) -> list[promql.Call]:
    return [one for one in _of(rule, promql.Call) if one.func.name in names]


def absent(rule: Rule) -> Iterator[str]:
    """What is absent holds for two scrapes."""
    if (
        _calls(rule, frozenset({"absent", "absent_over_time"}))
        and rule.alert
        and seconds(rule.hold) < 2 * SCRAPE
    ):
        yield "absent is true until the first scrape after a start: it needs a time to hold"


def annotation(rule: Rule) -> Iterator[str]:
    """An alert says what it is about and what to do."""
    for key in ("summary", "description", "runbook_url") if rule.alert else ():
        if not rule.annotations.get(key, "").strip():
            yield f"there is no {key}"


def comparison(rule: Rule) -> Iterator[str]:
    """An alert has a condition, in each of its alternatives."""
    if rule.alert and not _conditional(rule.parsed):
        yield "it fires for everything that exists, at least in one of its alternatives"


def _conditional(node: promql.Expr) -> bool:
    """Say whether each series of an expression has passed a comparison."""
    if isinstance(node, promql.BinaryExpr):
        left, right = _conditional(node.lhs), _conditional(node.rhs)
        if str(node.op) in _COMPARE:
            return not (node.modifier and node.modifier.return_bool) or left or right
        return {"or": left and right, "unless": left}.get(str(node.op), left or right)
    if isinstance(node, promql.Call):
        return node.func.name.startswith("absent") or any(
            _conditional(one) for one in node.args if isinstance(one, promql.Expr)
        )
    return _conditional(node.expr) if hasattr(node, "expr") else False


def hold_is_a_time(rule: Rule) -> Iterator[str]:
    """``for`` is a time, or not there."""
    if rule.hold and (not re.fullmatch(r"(\d+[dhms])+", rule.hold) or not seconds(rule.hold)):
        yield f"for is {rule.hold}"


def hold_has_a_bound(rule: Rule) -> Iterator[str]:
    """Nobody waits for longer than an hour."""
    if seconds(rule.hold) > LONGEST_HOLD.total_seconds():
        yield f"for is {rule.hold}, and nobody hears of the trouble before"


def template(rule: Rule) -> Iterator[str]:
    """Annotations show what there is, and labels no values."""
    for text in rule.annotations.values():
        try:
            templates.check(text, rule.kept, rule.name)
        except checked.PromqlError as error:
            yield str(error)
        for shown in re.findall(r"\{\{[^}]*(?:\$value|\.Value)[^}]*\}\}", text):
            if "humanize" not in shown:
                yield f"{shown} is hard to read"
    yield from (f"the label {key} has a template" for key, text in rule.labels.items() if "{{" in text)


def interval(rule: Rule) -> Iterator[str]:
    """Groups are evaluated more often than samples get stale."""
    if rule.interval and seconds(rule.interval) > 300:
        yield f"{rule.interval} from evaluation to evaluation leave gaps"


def conflict(rule: Rule) -> Iterator[str]:
    """No label of an alert hides one of its query."""
    yield from (f"the query has the label {key}, too" for key in rule.labels if key in rule.kept)


def aggregate(rule: Rule) -> Iterator[str]:
    """What is about an application keeps what says which one."""
    wanted = {"namespace", "app_id", "app_name"} if rule.name.startswith(("app", "query")) else set()
    if rule.alert and "app_id" in rule.kept:
        wanted = {"namespace", "app_id", "app_name"}
    yield from (f"{label} is gone" for label in sorted(wanted - rule.kept))


def counter(rule: Rule) -> Iterator[str]:
    """Counters are read by functions that know of resets."""
    covered = {
        id_
        for call in _calls(rule, _SAFE)
        for id_ in (str(one) for one in nodes(call) if isinstance(one, promql.VectorSelector))
    }
    found = Counter(
        str(one) for one in _of(rule, promql.VectorSelector) if one.name and _counts(rule, one.name)
    )
    yield from (f"{one} is read as it is" for one in found if one not in covered)


def _counts(rule: Rule, name: str) -> bool:
    series = rule.known.find(name)
    return bool(series and series.counter)


def features(rule: Rule) -> Iterator[str]:
    """Nothing needs a switch of Prometheus."""
    yield from (
        f"{one.func.name} is experimental"
        for one in _of(rule, promql.Call)
        if _EXPERIMENTAL.fullmatch(one.func.name)
    )
    yield from (
        f"{one.op} is experimental"
        for one in _of(rule, promql.AggregateExpr)
        if str(one.op) in {"limitk", "limit_ratio"}
    )


def fragile(rule: Rule) -> Iterator[str]:
    """Alerts do not flap, nor fire because Prometheus has just begun."""
    if not rule.alert:
        return
    for one in _of(rule, promql.AggregateExpr):
        if str(one.op) in _SAMPLING:
            yield f"{one.op} gives other series each time"
    for one in _operations(rule, _ARITHMETIC) if not rule.hold else ():
        sides = [
            {part.name for part in nodes(side) if isinstance(part, promql.VectorSelector)}
            for side in (one.lhs, one.rhs)
        ]
        adds = [
            any(isinstance(part, promql.AggregateExpr) for part in nodes(side)) for side in (one.lhs, one.rhs)
        ]
        if all(adds) and all(sides) and sides[0] != sides[1] and not sides[0] & sides[1]:
            yield f"after a start, {one} is of what was scraped first: it needs a time to hold"


def works(rule: Rule) -> Iterator[str]:
    """The build of the rules takes it: names, labels, values and syntax."""
    try:
        checked.check(rule.expr, rule.known, rule.name)
    except checked.PromqlError as error:
        yield str(error)


def nan(rule: Rule) -> Iterator[str]:
    """No sum is spoilt by a division by 0."""
    for one in _of(rule, promql.AggregateExpr):
        if str(one.op) in {"sum", "avg", "stddev", "stdvar"}:
            for part in nodes(one.expr):
                if (
                    isinstance(part, promql.BinaryExpr)
                    and str(part.op) in {"/", "%"}
                    and not _never_zero(part.rhs)
                ):
                    yield f"{part.rhs} may be 0, and all of {one.op} is NaN"


def _never_zero(node: promql.Expr) -> bool:
    if isinstance(node, promql.ParenExpr):
        return _never_zero(node.expr)
    if isinstance(node, promql.NumberLiteral):
        return node.val != 0
    if isinstance(node, promql.Call):
        return node.func.name == "clamp_min" and _never_zero(node.args[1])
    compared = isinstance(node, promql.BinaryExpr) and str(node.op) in {">", "!="}
    return compared and isinstance(node.rhs, promql.NumberLiteral)


def offset(rule: Rule) -> Iterator[str]:
    """Nothing is asked of a time that Prometheus has forgotten."""
    for text in re.findall(r"offset ([0-9dhms]+)", rule.expr):
        if promql.parse_duration(text) > RETENTION:
            yield f"Prometheus has forgotten what was {text} ago"


def ranges(rule: Rule) -> Iterator[str]:
    """Nothing reads more than a day."""
    for one in (*_of(rule, promql.MatrixSelector), *_of(rule, promql.SubqueryExpr)):
        if one.range > LONGEST_RANGE:
            yield f"{one} reads more than a day at each evaluation"


def performance(rule: Rule) -> Iterator[str]:
    """What is recorded is not calculated again."""
    parts = {str(one) for one in nodes(rule.parsed)}
    for name, expr in rule.recorded.items():
        if name != rule.name and str(promql.parse(expr)) in parts:
            yield f"{name} has recorded a part of it"


def rate(rule: Rule) -> Iterator[str]:
    """A rate has four scrapes."""
    for one in _calls(rule, frozenset({"rate", "irate", "increase"})):
        (over,) = one.args
        if over.range < timedelta(seconds=4 * SCRAPE):
            yield f"{one} has too few scrapes"


def regexp(rule: Rule) -> Iterator[str]:
    """Patterns are patterns, and have no anchors."""
    for one in _of(rule, promql.VectorSelector):
        for matcher in one.matchers.matchers:
            if matcher.op not in (promql.MatchOp.Re, promql.MatchOp.NotRe):
                continue
            if re.fullmatch(r"[\w:-]*", matcher.value):
                yield f"{matcher.name} needs no pattern for {matcher.value}"
            if matcher.value.startswith("^") or matcher.value.endswith("$"):
                yield f"{matcher.value} has anchors, which every pattern has"
            if matcher.name != "__name__" and re.search(r"\w\.[*+]\w", matcher.value):
                yield f"{matcher.name} has several things in one, by {matcher.value}"


def selector(rule: Rule) -> Iterator[str]:
    """What is absent is so of our job."""
    for call in _calls(rule, frozenset({"absent", "absent_over_time"})):
        for one in (part for part in nodes(call) if isinstance(part, promql.VectorSelector)):
            if not {"job"} & {matcher.name for matcher in one.matchers.matchers}:
                yield f"{one} is of any job: that of somebody else is enough"


def vector_matching(rule: Rule) -> Iterator[str]:
    """No side of an operation has several series for one of the other."""
    for one in _operations(rule, _ARITHMETIC | _COMPARE):
        modifier = one.modifier
        matching = modifier.matching if modifier else None
        if matching is None or isinstance(one.rhs, promql.NumberLiteral):
            continue
        both = [one.lhs, one.rhs]
        if modifier.card == promql.VectorMatchCardinality.ManyToOne:
            both = [one.rhs]
        elif modifier.card == promql.VectorMatchCardinality.OneToMany:
            both = [one.lhs]
        for side in both:
            if several := sorted(_varies(rule, side, matching)):
                yield f"{side} may have several series for one of the other side, by {', '.join(several)}"


def _varies(rule: Rule, side: promql.Expr, matching: promql.LabelModifier) -> frozenset[str]:
    kept = Flow(rule.known, rule.name).labels_of(side)
    on = matching.type == promql.LabelModifierType.Include
    free = {label for label in kept if (label in matching.labels) != on}
    names = {one.name or "" for one in nodes(side) if isinstance(one, promql.VectorSelector)}
    if all(name.endswith("_info") for name in names):
        free &= {"app_id", "executor_id"}
    return frozenset(free - _DETERMINED - {*pinned(side)} - {checked.ANY})


def duplicate(rule: Rule) -> Iterator[str]:
    """Nothing is recorded twice."""
    for name, expr in rule.recorded.items():
        if name != rule.name and expr == rule.expr:
            yield f"{name} is the same"


def label(rule: Rule) -> Iterator[str]:
    """An alert has a severity."""
    if rule.alert and rule.labels.get("severity") not in SEVERITIES:
        yield f"severity is {rule.labels.get('severity')}"


def link(rule: Rule) -> Iterator[str]:
    """The runbook is there."""
    page = rule.annotations.get("runbook_url", "").rpartition("/")[2]
    if rule.alert and not (page and (RUNBOOKS / page).is_file()):
        yield f"there is no runbook {page}"


def name(rule: Rule) -> Iterator[str]:
    """Names have the form that they all have."""
    pattern = r"Spark([A-Z][a-z]+)+" if rule.alert else r"[a-z_]+:[a-z_]+:[a-z0-9_]+"
    if not re.fullmatch(pattern, rule.name):
        yield f"expected a name like {pattern}"


def reject(rule: Rule) -> Iterator[str]:
    """Alerts have no label but the severity."""
    yield from (f"the label {key} is none of ours" for key in rule.labels if key != "severity")


def topk(rule: Rule) -> Iterator[str]:
    """Nothing is recorded of other series each time."""
    for one in _of(rule, promql.AggregateExpr) if not rule.alert else ():
        if str(one.op) in {"topk", "bottomk"}:
            yield f"{one.op} records other series each time"


CHECKS: Mapping[str, Callable[[Rule], Iterator[str]]] = {
    "alerts/absent": absent,
    "alerts/annotation": annotation,
    "alerts/comparison": comparison,
    "alerts/for": hold_is_a_time,
    "alerts/template": template,
    "group/interval": interval,
    "labels/conflict": conflict,
    "promql/aggregate": aggregate,
    "promql/counter": counter,
    "promql/features": features,
    "promql/fragile": fragile,
    "promql/impossible": works,
    "promql/nan": nan,
    "promql/offset": offset,
    "promql/performance": performance,
    "promql/range_query": ranges,
    "promql/rate": rate,
    "promql/regexp": regexp,
    "promql/selector": selector,
    "promql/series": works,
    "promql/syntax": works,
    "promql/vector_matching": vector_matching,
    "rule/dependency": works,
    "rule/duplicate": duplicate,
    "rule/for": hold_has_a_bound,
    "rule/label": label,
    "rule/link": link,
    "rule/name": name,
    "rule/reject": reject,
    "rule/topk": topk,
}
