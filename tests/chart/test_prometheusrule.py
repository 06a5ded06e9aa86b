"""The PrometheusRule: the project's rules, whose settings are values of the chart."""

import copy
import re
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import helm
import promtool
from dashboards import config
from dashboards.rules.build import groups_of
from dashboards.rules.model import seconds

RULES = ("recording.yaml", "alerts.yaml")
SETTINGS = yaml.safe_load((helm.ROOT / "dashboards" / "config.yaml").read_text())
KEYS = ("selector", "runbook_url_base", "thresholds", "windows", "alerts")


def groups(values=None, **options):
    documents = helm.render(values, apis=helm.OPERATOR, **options)
    return helm.one(documents, "PrometheusRule")["spec"]["groups"]


def written(folder):
    """Return the groups that ``python -m dashboards`` has written below a folder."""
    texts = ((folder / "rules" / name).read_text() for name in RULES)
    return [group for text in texts for group in yaml.safe_load(text)["groups"]]


def rules_of(made):
    return {rule.get("alert", rule.get("record")): rule for group in made for rule in group["rules"]}


def test_the_values_are_the_settings():
    """Each threshold, window and alert of dashboards/config.yaml is a value, with the same default."""
    values = yaml.safe_load((helm.CHART / "values.yaml").read_text())["rules"]
    assert values == {key: SETTINGS[key] for key in KEYS}


def test_the_rules_are_those_of_the_project():
    """With these defaults the chart makes what dashboards/rules has, word by word."""
    assert groups() == written(helm.ROOT / "dashboards")


def test_prometheus_takes_the_rules(tmp_path):
    """Promtool has no objection to what the chart makes."""
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": groups()}))
    answer = promtool.run("check", "rules", file)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert f"SUCCESS: {len(rules_of(groups()))} rules found" in answer.stdout


@pytest.mark.parametrize(
    ("value", "shown"),
    [("0.37", "0.37"), ("1", "1"), ("0", "0"), ("12345678", "12345678"), ("1e3", "1000")],
)
def test_a_threshold_given_by_set_changes_the_rule_and_nothing_else(value, shown):
    """``--set`` makes texts of fractions, and they are numbers all the same."""
    before = helm.render(apis=helm.OPERATOR, values={"control": {"existingSecret": "token"}})
    after = helm.render(
        apis=helm.OPERATOR,
        values={"control": {"existingSecret": "token"}},
        flags=(f"--set=rules.thresholds.scrape_seconds={value}",),
    )
    changed = [one["kind"] for one, other in zip(before, after, strict=True) if one != other]
    assert changed == ["PrometheusRule"]
    old, new = (rules_of(helm.one(made, "PrometheusRule")["spec"]["groups"]) for made in (before, after))
    assert [name for name in old if old[name] != new[name]] == ["SparkExporterScrapeSlow"]
    assert new["SparkExporterScrapeSlow"]["expr"].endswith(f" > {shown}")


TIMES = st.sampled_from(["90s", "5m", "1h30m", "2d", "1d2h3m4s", "61m"])
NUMBERS = st.one_of(
    st.integers(0, 10**9),
    st.floats(0, 1e6, allow_nan=False).map(lambda value: float(f"{value:.9g}")),
    st.sampled_from([0.1, 1e-7, 100000, 1000000, 123456789]),
)
SHARES = st.one_of(
    st.floats(0, 1, allow_nan=False).map(lambda value: float(f"{value:.9g}")),
    st.sampled_from([0, 0.1, 1e-7, 1]),
)


@st.composite
def changed_settings(draw):
    """Settings of which some of each kind are other than the project's."""
    made = copy.deepcopy(SETTINGS)
    for key in draw(st.sets(st.sampled_from(sorted(made["thresholds"])), min_size=1)):
        made["thresholds"][key] = draw(SHARES if config.is_share(key) else NUMBERS)
    for key in draw(st.sets(st.sampled_from(sorted(made["windows"])))):
        made["windows"][key] = draw(TIMES)
    for key in draw(st.sets(st.sampled_from(sorted(made["alerts"])))):
        made["alerts"][key] = {
            "enabled": draw(st.booleans()),
            "severity": draw(st.sampled_from(["critical", "warning", "info"])),
            "for": draw(st.one_of(TIMES, st.just("0s"))),
        }
    without_contradictions(made["windows"], made["alerts"])
    made["selector"] = draw(
        st.sampled_from(['job="spark"', 'job=~"a|b", namespace!="it\'s # a: test"', 'job="{{ x }}"'])
    )
    made["runbook_url_base"] = draw(st.sampled_from(["https://wiki.example.com/spark/", "http://r"]))
    return made


def without_contradictions(windows, alerts):
    """Change what would never fire, and is refused."""
    if seconds(windows["custom_moving_window"]) < 2 * seconds(windows["custom_stall_window"]):
        windows["custom_moving_window"] = "9d"
    for window, names in config.ENDS.items():
        for name in names:
            if re.search("[1-9]", alerts[name]["for"]) and seconds(alerts[name]["for"]) >= seconds(
                windows[window]
            ):
                alerts[name]["for"] = "0s"


@settings(max_examples=15)
@given(changed_settings())
def test_other_settings_give_the_same_rules_as_the_project_makes_of_them(made):
    """Values of the chart are as good as a changed copy of dashboards/config.yaml."""
    with tempfile.TemporaryDirectory() as folder:
        mine = Path(folder) / "mine.yaml"
        mine.write_text(yaml.safe_dump(made))
        wanted = groups_of(config.load(mine))
    assert groups({"rules": {key: made[key] for key in KEYS}}) == wanted


def test_an_alert_that_is_off_is_not_there():
    """And a group without alerts is not either."""
    off = {name: {"enabled": False} for name in SETTINGS["alerts"] if name.startswith("SparkExporter")}
    made = groups({"rules": {"alerts": off}})
    assert not [name for name in rules_of(made) if name.startswith("SparkExporter")]
    assert "spark-exporter" not in {group["name"] for group in made}
    assert "spark-recording" in {group["name"] for group in made}
