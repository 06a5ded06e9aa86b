"""Durations, work in progress and exceptions, by context manager and by decorator."""

import pytest

from exporter import Counter, Gauge, Histogram
from exporter.client import timing


@pytest.fixture
def clock(monkeypatch):
    """Let time pass by appending to a list."""
    ticks = []
    monkeypatch.setattr(timing, "perf_counter", lambda: float(sum(ticks)))
    return ticks


def test_histogram_time(clock):
    """Each passage is observed, in seconds, also one that fails."""
    took = Histogram("took", "d", buckets=[1, 10])
    with took.time():
        clock.append(0.5)

    @took.time()
    def fail():
        clock.append(5)
        raise KeyError

    with pytest.raises(KeyError):
        fail()

    assert took._shadow == [1.0, 1.0, 0.0, 5.5]


def test_gauge_time(clock):
    """A gauge keeps the last duration."""
    last = Gauge("last", "d")
    for seconds in (3, 2):
        with last.time():
            clock.append(seconds)
    assert last._value == 2.0


def test_decorated_function(clock):
    """A decorated function keeps its name, arguments and result; calls within calls are timed each."""
    took = Histogram("took", "d", ["step"], buckets=[1, 10]).labels("x")

    @took.time()
    def work(depth, *, step):
        """Work."""
        clock.append(step)
        return work(depth - 1, step=step) + 1 if depth else 0

    assert work(2, step=1.5) == 2
    assert (work.__name__, work.__doc__) == ("work", "Work.")
    assert took._shadow == [0.0, 3.0, 0.0, 1.5 + 3.0 + 4.5]


def test_track_inprogress():
    """The gauge is one higher inside, and back after an exception."""
    busy = Gauge("busy", "d")

    @busy.track_inprogress()
    def work(depth):
        seen.append(busy._value)
        if depth:
            work(depth - 1)
        raise KeyError

    seen = []
    with pytest.raises(KeyError):
        work(1)
    assert seen == [1.0, 2.0]
    assert busy._value == 0.0


@pytest.mark.parametrize(
    ("wanted", "raised", "count"),
    [
        ((), ValueError, 1),
        ((), KeyboardInterrupt, 0),
        ((BaseException,), KeyboardInterrupt, 1),
        ((KeyError,), ValueError, 0),
        ((LookupError,), KeyError, 1),
        (((OSError, KeyError),), KeyError, 1),
        (((),), KeyError, 0),
    ],
)
def test_count_exceptions(wanted, raised, count):
    """Exceptions of the wanted types are counted, and all pass through."""
    errors = Counter("errors", "d")

    @errors.count_exceptions(*wanted)
    def work():
        raise raised

    with pytest.raises(raised):
        work()
    with errors.count_exceptions(*wanted):
        pass
    assert errors._value == count


@pytest.mark.parametrize("wanted", [5, "KeyError", int, (KeyError, 5)])
def test_wrong_exception_class(warnings_logged, wanted):
    """Something else than an exception class counts nothing, and hides no exception."""
    errors = Counter("errors", "d")
    with pytest.raises(KeyError), errors.count_exceptions(wanted):
        raise KeyError
    assert errors._value == 0.0
    assert (
        f"count_exceptions() of counter 'errors' got {wanted!r}: give an exception class."
        in warnings_logged()[0]
    )
