"""What every dashboard keeps to: Grafana's shape, panels that explain themselves, links and variables."""

from __future__ import annotations

import collections
import itertools
import re
import sys

import promql_parser
import pytest

if sys.version_info < (3, 11):
    pytest.skip("grafana-foundation-sdk needs Python 3.11", allow_module_level=True)

from grafana_foundation_sdk.models import dashboard as models

from dashboards import build, config, counters
from dashboards.promql import BUILT_IN, stand_in
from dashboards.queries_of import STAND_INS, panels_of, queries_of, variables_of

BUILT = build.built(config.load())
KINDS = {"stat", "timeseries", "table", "bargauge", "heatmap", "state-timeline"}
UNITS = {
    "short", "none", "percentunit", "s", "bytes", "Bps", "ops", "rowsps", "reqps",
}  # fmt: skip

every_dashboard = pytest.mark.parametrize("dashboard", BUILT.values(), ids=BUILT)


def leaves(dashboard):
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def names(dashboard):
    return [variable["name"] for variable in dashboard["templating"]["list"]]


def parsed(dashboard):
    """Yield each query of the panels, with values in the place of variables, and its panel's title."""
    values = {name: STAND_INS.get(name, ".*") for name in names(dashboard)}
    for query in queries_of(dashboard):
        if query.kind == "panel":
            title = query.place.removeprefix("panel ")
            yield title, promql_parser.parse(stand_in(query.expr, query.place, values))


def test_uids_and_titles_are_unique_and_stay():
    """Links and bookmarks hold the uid."""
    uids = {dashboard["uid"]: dashboard["title"] for dashboard in BUILT.values()}
    assert uids == {
        "spark-exporter-fleet": "Spark fleet",
        "spark-exporter-application": "Spark application",
        "spark-exporter-streaming": "Spark streaming",
        "spark-exporter-custom": "Spark custom metrics",
        "spark-exporter-exporter": "Spark exporter",
    }


@every_dashboard
def test_the_shape_is_grafanas(dashboard):
    """It has what Grafana's own model has, and its parser takes it."""
    assert dashboard["schemaVersion"] == 41
    assert dashboard["editable"] is False
    assert dashboard["timezone"] == "browser"
    assert dashboard["time"] == {"from": "now-1h", "to": "now"}
    assert {"spark", "spark-exporter"} <= set(dashboard["tags"])
    assert {panel["type"] for panel in leaves(dashboard)} <= KINDS
    again = models.Dashboard.from_json(dashboard)
    assert len(again.panels) == len(dashboard["panels"])
    assert "id" not in dashboard


@every_dashboard
def test_ids_of_panels_are_unique(dashboard):
    """Grafana addresses panels by their id."""
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids)


@every_dashboard
def test_panels_fill_the_grid_without_overlap(dashboard):
    """Every cell from the top to the bottom belongs to exactly one panel."""
    cells = collections.Counter()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        across = range(place["x"], place["x"] + place["w"])
        cells.update(itertools.product(across, range(place["y"], place["y"] + place["h"])))
    height = max(y for _, y in cells) + 1
    assert set(cells) == set(itertools.product(range(24), range(height)))
    assert set(cells.values()) == {1}


@every_dashboard
def test_rows_come_first_and_have_panels(dashboard):
    """A dashboard begins with a heading, and no heading is empty."""
    kinds = ["row" if panel["type"] == "row" else "panel" for panel in dashboard["panels"]]
    assert (kinds[0], kinds[-1]) == ("row", "panel")
    assert ("row", "row") not in itertools.pairwise(kinds)


@every_dashboard
def test_panels_explain_themselves(dashboard):
    """Each has a title of its own, a description of several sentences, and a unit."""
    titles = [panel["title"] for panel in leaves(dashboard)]
    assert len(set(titles)) == len(titles)
    for panel in leaves(dashboard):
        description = panel["description"]
        assert len(re.findall(r"[.:;?](?:\s|$)", description)) >= 2, panel["title"]
        assert description.endswith("."), panel["title"]
        assert 60 < len(description) < 450, panel["title"]
        defaults = panel["fieldConfig"]["defaults"]
        assert defaults["unit"] in UNITS, panel["title"]
        assert defaults["thresholds"]["steps"][0]["value"] is None, panel["title"]


@every_dashboard
def test_no_panel_repeats_another(dashboard):
    """Two panels never ask all of the same questions."""
    asked = collections.defaultdict(list)
    for panel in leaves(dashboard):
        asked[tuple(sorted(target["expr"] for target in panel["targets"]))].append(panel["title"])
    assert [titles for titles in asked.values() if len(titles) > 1] == []


@every_dashboard
def test_everything_asks_the_chosen_prometheus(dashboard):
    """Panels, their queries, variables and annotations use the variable of the data source."""
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    asking = [one for panel in leaves(dashboard) for one in (panel, *panel["targets"])]
    asking += [one for one in dashboard["templating"]["list"] if one["type"] == "query"]
    asking += [one for one in dashboard["annotations"]["list"] if "expr" in one]
    assert [one for one in asking if one["datasource"] != chosen] == []


@every_dashboard
def test_targets_have_letters_and_legends(dashboard):
    """Each query of a panel has a letter of its own, and its series have names."""
    for panel in leaves(dashboard):
        letters = [target["refId"] for target in panel["targets"]]
        assert letters == sorted(set(letters)), panel["title"]
        assert letters, panel["title"]
        assert all(target["legendFormat"] for target in panel["targets"]), panel["title"]


def test_each_panel_that_may_read_counters_does():
    """The list of panels that read counters as they are names none that does not need it."""
    bare = {
        title
        for dashboard in BUILT.values()
        for title, node in parsed(dashboard)
        if next(counters.bare(node), None) or "__name__" in str(node)
    }
    assert bare == {*counters.SO_FAR}


@every_dashboard
def test_variables_are_refreshed_with_the_time_range(dashboard):
    """An application of last week is found when last week is looked at."""
    variables = dashboard["templating"]["list"]
    assert (variables[0]["name"], variables[0]["label"]) == ("datasource", "Data source")
    assert variables[0]["query"] == "prometheus"
    assert [one["name"] for one in variables[1:] if one.get("refresh") != 2] == []
    assert all(one["label"] for one in variables)


@every_dashboard
def test_variables_are_used_and_defined_in_order(dashboard):
    """A variable depends on those before it only, and each one that is shown changes something."""
    before = set(BUILT_IN)
    for variable in dashboard["templating"]["list"]:
        assert used_in(str(variable["query"])) <= before, variable["name"]
        before.add(variable["name"])
    texts = [query.expr for query in queries_of(dashboard)]
    used = set().union(*map(used_in, texts), {"datasource"})
    shown = {one["name"] for one in dashboard["templating"]["list"] if one.get("hide", 0) == 0}
    assert shown - used == set()


def used_in(text):
    return {first or second for first, second in re.findall(r"\$(?:(\w+)|\{(\w+)(?::\w+)?\})", text)}


@pytest.mark.parametrize("name", ["application", "streaming", "custom"])
def test_the_newest_run_comes_first(name):
    """A dashboard of one application opens with the one that started last."""
    (variable,) = (
        one for one in BUILT[f"generated/{name}.json"]["templating"]["list"] if one["name"] == "app_id"
    )
    assert variable["query"].startswith(
        "query_result(sort_desc(last_over_time(spark_app_start_timestamp_seconds{"
    )
    assert (variable["sort"], variable["multi"], variable["includeAll"]) == (0, False, False)
    line = 'spark_app_start_timestamp_seconds{app_id="app-1", app_name="etl"} 1.7e+09 1700000000000'
    assert re.search(variable["regex"].strip("/"), line)[1] == "app-1"


def test_the_dashboards_are_linked():
    """Each one leads to all others and keeps variables and time."""
    uids = {dashboard["uid"] for dashboard in BUILT.values()}
    for dashboard in BUILT.values():
        links = dashboard["links"]
        assert {link["url"] for link in links} == {f"/d/{uid}" for uid in uids - {dashboard["uid"]}}
        assert all(link["includeVars"] and link["keepTime"] for link in links)
        assert all(link["type"] == "link" for link in links)


def test_a_click_on_a_run_opens_the_application():
    """The fleet's table leads to the application in the same row, with the time range."""
    (table,) = (one for one in leaves(BUILT["generated/fleet.json"]) if one["title"] == "Applications")
    links = [
        link
        for override in table["fieldConfig"]["overrides"]
        for one in override["properties"]
        if one["id"] == "links"
        for link in one["value"]
    ]
    (url,) = (link["url"] for link in links)
    assert url.startswith("/d/spark-exporter-application?")
    assert "var-app_id=${__data.fields.Run:percentencode}" in url
    assert "${__url_time_range}" in url


@every_dashboard
def test_tables_show_each_column_once(dashboard):
    """Every query of a table has a column with its title, and every override belongs to one."""
    for panel in leaves(dashboard):
        if panel["type"] != "table":
            continue
        organize = next(one for one in panel["transformations"] if one["id"] == "organize")
        titles = list(organize["options"]["renameByName"].values())
        assert len(set(titles)) == len(titles)
        overridden = {one["matcher"]["options"] for one in panel["fieldConfig"]["overrides"]}
        assert overridden <= set(titles), panel["title"]
        assert {one["displayName"] for one in panel["options"]["sortBy"]} <= set(titles), panel["title"]
        # An info metric only brings the labels of the keys.
        asked = [one for one in panel["targets"] if "(spark_exporter_target_info{" not in one["expr"]]
        alone = len(panel["targets"]) == 1
        values = {"Value"} if alone else {f"Value #{target['refId']}" for target in asked}
        shown = {name for name in organize["options"]["renameByName"] if name.startswith("Value")}
        assert values == shown, panel["title"]


@pytest.mark.parametrize("name", ["fleet", "exporter"])
def test_numbers_about_now_are_asked_now(name):
    """The last value in the time range would stay as it was for as long as a daemon is dead."""
    stats = [panel for panel in leaves(BUILT[f"generated/{name}.json"]) if panel["type"] == "stat"]
    assert len(stats) > 5
    assert [one["title"] for one in stats if not all(target["instant"] for target in one["targets"])] == []


def test_the_application_marks_lost_executors_and_failed_stages():
    """Both are on all of its graphs, lost executors at the time that Spark gives."""
    marks = BUILT["generated/application.json"]["annotations"]["list"]
    found = {mark["name"]: mark["useValueForTime"] for mark in marks if "expr" in mark}
    assert found == {"Lost executors": True, "Failed stages": False}


def test_custom_metrics_are_found_by_their_kind():
    """The names of the three variables are cut from those of series: counters, gauges, histograms."""
    series = {
        "spark_custom_rows_total": ("counter", "rows_total"),
        "spark_custom_queue": ("gauge", "queue"),
        "spark_custom_latency_seconds_bucket": ("histogram", "latency_seconds"),
    }
    variables = {one["name"]: one for one in BUILT["generated/custom.json"]["templating"]["list"]}
    for name, (kind, cut) in series.items():
        for other in ("counter", "gauge", "histogram"):
            patterns = re.findall(r'__name__(=~|!~)"([^"]*)"', variables[other]["query"])
            matches = all((re.fullmatch(p, name) is not None) == (op == "=~") for op, p in patterns)
            assert matches == (other == kind), (name, other)
        assert re.search(variables[kind]["regex"].strip("/"), name)[1] == cut


def test_labels_of_the_application_are_no_choice_to_split_by():
    """Only the labels of the metric itself are offered."""
    variable = next(
        one for one in BUILT["generated/custom.json"]["templating"]["list"] if one["name"] == "split"
    )
    offered = [
        one for one in ("app_id", "le", "topic", "__name__") if re.search(variable["regex"].strip("/"), one)
    ]
    assert offered == ["topic"]


def test_every_query_of_a_variable_is_listed():
    """The list of queries has variables, panels and annotations."""
    for dashboard in BUILT.values():
        listed = collections.Counter(query.kind for query in queries_of(dashboard))
        assert listed["variable"] == len(variables_of(dashboard))
        assert listed["panel"] == sum(len(panel["targets"]) for panel in panels_of(dashboard))
