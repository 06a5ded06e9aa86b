"""Samples are checked when they are added, and frames keep what does not change."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics

from exporter.daemon.catalogue import Catalogue, Entry, load
from exporter.daemon.custom import application_labels
from exporter.daemon.errors import CatalogueError
from exporter.daemon.exposition import Family, Format, expose
from exporter.daemon.frame import DUPLICATE, INVALID_VALUE, TRUNCATED, Frame, FrameBuilder
from exporter.daemon.labels import clip
from exporter.daemon.sheet import Sheet

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
ENDED = ("", "drop", "3.5")


def entry(name, kind="gauge", scope="executor", labels=("part",)):
    return Entry(Family(name, kind, "Help.", ""), scope, tuple(labels), "here", (), *ENDED)


ENTRIES = (
    entry("spark_a"),
    entry("spark_b", "counter", "app", ()),
    entry("spark_c", "info", "app", ["x", "y"]),
    entry("spark_d", "histogram", "executor", ["x"]),
    entry("spark_e", "histogram", "app", ()),
)
CATALOGUE = Catalogue({one.family.sample_name: one for one in ENTRIES}, label_length=40)


def text(frame, labels='app_id="1",app_name="100%s"', last=None, form=Format.TEXT):
    sheet = Sheet(CATALOGUE, labels, frame.columns, last)
    pieces = {name: [] for name in CATALOGUE.entries}
    sheet.add_to(pieces)
    content = [(one.family, pieces[name]) for name, one in CATALOGUE.entries.items()]
    return expose(content, form).decode(), sheet


def test_histograms_are_cumulative_and_have_sum_and_count():
    """To the byte; both parsers take them, and what is prepared stays while no series comes or goes."""
    frames, last, sheets = [], None, []
    for count in (1.0, 5.0):
        builder = FrameBuilder(CATALOGUE, last)
        builder.add_histogram("spark_d", ["0.1", "+Inf"], [2.0, count], 0.5, "driver", 'a"b %s')
        builder.add_histogram("spark_e", ["+Inf"], [0.0], 0.0)
        last = builder.frame()
        frames.append(last)
        sheets.append(text(last, last=sheets[-1] if sheets else None)[1])
    shown = 'app_id="1",app_name="100%s"'
    own = f'{shown},executor_id="driver",x="a\\"b %s"'
    printed = text(frames[1])[0]

    assert printed == (
        "# HELP spark_d Help.\n# TYPE spark_d histogram\n"
        f'spark_d_bucket{{{own},le="0.1"}} 2.0\n'
        f'spark_d_bucket{{{own},le="+Inf"}} 7.0\n'
        f"spark_d_sum{{{own}}} 0.5\n"
        f"spark_d_count{{{own}}} 7.0\n"
        "# HELP spark_e Help.\n# TYPE spark_e histogram\n"
        f'spark_e_bucket{{{shown},le="+Inf"}} 0.0\n'
        f"spark_e_sum{{{shown}}} 0.0\n"
        f"spark_e_count{{{shown}}} 0.0\n"
    )
    assert len(list(parse_openmetrics(text(frames[1], form=Format.OPENMETRICS)[0]))) == 2
    assert sheets[0].prints["spark_d"] is sheets[1].prints["spark_d"]


def test_samples_are_printed_with_the_labels_of_their_scope():
    """To the byte: the application's first, then the executor, then the metric's own."""
    builder = FrameBuilder(CATALOGUE)
    builder.add("spark_b_total", 3)
    builder.add("spark_a", -1.5, "driver", 'a"b\\c\nd %s')
    builder.add("spark_a", 1e21, "2", "é")
    builder.add("spark_c_info", True, "1", "")

    assert text(builder.frame())[0] == (
        "# HELP spark_a Help.\n# TYPE spark_a gauge\n"
        'spark_a{app_id="1",app_name="100%s",executor_id="driver",part="a\\"b\\\\c\\nd %s"} -1.5\n'
        'spark_a{app_id="1",app_name="100%s",executor_id="2",part="é"} 1e+21\n'
        "# HELP spark_b_total Help.\n# TYPE spark_b_total counter\n"
        'spark_b_total{app_id="1",app_name="100%s"} 3.0\n'
        "# HELP spark_c_info Help.\n# TYPE spark_c_info gauge\n"
        'spark_c_info{app_id="1",app_name="100%s",x="1",y=""} 1.0\n'
    )


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "3", [1.0], 10**400, -(10**400)])
def test_what_is_no_number_is_counted_with_its_name(value):
    """And is no sample."""
    builder = FrameBuilder(CATALOGUE)
    builder.add("spark_a", value, "1", "x")
    frame = builder.frame()

    assert frame == Frame({}, {INVALID_VALUE: 1}, {INVALID_VALUE: "spark_a"})


def test_a_count_is_not_negative_and_a_level_may_be():
    """By the type of the metric."""
    builder = FrameBuilder(CATALOGUE)
    builder.add("spark_b_total", -1.0)
    builder.add("spark_a", -1.0, "1", "x")
    frame = builder.frame()

    assert dict(frame.drops) == {INVALID_VALUE: 1}
    assert list(frame.columns) == ["spark_a"]


def test_none_is_nothing():
    """A source says so where it has no value."""
    builder = FrameBuilder(CATALOGUE)
    builder.add("spark_a", None, "1", "x")

    assert builder.frame() == Frame()


def test_a_sample_that_is_there_already_is_counted():
    """The first one stays."""
    builder = FrameBuilder(CATALOGUE)
    builder.add("spark_b_total", 1.0)
    builder.add("spark_b_total", 2.0)
    frame = builder.frame()

    assert frame.columns["spark_b_total"].values == (1.0,)
    assert dict(frame.drops) == {DUPLICATE: 1}


def test_a_label_that_is_too_long_is_cut_and_counted():
    """And two of them stay two."""
    builder = FrameBuilder(CATALOGUE)
    builder.add("spark_a", 1.0, "1", "x" * 10_000_000)
    builder.add("spark_a", 2.0, "1", "x" * 9_999_999 + "y")
    frame = builder.frame()

    assert [len(key[1]) for key in frame.columns["spark_a"].keys] == [40, 40]
    assert dict(frame.drops) == {TRUNCATED: 2}


def test_a_metric_that_nobody_knows_is_a_defect():
    """So is a wrong number of labels."""
    with pytest.raises(CatalogueError, match=r"spark_z is not in catalogue\.yaml"):
        FrameBuilder(CATALOGUE).add("spark_z", 1.0)
    with pytest.raises(CatalogueError, match="spark_a takes 2 label values in a frame; given were"):
        FrameBuilder(CATALOGUE).add("spark_a", 1.0, "1")


def test_keys_and_lines_stay_while_only_values_change():
    """The next frame has the very same keys, and the next sheet the very same lines, printed or not."""
    frames, last, sheets, sheet = [], None, [], None
    for value in (1.0, 2.0, 2.0):
        builder = FrameBuilder(CATALOGUE, last)
        builder.add("spark_a", value, "1", "x")
        builder.add("spark_b_total", 5.0)
        last = builder.frame()
        frames.append(last)
        found, sheet = text(last, last=sheet)
        sheets.append(sheet)
        assert f"}} {value}\n" in found
    builder = FrameBuilder(CATALOGUE, last)
    builder.add("spark_a", 1.0, "2", "x")
    after = text(builder.frame(), last=sheet)[1]

    assert frames[0].columns["spark_a"].keys is frames[2].columns["spark_a"].keys
    assert sheets[0].prints["spark_a"] is sheets[2].prints["spark_a"]
    assert after.prints["spark_a"] is not sheet.prints["spark_a"]
    first = sheet.items[0]
    assert first.prepared.text(first.values) is first.prepared.text((2.0,))


def test_another_name_of_the_application_makes_other_lines():
    """What was prepared does not outlive it."""
    builder = FrameBuilder(CATALOGUE)
    builder.add("spark_b_total", 5.0)
    _, sheet = text(builder.frame())

    assert text(builder.frame(), 'app_id="2",app_name="x"', sheet)[0].endswith(
        '{app_id="2",app_name="x"} 5.0\n'
    )


SAMPLES = st.dictionaries(st.tuples(ANY_TEXT, ANY_TEXT), st.floats(allow_nan=False, allow_infinity=False))


@given(ANY_TEXT, ANY_TEXT, SAMPLES)
def test_any_labels_and_values_survive_the_strict_parser(app_id, app_name, samples):
    """Control characters, quotes, halves of surrogate pairs: as they were, or as they were cut."""
    builder = FrameBuilder(CATALOGUE)
    for key, value in samples.items():
        builder.add("spark_a", value, *key)
    found, _ = text(builder.frame(), application_labels(app_id, app_name, 40), form=Format.OPENMETRICS)
    parsed = {
        tuple(sample.labels[label] for label in ("app_id", "app_name", "executor_id", "part")): sample.value
        for family in parse_openmetrics(found)
        for sample in family.samples
    }

    assert parsed == {
        tuple(clip(label, 40) for label in (app_id, app_name, *key)): value for key, value in samples.items()
    }


def test_the_length_of_labels_comes_with_the_catalogue():
    """Whoever makes samples has it."""
    assert load().label_length == 200
    assert load(64).label_length == 64
    assert load(64).entries == load().entries
