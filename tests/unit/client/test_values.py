"""What counters, gauges and histograms hold after what was recorded, and what they refuse."""

import logging
import math
from decimal import Decimal
from fractions import Fraction
from time import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import segment_reader
from exporter import Counter, Gauge, Histogram
from exporter.client.registry import REGISTRY

INFINITY, NAN = float("inf"), float("nan")


class Sneaky:
    """Adds to a float by Python code of its own."""

    def __radd__(self, other):
        raise AssertionError("must not be called")

    def __float__(self):
        return 2.0


class Broken:
    """Cannot even be shown."""

    def __float__(self):
        raise RuntimeError("no number")

    def __repr__(self):
        raise RuntimeError("no text")


NUMBERS = [
    (2, 2.0),
    (2.5, 2.5),
    (True, 1.0),
    (0, 0.0),
    (2**60, float(2**60)),
    (Decimal("2.5"), 2.5),
    (Fraction(5, 2), 2.5),
    (np.float64(2.5), 2.5),
    (np.float32(2.5), 2.5),
    (np.int64(2), 2.0),
    (np.bool_(True), 1.0),
    (Sneaky(), 2.0),
]
NOT_NUMBERS = [NAN, INFINITY, -INFINITY, None, "1", b"1", [], 1j, 10**400, Decimal("NaN"), Broken()]


@pytest.mark.parametrize(("given", "number"), NUMBERS)
def test_numbers_of_all_kinds(worker, given, number):
    """Whatever can be a double is one, in the process and in the segment."""
    counter, gauge, up = Counter("c", "d"), Gauge("g", "d"), Gauge("up", "d")
    histogram = Histogram("h", "d", buckets=[10])
    counter.inc()
    counter.inc(given)
    gauge.set(given)
    up.inc(given)
    up.dec(given)
    up.dec(given)
    histogram.observe(given)

    found = segment_reader.read_directory(worker)[0].values()

    bucket = [1.0, 0.0] if number <= 10 else [0.0, 1.0]
    assert found == {("c",): [1.0 + number], ("g",): [number], ("up",): [-number], ("h",): [*bucket, number]}
    assert type(counter._value) is float


@pytest.mark.parametrize("value", NOT_NUMBERS)
def test_refused(worker, warnings_logged, value):
    """What is no finite number changes nothing, raises nothing, is counted, and said once per metric."""
    counter, gauge, histogram = Counter("c", "d"), Gauge("g", "d"), Histogram("h", "d", buckets=[10])
    for metric in (counter, gauge):
        metric.inc(3)
        metric.inc(value)
        metric.inc(value)
    gauge.set(value)
    gauge.dec(value)
    histogram.observe(value)

    (found,) = segment_reader.read_directory(worker)

    assert found.values() == {("c",): [3.0], ("g",): [3.0], ("h",): [0.0, 0.0, 0.0]}
    assert found.refused["invalid_value"] == 7
    assert REGISTRY.refused()["invalid_value"] == 7
    warnings = warnings_logged()
    assert [warning.split(" refused")[0] for warning in warnings] == [
        "spark-exporter: counter 'c'",
        "spark-exporter: gauge 'g'",
        "spark-exporter: histogram 'h'",
    ]
    assert all("give a finite number" in warning for warning in warnings)


@pytest.mark.parametrize("amount", [-1, -0.5, Decimal(-1), -(2**60)])
def test_counter_does_not_go_down(warnings_logged, amount):
    """A negative amount is refused with the advice to take a gauge."""
    counter = Counter("c", "d")
    counter.inc(amount)

    assert counter._value == 0.0
    (warning,) = warnings_logged()
    assert warning == (
        f"spark-exporter: counter 'c' refused the value {amount!r}: give a finite number that is not "
        "negative; a value that can fall is a Gauge. (Said once; the rest is counted as invalid_value.)"
    )


def test_gauge_unset_set_and_back(worker):
    """A gauge is NaN until it is set; inc and dec start from zero."""
    gauge, other = Gauge("g", "d"), Gauge("o", "d")
    assert math.isnan(segment_reader.read_directory(worker)[0].values()["g",][0])

    gauge.dec()
    other.set(5)
    other.dec(1.5)
    other.inc()

    assert segment_reader.read_directory(worker)[0].values() == {("g",): [-1.0], ("o",): [4.5]}


@pytest.mark.parametrize("change", [lambda g: g.set(2), lambda g: g.inc(2), lambda g: g.dec(-2)])
def test_most_recent_gauge_keeps_the_time(worker, change):
    """Each change of a ``mostrecent`` gauge stores its time beside the value."""
    gauge = Gauge("g", "d", multiprocess_mode="mostrecent")
    assert segment_reader.read_directory(worker)[0].values()["g",][1] == 0.0

    before = time()
    change(gauge)

    value, when = segment_reader.read_directory(worker)[0].values()["g",]
    assert value == 2.0
    assert before <= when <= time()


def test_set_to_current_time():
    """It is the Unix time in seconds."""
    gauge = Gauge("g", "d")
    before = time()
    gauge.set_to_current_time()
    assert before <= gauge._value <= time()


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.sets(finite, min_size=1, max_size=100), st.lists(finite, max_size=30))
def test_observe(bounds, values):
    """A value is counted in the first bucket whose bound is not below it; the sum is the sum."""
    REGISTRY.__init__()
    bounds = sorted(bounds)
    histogram = Histogram("h", "d", buckets=bounds)
    values = [*values, *bounds]
    # Half of the bounds' range, so that sums stay finite.
    values = [value for value in values if abs(value) < 1e300]
    total = 0.0
    for value in values:
        histogram.observe(value)
        total += value

    edges = [-INFINITY, *bounds, INFINITY]
    expected = [sum(low < value <= high for value in values) for low, high in zip(edges, edges[1:])]
    assert histogram._shadow == [*expected, total]
    assert list(histogram._cells) == histogram._shadow


def test_default_buckets():
    """They are those of prometheus_client."""
    prometheus_client = pytest.importorskip("prometheus_client")
    assert (*Histogram("h", "d")._definition.buckets, INFINITY) == prometheus_client.Histogram.DEFAULT_BUCKETS


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("c", lambda: Counter("c", "d", ["a", "b"]).inc()),
        ("g", lambda: Gauge("g", "d", ["a", "b"]).set(1)),
        ("g", lambda: Gauge("g", "d", ["a", "b"]).dec()),
        ("h", lambda: Histogram("h", "d", ["a", "b"]).observe(1.0)),
        ("h", lambda: Histogram("h", "d", ["a", "b"]).observe_many([1.0])),
        ("h", lambda: Histogram("h", "d", ["a", "b"]).time()(list)([])),
    ],
)
def test_recording_without_labels(worker, warnings_logged, name, record):
    """Recording on a metric with labels is refused, and the log says how to choose a series."""
    record()
    record()

    assert REGISTRY.refused()["invalid_value"] == 2
    (warning,) = warnings_logged()
    assert f"'{name}' has labels, so choose a series before recording: labels(a=..., b=...)." in warning
    assert segment_reader.read_directory(worker)[0].series == []


@pytest.mark.parametrize("handler", ["fails", "uses metrics"])
def test_log_handlers(handler):
    """A log handler of the user's may fail, or use the same metric, without harm."""
    counter = Counter("c", "d", ["a"])

    class Handler(logging.Handler):
        def handle(self, record):
            counter.labels(record.levelname).inc()
            counter.labels(record.levelname).inc(-1)
            if handler == "fails":
                raise RuntimeError("handler")

    logger, added = logging.getLogger("exporter"), Handler()
    logger.addHandler(added)
    try:
        counter.labels("x").inc(-1)
    finally:
        logger.removeHandler(added)
    assert counter.labels("WARNING")._value == 1.0
