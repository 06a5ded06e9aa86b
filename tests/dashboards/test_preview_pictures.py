"""Pictures of dashboards: what is drawn, what is said of what is missing, and what is an error."""

from __future__ import annotations

import importlib.util
import itertools
import json
import struct

import pytest

from prometheus_stand_in import prometheus
from requirements import missing

if importlib.util.find_spec("matplotlib") is None:
    missing("matplotlib", "install it with: pip install '.[dashboards]'")

from dashboards.preview import __main__ as command
from dashboards.preview.canvas import Box, Page
from dashboards.preview.prometheus import Prometheus
from dashboards.preview.timeaxis import dress

START, END = 1_700_000_000, 1_700_000_300
COURSE = [(START + 10 * at, float(at % 7)) for at in range(31)]
LEGEND = {"showLegend": True, "displayMode": "list", "placement": "bottom", "calcs": []}
OPTIONS = {
    "timeseries": {"legend": LEGEND},
    "stat": {"colorMode": "value", "graphMode": "area"},
    "bargauge": {},
    "table": {},
    "state-timeline": {"rowHeight": 0.9, "perPage": 20, "legend": LEGEND},
    "heatmap": {
        "filterValues": {"le": 1e-9},
        "yAxis": {"unit": "s"},
        "color": {"exponent": 0.5, "scheme": "Oranges"},
    },
}
ORGANIZED = [
    {"id": "merge", "options": {}},
    {"id": "filterFieldsByName", "options": {"include": {"names": ["a", "Value"]}}},
    {"id": "organize", "options": {"indexByName": {"a": 0, "Value": 1}, "renameByName": {"a": "Name"}}},
]


def panel(kind="timeseries", title="Tasks", expr="up", **more):
    return {
        "type": kind,
        "title": title,
        "gridPos": {"x": 0, "y": 1, "w": 24, "h": 8},
        "options": OPTIONS.get(kind, {}),
        "transformations": ORGANIZED if kind == "table" else [],
        "fieldConfig": {
            "defaults": {
                "unit": "short",
                "min": 0,
                "thresholds": {"mode": "absolute", "steps": [{"color": "green", "value": None}]},
                "custom": {},
            },
            "overrides": [],
        },
        "targets": [
            {
                "refId": "A",
                "expr": expr,
                "legendFormat": "{{a}}",
                "instant": kind in {"table", "bargauge"},
            }
        ],
        **more,
    }


def dashboard(*panels, annotations=(), variables=()):
    row = {"type": "row", "title": "R", "gridPos": {"x": 0, "y": 0, "w": 24, "h": 1}, "panels": []}
    return {
        "title": "T",
        "uid": "t",
        "panels": [row, *panels],
        "templating": {"list": list(variables)},
        "annotations": {"list": list(annotations)},
    }


@pytest.fixture
def draw(tmp_path):
    """Draw a dashboard from canned answers; return the exit code and what was asked."""

    def drawn(shown, answers, *more):
        (tmp_path / "t.json").write_text(json.dumps(shown), "utf-8")
        with prometheus(answers) as (url, asked):
            code = command.main(
                [
                    f"--prometheus={url}",
                    f"--start={START}",
                    f"--end={END}",
                    f"--dashboards={tmp_path}",
                    f"--output={tmp_path / 'out'}",
                    *more,
                ]
            )
        return code, asked

    return drawn


def size(path):
    return struct.unpack(">II", path.read_bytes()[16:24])


@pytest.mark.parametrize("kind", ["timeseries", "stat", "bargauge", "table", "state-timeline", "heatmap"])
def test_each_kind_of_panel_shows_its_data(kind, draw, tmp_path):
    """The picture with data is another one than that without."""
    found = [({"a": "one", "le": "1"}, COURSE), ({"a": "two", "le": "+Inf"}, COURSE)]
    pictures = []
    for answers in ({"up": found}, {}):
        assert draw(dashboard(panel(kind)), answers)[0] == 0
        pictures.append((tmp_path / "out" / "t.png").read_bytes())
    assert pictures[0] != pictures[1]


@pytest.mark.parametrize("span", [20, 180, 3600, 86_400, 30 * 86_400])
@pytest.mark.parametrize("width", [90, 200, 340, 900])
def test_times_do_not_overlap(span, width):
    """However narrow a panel is, and however long the time range."""
    axes = Page(1000, 300).axes(Box(50, 20, width, 200))
    dress(axes, Prometheus("http://127.0.0.1:1", START + 7, START + 7 + span, 100), None)
    axes.figure.canvas.draw()
    boxes = [one.get_window_extent() for one in axes.get_xticklabels()]
    assert all(one.x1 + 3 < other.x0 for one, other in itertools.pairwise(boxes))
    assert len(boxes) <= 8
    assert boxes or width < 200


def test_a_panel_without_data_is_named(draw, capsys):
    """It is no error: there may be nothing to see."""
    assert draw(dashboard(panel(title="Nothing here")), {})[0] == 0
    assert capsys.readouterr().out.rstrip().endswith("without data: Nothing here")


def test_the_page_is_as_high_as_the_lowest_panel_says(draw, tmp_path):
    """A panel further down makes the page longer; its width stays."""
    sizes = []
    for y in (1, 9):
        place = {"x": 0, "y": y, "w": 24, "h": 8}
        draw(dashboard(panel(gridPos=place)), {})
        sizes.append(size(tmp_path / "out" / "t.png"))
    assert sizes[0][0] == sizes[1][0]
    assert sizes[1][1] - sizes[0][1] == 8 * 30


def test_a_query_that_fails_is_said_and_makes_the_exit_code_1(draw, capsys, tmp_path):
    """The other panels are drawn nevertheless."""
    broken = panel(title="Broken", expr="up(")
    assert draw(dashboard(broken), {"up(": "parse error: unclosed"})[0] == 1
    assert capsys.readouterr().err == "t: Broken: parse error: unclosed\n"
    assert (tmp_path / "out" / "t.png").is_file()


def test_a_kind_of_panel_that_cannot_be_drawn_is_an_error(draw, capsys):
    """It is never left out in silence."""
    assert draw(dashboard(panel("piechart", title="Cake")), {"up": [({}, COURSE)]})[0] == 1
    assert capsys.readouterr().err == "t: T: panel Cake: panels of type piechart cannot be drawn\n"


def test_a_transformation_that_is_unknown_is_an_error(draw, capsys):
    """Its panel is named."""
    table = panel("table", title="Rows", transformations=[{"id": "pivot", "options": {}}])
    assert draw(dashboard(table), {"up": [({"a": "one"}, COURSE)]})[0] == 1
    assert "panel Rows: transformations pivot cannot be drawn" in capsys.readouterr().err


def test_a_unit_that_is_unknown_is_an_error(draw, capsys):
    """Its panel is named."""
    strange = panel("stat", title="Way")
    strange["fieldConfig"]["defaults"]["unit"] = "furlongs"
    assert draw(dashboard(strange), {"up": [({"a": "one"}, COURSE)]})[0] == 1
    assert "panel Way: furlongs is no unit that the dashboards use" in capsys.readouterr().err


@pytest.mark.parametrize("times", [True, False])
def test_annotations_are_drawn_on_panels_with_a_time_axis(times, draw, tmp_path):
    """Their time is the value, in milliseconds, or that of the sample."""
    mark = {"name": "M", "expr": "lost", "enable": True, "iconColor": "red", "useValueForTime": times}
    events = {True: [(END, 1000.0 * (START + 100))], False: [(START + 100, 1.0)]}[times]
    pictures = []
    for lost in ([({}, events)], []):
        assert draw(dashboard(panel(), annotations=[mark]), {"up": [({}, COURSE)], "lost": lost})[0] == 0
        pictures.append((tmp_path / "out" / "t.png").read_bytes())
    assert pictures[0] != pictures[1]


def test_a_server_that_does_not_answer_is_named(draw, capsys):
    """It ends with a sentence."""
    assert draw(dashboard(panel()), {}, "--prometheus=http://127.0.0.1:1")[0] == 1
    assert "http://127.0.0.1:1 does not answer as a Prometheus does" in capsys.readouterr().err


def test_an_unknown_dashboard_is_refused(draw, capsys):
    """The others are listed."""
    assert draw(dashboard(), {}, "--dashboard=x")[0] == 2
    assert capsys.readouterr().err == "there is no dashboard x; there are t\n"


def test_a_range_that_ends_before_it_starts_is_refused(draw, capsys):
    """Both ends are named."""
    assert draw(dashboard(), {}, "--end=5")[0] == 2
    assert capsys.readouterr().err == f"--start {START:g} is not before --end 5\n"


def test_a_variable_without_value_is_refused(draw, capsys):
    """The expected form is shown."""
    with pytest.raises(SystemExit, match="2"):
        draw(dashboard(), {}, "--variable=executor")
    assert "'executor' is not NAME=VALUE, such as executor=1" in capsys.readouterr().err


def test_a_logarithmic_axis_is_drawn(draw, tmp_path):
    """The picture is another one than that of a linear axis; what cannot be drawn is named."""
    pictures = []
    for scale in ({"type": "linear"}, {"type": "symlog", "log": 10, "linearThreshold": 1}):
        shown = panel()
        shown["fieldConfig"]["defaults"]["custom"] = {"scaleDistribution": scale}
        assert draw(dashboard(shown), {"up": [({"a": "one"}, COURSE)]})[0] == 0
        pictures.append((tmp_path / "out" / "t.png").read_bytes())
    assert pictures[0] != pictures[1]


def test_a_series_can_be_drawn_as_a_dashed_line(draw, tmp_path):
    """As the limit beside others is; an override by its name says so."""
    unbroken = [(time, 1.0) for time in range(START, END)]
    pictures = []
    for fill in ("solid", "dash"):
        shown = panel()
        style = {"id": "custom.lineStyle", "value": {"fill": fill, "dash": [10, 10]}}
        shown["fieldConfig"]["overrides"] = [
            {"matcher": {"id": "byName", "options": "one"}, "properties": [style]}
        ]
        assert draw(dashboard(shown), {"up": [({"a": "one"}, unbroken)]})[0] == 0
        pictures.append((tmp_path / "out" / "t.png").read_bytes())
    assert pictures[0] != pictures[1]


def test_texts_of_a_table_have_their_colours(draw, tmp_path):
    """Those of labels, by their value; another value has none."""
    pictures = []
    for value in ("one", "two"):
        shown = panel("table")
        look = {"type": "value", "options": {value: {"text": value, "color": "red"}}}
        shown["fieldConfig"]["overrides"] = [
            {
                "matcher": {"id": "byName", "options": "Name"},
                "properties": [{"id": "mappings", "value": [look]}],
            }
        ]
        assert draw(dashboard(shown), {"up": [({"a": "one"}, COURSE)]})[0] == 0
        pictures.append((tmp_path / "out" / "t.png").read_bytes())
    assert pictures[0] != pictures[1]


def test_a_scale_that_is_unknown_is_an_error(draw, capsys):
    """Its panel is named."""
    strange = panel(title="Way")
    strange["fieldConfig"]["defaults"]["custom"] = {"scaleDistribution": {"type": "ordinal"}}
    assert draw(dashboard(strange), {"up": [({"a": "one"}, COURSE)]})[0] == 1
    assert "panel Way: scales of type ordinal cannot be drawn" in capsys.readouterr().err
