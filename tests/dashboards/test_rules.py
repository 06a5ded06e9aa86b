"""Alerts and recording rules: what is written, what is tested, and what is explained are the same set."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import promql_parser
import pytest
import yaml

import promtool
from dashboards import promql
from dashboards.config import Alert as Settings
from dashboards.config import ConfigError, load, seconds
from dashboards.queries_of import queries_of
from dashboards.rules import build
from dashboards.rules.alerts import GROUPS, OF_APPLICATIONS
from dashboards.rules.model import NUMBER, Alert, Recording
from dashboards.rules.recording import RECORDINGS

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "dashboards"
CASES = ROOT / "tests/dashboards/rules"
CONFIG = load()
ALERTS = [alert for group in GROUPS.values() for alert in group]
NAMES = [alert.name for alert in ALERTS]
SECTIONS = ["Meaning", "Impact", "Diagnosis", "Mitigation"]


@pytest.mark.parametrize("path", [build.RECORDING_FILE, build.ALERTS_FILE])
def test_the_committed_rules_are_those_that_would_be_written(path: str) -> None:
    assert (FOLDER / path).read_text() == build.documents(CONFIG)[path]


def test_prometheus_accepts_the_rules() -> None:
    done = promtool.run("check", "rules", FOLDER / build.RECORDING_FILE, FOLDER / build.ALERTS_FILE)
    assert done.returncode == 0, done.stderr
    assert f"SUCCESS: {len(RECORDINGS)} rules found" in done.stdout
    assert f"SUCCESS: {len(ALERTS)} rules found" in done.stdout


def test_alerts_recording_rules_and_settings_have_one_name_each() -> None:
    assert len(NAMES) == len(set(NAMES)) == len(CONFIG.alerts)
    assert len(ALERTS) >= 24
    records = [rule.record for rule in RECORDINGS]
    assert len(records) == len(set(records))


@pytest.mark.parametrize("rule", RECORDINGS, ids=lambda rule: rule.record)
def test_each_recording_rule_is_used_by_a_panel_an_alert_or_another_rule(rule: Recording) -> None:
    asked = [other.expression for other in RECORDINGS if other is not rule]
    asked += [alert.expression(CONFIG) for alert in ALERTS]
    for path in (FOLDER / "generated").glob("*.json"):
        asked += [query.expr for query in queries_of(json.loads(path.read_text()))]
    whole = re.compile(rf"(?<![\w:]){re.escape(rule.record)}(?![\w:])")
    assert any(map(whole.search, asked))


def test_no_rate_that_is_recorded_is_written_out_elsewhere() -> None:
    recorded = {rule.expression: rule.record for rule in RECORDINGS}
    asked = [(rule.record, rule.expression) for rule in RECORDINGS]
    asked += [(alert.name, alert.expression(CONFIG)) for alert in ALERTS]
    again = [
        (name, record)
        for name, expression in asked
        for known, record in recorded.items()
        if known in expression and name != record
    ]
    assert again == []


@pytest.mark.parametrize("rule", RECORDINGS, ids=lambda rule: rule.record)
def test_recording_rules_are_named_by_level_metric_and_operation(rule: Recording) -> None:
    level, metric, operation = rule.record.split(":")
    assert level in {"app", "app_executor", "app_metric", "query", "collector"}
    assert metric.startswith("spark_")
    assert "_total" not in metric
    assert ("5m" in operation) == ("rate(" in rule.expression)
    assert rule.meaning.endswith(".")


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_alerts_are_written_for_a_person(alert: Alert) -> None:
    assert re.fullmatch(r"Spark([A-Z][a-z]+)+", alert.name)
    assert re.fullmatch(r"[A-Z][^{}]+\.", alert.summary)
    assert "{{ $value | humanize" in alert.description
    assert re.search(r"\b(Look|Ask)\b", alert.description)
    assert alert.description.endswith(".")


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_alerts_have_a_condition(alert: Alert) -> None:
    """Without a comparison that filters, an alert fires for everything that exists."""
    comparisons = []

    def look(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.BinaryExpr) and str(node.op) in {"<", ">", "==", "!=", "<=", ">="}:
            comparisons.append(not (node.modifier and node.modifier.return_bool))

    promql_parser.walk(promql_parser.parse(alert.expression(CONFIG)), look)
    assert comparisons
    assert all(comparisons)


@pytest.mark.parametrize("group", GROUPS)
def test_alerts_about_applications_keep_what_inhibition_compares(group: str) -> None:
    """Who watches an application is no label of its alerts: another daemon does not begin them anew."""
    for alert in GROUPS[group]:
        labels = promql.check(build.expression(group, alert, CONFIG), build.vocabulary(), alert.name)
        if "app_id" in labels:
            assert {"namespace", "app_id", "app_name"} <= labels
            assert labels.isdisjoint({"job", "instance"}) == (group in OF_APPLICATIONS)
        elif alert.name == "SparkExporterShardMissing":
            # It is about daemons that are not there.
            assert {"job", "namespace"} == labels
        else:
            assert group not in OF_APPLICATIONS
            assert {"job", "instance"} <= labels


def test_every_threshold_and_window_is_used_by_a_rule() -> None:
    """A setting that changes nothing would deceive whoever changes it."""
    before = build.documents(CONFIG)[build.ALERTS_FILE]
    for name, value in CONFIG.thresholds.items():
        changed = dataclasses.replace(CONFIG, thresholds={**CONFIG.thresholds, name: value + 7})
        assert build.documents(changed)[build.ALERTS_FILE] != before, name
    for name in CONFIG.windows:
        changed = dataclasses.replace(CONFIG, windows={**CONFIG.windows, name: "77m"})
        assert build.documents(changed)[build.ALERTS_FILE] != before, name


def test_severity_time_and_whether_it_exists_are_settings_of_each_alert() -> None:
    alerts = {
        **CONFIG.alerts,
        "SparkFetchFailures": Settings(True, "info", "42m"),
        "SparkDiskSpillHigh": Settings(False, "info", "1m"),
    }
    written = yaml.safe_load(build.documents(dataclasses.replace(CONFIG, alerts=alerts))[build.ALERTS_FILE])
    rules = {rule["alert"]: rule for group in written["groups"] for rule in group["rules"]}
    assert rules["SparkFetchFailures"]["for"] == "42m"
    assert rules["SparkFetchFailures"]["labels"] == {"severity": "info"}
    assert "SparkDiskSpillHigh" not in rules
    assert len(rules) == len(ALERTS) - 1


def broken(expression: str, text: str = "{application}: {value}. Look.") -> dict[str, str]:
    """Build the rules with one alert that is wrong."""
    alert = Alert("SparkFetchFailures", "S.", text, NUMBER, lambda _: expression)
    config = dataclasses.replace(CONFIG, alerts={alert.name: CONFIG.alerts[alert.name]})
    return build.documents(config, RECORDINGS, {"stage": [alert]})


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("spark_nothing > 0", "spark_nothing is neither in the catalogue nor a recording rule"),
        ('spark_app_up{state="x"} == 0', "there is no label state on spark_app_up"),
        (
            "sum by (app_id) (spark_app_up) > 0",
            "the description shows app_name, which the query does not keep",
        ),
        ("sum(", "is no PromQL"),
    ],
)
def test_an_alert_that_cannot_work_is_an_error_with_file_and_name(expression: str, problem: str) -> None:
    with pytest.raises(promql.PromqlError) as caught:
        broken(expression)
    assert str(caught.value).startswith("rules/alerts.yaml, SparkFetchFailures: ")
    assert problem in str(caught.value)


def test_a_description_with_an_unknown_label_is_an_error() -> None:
    with pytest.raises(
        promql.PromqlError, match="the description shows queue, which the query does not keep"
    ):
        broken("spark_app_up > 0", "{queue}: {value}. Look.")


@pytest.mark.parametrize("label", ["job", "instance"])
def test_the_description_of_an_alert_about_an_application_cannot_show_the_daemon(label: str) -> None:
    with pytest.raises(promql.PromqlError, match=f"the description shows {label}, which the query does not"):
        broken("spark_app_up > 0", f"{{application}} at {{{label}}}: {{value}}. Look.")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{{{{ $labels.queue }}}}", "the description shows queue, which the query does not keep"),
        ("{{{{ .Labels.queue }}}}", "the description shows queue, which the query does not keep"),
        ('{{{{ index $labels "app_nam" }}}}', "shows app_nam, which the query does not keep; did you mean"),
        (
            "{{{{ with $labels }}}}{{{{ .queue }}}}{{{{ end }}}}",
            "{{ with $labels }} has with; expected $labels",
        ),
        ("{{{{ $value | humanise }}}}", "{{ $value | humanise }} has humanise; expected $labels.NAME"),
        ("{{{{ $labels.app_id }}}} }}}}", "the braces of a template do not match"),
    ],
)
def test_a_template_that_cannot_work_is_an_error(text: str, problem: str) -> None:
    with pytest.raises(promql.PromqlError) as caught:
        broken("spark_app_up > 0", f"{text} {{value}}. Look.")
    assert str(caught.value).startswith("rules/alerts.yaml, SparkFetchFailures: ")
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "{{{{ .Labels.app_id }}}}: {{{{ .Value | humanize }}}}.",
        '{{{{ index .Labels "app_name" }}}}.',
        "{{{{ if $labels.app_name }}}}{app_name}{{{{ else }}}}nobody{{{{ end }}}}.",
    ],
)
def test_each_form_of_a_template_that_shows_what_there_is_is_right(text: str) -> None:
    assert broken("spark_app_up > 0", text)


def test_a_recording_rule_that_cannot_work_is_an_error_with_file_and_name() -> None:
    wrong = Recording("app:spark_app_nothing:sum", "sum(spark_app_nothing)", "Nothing.")
    with pytest.raises(promql.PromqlError, match=r"^rules/recording.yaml, app:spark_app_nothing:sum: "):
        build.vocabulary([wrong])


def test_a_rule_may_use_recording_rules_before_it_only() -> None:
    later = [rule for rule in RECORDINGS if rule.record == "app:spark_executor_task_slots_used:ratio"]
    with pytest.raises(promql.PromqlError, match="app:spark_executor_tasks_active:sum is neither"):
        build.vocabulary(later)


def test_settings_and_alerts_must_be_of_one_set() -> None:
    extra = {**CONFIG.alerts, "SparkFetchFailure": CONFIG.alerts["SparkFetchFailures"]}
    with pytest.raises(ConfigError, match=r"alerts.SparkFetchFailure: there is no such alert; did you mean "):
        build.documents(dataclasses.replace(CONFIG, alerts=extra))
    fewer = {name: settings for name, settings in CONFIG.alerts.items() if name != "SparkFetchFailures"}
    with pytest.raises(ConfigError, match=r"alerts.SparkFetchFailures is missing"):
        build.documents(dataclasses.replace(CONFIG, alerts=fewer))


def test_queries_are_listed_for_whoever_wants_to_run_them() -> None:
    listed = build.queries(CONFIG)
    assert [name for _, name, _ in listed] == [rule.record for rule in RECORDINGS] + NAMES
    assert {file for file, _, _ in listed} == {build.RECORDING_FILE, build.ALERTS_FILE}


@pytest.mark.parametrize(("text", "length"), [("90s", 90), ("10m", 600), ("1h30m", 5400), ("1d", 86400)])
def test_times_are_read_as_prometheus_writes_them(text: str, length: int) -> None:
    assert seconds(text) == length
