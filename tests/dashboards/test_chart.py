"""What the Helm chart has of the dashboards and rules: always fresh, and by the user's settings."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from types import MappingProxyType

import pytest
import yaml

if sys.version_info < (3, 11):
    pytest.skip("grafana-foundation-sdk needs Python 3.11", allow_module_level=True)

from dashboards import __main__ as command
from dashboards import chart, config, stand_ins
from dashboards.rules.model import Alert
from dashboards.rules.model import number as shown

SETTINGS = config.load()


@pytest.fixture
def copy(tmp_path):
    """A copy of the chart."""
    return shutil.copytree(chart.CHART, tmp_path / "chart")


@pytest.fixture
def mine(tmp_path):
    """Settings with another threshold, and an alert that is off."""
    text = config.DEFAULT.read_text().replace("gc_share_ratio: 0.2", "gc_share_ratio: 0.37")
    off = "SparkJobsFailing: {enabled: false"
    (tmp_path / "mine.yaml").write_text(text.replace("SparkJobsFailing: {enabled: true", off))
    return tmp_path / "mine.yaml"


def run(*arguments):
    return command.main([*map(str, arguments)])


def values(folder):
    return yaml.safe_load((folder / chart.VALUES).read_text())


def test_the_project_itself_is_checked(capsys):
    """Without any flag the chart is one of the places that have to be fresh."""
    places = command._texts(SETTINGS, command.HERE, None)
    assert {chart.CHART / chart.RULES, chart.CHART / chart.VALUES, chart.CHART / chart.SCHEMA} <= set(places)
    assert {path.name for path in (chart.CHART / chart.DASHBOARDS).iterdir()} == {
        path.name for path in (command.HERE / "generated").glob("*.json")
    }
    assert (run("--check"), capsys.readouterr().err) == (0, "")


def test_another_output_leaves_the_chart_alone(tmp_path):
    """Whoever makes dashboards of their own elsewhere does not change the project."""
    before = {path: path.stat().st_mtime_ns for path in chart.CHART.rglob("*")}
    assert run("--output", tmp_path / "out") == 0
    assert {path: path.stat().st_mtime_ns for path in chart.CHART.rglob("*")} == before
    assert not (tmp_path / "out" / chart.VALUES).exists()


def test_settings_of_ones_own_become_defaults_of_a_chart(copy, mine, tmp_path, capsys):
    """Dashboards and values of the chart follow the settings; the template is the same for all of them."""
    before = {path: path.read_text() for path in copy.rglob("*") if path.is_file()}
    assert run("--config", mine, "--output", tmp_path / "out", "--chart", copy) == 0
    capsys.readouterr()
    changed = {str(path.relative_to(copy)) for path, text in before.items() if path.read_text() != text}
    panels = {f"{chart.DASHBOARDS}/{name}.json" for name in ("fleet", "application")}
    assert changed == {chart.VALUES, chart.DEFAULTS, *panels}
    assert values(copy)["rules"]["thresholds"]["gc_share_ratio"] == 0.37
    assert values(copy)["rules"]["alerts"]["SparkJobsFailing"]["enabled"] is False
    given = values(copy)
    given["rules"] = values(chart.CHART)["rules"]
    assert given == values(chart.CHART)


def test_a_stale_chart_is_named(copy, tmp_path, capsys):
    """Whatever file of it is not as it would be written."""
    run("--output", tmp_path / "out")
    (copy / chart.RULES).write_text("old")
    (copy / chart.DASHBOARDS / "fleet.json").unlink()
    (copy / chart.VALUES).write_text(
        (copy / chart.VALUES).read_text().replace("job_failures: 3", "job_failures: 4")
    )
    capsys.readouterr()
    assert run("--check", "--output", tmp_path / "out", "--chart", copy) == 1
    assert set(capsys.readouterr().err.splitlines()) == {
        f"{copy / chart.RULES} is stale: run `python -m dashboards`",
        f"{copy / chart.VALUES} is stale: run `python -m dashboards`",
        f"{copy / chart.DASHBOARDS / 'fleet.json'} is missing: run `python -m dashboards`",
    }


@pytest.mark.parametrize(
    ("file", "text", "problem"),
    [
        (chart.VALUES, "mode: fleet\n", "values.yaml needs one line '# Written by"),
        (chart.VALUES, f"{chart.BEGIN}\n{chart.BEGIN}\n{chart.END}\n", "values.yaml needs one line"),
        (chart.VALUES, f"{chart.END}\n{chart.BEGIN}\n", "values.yaml needs one line"),
        (chart.SCHEMA, "{}", "values.schema.json has no property rules"),
        (chart.SCHEMA, "{", "values.schema.json is no JSON"),
    ],
)
def test_a_chart_without_a_place_for_the_rules_ends_with_a_sentence(
    copy, tmp_path, capsys, file, text, problem
):
    """Nothing is written."""
    (copy / file).write_text(text)
    assert run("--output", tmp_path / "out", "--chart", copy) == 2
    assert capsys.readouterr().err.startswith(problem)
    assert not (tmp_path / "out").exists()


def test_no_chart_at_all_ends_with_a_sentence(tmp_path, capsys):
    """A folder without values is no chart."""
    assert run("--output", tmp_path / "out", "--chart", tmp_path) == 2
    assert capsys.readouterr().err == f"{tmp_path} is no chart: values.yaml cannot be read\n"


def test_a_rule_that_calculates_with_a_threshold_is_an_error(monkeypatch):
    """Helm could not do the same, so that values of the chart would be without effect."""

    def doubled(settings):
        return f"up > {shown(2 * settings.thresholds['gc_share_ratio'])}"

    alert = Alert("SparkJobsFailing", "A test.", "{value}", "{{ $value }}", doubled)
    groups = chart.rules.groups_of

    def changed(settings):
        only = replace(settings, alerts=MappingProxyType({alert.name: settings.alerts[alert.name]}))
        return groups(only, (), {"test": (alert,)})

    monkeypatch.setattr(chart.rules, "groups_of", changed)
    problem = r"SparkJobsFailing: the template would give up > 1462\d+, and the rule is up > 0\.4"
    with pytest.raises(chart.ChartError, match=problem):
        chart.template(SETTINGS)


def test_every_setting_has_a_stand_in_of_its_own():
    """None is part of another, nor of what the rules say anyway."""
    known = stand_ins.made(SETTINGS).known
    assert len(known) == 2 + len(SETTINGS.thresholds) + 2 * len(SETTINGS.windows)
    assert not [(one, other) for one in known for other in known if one != other and one in other]
    rules = json.dumps(chart.rules.groups_of(SETTINGS))
    assert not [one for one in known if one in rules]


def test_settings_of_panels_are_no_values():
    """No rule uses them, so that a value of the chart would be without effect: panels are files there."""
    without = replace(SETTINGS, panels=MappingProxyType({}))
    assert chart.template(without) == chart.template(SETTINGS)
    assert not {*SETTINGS.panels} & {*SETTINGS.thresholds}
    assert "panels" not in values(chart.CHART)["rules"]


def test_settings_of_panels_change_the_dashboards_of_a_chart(copy, tmp_path, capsys):
    """And nothing else of it."""
    text = config.DEFAULT.read_text().replace("throttled_ratio: 0.25", "throttled_ratio: 0.4")
    (tmp_path / "mine.yaml").write_text(text)
    before = {path: path.read_text() for path in copy.rglob("*") if path.is_file()}
    run("--config", tmp_path / "mine.yaml", "--output", tmp_path / "out", "--chart", copy)
    capsys.readouterr()
    changed = {str(path.relative_to(copy)) for path, text in before.items() if path.read_text() != text}
    assert changed == {f"{chart.DASHBOARDS}/application.json"}


def test_every_setting_is_in_the_template():
    """A value that no rule uses would be a promise that is not kept."""
    text = chart.template(SETTINGS)
    assert not [key for key in SETTINGS.thresholds if f"$rules.thresholds.{key} " not in text]
    assert not [key for key in SETTINGS.windows if f"$rules.windows.{key} " not in text]
    assert not [key for key in SETTINGS.alerts if f"$rules.alerts.{key} " not in text]
