"""Choosing a series, and the bounds of how many and how long."""

import enum

import pytest

import segment_reader
from exporter import Counter, Gauge, Histogram
from exporter.client.registry import REGISTRY


class Source(str, enum.Enum):
    """A string that is an enum member."""

    KAFKA = "kafka"


class Unhashable:
    """Has a text only."""

    __hash__ = None

    def __str__(self):
        return "text"


class Hostile:
    """Fails in all ways."""

    def __hash__(self):
        raise RuntimeError("hash")

    def __str__(self):
        raise RuntimeError("str")


def test_positional_and_named():
    """Values by position or by name, in any order, give the same series."""
    rows = Counter("rows", "d", ["a", "b"])
    series = rows.labels("x", "y")

    assert rows.labels(b="y", a="x") is series
    assert rows.labels("x", "y") is series
    assert rows.labels("y", "x") is not series
    assert isinstance(series, Counter)


@pytest.mark.parametrize("kind", [Counter, Gauge, Histogram])
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1"),
        (1.0, "1.0"),
        (True, "True"),
        (None, "None"),
        (Source.KAFKA, "kafka"),
        (Unhashable(), "text"),
        ("\ud800", "?"),
    ],
)
def test_texts(worker, kind, value, text):
    """Values become text; equal text is the same series, whatever came first, and always valid UTF-8."""
    metric = kind("m", "d", ["a"])
    series = metric.labels(value)

    assert metric.labels(text) is metric.labels(value) is metric.labels(a=value) is series
    assert metric.labels(1 if value is not True else "1") is metric.labels("1")
    assert ("m", text) in segment_reader.read_directory(worker)[0].values()


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda m: m.labels(), "got 0 values; expected 2, for a, b."),
        (lambda m: m.labels("x"), "got 1 values; expected 2, for a, b."),
        (lambda m: m.labels("x", "y", "z"), "got 3 values; expected 2, for a, b."),
        (lambda m: m.labels(a="x"), "got the names a; expected a, b."),
        (lambda m: m.labels(a="x", c="y"), "got the names a, c; expected a, b."),
        (lambda m: m.labels("x", b="y"), "give the values in their order or by name, not both."),
        (
            lambda m: m.labels("x", "y").labels("x", "y"),
            "this is one series already; call labels() on the metric itself.",
        ),
        (lambda m: m.labels(Hostile(), "y"), "RuntimeError('str')."),
    ],
)
def test_misfits(worker, warnings_logged, call, reason):
    """What does not fit never raises: it gives a series that nobody sees, a count, and one warning."""
    metric = Counter("m", "d", ["a", "b"])

    call(metric).inc()
    call(metric).inc()

    (found,) = segment_reader.read_directory(worker)
    assert found.refused["invalid_value"] == 2
    assert all(cells == [0.0] for cells in found.values().values())
    (warning,) = warnings_logged()
    assert warning == (
        f"spark-exporter: labels() of counter 'm' cannot be used: {reason} "
        "(Said once; the rest is counted as invalid_value.)"
    )


def test_labels_of_a_metric_without(warnings_logged):
    """It has none to choose from."""
    metric = Counter("m", "d")
    metric.labels("x").inc()
    metric.labels().inc()

    assert metric._value == 0.0
    assert (
        "the metric has no labels; record without labels(), or define it with labelnames"
        in warnings_logged()[0]
    )


def test_long_value(worker, warnings_logged):
    """256 bytes of UTF-8 are the limit of a label value."""
    metric = Counter("m", "d", ["a"])
    metric.labels("é" * 128).inc()
    metric.labels("é" * 128 + "x").inc()
    metric.labels("é" * 129).inc()

    (found,) = segment_reader.read_directory(worker)
    assert found.values() == {("m", "é" * 128): [1.0]}
    assert found.refused["label_too_long"] == 2
    (warning,) = warnings_logged()
    assert "label 'a' of metric 'm' got 'éééé" in warning
    assert "which is longer than 256 bytes" in warning


def test_series_limit(worker, warnings_logged, monkeypatch):
    """A process has so many series and no more, over all metrics; those that it has go on."""
    monkeypatch.setenv("SPARK_EXPORTER_MAX_SERIES", "3")
    REGISTRY.__init__()
    first, metric = Counter("first", "d"), Counter("m", "d", ["a"])
    for number in range(5):
        metric.labels(number).inc()
        metric.labels(number).inc()
    late = Histogram("late", "d")
    late.observe(1.0)
    first.inc()

    (found,) = segment_reader.read_directory(worker)
    assert found.values() == {("first",): [1.0], ("m", "0"): [2.0], ("m", "1"): [2.0]}
    assert found.refused["series_limit"] == 7
    (warning,) = warnings_logged()
    assert warning == (
        "spark-exporter: this process has 3 series, so a new one of metric 'm' is not recorded. "
        "Use fewer label values, or set SPARK_EXPORTER_MAX_SERIES higher. "
        "(Said once; the rest is counted as series_limit.)"
    )


@pytest.mark.parametrize("text", ["many", "-1", "1.5", " 5", "²"])
def test_wrong_series_limit(warnings_logged, monkeypatch, text):
    """A limit that is no whole number is said, and the default taken."""
    monkeypatch.setenv("SPARK_EXPORTER_MAX_SERIES", text)
    REGISTRY.__init__()

    assert REGISTRY._limit == 10_000
    (warning,) = warnings_logged()
    assert (
        f"SPARK_EXPORTER_MAX_SERIES must be a whole number such as 10000, not {text!r}: 10000 is" in warning
    )


def test_default_series_limit(worker):
    """Ten thousand series fit, in several segments, each in one place."""
    metric = Counter("m", "d", ["a"])
    for number in range(10_005):
        metric.labels(number).inc(number)

    found = segment_reader.read_directory(worker)
    together = {}
    for segment in found:
        together.update(segment.values())
    assert together == {("m", str(number)): [float(number)] for number in range(10_000)}
    assert [segment.number for segment in found] == list(range(len(found)))
    assert [segment.size for segment in found][:3] == [65536, 131072, 262144]
    assert sum(len(segment.series) for segment in found) == 10_000
    assert found[0].refused["series_limit"] == 5
    assert all(set(segment.refused.values()) == {0.0} for segment in found[1:])
