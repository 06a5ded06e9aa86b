"""What the rules do with series, by promtool, and that each rule is tested for all that matters."""

from __future__ import annotations

import dataclasses
import re
import shutil
from functools import cache
from pathlib import Path
from types import MappingProxyType

import pytest
import yaml

from dashboards.config import load
from dashboards.rules import build
from dashboards.rules.alerts import GROUPS
from dashboards.rules.model import grown
from dashboards.rules.recording import RECORDINGS
from promtool import run as promtool

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "dashboards"
CASES = ROOT / "tests/dashboards/rules"
CONFIG = load()
# What tells one that an alert is about from another.
IDENTITY = ("job", "instance", "target", "collector", "app_id", "executor_id", "query_id", "stage_id")
# They have no application.
ABOUT_DAEMONS = {alert.name for alert in GROUPS["discovery"]} | {
    "SparkExporterDown",
    "SparkExporterScrapeSlow",
    "SparkExporterSourceFailing",
    "SparkExporterTargetDown",
    "SparkExporterWebConfigReloadFailed",
}
NAMES = [alert.name for group in GROUPS.values() for alert in group]


FILES = sorted(path.name for path in CASES.glob("*_test.yaml"))
"""Each is named after the group that it tests, and after what of it where there are several."""


@cache
def cases() -> dict[str, list[dict]]:
    """Return what is tested of each group of alerts, or of the recording rules."""
    found: dict[str, list[dict]] = {}
    for name in FILES:
        found.setdefault(name.split("_")[0], []).extend(yaml.safe_load((CASES / name).read_text())["tests"])
    return found


def checks(name: str) -> list[list[dict]]:
    """Return, for each test of an alert, when it is looked at and what it must be."""
    tests = [test for group in cases().values() for test in group]
    looks = ([one for one in test.get("alert_rule_test", ()) if one["alertname"] == name] for test in tests)
    return [look for look in looks if look]


@pytest.mark.parametrize("name", FILES)
def test_the_rules_do_what_their_tests_say(name: str) -> None:
    done = promtool("test", "rules", CASES / name)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_file_of_tests_is_left_out() -> None:
    """A file of a group that does not exist would never be run."""
    assert sorted(path.name for path in CASES.iterdir()) == FILES


def test_a_rule_that_does_something_else_is_found(tmp_path: Path) -> None:
    """Guard the tests themselves: with another threshold they fail, so promtool does read them."""
    (tmp_path / "tests/dashboards").mkdir(parents=True)
    shutil.copytree(CASES, tmp_path / "tests/dashboards/rules")
    config = dataclasses.replace(CONFIG, thresholds={**CONFIG.thresholds, "gc_share_ratio": 0.05})
    for path, text in build.documents(config).items():
        place = tmp_path / "dashboards" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    done = promtool("test", "rules", tmp_path / "tests/dashboards/rules/memory_tasks_test.yaml")
    assert done.returncode == 1
    assert "SparkGarbageCollectionHigh" in done.stdout + done.stderr


def test_every_file_of_tests_is_of_a_group() -> None:
    assert cases().keys() == {*GROUPS, "recording"}


@pytest.mark.parametrize("group", GROUPS)
def test_each_alert_is_tested_in_the_file_of_its_group(group: str) -> None:
    tested = {one["alertname"] for test in cases()[group] for one in test["alert_rule_test"]}
    assert tested == {alert.name for alert in GROUPS[group]}


@pytest.mark.parametrize("name", NAMES)
def test_each_alert_is_tested_before_it_fires_while_it_does_and_after_it(name: str) -> None:
    for looks in checks(name):
        fires = [bool(look.get("exp_alerts")) for look in looks]
        assert fires[0] is False
        assert True in fires
        assert fires[-1] is False
    assert checks(name)


@pytest.mark.parametrize("name", NAMES)
def test_each_alert_is_tested_with_the_labels_that_inhibition_needs(name: str) -> None:
    for look in (look for looks in checks(name) for look in looks):
        for alert in look.get("exp_alerts", ()):
            labels = alert["exp_labels"]
            assert labels["severity"] == CONFIG.alerts[name].severity
            if "app_id" in labels:
                assert {"namespace", "app_id", "app_name"} <= set(labels)
            else:
                assert name in ABOUT_DAEMONS


def looked_at(expression: str) -> set[str]:
    """Return the metrics of an expression and of what is recorded for it, as patterns."""
    recorded = {rule.record: rule.expression for rule in RECORDINGS}
    names = {*re.findall(r"[a-z_][\w:]*", re.sub(r'"[^"]*"', "", expression))}
    names |= {*re.findall(r'__name__=~"([^"]*)"', expression)}
    return names.union(*(looked_at(recorded[name]) for name in names & recorded.keys()))


def look_alikes(test: dict, name: str, metrics: set[str]) -> set[tuple[str | None, ...]]:
    """Return whom a test has the alert's metrics of, without those for whom it expects the alert."""
    labels = [
        alert["exp_labels"]
        for look in test["alert_rule_test"]
        if look["alertname"] == name
        for alert in look.get("exp_alerts", ())
    ]
    # What only says which applications there are has fewer labels than the alert.
    keys = [key for key in IDENTITY if any(key in one for one in labels)]
    own = re.compile(rf"(?:{'|'.join(metrics)})\{{")
    series = [one["series"] for one in test["input_series"] if own.match(one["series"])]
    there = {tuple(_label(one, key) for key in keys) for one in series}
    whole = {one for one in there if None not in one}
    return whole - {tuple(one.get(key) for key in keys) for one in labels}


@pytest.mark.parametrize("name", NAMES)
def test_each_alert_leaves_a_healthy_look_alike_alone(name: str) -> None:
    """A test has the alert's series of somebody without such trouble, and expects no alert for them."""
    (alert,) = (alert for group in GROUPS.values() for alert in group if alert.name == name)
    metrics = looked_at(alert.expression(CONFIG))
    tests = [test for group in cases().values() for test in group]
    for test in tests:
        if any(one["alertname"] == name for one in test.get("alert_rule_test", ())):
            assert look_alikes(test, name, metrics)


def test_a_case_without_a_look_alike_is_found() -> None:
    """An application that is only known to be there is none."""
    (alert,) = (alert for alert in GROUPS["streaming"] if alert.name == "SparkStreamingRestarting")
    test = next(test for test in cases()["streaming"] if test["name"].startswith(alert.name))
    metrics = looked_at(alert.expression(CONFIG))
    known = ("spark_app_up{", "spark_app_start_timestamp_seconds{")
    left = [
        one
        for one in test["input_series"]
        if 'app_id="app-1"' in one["series"] or one["series"].startswith(known)
    ]
    assert look_alikes(test, alert.name, metrics)
    assert not look_alikes({**test, "input_series": left}, alert.name, metrics)


def _label(series: str, name: str) -> str | None:
    found = re.search(rf'\b{name}="([^"]*)"', series)
    return found[1] if found else None


def test_each_recording_rule_is_tested() -> None:
    tested = {
        one["expr"]
        for test in cases()["recording"]
        for one in test["promql_expr_test"]
        if one.get("exp_samples")
    }
    assert tested == {rule.record for rule in RECORDINGS}


def test_rules_evaluate_on_an_empty_prometheus(tmp_path: Path) -> None:
    """No rule fails, nothing is recorded, and the only alert says that there is no daemon."""
    looks = [{"eval_time": "1h", "alertname": name} for name in NAMES if name != "SparkExporterDown"]
    document = {
        "rule_files": [str(FOLDER / build.RECORDING_FILE), str(FOLDER / build.ALERTS_FILE)],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [],
                "alert_rule_test": looks,
                "promql_expr_test": [
                    *({"expr": rule.record, "eval_time": "1h"} for rule in RECORDINGS),
                    {
                        "expr": 'sum by (alertname) (ALERTS{alertstate="firing"})',
                        "eval_time": "1h",
                        "exp_samples": [{"labels": '{alertname="SparkExporterDown"}', "value": 1}],
                    },
                ],
            }
        ],
    }
    path = tmp_path / "empty_test.yaml"
    path.write_text(yaml.safe_dump(document))
    done = promtool("test", "rules", path)
    assert done.returncode == 0, done.stdout + done.stderr


SERIES = MappingProxyType(
    {
        "known before, grown": ("1x40", "5x20 9x20", 4),
        "known before, begun within the window": ("1x40", "_x30 7x10", 7),
        "not known before, old": ("_x30 1x10", "_x30 7x10", 0),
        "not known before, old, grown since": ("_x30 1x10", "_x30 7x2 9x8", 2),
        "gone back": ("1x40", "5x20 1x20", -4),
    }
)


@pytest.mark.parametrize("case", SERIES)
def test_growth_is_exact_and_knows_what_a_series_begins_with(tmp_path: Path, case: str) -> None:
    up, values, expected = SERIES[case]
    labels = '{app_id="a", instance="i"}'
    counter = "spark_app_executor_removals_total"
    samples = [{"labels": labels, "value": expected}]
    look = {"expr": grown(counter, "15m"), "eval_time": "35m", "exp_samples": samples}
    series = {"spark_app_up": up, "spark_app_start_timestamp_seconds": "-9000x40", counter: values}
    document = {
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [
                    {"series": name + labels, "values": given} for name, given in series.items()
                ],
                "promql_expr_test": [look],
            }
        ],
    }
    path = tmp_path / "grown_test.yaml"
    path.write_text(yaml.safe_dump(document))
    done = promtool("test", "rules", path)
    assert done.returncode == 0, done.stdout + done.stderr
