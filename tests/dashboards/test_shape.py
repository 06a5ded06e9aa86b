"""A panel that cannot show what it is to show is an error that names the file and the panel."""

from __future__ import annotations

import copy
import sys

import pytest

if sys.version_info < (3, 11):
    pytest.skip("grafana-foundation-sdk needs Python 3.11", allow_module_level=True)

from dashboards import build, config, promql
from dashboards.queries_of import panels_of
from dashboards.rules.build import vocabulary

PATH = "generated/application.json"
GRAPH, TABLE = "Tasks running and waiting", "Running jobs"


@pytest.fixture(scope="module")
def boards():
    return build.built(config.load())


@pytest.fixture
def dashboard(boards):
    return copy.deepcopy(boards[PATH])


def panel(dashboard, title):
    (found,) = (one for one in panels_of(dashboard) if one["title"] == title)
    return found


def problem(dashboard, path=PATH):
    with pytest.raises(promql.PromqlError) as caught:
        build.check(dashboard, vocabulary(), path)
    text = str(caught.value)
    assert text.startswith(f"{path}")
    return text.removeprefix(f"{path}")


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (("title",), "Of $countr"),
        (("description",), "Of ${countr}. Look."),
        (("description",), "Of [[countr]]. Look."),
        (("interval",), "$countr"),
        (("targets", 0, "legendFormat"), "$countr"),
        (("fieldConfig", "defaults", "displayName"), "${countr:csv}"),
    ],
)
def test_a_variable_that_does_not_exist_is_found_in_each_text_of_a_panel(dashboard, place, text):
    """Grafana shows the name of such a variable as it is, and says nothing."""
    wrong = panel(dashboard, GRAPH)
    *above, last = place
    part = wrong
    for key in above:
        part = part[key]
    part[last] = text
    assert problem(dashboard) == f", panel {wrong['title']}: $countr is no variable of the dashboard"


def test_a_variable_that_does_not_exist_is_found_elsewhere(dashboard):
    """The links at the top, headings, annotations and variables have texts, too."""
    wrong = copy.deepcopy(dashboard)
    wrong["links"][0]["url"] = "/d/x?var-a=${foo}"
    assert problem(wrong) == ": $foo is no variable of the dashboard"
    wrong = copy.deepcopy(dashboard)
    next(one for one in wrong["panels"] if one["type"] == "row")["title"] = "Of $foo"
    assert problem(wrong) == ", row Of $foo: $foo is no variable of the dashboard"
    wrong = copy.deepcopy(dashboard)
    wrong["annotations"]["list"][-1]["tagKeys"] = "$foo"
    assert "$foo is no variable" in problem(wrong)
    wrong = copy.deepcopy(dashboard)
    wrong["templating"]["list"][-1]["regex"] = "/$foo/"
    name = wrong["templating"]["list"][-1]["name"]
    assert problem(wrong) == f", variable {name}: $foo is no variable of the dashboard"


def test_what_is_near_is_offered(dashboard):
    """A slip of the hand is seen at once."""
    panel(dashboard, GRAPH)["title"] = "Of $app_idd"
    assert problem(dashboard).endswith("$app_idd is no variable of the dashboard; did you mean app_id?")


def test_a_link_to_a_column_that_does_not_exist_is_an_error(boards):
    """A click would lead to nothing."""
    path = "generated/fleet.json"
    wrong = copy.deepcopy(boards[path])
    link = next(
        one
        for override in panel(wrong, "Applications")["fieldConfig"]["overrides"]
        for one in override["properties"]
        if one["id"] == "links"
    )["value"][0]
    link["url"] = link["url"].replace("__data.fields.Run", "__data.fields.Runs")
    expected = "${__data.fields.Runs:percentencode} is of no column; did you mean Run?"
    assert problem(wrong, path) == f", panel Applications: {expected}"


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("sum(rate(spark_app_tasks_total[5m]))", "rate is over a window of its own"),
        ("sum(irate(spark_app_tasks_total[$__interval]))", "irate is over a window of its own"),
        ("increase(spark_app_tasks_total[$__range:])", "increase is over a window of its own"),
        ("sum(spark_app_tasks_total)", "spark_app_tasks_total is a counter, which by itself tells"),
        ("max_over_time(spark_app_up[5m]) * spark_app_jobs_total", "is a counter, which by itself"),
    ],
)
def test_a_counter_needs_a_rate_that_follows_the_scrape_interval(dashboard, expr, expected):
    """A fixed window is empty or blurred with another scrape interval; a counter tells of its start."""
    target = panel(dashboard, GRAPH)["targets"][0]
    target["expr"], target["legendFormat"] = expr.replace("* spark", "* ignoring (result) spark"), "x"
    assert problem(dashboard).startswith(f", panel {GRAPH}: ")
    assert expected in problem(dashboard)


def test_a_data_source_of_its_own_is_an_error(dashboard):
    """A panel that does not follow the choice at the top shows another Prometheus, or none."""
    panel(dashboard, GRAPH)["targets"][0]["datasource"] = {"type": "prometheus", "uid": "abc"}
    assert problem(dashboard).startswith(f", panel {GRAPH}: its data source is {{'type': 'prometheus'")


def test_a_column_for_a_label_that_is_gone_is_an_error(dashboard):
    """It would always be empty."""
    organize = next(one for one in panel(dashboard, TABLE)["transformations"] if one["id"] == "organize")
    organize["options"]["renameByName"]["nam"] = "X"
    expected = "the column nam is of a label that no query keeps; did you mean name?"
    assert problem(dashboard) == f", panel {TABLE}: {expected}"


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("max by (app_id) (spark_job_tasks)", "has app_id, which no column shows: its rows repeat"),
        ("sum(spark_app_up)", "rows do not meet: "),
        ("max by (name) (spark_job_info)", "rows do not meet: the queries have no label in common"),
    ],
)
def test_a_query_of_a_table_has_the_labels_of_its_rows(dashboard, expr, expected):
    """Else its values stand in rows of their own, or in several rows."""
    panel(dashboard, TABLE)["targets"][1]["expr"] = expr
    assert problem(dashboard).startswith(f", panel {TABLE}: ")
    assert expected in problem(dashboard)


def test_a_query_of_a_table_that_lacks_a_label_is_named(boards):
    """Its values would stand beside several rows, or none."""
    path = "generated/fleet.json"
    wrong = copy.deepcopy(boards[path])
    panel(wrong, "Applications")["targets"][3]["expr"] = "max by (app_id) (spark_app_up)"
    expected = "rows do not meet: query D lacks app_name, namespace"
    assert problem(wrong, path) == f", panel Applications: {expected}"


@pytest.mark.parametrize(
    ("title", "name", "expected"),
    [
        (GRAPH, "runing", "there is no series runing; the legends are running, waiting, slots"),
        ("Tasks that ended", "completed", "there is no series completed; the legends are {{status}}"),
        (TABLE, "Jobs", "there is no column Jobs; did you mean Job?"),
    ],
)
def test_a_colour_for_a_series_that_does_not_exist_is_an_error(dashboard, title, name, expected):
    """Nobody would miss it: the series has another colour, or the column none."""
    overrides = panel(dashboard, title)["fieldConfig"]["overrides"]
    overrides.append({"matcher": {"id": "byName", "options": name}, "properties": []})
    assert problem(dashboard) == f", panel {title}: {expected}"


@pytest.mark.parametrize("name", ["succeeded", "killed"])
def test_a_colour_for_a_value_that_a_label_may_have_is_right(dashboard, name):
    """The catalogue knows the values of the label that the legend shows."""
    overrides = panel(dashboard, "Tasks that ended")["fieldConfig"]["overrides"]
    overrides.append({"matcher": {"id": "byName", "options": name}, "properties": []})
    build.check(dashboard, vocabulary(), PATH)


def test_what_is_well_is_no_error(boards):
    """All dashboards pass as they are."""
    for path, made in boards.items():
        build.check(made, vocabulary(), path)
