"""Each panel says which of its values are bad, or why none is; nothing that it says comes from the code."""

from __future__ import annotations

import re
import sys
from dataclasses import replace

import pytest

if sys.version_info < (3, 11):
    pytest.skip("grafana-foundation-sdk needs Python 3.11", allow_module_level=True)

from dashboards import __main__ as command
from dashboards import build, config, grid
from dashboards.defaults import Dashboard
from dashboards.judgement import Line, NoBadValue, ThresholdError
from dashboards.limits import (
    BAD,
    GOOD,
    WARNING,
    Limits,
    Look,
    above,
    below,
    never,
    seldom,
    some,
    states,
    whole,
)
from dashboards.panels import HeatMap, Query, Ranking, Series, Stat, Timeline
from dashboards.queries_of import panels_of
from dashboards.table import Column, Key, Table
from dashboards.units import shown, trimmed

SETTINGS = config.load()
BUILT = build.built(SETTINGS)
PATH = "generated/fleet.json"
LOOKS = (("0", Look("down", BAD)), ("1", Look("slow", WARNING)), ("2", Look("up", GOOD)))
REASON = NoBadValue("How many there are is up to those who start them.")
COLOURS = {"orange", "red"}

every_panel = pytest.mark.parametrize(
    ("path", "panel"),
    [
        pytest.param(path, panel, id=f"{path.split('/')[1]} {panel['title']}")
        for path, dashboard in BUILT.items()
        for panel in panels_of(dashboard)
    ],
)


def made(kind=Stat, **more):
    """Return a panel that says nothing about bad values unless ``more`` does."""
    given = {"title": "T", "description": "What it is.", "unit": "short", "queries": (Query("up", "up"),)}
    return kind(**{**given, **more})


def table(*columns, **more):
    given = {"keys": (Key("a", "A"),), "columns": columns or (Column("Size", "up", "bytes"),), **more}
    return Table(title="T", description="What it is.", sort="Size", **given)


def dashboard_of(panel):
    return Dashboard("fleet", "A test.", (), (grid.Row("R", (panel,)),))


def description(panel):
    """Return what Grafana has at the title of a panel."""
    (_, one) = grid.placed([grid.Row("R", (replace(panel, width=24),))])
    return one.description.removeprefix("What it is. ")


def judged(config_of_fields):
    """Return the thresholds above the lowest one of a panel's fields, and the colours of its texts."""
    overrides = (one["properties"] for one in config_of_fields["overrides"])
    fields = [
        config_of_fields["defaults"],
        *({one["id"]: one["value"] for one in each} for each in overrides),
    ]
    steps = [
        (field, step)
        for field in fields
        for step in field.get("thresholds", {"steps": []})["steps"]
        if step["value"] is not None
    ]
    texts = {
        look["color"]
        for field in fields
        for mapping in field.get("mappings", ())
        for look in mapping["options"].values()
    }
    return steps, texts


@pytest.mark.parametrize("kind", [Stat, Series, Ranking, Timeline, HeatMap])
def test_a_panel_that_says_nothing_is_an_error(kind):
    """The file and the panel are named, and both ways out."""
    with pytest.raises(ThresholdError) as caught:
        build.judged(dashboard_of(made(kind)), PATH)
    assert str(caught.value) == (
        f"{PATH}, panel T: says neither which values are bad nor that none is:"
        " give it limits=above(...) or the like, or limits=NoBadValue(reason)"
    )


def test_a_table_none_of_whose_columns_says_anything_is_an_error():
    """A bar in a cell says nothing, nor does a column that is there for its labels."""
    plain = table(Column("Size", "up", "bytes", gauge=1), Column("Info", "up", hidden=True))
    with pytest.raises(ThresholdError, match=f"^{PATH}, panel T: says neither which values are bad"):
        build.judged(dashboard_of(plain), PATH)


@pytest.mark.parametrize(
    "panel",
    [
        made(limits=above(3)),
        made(limits=REASON),
        made(looks=LOOKS),
        made(Series, limits=Line("up")),
        made(HeatMap, limits=REASON),
        table(limits=REASON),
        table(Column("Size", "up", limits=above(3)), Column("Other", "up")),
        table(Column("Size", "up", looks=LOOKS)),
        table(keys=(Key("a", "A", looks=(("x", Look("x", BAD)),)),)),
    ],
)
def test_one_way_to_say_it_is_enough(panel):
    """Thresholds, a line that moves, texts with colours, or a reason."""
    build.judged(dashboard_of(panel), PATH)


@pytest.mark.parametrize(
    ("panel", "problem"),
    [
        (made(Series, limits=Line("limit")), "has no series limit, which is to be the line of its limit"),
        (made(limits=Limits(GOOD, ((1, GOOD),))), "says neither which values are bad nor that none is"),
        (made(looks=LOOKS[2:]), "says neither which values are bad nor that none is"),
        (made(limits=above(0.5, 0.8)), "has thresholds that do not rise: 0.8, 0.5"),
        (table(Column("Size", "up", limits=above(1, 2))), "has thresholds that do not rise: 2, 1"),
        (made(limits=NoBadValue("")), "gives '' as the reason for no threshold; expected a sentence"),
        (made(limits=NoBadValue("n/a")), "gives 'n/a' as the reason"),
        (made(limits=NoBadValue("because nobody knows what is right here.")), "expected a sentence"),
        (made(limits=NoBadValue("Because nobody knows what is right here")), "expected a sentence"),
        (table(limits=NoBadValue("None.")), "gives 'None.' as the reason"),
        (
            table(Column("Size", "up", limits=never()), limits=REASON),
            "has columns with bad values, and a reason why there are none",
        ),
    ],
)
def test_what_cannot_be_is_an_error(panel, problem):
    """A limit that is not there, thresholds in the wrong order, no real reason, or both at once."""
    with pytest.raises(ThresholdError) as caught:
        build.judged(dashboard_of(panel), PATH)
    assert str(caught.value).startswith(f"{PATH}, panel T: ")
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("panel", "words"),
    [
        (made(limits=above(0.2, 0.1), unit="percentunit"), "Red: from 20%; orange: from 10%."),
        (made(limits=below(0.1), unit="percentunit"), "Red: below 10%."),
        (made(limits=whole(0.8), unit="percentunit"), "Red: below 80%; orange: below 100%."),
        (made(limits=never()), "Red: from 1."),
        (made(limits=seldom()), "Orange: from 1."),
        (made(limits=seldom(3)), "Red: from 3; orange: from 1."),
        (made(limits=seldom(0)), "Red: from 0; orange: from 0."),
        (made(limits=some()), "Red: below 1."),
        (made(limits=some(WARNING)), "Orange: below 1."),
        (made(looks=LOOKS), "Red: down; orange: slow."),
        (made(looks=(*LOOKS, ("3", Look("lost", BAD)))), "Red: down or lost; orange: slow."),
        (made(limits=REASON), f"No threshold: {REASON.reason}"),
        (made(Series, limits=above(600, 60), unit="s"), "Red line: 10 min; orange line: 1 min."),
        (made(Series, limits=above(2_000_000)), "Red line: 2 Mil."),
        (made(Series, limits=Line("up")), "Bad above the dashed line: up."),
        (made(Series, limits=Line("up", "below")), "Bad below the dashed line: up."),
        (
            table(
                Column("Size", "up", "bytes", limits=above(2048)),
                Column("Lost", "up", limits=seldom(3)),
                Column("State", "up", looks=LOOKS),
            ),
            "Red: Size from 2 KiB, Lost from 3, State down; orange: Lost from 1, State slow.",
        ),
        (table(limits=REASON), f"No threshold: {REASON.reason}"),
    ],
)
def test_the_description_says_what_is_bad(panel, words):
    """In the values' unit, by the colours and lines that are on the panel."""
    assert description(panel) == words


def test_states_are_coloured_as_their_texts():
    """Whether their numbers begin with 0 or with 1."""
    assert states(LOOKS) == (BAD, ((1.0, WARNING), (2.0, GOOD)))
    lowest, steps = states(LOOKS[1:])
    assert lowest not in COLOURS
    assert steps == ((1.0, WARNING), (2.0, GOOD))


def test_a_limit_that_moves_is_drawn_as_a_threshold():
    """Red and dashed, with nothing below it."""
    panel = made(Series, limits=Line("up"), queries=(Query("up", "up"), Query("down", "down")))
    fields = panel.build(1, None).field_config
    (override,) = fields.overrides
    assert override.matcher.options == "up"
    properties = {one.id_val: one.value for one in override.properties}
    assert properties["color"] == {"mode": "fixed", "fixedColor": BAD}
    assert properties["custom.lineStyle"]["fill"] == "dash"
    assert properties["custom.fillOpacity"] == 0


@every_panel
def test_a_panel_has_thresholds_or_a_reason(path, panel):
    """What is in the file has one of them, and says so."""
    del path
    steps, texts = judged(panel["fieldConfig"])
    moving = [
        override["matcher"]["options"]
        for override in panel["fieldConfig"]["overrides"]
        if "custom.lineStyle" in {one["id"] for one in override["properties"]}
    ]
    assert set(moving) <= {target["legendFormat"] for target in panel["targets"]}
    has = bool(steps or texts & COLOURS or moving)
    assert has != ("No threshold: " in panel["description"])


@every_panel
def test_the_description_agrees_with_the_thresholds(path, panel):
    """It has their values and colours; without any, no word of a line or a colour."""
    del path
    steps, texts = judged(panel["fieldConfig"])
    words = panel["description"]
    own, _, reason = words.partition(" No threshold: ")
    if reason:
        assert not re.search(r"\b(the line|threshold|red|orange)\b", own)
        return
    for field, step in steps:
        if step["color"] in COLOURS and "mappings" not in field:
            unit = field.get("unit", panel["fieldConfig"]["defaults"]["unit"])
            assert f" {trimmed(shown(step['value'], unit))}" in words
    colours = {step["color"] for _, step in steps} | texts
    assert [
        colour for colour in COLOURS & colours if not re.search(rf"\b{colour}\b", words, re.IGNORECASE)
    ] == []
    if panel["type"] == "timeseries":
        meaning = re.split(r" (?:Red line|Orange line|Bad (?:above|below) the dashed line): ", words)[0]
        assert re.search(r"\blines?\b", meaning), "what does it mean to be above the line?"


def test_no_threshold_is_a_number_in_the_code():
    """With other settings all are others, but for the first of what is counted, the whole, and states."""
    factor = 1.0173

    def scaled(section):
        return {key: value * factor for key, value in section.items()}

    other = replace(SETTINGS, thresholds=scaled(SETTINGS.thresholds), panels=scaled(SETTINGS.panels))
    for path, dashboard in build.built(other).items():
        for before, after in zip(panels_of(BUILT[path]), panels_of(dashboard), strict=True):
            old, new = (judged(one["fieldConfig"])[0] for one in (before, after))
            same = [
                step["value"]
                for (field, step), (_, changed) in zip(old, new, strict=True)
                if step["value"] == changed["value"] and "mappings" not in field
            ]
            assert set(same) <= {1}, (path, before["title"])


class Noted(dict):
    """Remembers which keys were asked for."""

    def __init__(self, values):
        super().__init__(values)
        self.asked = set()

    def __getitem__(self, key):
        self.asked.add(key)
        return super().__getitem__(key)


def test_every_setting_of_panels_is_used():
    """A value that no panel uses would be a promise that is not kept."""
    noted = Noted(SETTINGS.panels)
    build.built(replace(SETTINGS, panels=noted))
    assert noted.asked == set(SETTINGS.panels)


def test_settings_that_contradict_each_other_end_with_a_sentence(tmp_path, capsys):
    """The command names the file and the panel, and writes nothing."""
    text = config.DEFAULT.read_text()
    assert "\n  used_warning_ratio: 0.8\n" in text
    mine = tmp_path / "mine.yaml"
    mine.write_text(text.replace("\n  used_warning_ratio: 0.8\n", "\n  used_warning_ratio: 0.97\n"))
    assert command.main(["--config", str(mine), "--output", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert re.match(r"generated/\w+\.json, panel .+: has thresholds that do not rise: 0\.97, 0\.95\n", error)
    assert not (tmp_path / "out").exists()
