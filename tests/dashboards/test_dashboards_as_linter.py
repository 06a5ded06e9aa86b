"""The dashboards pass the rules of Grafana's dashboard-linter, apart from what generated/.lint leaves out.

The linter itself is no part of the tests; these checks do what its documentation says of each rule.
"""

from __future__ import annotations

import copy
import sys
from pathlib import Path

import pytest
import yaml

if sys.version_info < (3, 11):
    pytest.skip("grafana-foundation-sdk needs Python 3.11", allow_module_level=True)

import linter
from dashboards import build, config
from dashboards.rules.build import vocabulary

KNOWN = vocabulary()
BUILT = build.built(config.load())
LINT = Path(build.__file__).parent / build.FOLDER / ".lint"
EXCLUSIONS = yaml.safe_load(LINT.read_text("utf-8"))["exclusions"]
ENTRIES = [
    (rule, entry) for rule, excluded in EXCLUSIONS.items() for entry in excluded.get("entries") or [None]
]
PROBLEMS = {
    rule: [problem for made in BUILT.values() for problem in check(linter.Board(made, KNOWN))]
    for rule, check in linter.RULES.items()
}


def matches(entry, problem):
    """Say whether an entry is about a problem, as the linter compares them; None is about all."""
    place = {"dashboard": problem.dashboard} | ({"panel": problem.panel} if problem.panel else {})
    return entry is None or entry == place


@pytest.mark.parametrize("rule", linter.RULES)
def test_every_dashboard_passes(rule):
    """None has a problem that .lint does not leave out by dashboard and panel."""
    entries = [entry for name, entry in ENTRIES if name == rule]
    left = [one for one in PROBLEMS[rule] if not any(matches(entry, one) for entry in entries)]
    assert left == []


@pytest.mark.parametrize(("rule", "entry"), ENTRIES)
def test_what_is_left_out_would_be_a_problem(rule, entry):
    """An entry that leaves out nothing is a mistake."""
    assert any(matches(entry, problem) for problem in PROBLEMS[rule])


def test_each_exclusion_has_a_reason_and_is_there_once():
    """As the linter wants it: whoever comes after knows why."""
    assert set(EXCLUSIONS) <= set(linter.RULES)
    for rule, excluded in EXCLUSIONS.items():
        assert len(excluded["reason"]) > 60, rule
        assert set(excluded) <= {"reason", "entries"}, rule
        entries = [tuple(entry.items()) for entry in excluded.get("entries", ())]
        assert len(entries) == len(set(entries)), rule


def test_only_what_hardly_any_query_can_have_is_left_out_as_a_whole():
    """All other exclusions name the dashboard and the panel."""
    whole = {rule for rule, entry in ENTRIES if entry is None}
    assert whole == {"target-job-rule", "target-instance-rule"}
    asked = {
        (board["title"], panel["title"]) for board in BUILT.values() for panel in linter.panels_of(board)
    }
    for rule in whole:
        assert len({(one.dashboard, one.panel) for one in PROBLEMS[rule]}) > len(asked) / 2, rule


def board(change):
    """Return the rules' view of the fleet's dashboard, changed."""
    document = copy.deepcopy(BUILT["generated/fleet.json"])
    first = next(linter.panels_of(document))
    change(document, first)
    return linter.Board(document, KNOWN)


def variable(document, name):
    return next(one for one in document["templating"]["list"] if one["name"] == name)


def asks(expr):
    return lambda _, panel: panel["targets"][0].update(expr=expr)


BAD = {
    "template-datasource-rule": lambda document, _: document["templating"]["list"].pop(0),
    "template-label-promql-rule": lambda document, _: variable(document, "app_name").update(
        query="label_values(spark_app_inf, app_name)"
    ),
    "template-on-time-change-reload-rule": lambda document, _: variable(document, "app_name").update(
        refresh=1
    ),
    "panel-datasource-rule": lambda _, panel: panel.update(datasource={"type": "prometheus", "uid": "abc"}),
    "panel-title-description-rule": lambda _, panel: panel.update(description=""),
    "panel-units-rule": lambda _, panel: panel["fieldConfig"]["defaults"].update(unit="apples"),
    "panel-no-targets-rule": lambda _, panel: panel.update(targets=[]),
    "target-promql-rule": asks("sum("),
    "target-rate-interval-rule": asks("sum(irate(spark_app_tasks_total[5m]))"),
    "target-counter-agg-rule": asks("sum(spark_app_tasks_total)"),
    "uneditable-dashboard": lambda document, _: document.update(editable=True),
}


@pytest.mark.parametrize("rule", BAD)
def test_each_rule_finds_what_it_is_for(rule):
    """One mistake in the fleet's dashboard is one problem more than there is without it."""
    before = list(linter.RULES[rule](board(lambda _, __: None)))
    after = list(linter.RULES[rule](board(BAD[rule])))
    assert len(after) == len(before) + 1


@pytest.mark.parametrize("label", ["job", "instance"])
def test_a_dashboard_as_the_linter_wants_it_has_no_problem(label):
    """A choice of the label's values, and queries that follow it."""

    def change(document, panel):
        variables = document["templating"]["list"]
        wanted = {"name": label, "label": label, "allValue": ".+", "query": f"label_values(up, {label})"}
        variables.append({**variable(document, "namespace"), **wanted})
        panel["targets"] = [{**panel["targets"][0], "expr": f'sum(spark_app_up{{{label}=~"${label}"}})'}]
        document["panels"] = [panel]

    good = board(change)
    assert not list(linter.RULES[f"template-{label}-rule"](good))
    assert not list(linter.RULES[f"target-{label}-rule"](good))


def test_every_rule_of_the_linter_is_tried():
    """With a mistake, or because the dashboards themselves do otherwise."""
    assert {*BAD, *(rule for rule, found in PROBLEMS.items() if found)} == set(linter.RULES)
