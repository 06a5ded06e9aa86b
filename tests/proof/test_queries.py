"""Every query of the dashboards and of the rules, asked of a Prometheus that has seen everything."""

import json
from collections import Counter
from pathlib import Path

import pytest
import yaml

from dashboards.config import load
from dashboards.queries_of import fill, queries_of
from dashboards.rules import build

pytestmark = [pytest.mark.spark, pytest.mark.timeout(900)]

EMPTY = Path(__file__).parent / "empty.yaml"
RULES = "rules"
SOURCES = ("application", "custom", "exporter", "fleet", "streaming", RULES)
# What a user of the dashboards would choose; the run is each of those that there were.
CHOSEN = {
    "namespace": ".*",
    "app_name": ".*",
    "executor": ".*",
    "query": ".*",
    "instance": ".*",
    "counter": "rows_parsed_total",
    "gauge": "batch_rows",
    "histogram": "parse_seconds",
    "split": "source",
    "__interval": "10s",
    "__interval_ms": "10000",
    "__rate_interval": "10s",
}


def listed():
    """Return what empty.yaml says of each query: the reason, and whether it may have data all the same."""
    groups = yaml.safe_load(EMPTY.read_text())
    known = Counter(name for group in groups for name in group["queries"])
    assert [name for name, count in known.items() if count > 1] == []
    assert all(len(group["reason"]) > 20 for group in groups)
    return {name: group.get("maybe", False) for group in groups for name in group["queries"]}


def asked(source, directory):
    """Return the queries of a dashboard or of the rules by a name that stays the same."""
    if source == RULES:
        config = load(directory / "config.yaml")
        return {f"{source}: {name}": expr for _, name, expr in build.queries(config)}
    queries = queries_of(json.loads((directory / f"generated/{source}.json").read_text()))
    places = Counter(query.place for query in queries)
    seen = Counter()
    named = {}
    for query in queries:
        seen[query.place] += 1
        number = f", {seen[query.place]}" if places[query.place] > 1 else ""
        named[f"{source}: {query.place}{number}"] = query.expr
    return named


def has_data(proof, expr, source):
    """Say whether a query gives a number at some moment of the run, for one of the applications at least."""
    if source == RULES:
        return bool(proof.values(expr))
    seconds = int(proof.end - proof.start)
    span = {"__range": f"{seconds}s", "__range_s": str(seconds)}
    return any(proof.values(fill(expr, CHOSEN | span | {"app_id": app_id})) for app_id in proof.app_ids)


@pytest.mark.parametrize("source", SOURCES)
def test_every_query_has_data_or_a_reason_why_not(proof, source):
    """No query is refused; which give nothing is what the list says."""
    known = listed()
    queries = asked(source, proof.showcase.directory)
    assert len(queries) > 10
    found = {name: has_data(proof, expr, source) for name, expr in queries.items()}
    assert [name for name, data in found.items() if not data and name not in known] == []
    assert [name for name, data in found.items() if data and known.get(name) is False] == []


def test_the_list_names_nothing_else(proof):
    """Each name on the list is that of a query."""
    names = {name for source in SOURCES for name in asked(source, proof.showcase.directory)}
    assert {*listed()} - names == set()


def test_prometheus_evaluates_every_rule(proof):
    """None has failed the last time, and all are there."""
    rules = [rule for group in proof.prometheus.rules() for rule in group["rules"]]
    assert [(rule["name"], rule.get("lastError")) for rule in rules if rule["health"] != "ok"] == []
    config = load(proof.showcase.directory / "config.yaml")
    assert sorted(rule["name"] for rule in rules) == sorted(name for _, name, _ in build.queries(config))
