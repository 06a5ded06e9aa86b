"""The two text formats, byte for byte, and by the parsers of prometheus_client."""

import math

import orjson
import pytest
from fake_driver import Plugin, executor, metric, words
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from strategies import TEXTS, plugins

from exporter.daemon.decode import Decoder
from exporter.daemon.exposition import Family, Format, bound, escape, expose, number
from exporter.daemon.limits import Limits
from exporter.daemon.model import Application
from exporter.daemon.names import Names
from exporter.daemon.render import custom
from exporter.daemon.store import Store

APP = Application("app-1", "etl", "", "4.3.0", "spark", 1000.0)


def exposition(plugin, form, application=APP):
    """Return the custom families of one application with this plugin."""
    store = Store(900.0, Limits(10**6), names=Names(defaults=False))
    store.publish("http://driver", application, Decoder().decode(orjson.dumps(words(plugin.answer()))))
    return expose(custom(store.view()), form).decode()


def rich_plugin():
    plugin = Plugin()
    plugin.metrics = [
        metric("rows", labels=["source"], help='Rows "read"\nby \\ source'),
        metric("wait_seconds", "histogram", unit="seconds", buckets=[0.1, 1e6]),
        metric("depth", "gauge"),
        metric("load", "gauge", mode="mean"),
        metric("last", "gauge", mode="mostrecent"),
        metric("drift", "histogram", buckets=[-1.0, 1.0]),
    ]
    plugin.series = [[0, 'a"b\\c\nd 100%s'], [1], [2], [3], [4], [0, "é"], [5]]
    plugin.totals = [3.0, 1.0, 2.0, 3.0, 4.5, math.inf, 9.0, 2.0, 7.5, 1000.0, 1e21, 1.0, 2.0, 3.0, -0.5]
    plugin.executors = [
        executor("1", [0, 1, 2], [3.0, 1.0, 2.0, 3.0, 4.5, -math.inf]),
        executor("2", [0, 2], [0.5, 8.0], state="removed"),
        executor("3", [2], [math.nan]),
    ]
    return plugin


TEXT = r"""# HELP spark_custom_rows_total Rows "read"\nby \\ source
# TYPE spark_custom_rows_total counter
spark_custom_rows_total{app_id="app-1",app_name="etl",source="a\"b\\c\nd 100%s"} 3.0
spark_custom_rows_total{app_id="app-1",app_name="etl",source="é"} 1e+21
# HELP spark_custom_wait_seconds Help of wait_seconds
# TYPE spark_custom_wait_seconds histogram
spark_custom_wait_seconds_bucket{app_id="app-1",app_name="etl",le="0.1"} 1.0
spark_custom_wait_seconds_bucket{app_id="app-1",app_name="etl",le="1e+06"} 3.0
spark_custom_wait_seconds_bucket{app_id="app-1",app_name="etl",le="+Inf"} 6.0
spark_custom_wait_seconds_sum{app_id="app-1",app_name="etl"} 4.5
spark_custom_wait_seconds_count{app_id="app-1",app_name="etl"} 6.0
# HELP spark_custom_depth Help of depth
# TYPE spark_custom_depth gauge
spark_custom_depth{app_id="app-1",app_name="etl"} +Inf
# HELP spark_custom_load Help of load
# TYPE spark_custom_load gauge
spark_custom_load{app_id="app-1",app_name="etl"} 4.5
# HELP spark_custom_last Help of last
# TYPE spark_custom_last gauge
spark_custom_last{app_id="app-1",app_name="etl"} 7.5
# HELP spark_custom_drift Help of drift
# TYPE spark_custom_drift histogram
spark_custom_drift_bucket{app_id="app-1",app_name="etl",le="-1.0"} 1.0
spark_custom_drift_bucket{app_id="app-1",app_name="etl",le="1.0"} 3.0
spark_custom_drift_bucket{app_id="app-1",app_name="etl",le="+Inf"} 6.0
# HELP spark_executor_custom_rows_total Rows "read"\nby \\ source
# TYPE spark_executor_custom_rows_total counter
spark_executor_custom_rows_total{app_id="app-1",app_name="etl",executor_id="1",source="a\"b\\c\nd 100%s"} 3.0
spark_executor_custom_rows_total{app_id="app-1",app_name="etl",executor_id="2",source="a\"b\\c\nd 100%s"} 0.5
# HELP spark_executor_custom_wait_seconds Help of wait_seconds
# TYPE spark_executor_custom_wait_seconds histogram
spark_executor_custom_wait_seconds_bucket{app_id="app-1",app_name="etl",executor_id="1",le="0.1"} 1.0
spark_executor_custom_wait_seconds_bucket{app_id="app-1",app_name="etl",executor_id="1",le="1e+06"} 3.0
spark_executor_custom_wait_seconds_bucket{app_id="app-1",app_name="etl",executor_id="1",le="+Inf"} 6.0
spark_executor_custom_wait_seconds_sum{app_id="app-1",app_name="etl",executor_id="1"} 4.5
spark_executor_custom_wait_seconds_count{app_id="app-1",app_name="etl",executor_id="1"} 6.0
# HELP spark_executor_custom_depth Help of depth
# TYPE spark_executor_custom_depth gauge
spark_executor_custom_depth{app_id="app-1",app_name="etl",executor_id="1"} -Inf
"""


def test_the_text_format_to_the_byte():
    """Escapes, cumulative buckets, modes of gauges; no gauges of gone executors, no unset gauges."""
    assert exposition(rich_plugin(), Format.TEXT) == TEXT


def test_openmetrics_differs_in_its_metadata_and_its_end():
    """Samples are the same; families have no suffix, units are named, quotes in help are escaped."""
    lines = exposition(rich_plugin(), Format.OPENMETRICS).splitlines()

    assert lines[:3] == [
        "# TYPE spark_custom_rows counter",
        r"# HELP spark_custom_rows Rows \"read\"\nby \\ source",
        r'spark_custom_rows_total{app_id="app-1",app_name="etl",source="a\"b\\c\nd 100%s"} 3.0',
    ]
    assert lines[4:7] == [
        "# TYPE spark_custom_wait_seconds histogram",
        "# UNIT spark_custom_wait_seconds seconds",
        "# HELP spark_custom_wait_seconds Help of wait_seconds",
    ]
    assert lines[-1] == "# EOF"
    assert [line for line in lines if line[0] != "#"] == [
        line for line in TEXT.splitlines() if line[0] != "#"
    ]


def test_a_family_without_samples_is_not_announced():
    """Metadata of nothing would only puzzle its reader."""
    assert expose([(Family("empty", "gauge", "Nothing."), [])], Format.TEXT) == b""
    assert expose([(Family("empty", "gauge", "Nothing."), [])], Format.OPENMETRICS) == b"# EOF\n"


@pytest.mark.parametrize(
    ("name", "kind", "unit", "expected"),
    [
        ("rows", "counter", "", "spark_custom_rows_total"),
        ("rows_total", "counter", "", "spark_custom_rows_total"),
        ("read", "counter", "bytes", "spark_custom_read_bytes_total"),
        ("read_bytes", "counter", "bytes", "spark_custom_read_bytes_total"),
        ("seconds", "gauge", "seconds", "spark_custom_seconds"),
    ],
)
def test_names_end_in_unit_and_total(name, kind, unit, expected):
    """However the plugin spells it, the published name is the conventional one."""
    plugin = Plugin()
    plugin.metrics = [metric(name, kind, unit=unit)]
    plugin.series, plugin.totals = [[0]], [1.0]

    assert f"\n{expected}{{" in exposition(plugin, Format.TEXT)


@given(TEXTS, TEXTS, TEXTS)
def test_label_values_survive_both_formats(app_name, source, help_text):
    """Whatever a label holds comes back from both parsers."""
    plugin = Plugin()
    plugin.metrics = [metric("rows", labels=["source"], help=help_text)]
    plugin.series, plugin.totals = [[0, source]], [1.0]
    application = Application("app-1", app_name, "", "4.3.0", "spark", 1000.0)

    for form, parse in ((Format.TEXT, parse_text), (Format.OPENMETRICS, parse_openmetrics)):
        (family,) = parse(exposition(plugin, form, application))
        assert family.samples[0].labels == {"app_id": "app-1", "app_name": app_name, "source": source}


@given(plugins())
def test_every_state_of_a_plugin_reads_back_exactly(plugin):
    """Both parsers accept the exposition and give the values that went in."""
    read = {}
    for form, parse in ((Format.TEXT, parse_text), (Format.OPENMETRICS, parse_openmetrics)):
        families = list(parse(exposition(plugin, form)))
        read[form] = {
            (sample.name, tuple(sorted(sample.labels.items()))): repr(float(sample.value))
            for family in families
            for sample in family.samples
        }
        assert sum(len(family.samples) for family in families) == len(read[form])
    assert read[Format.TEXT] == read[Format.OPENMETRICS]
    counters = {
        repr(value)
        for entry, value in zip(plugin.series, plugin.totals, strict=False)
        if all(definition["type"] == "counter" for definition in plugin.metrics[: entry[0] + 1])
    }
    assert counters <= set(read[Format.TEXT].values())


@given(st.floats())
def test_numbers_read_back(value):
    """Every double, the special ones by their names in the formats."""
    text = number(value)

    assert repr(float(text)) == repr(value)
    assert math.isfinite(value) or text in ("NaN", "+Inf", "-Inf")


def test_escape_leaves_plain_text_alone():
    """Only backslash, quote and line end are special."""
    assert escape("a b,c={}%\t") == "a b,c={}%\t"
    assert escape('\\"\n') == r"\\\"\n"


@pytest.mark.parametrize(("value", "text"), [(0.005, "0.005"), (1.0, "1.0"), (1e6, "1e+06"), (2.5, "2.5")])
def test_bounds_are_written_canonically(value, text):
    """As OpenMetrics and other client libraries write le, so that series join."""
    assert bound(value) == text
