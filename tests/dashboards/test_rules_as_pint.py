"""The rules pass the checks of pint, apart from what .pint.hcl leaves out by name.

pint itself is no part of the tests; these checks do what its documentation says of each.
Some need what only a user has: alerts/count, alerts/external_labels, query/cost and rule/owner. rule/report
is no check, and yaml/parse, ignore/file and pint/comment are about files that somebody writes: these here
are generated.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pint
from dashboards.config import load
from dashboards.rules import build
from dashboards.rules.recording import RECORDINGS

ROOT = Path(__file__).resolve().parents[2]
KNOWN = build.vocabulary()
RECORDED = {rule.record: rule.expression for rule in RECORDINGS}
OK = {"summary": "S.", "description": "D.", "runbook_url": "https://x/SparkJobsFailing.md"}


def made(expr, name="SparkJobsFailing", **other):
    """Return a rule; an alert unless its name has a colon."""
    alert = ":" not in name
    labels, notes = ({"severity": "info"}, OK) if alert else ({}, {})
    fields = {"hold": "", "labels": labels, "annotations": notes} | other
    return pint.Rule(name, alert, expr, known=KNOWN, recorded=RECORDED, **fields)


def rules():
    for group in build.groups_of(load()):
        for rule in group["rules"]:
            fields = {"hold": rule.get("for", ""), "interval": group.get("interval", "")}
            fields |= {"labels": rule.get("labels", {}), "annotations": rule.get("annotations", {})}
            yield made(rule["expr"], rule.get("alert") or rule["record"], **fields)


RULES = list(rules())


def left_out():
    """Return the pairs of rule and check that .pint.hcl leaves out."""
    text = (ROOT / ".pint.hcl").read_text("utf-8")
    assert "disabled" not in text
    blocks = re.findall(
        r'((?:^#.*\n)*)rule \{\n  match \{\n    name = "([^"]+)"\n  \}\n  disable = \[([^\]]+)\]\n\}',
        text,
        re.MULTILINE,
    )
    assert len(blocks) == text.count("disable = ")
    found = []
    for reason, names, checks in blocks:
        assert len(reason) > 60, names
        found += [(name, check) for name in names.split("|") for check in re.findall('"([^"]+)"', checks)]
    return found


LEFT_OUT = left_out()


@pytest.mark.parametrize("check", pint.CHECKS)
def test_every_rule_passes(check):
    """None has a problem that .pint.hcl does not leave out by the rule's name."""
    problems = [
        (rule.name, problem)
        for rule in RULES
        if (rule.name, check) not in LEFT_OUT
        for problem in pint.CHECKS[check](rule)
    ]
    assert problems == []


@pytest.mark.parametrize(("name", "check"), LEFT_OUT)
def test_what_is_left_out_would_be_a_problem(name, check):
    """A line of .pint.hcl that leaves out nothing is a mistake, as is one about no rule."""
    (rule,) = (one for one in RULES if one.name == name)
    assert list(pint.CHECKS[check](rule))


def test_nothing_is_left_out_twice():
    """Each pair of rule and check has one reason."""
    assert len(LEFT_OUT) == len(set(LEFT_OUT))


GOOD = made("sum by (namespace, app_id, app_name) (spark_app_executors) > 0")
FAILED = 'spark_app_state{state="failed"}'
BAD = {
    "alerts/absent": made('absent(up{job="x"})'),
    "alerts/annotation": made("spark_app_up > 0", annotations={**OK, "summary": " "}),
    "alerts/comparison": made("spark_app_executors or spark_app_jobs_active > 5"),
    "alerts/for": made("spark_app_up > 0", hold="0s"),
    "alerts/template": made("spark_app_up > 0", annotations={"description": "{{ $value }}"}),
    "group/interval": made("spark_app_up > 0", interval="6m"),
    "labels/conflict": made(f"{FAILED} > 0", labels={"state": "x"}),
    "promql/aggregate": made("sum by (app_id) (spark_app_up) > 0"),
    "promql/counter": made("spark_app_tasks_total > 5"),
    "promql/features": made("mad_over_time(spark_app_executors[5m]) > 0"),
    "promql/fragile": made("topk(5, spark_app_executors) > 0"),
    "promql/impossible": made(f'{FAILED} and spark_app_state{{state="lost"}} == 1'),
    "promql/nan": made("sum(spark_app_executors / spark_app_jobs_active) > 0"),
    "promql/offset": made("spark_app_executors offset 16d > 0"),
    "promql/performance": made("sum(rate(spark_app_executor_run_time_seconds_total[5m])) > 0"),
    "promql/range_query": made("max_over_time(spark_app_executors[2d]) > 0"),
    "promql/rate": made("rate(spark_app_tasks_total[30s]) > 0"),
    "promql/regexp": made('spark_app_state{state=~"failed"} > 0'),
    "promql/selector": made("absent(up)", hold="5m"),
    "promql/series": made("spark_app_upp > 0"),
    "promql/syntax": made("sum("),
    "promql/vector_matching": made(
        "spark_app_executor_removals_total / on (namespace, app_id) spark_app_up > 0"
    ),
    "rule/dependency": made("app:spark_app_nothing:sum > 0"),
    "rule/duplicate": made(RECORDINGS[0].expression, "app:spark_app_again:rate5m"),
    "rule/for": made("spark_app_up > 0", hold="2h"),
    "rule/label": made("spark_app_up > 0", labels={"severity": "page"}),
    "rule/link": made("spark_app_up > 0", annotations={**OK, "runbook_url": "https://x/SparkNone.md"}),
    "rule/name": made("spark_app_up > 0", "JobsFailing"),
    "rule/reject": made("spark_app_up > 0", labels={"severity": "info", "team": "x"}),
    "rule/topk": made("topk(5, spark_app_executors)", "app:spark_app_executors:topk"),
}


@pytest.mark.parametrize("check", pint.CHECKS)
def test_each_check_finds_what_it_is_for(check):
    """And it says nothing about a rule that is well."""
    assert list(pint.CHECKS[check](BAD[check]))
    assert not list(pint.CHECKS[check](GOOD))


@pytest.mark.parametrize(
    ("check", "expr", "hold"),
    [
        ("alerts/absent", 'absent(up{job="x"})', "30s"),
        ("alerts/comparison", "spark_app_executors > 1 or spark_app_jobs_active > 5", ""),
        ("alerts/comparison", "spark_app_executors and ignoring (state) (spark_app_state == 1)", ""),
        ("promql/counter", "increase(spark_app_tasks_total[5m]) > 5", ""),
        ("promql/fragile", "sum(spark_app_executors) / sum(spark_app_jobs_active) > 1", "2m"),
        ("promql/nan", "sum(spark_app_executors / (spark_app_jobs_active > 0)) > 0", ""),
        ("promql/nan", "sum(spark_app_executors / clamp_min(spark_app_jobs_active, 1)) > 0", ""),
        ("promql/regexp", 'spark_app_state{state=~"failed|lost"} > 0', ""),
        ("promql/vector_matching", f"{FAILED} / on (namespace, app_id) spark_app_up > 0", ""),
        (
            "promql/vector_matching",
            "spark_app_executor_removals_total / on (namespace, app_id) group_left () spark_app_up > 0",
            "",
        ),
    ],
)
def test_the_remedy_passes(check, expr, hold):
    """What a check asks for is what it is content with."""
    assert not list(pint.CHECKS[check](made(expr, hold=hold)))


@pytest.mark.parametrize(
    ("check", "expr"),
    [
        ("alerts/comparison", "spark_app_up > bool 0"),
        ("alerts/comparison", "spark_app_executors unless ignoring (state) (spark_app_state == 1)"),
        ("promql/fragile", "sum(spark_app_executors) / sum(spark_app_jobs_active) > 1"),
        ("promql/regexp", 'spark_app_state{state=~"^(failed|lost)$"} > 0'),
        ("promql/regexp", 'up{job=~"spark_.*_production"} == 0'),
        ("promql/vector_matching", "spark_app_up / on (namespace, app_id) spark_app_state > 0"),
    ],
)
def test_each_form_of_a_problem_is_found(check, expr):
    """A check has several."""
    assert list(pint.CHECKS[check](made(expr)))
