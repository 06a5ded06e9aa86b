"""The dashboards in the chart are those of the project."""

import json
import sys
from dataclasses import replace

import pytest

if sys.version_info < (3, 11):
    pytest.skip("grafana-foundation-sdk needs Python 3.11", allow_module_level=True)

import helm
from dashboards import build, config

LARGEST = 1024 * 1024
"""Bytes that a ConfigMap may have."""


def shipped(values=None, **options):
    """Return the dashboards of the chart by the name of their file, as Grafana reads them."""
    return {
        name.removeprefix("spark-exporter-"): json.loads(text)
        for one in helm.all_of(helm.render(values, **options), "ConfigMap")
        for name, text in one["data"].items()
        if name.endswith(".json")
    }


def made(**settings):
    """Return the dashboards that the project makes with other settings, by the name of their file."""
    built = build.built(replace(config.load(), **settings))
    return {path.removeprefix("generated/"): dashboard for path, dashboard in built.items()}


def test_each_dashboard_is_what_the_project_writes():
    """None is missing, none is another, and legends in braces survive."""
    sources = helm.ROOT / "dashboards" / "generated"
    assert shipped() == {path.name: json.loads(path.read_text()) for path in sources.glob("*.json")}
    texts = [text for one in helm.all_of(helm.render(), "ConfigMap") for text in one["data"].values()]
    assert any("{{" in text for text in texts)
    assert max(map(len, texts)) < LARGEST


@pytest.mark.parametrize("base", ["https://wiki.example.org/spark?space=a&page=", "http://r"])
def test_the_alerts_lead_to_the_runbooks_of_the_values(base):
    """As those of the rules do; a slash at the end is none too many."""
    wanted = made(runbook_url_base=base)
    assert wanted != made()
    assert shipped({"rules": {"runbook_url_base": f"{base}/"}}) == wanted


@pytest.mark.parametrize(
    "selector",
    ['job="spark"', 'job=~"a|b", team!="<ops> & it\'s"', 'job=~"monitoring/.+\\\\d"', 'job="{{ x }}", a="ä"'],
)
def test_the_dashboards_look_for_the_daemons_of_the_values(selector):
    """As the rules do, whatever has to be escaped."""
    wanted = made(selector=selector)
    assert wanted != made()
    assert shipped({"rules": {"selector": selector}}) == wanted


def test_both_given_by_set_leave_no_default():
    """Nothing of what was before is left in any dashboard."""
    flags = ("--set=rules.runbook_url_base=https://mine.example.org", '--set=rules.selector=job="mine"')
    text = json.dumps(shipped(flags=flags))
    before = config.load()
    assert "https://mine.example.org/$" in text
    assert 'job=\\"mine\\"' in text
    assert before.runbook_url_base not in text
    assert json.dumps(before.selector).strip('"') not in text


def test_a_null_is_the_default():
    """As for all values."""
    assert shipped({"rules": {"selector": None, "runbook_url_base": None}}) == shipped()
