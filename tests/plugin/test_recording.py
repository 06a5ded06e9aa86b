"""`io.sparkexporter.Metrics`, for Scala and Java code: the rules and texts of Python, and exact counts."""

import itertools

import pytest

import exporter
from plugin.parts import JavaError

NAMES = itertools.count()


class Memory:
    """Metrics of a JVM, and a sampler that sees nothing else."""

    def __init__(self, jvm):
        """Start the sampler."""
        self.jvm = jvm
        self._sampler = jvm("sampler_new", sources=["memory"], max_series=100_000)

    def define(self, kind, name, **parts):
        """Return a metric."""
        return self.jvm("metric_define", type=kind, name=name, **({"help": "Help"} | parts))

    def labels(self, metric, *values):
        """Return a series."""
        return self.jvm("metric_labels", metric=metric, values=list(values))

    def record(self, metric, value, **how):
        """Count, set or observe."""
        self.jvm("metric_record", metric=metric, value=value, **how)

    def sample(self):
        """Take a sample."""
        return self.jvm("sampler_sample", sampler=self._sampler)

    def cells(self, name):
        """Return the sampled cells of a metric by label values."""
        return {tuple(one["labels"]): one["cells"] for one in self.sample()["series"] if one["name"] == name}

    def dropped(self, reason):
        """Return how much was dropped for this reason."""
        return self.sample()["dropped"][reason]


@pytest.fixture
def memory(jvm):
    """The metrics of the shared JVM; tests use names of their own."""
    return Memory(jvm)


@pytest.fixture
def name():
    """A name that no other test uses."""
    return f"metric_n{next(NAMES)}x"


def test_counters_gauges_and_histograms(memory, name):
    """What is recorded is what is sampled; an upper bound belongs to its bucket."""
    rows = memory.define("counter", f"{name}_rows", labels=["source"])
    kafka = memory.labels(rows, "kafka")
    memory.record(kafka, 2)
    memory.record(kafka, 0.5)
    memory.record(memory.labels(rows, "kafka"), 1)
    assert memory.cells(f"{name}_rows") == {("kafka",): [3.5]}

    level = memory.define("gauge", f"{name}_level")
    assert memory.cells(f"{name}_level") == {(): ["NaN"]}
    memory.record(level, -2)
    memory.record(level, 5)
    assert memory.cells(f"{name}_level") == {(): [3.0]}
    memory.record(level, 7.5, set=True)
    assert memory.cells(f"{name}_level") == {(): [7.5]}

    times = memory.define("histogram", name, unit="seconds", buckets=[0.5, 1, "Infinity"])
    for value in (0.5, 0.6, 1.0, 3.0, -1.0):
        memory.record(times, value)
    assert memory.cells(f"{name}_seconds") == {(): [2.0, 2.0, 1.0, pytest.approx(4.1)]}


def test_the_same_definition_is_the_same_metric(memory, name):
    """A counter may be named with or without _total."""
    memory.record(memory.define("counter", name), 1)
    memory.record(memory.define("counter", f"{name}_total", help="Another help"), 1)
    assert memory.cells(name) == {(): [2.0]}


def test_another_definition_of_a_name_is_an_error(memory, name):
    """It says what exists and what to do."""
    memory.define("counter", name)
    with pytest.raises(
        JavaError, match=f"metric '{name}' is defined already, and differently, as a counter; use the"
    ):
        memory.define("gauge", name)


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("Counter", {"name": ""}),
        ("Counter", {"name": "rows parsed"}),
        ("Counter", {"name": "1st"}),
        ("Counter", {"name": "rows__parsed"}),
        ("Counter", {"name": "x" * 201}),
        ("Counter", {"name": "rows_total_total"}),
        ("Gauge", {"name": "rows_total"}),
        ("Histogram", {"name": "rows_total"}),
        ("Counter", {"name": "rows_count"}),
        ("Counter", {"name": "rows", "help": " "}),
        ("Counter", {"name": "rows", "help": "x" * 1001}),
        ("Counter", {"name": "rows", "labels": ["le"]}),
        ("Counter", {"name": "rows", "labels": ["a-b"]}),
        ("Counter", {"name": "rows", "labels": ["app_id"]}),
        ("Counter", {"name": "rows", "labels": ["a", "a"]}),
        ("Counter", {"name": "rows", "labels": [f"l{n}x" for n in range(21)]}),
        ("Counter", {"name": "rows", "unit": "ms"}),
        ("Counter", {"name": "rows", "unit": "Rows"}),
        ("Counter", {"name": "rows", "unit": "m/s"}),
        ("Histogram", {"name": "times", "buckets": []}),
        ("Histogram", {"name": "times", "buckets": [float(n) for n in range(101)]}),
        ("Histogram", {"name": "times", "buckets": [1.0, 0.5]}),
        ("Histogram", {"name": "times", "buckets": [1.0, 1.0]}),
    ],
)
def test_bad_definitions_get_the_words_of_the_python_client(memory, kind, parts):
    """The same mistake, the same sentence, whatever the language."""
    arguments = {"labelnames" if key == "labels" else key: value for key, value in parts.items()}
    name, documentation = arguments.pop("name"), arguments.pop("help", "Help")
    with pytest.raises((ValueError, TypeError)) as python:
        getattr(exporter, kind)(name, documentation, **arguments)
    with pytest.raises(JavaError) as java:
        memory.define(kind.lower(), **parts)
    assert str(java.value) == f"java.lang.IllegalArgumentException: {python.value}"


def test_null_is_named(memory):
    """Python has no null; Java does."""
    with pytest.raises(JavaError, match="the name of a metric must be a string, not null"):
        memory.define("counter", None)
    with pytest.raises(JavaError, match="the documentation of a metric must be a string, not null"):
        memory.define("counter", "rows", help=None)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("counter", -1),
        ("counter", "NaN"),
        ("counter", "Infinity"),
        ("gauge", "NaN"),
        ("histogram", "-Infinity"),
    ],
)
def test_bad_values_are_counted_and_change_nothing(memory, name, kind, value):
    """Recording never throws."""
    metric = memory.define(kind, name)
    memory.record(metric, 1)
    before, dropped = memory.cells(name), memory.dropped("invalid_value")
    memory.record(metric, value)
    assert memory.cells(name) == before
    assert memory.dropped("invalid_value") == dropped + 1


def test_labels_that_do_not_fit_are_counted_and_seen_by_nobody(memory, name):
    """Too few, too many, null, none at all, and labels of a series."""
    metric = memory.define("counter", name, labels=["a", "b"])
    dropped = memory.dropped("invalid_value")
    good = memory.labels(metric, "x", "y")
    wrong = [
        memory.labels(metric, "x"),
        memory.labels(metric, "x", "y", "z"),
        memory.labels(metric, "x", None),
    ]
    wrong += [memory.labels(good, "x", "y"), memory.jvm("metric_labels", metric=metric, values=None)]
    for series in wrong:
        memory.record(series, 1)
    memory.record(metric, 1)
    assert memory.cells(name) == {("x", "y"): [0.0]}
    assert memory.dropped("invalid_value") == dropped + 6


def test_a_label_value_that_is_too_long_is_refused(memory, name):
    """Bytes count, not characters."""
    metric = memory.define("counter", name, labels=["a"])
    memory.record(memory.labels(metric, "é" * 128), 1)
    before = memory.dropped("label_too_long")
    memory.record(memory.labels(metric, "é" * 128 + "x"), 1)
    assert memory.cells(name) == {("é" * 128,): [1.0]}
    assert memory.dropped("label_too_long") == before + 1


def test_series_of_a_jvm_are_bounded(fresh_jvm):
    """The first 10,000 are recorded; the others are counted."""
    memory = Memory(fresh_jvm)
    metric = memory.define("counter", "many", labels=["n"])
    for number in range(10_003):
        memory.labels(metric, str(number))
    assert len(memory.cells("many")) == 10_000
    assert memory.dropped("series_limit") == 3
    assert fresh_jvm.log().count("10000 series") == 1


def test_metrics_travel_with_closures_as_their_definitions(memory, name):
    """What arrives is this JVM's own metric, or series of it; values do not travel."""
    metric = memory.define("counter", name, labels=["a"])
    series = memory.labels(metric, "x")
    memory.record(series, 1)
    memory.record(memory.jvm("metric_ship", metric=series), 1)
    memory.record(memory.labels(memory.jvm("metric_ship", metric=metric), "x"), 1)
    assert memory.cells(name) == {("x",): [3.0]}


def test_threads_lose_nothing(memory, name):
    """Every increment and every observation counts."""
    counter = memory.define("counter", name)
    histogram = memory.define("histogram", f"{name}_sizes", buckets=[0, 1, 2])
    memory.jvm("metric_hammer", counter=counter, histogram=histogram, threads=8, times=50_000)
    assert memory.cells(name) == {(): [400_000.0]}
    assert memory.cells(f"{name}_sizes") == {(): [100_000.0] * 4 + [600_000.0]}


def test_the_next_application_of_a_jvm_starts_from_zero(fresh_jvm):
    """Counters and histograms; a gauge keeps what it was set to."""
    first = Memory(fresh_jvm)
    counter, level = first.define("counter", "rows"), first.define("gauge", "level")
    first.record(counter, 5)
    first.record(level, 5)
    first.record(counter, -1)
    fresh_jvm("memory_restart")
    second = Memory(fresh_jvm)
    second.record(counter, 1)
    assert second.cells("rows") == {(): [1.0]}
    assert second.cells("level") == {(): [5.0]}
    assert second.dropped("invalid_value") == 0
