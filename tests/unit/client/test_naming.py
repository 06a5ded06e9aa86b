"""What a definition may be called, and what the errors say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter import Counter, Gauge, Histogram
from exporter.client.naming import _cleaned, full_name


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        (lambda: Counter("rows", "x"), "rows"),
        (lambda: Counter("rows_total", "x"), "rows"),
        (lambda: Counter("rows", "x", namespace="etl", subsystem="kafka"), "etl_kafka_rows"),
        (lambda: Counter("read", "x", unit="bytes"), "read_bytes"),
        (lambda: Counter("read_bytes_total", "x", unit="bytes"), "read_bytes"),
        (lambda: Counter("bytes", "x", unit="bytes"), "bytes"),
        (lambda: Gauge("lag", "x", unit="seconds"), "lag_seconds"),
        (lambda: Histogram("camelCase2", "x"), "camelCase2"),
        (lambda: Histogram("batch", "x", unit="rows"), "batch_rows"),
    ],
)
def test_name(metric, name):
    """Namespace, subsystem and unit are put where prometheus_client puts them; ``_total`` is implied."""
    assert metric()._definition.name == name


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Counter("", "x"), "the name of a metric is empty: give it one, such as 'rows_parsed'"),
        (lambda: Counter("rows-read", "x"), "metric name 'rows-read' is not valid: .* use 'rows_read'"),
        (lambda: Counter("a:b", "x"), "metric name 'a:b' is not valid: .* use 'a_b'"),
        (lambda: Counter("a__b", "x"), "single underscores .* use 'a_b'"),
        (lambda: Counter("_a", "x"), "start with a letter, .* use 'a'"),
        (lambda: Counter("a_", "x"), "use 'a'"),
        (lambda: Counter("9lives", "x"), "use 'n9lives'"),
        (lambda: Counter("größe", "x"), "use 'gr_e'"),
        (lambda: Counter("!!", "x"), "have at most 200 characters$"),
        (lambda: Counter("a" * 201, "x"), "at most 200 characters; use 'a{200}'$"),
        (
            lambda: Counter("rows", "x", namespace="a b"),
            "metric name 'a b_rows' is not valid: .* use 'a_b_rows'",
        ),
        (
            lambda: Counter("x_total_total", "x"),
            "'x_total' ends in '_total'.* once or not at all.*; use 'x'$",
        ),
        (
            lambda: Gauge("queue_total", "x"),
            "belongs to counters .a gauge can fall.; use 'queue' or a Counter",
        ),
        (lambda: Histogram("t_total", "x"), "a histogram counts by itself.; use 't' or a Counter"),
        (lambda: Counter("rows_count", "x"), "ends in '_count', which Prometheus keeps .* use 'rows'"),
        (lambda: Gauge("rows_sum", "x"), "ends in '_sum'"),
        (lambda: Gauge("rows_bucket", "x"), "ends in '_bucket'"),
        (lambda: Counter("rows_created_total", "x"), "'rows_created' ends in '_created'"),
        (lambda: Gauge("build_info", "x"), "ends in '_info'"),
        (lambda: Gauge("a", "x", ["bad-label"]), "label name 'bad-label' is not valid: .* use 'bad_label'"),
        (lambda: Gauge("a", "x", ["__name__"]), "label name '__name__' is not valid: .* use 'name'"),
        (lambda: Gauge("a", "x", ["a__b"]), "use 'a_b'"),
        (lambda: Gauge("a", "x", ["le"]), "label name 'le' is kept by Prometheus; use another one"),
        (lambda: Gauge("a", "x", ["quantile"]), "kept by Prometheus"),
        (lambda: Gauge("a", "x", ["pod"]), "'pod' is added to every series by the exporter; .* 'job_pod'"),
        (lambda: Gauge("a", "x", ["executor_id"]), "added to every series"),
        (
            lambda: Gauge("a", "x", ["b", "c", "b"]),
            "label name 'b' is given twice; give each label name once",
        ),
        (lambda: Gauge("a", "x", [f"l{n}" for n in range(21)]), "at most 20 labels, not 21: drop some"),
        (
            lambda: Gauge("a", "x", unit="ms"),
            "'ms' is not a base unit: use unit='seconds' and convert the values",
        ),
        (lambda: Gauge("a", "x", unit="Milliseconds"), "use unit='seconds'"),
        (lambda: Gauge("a", "x", unit="kb"), "use unit='bytes'"),
        (lambda: Gauge("a", "x", unit="percent"), "use unit='ratio'"),
        (lambda: Gauge("a", "x", unit="fahrenheit"), "use unit='celsius'"),
        (lambda: Gauge("a", "x", unit="Rows"), "lower-case letters only; use 'rows'"),
        (lambda: Gauge("a", "x", unit="per_second"), "lower-case letters only, such as 'seconds'"),
        (lambda: Gauge("a", ""), "the documentation of a metric is empty: say in one sentence"),
        (lambda: Gauge("a", " \n"), "is empty"),
        (lambda: Gauge("a", "\ud800"), "must be valid Unicode text"),
        (lambda: Gauge("a", "é" * 501), "has 1002 bytes: shorten it to at most 1000"),
        (
            lambda: Gauge("a", "x", multiprocess_mode="all"),
            "'all' is unknown; use one of sum, max, min, mean, most",
        ),
        (lambda: Histogram("a", "x", buckets=[]), "at least one finite upper bound, such as"),
        (lambda: Histogram("a", "x", buckets=[float("inf")]), "at least one finite upper bound"),
        (
            lambda: Histogram("a", "x", buckets=[1, 3, 2]),
            r"must ascend, but 2.0 follows 3.0; use \[1.0, 2.0, 3.0\]",
        ),
        (lambda: Histogram("a", "x", buckets=[1, 1]), r"must ascend, but 1.0 follows 1.0; use \[1.0\]"),
        (lambda: Histogram("a", "x", buckets=[float("nan"), 1]), "bound nan is not finite"),
        (lambda: Histogram("a", "x", buckets=[float("inf"), 1]), "bound inf is not finite; only the last"),
        (lambda: Histogram("a", "x", buckets=range(101)), "at most 100 buckets, not 101: use wider ones"),
    ],
)
def test_value_error(make, message):
    """A wrong part of a definition is an error that says what is wrong and what would be right."""
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Counter(3, "x"), "the name of a metric must be a string, not int: 3"),
        (lambda: Counter("a", None), "the documentation of a metric must be a string, not NoneType"),
        (lambda: Counter("a", "x", unit=None), "the unit of a metric must be a string"),
        (lambda: Counter("a", "x", namespace=1), "the namespace of a metric must be a string"),
        (lambda: Counter("a", "x", subsystem=1), "the subsystem of a metric must be a string"),
        (lambda: Counter("a", "x", "source"), r"must be a list of names, such as \['source'\], not the text"),
        (lambda: Counter("a", "x", 5), r"labelnames must be a list of names, such as \['source'\], not int"),
        (lambda: Counter("a", "x", [5]), "a label name must be a string, not int: 5"),
        (lambda: Histogram("a", "x", buckets=5), r"buckets must be a list of numbers, such as .* not 5"),
        (lambda: Histogram("a", "x", buckets=["a"]), "buckets must be a list of numbers"),
    ],
)
def test_type_error(make, message):
    """A part of the wrong type is an error that names the right one."""
    with pytest.raises(TypeError, match=message):
        make()


@given(st.text(max_size=250))
def test_suggested_name_is_accepted(name):
    """Where an error suggests a name, that name is right."""
    cleaned = _cleaned(name)
    if cleaned and not cleaned.endswith(("_total", "_count", "_sum", "_bucket", "_created", "_info")):
        assert full_name("gauge", cleaned, "", "", "") == cleaned
