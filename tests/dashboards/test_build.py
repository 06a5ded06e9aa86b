"""The files of the dashboards: always alike, fresh, by the user's settings, and never with a wrong query."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from pathlib import Path

import pytest

if sys.version_info < (3, 11):
    pytest.skip("grafana-foundation-sdk needs Python 3.11", allow_module_level=True)

from dashboards import __main__ as command
from dashboards import build, config, grid, panels, promql
from dashboards.limits import never
from dashboards.queries_of import panels_of
from dashboards.rules.build import vocabulary

FOLDER = Path(command.__file__).parent
SETTINGS = config.load()
FLEET = "generated/fleet.json"


@pytest.fixture(scope="module")
def dashboards():
    return build.built(SETTINGS)


@pytest.fixture
def output(tmp_path):
    assert command.main(["--output", str(tmp_path)]) == 0
    return tmp_path


def test_the_committed_files_are_fresh(capsys):
    """What the sources make is what is committed, and nothing else is."""
    code = command.main(["--check"])
    assert (code, capsys.readouterr().err) == (0, "")
    assert {f"generated/{path.name}" for path in (FOLDER / "generated").glob("*.json")} == set(
        build.documents(SETTINGS)
    )


def test_another_process_makes_the_same_files(output, tmp_path_factory):
    """Nothing depends on the order of sets or on the time."""
    again = tmp_path_factory.mktemp("again")
    arguments = [sys.executable, "-m", "dashboards", "--output", str(again)]
    environment = {**os.environ, "PYTHONHASHSEED": "4711", "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run(arguments, check=True, env=environment, cwd=again, stdout=subprocess.DEVNULL)

    def texts(folder):
        return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.*")}

    assert texts(again) == texts(output)
    assert FLEET in texts(again)


def test_stale_files_are_named(output, capsys):
    """A file that was changed and one that is missing are each named, with the remedy."""
    (output / FLEET).write_text("{}")
    (output / "generated/custom.json").unlink()
    capsys.readouterr()
    assert command.main(["--check", "--output", str(output)]) == 1
    assert capsys.readouterr().err.splitlines() == [
        f"{output / FLEET} is stale: run `python -m dashboards`",
        f"{output / 'generated/custom.json'} is missing: run `python -m dashboards`",
    ]


def test_fresh_files_pass(output, capsys):
    """What was just written is not stale, and --check writes nothing."""
    before = (output / FLEET).stat().st_mtime_ns
    capsys.readouterr()
    assert command.main(["--check", "--output", str(output)]) == 0
    assert (capsys.readouterr().err, (output / FLEET).stat().st_mtime_ns) == ("", before)


def test_a_copy_of_the_settings_changes_thresholds_and_uids(tmp_path, dashboards):
    """A user's copy decides about thresholds, uids, links, tags and refresh."""
    text = config.DEFAULT.read_text()
    text = text.replace("gc_share_ratio: 0.2", "gc_share_ratio: 0.37").replace("refresh: 30s", "refresh: 5m")
    (tmp_path / "mine.yaml").write_text(text.replace("uid_prefix: spark-exporter", "uid_prefix: mine"))
    mine = build.built(config.load(tmp_path / "mine.yaml"))[FLEET]
    assert (mine["uid"], mine["refresh"]) == ("mine-fleet", "5m")
    assert {link["url"].split("-")[0] for link in mine["links"]} == {"/d/mine"}

    def steps(dashboard):
        (panel,) = (
            one for one in panels_of(dashboard) if one["title"] == "Garbage collection by application"
        )
        return [step["value"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]]

    assert (steps(mine), steps(dashboards[FLEET])) == ([None, 0.37], [None, 0.2])


def test_wrong_settings_end_with_a_sentence(tmp_path, capsys):
    """The command says what is wrong with the settings, and writes nothing."""
    mine = tmp_path / "mine.yaml"
    mine.write_text(config.DEFAULT.read_text().replace("refresh:", "refrehs:"))
    assert command.main(["--config", str(mine), "--output", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert error.strip().splitlines()[0].startswith(f"{mine}: dashboards.refrehs is no key")
    assert not (tmp_path / "out").exists()


def test_an_output_that_is_no_folder_ends_with_a_sentence(tmp_path, capsys):
    """The command names what it cannot write."""
    place = tmp_path / "file"
    place.touch()
    assert command.main(["--output", str(place)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"--output {place}: {place}/")
    assert "cannot be written: Not a directory" in error


@pytest.mark.parametrize(
    ("expr", "problem"),
    [
        ("spark_app_upp", "spark_app_upp is neither in the catalogue nor a recording rule; did you mean"),
        ('spark_app_up{executor_id="1"}', "there is no label executor_id on"),
        ('spark_app_up{app_name=~"$app_nmae"}', "$app_nmae is no variable of the dashboard"),
        ("spark_app_up{", "spark_app_up{ is no PromQL"),
    ],
)
def test_a_wrong_query_names_the_file_and_the_panel(dashboards, expr, problem):
    """An unknown metric, label or variable, and what is no PromQL, say where they are."""
    dashboard = copy.deepcopy(dashboards[FLEET])
    panel = next(panel for panel in panels_of(dashboard) if panel["title"] == "Running")
    panel["targets"][0]["expr"] = expr
    with pytest.raises(promql.PromqlError) as raised:
        build.check(dashboard, vocabulary(), FLEET)
    assert str(raised.value).startswith(f"{FLEET}, panel Running: {problem}")


def test_a_legend_with_a_label_that_is_gone_is_an_error(dashboards):
    """A legend can only show labels that the query keeps."""
    dashboard = copy.deepcopy(dashboards[FLEET])
    panel = next(panel for panel in panels_of(dashboard) if panel["title"] == "Applications by state")
    panel["targets"][0]["legendFormat"] = "{{app_id}}"
    with pytest.raises(promql.PromqlError, match="the legend shows app_id, which the query does not keep"):
        build.check(dashboard, vocabulary(), FLEET)


def test_a_wrong_variable_is_an_error(dashboards):
    """The query of a variable is checked like that of a panel."""
    dashboard = copy.deepcopy(dashboards[FLEET])
    variable = next(one for one in dashboard["templating"]["list"] if one["name"] == "app_name")
    variable["query"] = "label_values(spark_app_infos, app_name)"
    with pytest.raises(promql.PromqlError, match=f"{FLEET}, variable app_name: spark_app_infos is neither"):
        build.check(dashboard, vocabulary(), FLEET)


def test_a_wrong_annotation_is_an_error(dashboards):
    """The query of an annotation is checked, and the labels that its text shows."""
    path = "generated/application.json"
    dashboard = copy.deepcopy(dashboards[path])
    mark = next(one for one in dashboard["annotations"]["list"] if one["name"] == "Lost executors")
    mark["textFormat"] = "{{host}}"
    with pytest.raises(promql.PromqlError, match=f"{path}, annotation Lost executors: the legend shows host"):
        build.check(dashboard, vocabulary(), path)


def stat(title, width, height=4):
    return panels.Stat(
        title=title,
        description="",
        unit="short",
        width=width,
        height=height,
        queries=(panels.Query("1", "one"),),
        limits=never(),
    )


@pytest.mark.parametrize(
    ("made", "sizes"),
    [
        ((stat("A", 12), stat("B", 8)), "A 12x4, B 8x4"),
        ((stat("A", 12), stat("B", 16)), "A 12x4, B 16x4"),
        ((stat("A", 12), stat("B", 12, 8)), "A 12x4, B 12x8"),
    ],
)
def test_a_line_that_is_not_full_is_an_error(made, sizes):
    """Panels that leave a hole, stick out or differ in height are named with their row."""
    with pytest.raises(grid.LayoutError) as raised:
        grid.placed([grid.Row("Numbers", made)])
    assert str(raised.value) == f"row Numbers: a line must be 24 wide and of one height, and is: {sizes}"
