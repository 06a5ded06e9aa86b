"""Same definitions, conflicting ones, and what survives pickling."""

import copy
import pickle

import pytest
from pyspark import cloudpickle

from exporter import Counter, Gauge, Histogram
from exporter.client.registry import REGISTRY


@pytest.mark.parametrize(
    "make",
    [
        lambda help_: Counter("x", help_, ["a"]),
        lambda help_: Gauge("x", help_, multiprocess_mode="max"),
        lambda help_: Histogram("x", help_, buckets=[1, 2, float("inf")]),
    ],
)
def test_same_definition_same_metric(make):
    """A notebook's cell may run twice; the first help text stays."""
    first = make("one")

    assert make("two") is first
    assert first._definition.help == "one"


@pytest.mark.parametrize(
    "other",
    [
        lambda: Gauge("x_y", "d", ["a"]),
        lambda: Histogram("x_y", "d", ["a"]),
        lambda: Counter("x_y", "d"),
        lambda: Counter("x_y", "d", ["b"]),
        lambda: Counter("x_y_total", "d", ["a", "b"]),
        lambda: Counter("x", "d", ["a"], unit="y"),
    ],
)
def test_conflict(other):
    """Another metric of the name is an error that shows both; the first one is not touched."""
    first = Counter("x_y", "d", ["a"])

    with pytest.raises(
        ValueError, match=r"'x_y' is defined already.*Counter\('x_y', labelnames=\['a'\]\) exists"
    ) as error:
        other()

    assert "was asked for; use the same definition, or another name" in str(error.value)
    assert Counter("x_y", "d", ["a"]) is first


@pytest.mark.parametrize(
    ("first", "second", "difference"),
    [
        (
            lambda: Histogram("h", "d", buckets=[1]),
            lambda: Histogram("h", "d", buckets=[2]),
            r"buckets=\[2.0\]",
        ),
        (
            lambda: Gauge("g", "d"),
            lambda: Gauge("g", "d", multiprocess_mode="min"),
            "multiprocess_mode='min'",
        ),
        (lambda: Gauge("g_s", "d"), lambda: Gauge("g", "d", unit="s" * 1 + "nails"), None),
    ],
)
def test_conflict_in_detail(first, second, difference):
    """Buckets, modes and units belong to the definition; different names do not conflict."""
    first()
    if difference is None:
        second()
        return
    with pytest.raises(ValueError, match=difference):
        second()


def metrics():
    """Make one of each, with and without labels."""
    return [
        Counter("c", "d", ["a"], unit="bytes"),
        Counter("c", "d", ["a"], unit="bytes").labels("v"),
        Counter("u", "d"),
        Gauge("g", "d", multiprocess_mode="mostrecent"),
        Gauge("gl", "d", ["a", "b"]).labels(1, 2),
        Histogram("h", "d", buckets=[0.1, 5]),
        Histogram("hl", "d", ["a"]).labels("x"),
    ]


@pytest.mark.parametrize("dumps", [pickle.dumps, cloudpickle.dumps])
def test_pickle_here(dumps):
    """In the same process a pickled metric comes back as itself, and so does a copy."""
    for metric in metrics():
        assert pickle.loads(dumps(metric)) is metric
        assert copy.deepcopy(metric) is metric


@pytest.mark.parametrize("dumps", [pickle.dumps, cloudpickle.dumps])
def test_pickle_elsewhere(dumps):
    """In another process it becomes that process's metric, from zero, with the whole definition."""
    before = metrics()
    for metric in before:
        getattr(metric, "inc", getattr(metric, "observe", None))(3)
    pickled = [dumps(metric) for metric in before]
    REGISTRY.__init__()

    after = [pickle.loads(data) for data in pickled]

    for old, new in zip(before, after):
        assert new is not old
        assert new._definition.parts() == old._definition.parts()
        assert new._label_values == old._label_values
        assert sum(map(abs, new._initial_cells()[:1])) == 0 or isinstance(new, Gauge)
    assert after == metrics()


def test_closure_and_decorators_survive_cloudpickle():
    """A function that uses metrics in every way can be shipped; it records where it runs."""
    rows = Counter("rows", "d", ["a"])
    took = Histogram("took", "d")
    busy = Gauge("busy", "d")

    @took.time()
    @busy.track_inprogress()
    @rows.labels("failed").count_exceptions()
    def work(n):
        rows.labels("ok").inc(n)
        return busy._value

    shipped = cloudpickle.dumps(work)
    REGISTRY.__init__()

    assert pickle.loads(shipped)(2) == 1.0
    assert Counter("rows", "d", ["a"]).labels("ok")._value == 2.0
    assert sum(Histogram("took", "d")._shadow[:-1]) == 1.0
    assert Gauge("busy", "d")._value == 0.0
    assert rows.labels("ok")._value == 0.0


@pytest.mark.parametrize("child", [False, True])
def test_conflict_on_arrival(warnings_logged, child):
    """A pickled metric whose name means something else here works, is not recorded, and is counted."""
    metric = Counter("x", "d", ["a"])
    shipped = pickle.dumps(metric.labels("v") if child else metric)
    REGISTRY.__init__()
    mine = Gauge("x", "d")

    arrived = pickle.loads(shipped)
    pickle.loads(shipped)
    (arrived if child else arrived.labels("v")).inc()

    assert isinstance(arrived, Counter)
    assert mine._cells[0] != mine._cells[0]
    assert REGISTRY.refused()["definition_conflict"] == 2
    (warning,) = warnings_logged()
    assert (
        "Gauge('x', multiprocess_mode='sum') exists, Counter('x', labelnames=['a']) was asked for" in warning
    )


def test_refused_series_stays_refused():
    """The stand-in for refused label values does not become a series where it is unpickled."""
    refused = Counter("x", "d", ["a"]).labels("v" * 257)
    shipped = pickle.dumps(refused)
    assert pickle.loads(shipped) is refused
    REGISTRY.__init__()

    pickle.loads(shipped).inc()

    assert Counter("x", "d", ["a"])._children == {}


def test_repr():
    """A metric shows how it was defined, a series its label values."""
    assert repr(Counter("rows", "d", ["a"]).labels("v")) == "Counter('rows', labelnames=['a']).labels('v',)"
    assert repr(Gauge("lag", "d", unit="seconds", multiprocess_mode="max")) == (
        "Gauge('lag_seconds', unit='seconds', multiprocess_mode='max')"
    )
    assert repr(Histogram("h", "d", buckets=[1])) == "Histogram('h', buckets=[1.0])"
