"""A driver's registry, from JSON and from text, whatever is in it."""

import math

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.daemon.dropwizard import read_json, read_text, sanitized, strip
from exporter.daemon.frame import DROP_REASONS

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


def test_each_kind_of_metric_gives_its_readings():
    """A timer's in milliseconds, whatever unit it comes in."""
    registry = read_json(
        {
            "version": "4.0.0",
            "gauges": {"g": {"value": 1.5}, "b": {"value": True}},
            "counters": {"c": {"count": 2}},
            "meters": {"m": {"count": 3, "m1_rate": 0.1}},
            "histograms": {"h": {"count": 4, "p50": 5, "p75": 6, "p95": 7, "p99": 8}},
            "timers": {
                "t": {"count": 9, "p50": 1, "p95": 2, "p99": 3, "duration_units": "milliseconds"},
                "s": {"count": 9, "p50": 1, "p95": 2, "p99": 3, "duration_units": "seconds"},
            },
        }
    )

    assert registry.readings == {
        "g": 1.5,
        "c": 2.0,
        "m#count": 3.0,
        "h#count": 4.0,
        "h#p50": 5.0,
        "h#p95": 7.0,
        "h#p99": 8.0,
        "t#count": 9.0,
        "t#p50": 1.0,
        "t#p95": 2.0,
        "t#p99": 3.0,
        "s#count": 9.0,
        "s#p50": 1000.0,
        "s#p95": 2000.0,
        "s#p99": 3000.0,
    }
    assert registry.drops == {"not_a_number": 1}


def test_bad_gauges_are_counted_by_reason():
    """None of them hides the good one. What is not finite is a number here, and refused as a sample later."""
    registry = read_json(
        {
            "gauges": {
                "null": {"value": None},
                "text": {"value": "abc"},
                "number as text": {"value": "12"},
                "list": {"value": [1, 2]},
                "object": {"value": {}},
                "error": {"error": "java.lang.IllegalStateException: no"},
                "no object": 5,
                "nothing": {},
                "nan": {"value": "NaN"},
                "huge": {"value": 10**400},
                "good": {"value": 1},
            },
            "counters": [],
        }
    )

    assert registry.drops == {"not_a_number": 6, "gauge_failed": 1, "malformed": 2}
    assert math.isnan(registry.readings.pop("nan"))
    assert registry.readings == {"huge": math.inf, "good": 1.0}
    assert registry.culprits["gauge_failed"] == "error"


def test_the_text_gives_the_same():
    """Without the twins of gauges, and with the percentiles of timers in milliseconds."""
    registry = read_text(
        'p_g_Number{type="gauges"} 1\np_g_Value{type="gauges"} 1\n'
        'p_old_Number{type="gauges"} 2.5E7\n'
        'p_c_Count{type="counters"} 3\n'
        'p_h_Count{type="histograms"} 4\np_h_Max{type="histograms"} 9\n'
        'p_h_50thPercentile{type="histograms"} 5.0\np_h_999thPercentile{type="histograms"} 9.0\n'
        'p_t_Count{type="timers"} 6\np_t_95thPercentile{type="timers"} 4.1358556E7\n'
        'p_t_MeanRate{type="timers"} 0.5\n'
    )

    assert registry.readings == pytest.approx(
        {
            "p_g": 1,
            "p_old": 2.5e7,
            "p_c": 3,
            "p_h#count": 4,
            "p_h#p50": 5,
            "p_t#count": 6,
            "p_t#p95": 41.358556,
        }
    )
    assert registry.drops == {}


def test_broken_text_is_counted_and_the_rest_is_read():
    """What Spark prints of gauges that are no numbers, and lines that are cut."""
    registry = read_text(
        "# a comment\n\n"
        'a_Value{type="gauges"} null\n'
        'b_Value{type="gauges"} true\n'
        'c_Value{type="gauges"} [a b, c]\n'
        'd_Value{type="gauges"} some words here\n'
        'e_Value{type="gauges"} NaN\n'
        'f_Value{type="gauges"} -Infinity\n'
        'g_Value{type="gauges"}\n'
        "1nvalid\n"
        'h_Value{type="gauges"} 1\n'
        'h_Value{type="gauges"} 2\r\n'
        "i_Val"
    )

    assert registry.drops == {"not_a_number": 4, "malformed": 3, "duplicate": 1}
    assert math.isnan(registry.readings.pop("e"))
    assert registry.readings == {"f": -math.inf, "h": 1.0}


@pytest.mark.parametrize(
    "namespace", ["app-1", "team.etl", "a.driver.b", "with space", "driver", "", "x.driver"]
)
@pytest.mark.parametrize("known", [True, False])
def test_the_namespace_is_stripped_whatever_it_is(namespace, known):
    """With dots in it, with "driver" in it, known beforehand or not."""
    prefix = ".".join([part for part in (namespace, "driver") if part]) + "."
    names = ["BlockManager.memory.maxMem_MB", "jvm.heap.used", "plugin.a.driver.b", "x.driver.jvm.heap.used"]

    stripped = strip({prefix + name: 1.0 for name in names}, namespace if known else None)

    assert list(stripped) == names


def test_without_anything_to_go_by_the_configuration_says_the_namespace():
    """And a name that does not begin like that stays as it is."""
    assert strip({"team.etl.driver.a": 1.0, "b": 2.0}, "team.etl") == {"a": 1.0, "b": 2.0}
    assert strip({"team.etl.driver.a": 1.0}, None) == {"team.etl.driver.a": 1.0}


@given(st.dictionaries(st.sampled_from(["gauges", "counters", "meters", "histograms", "timers"]), JSON))
def test_any_json_is_read(document):
    """Nothing raises, and what comes out are numbers."""
    registry = read_json(document)

    assert all(type(value) is float for value in registry.readings.values())
    assert {*registry.drops} <= {*DROP_REASONS}


@given(st.text() | st.lists(st.text(max_size=30)).map('_Value{type="gauges"} '.join))
def test_any_text_is_read(text):
    """Nothing raises, and what comes out are numbers."""
    registry = read_text(text)

    assert all(type(value) is float for value in registry.readings.values())
    assert {*registry.drops} <= {*DROP_REASONS}


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8", exclude_characters="#"), min_size=1, max_size=8),
        st.floats(allow_nan=False, allow_infinity=False),
    )
)
def test_json_and_text_agree(gauges):
    """A gauge is the same in both, but for what the text makes of its name."""
    names = {sanitized(name): name for name in gauges}
    text = "".join(f'm_{short}_Value{{type="gauges"}} {gauges[name]!r}\n' for short, name in names.items())
    document = {"gauges": {name: {"value": gauges[name]} for name in names.values()}}
    by_json = read_json(orjson.loads(orjson.dumps(document))).readings

    assert read_text(text).readings == {f"m_{short}": by_json[name] for short, name in names.items()}
