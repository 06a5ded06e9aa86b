"""Arrays of all kinds, observed at once."""

import array
import datetime as dt
import math
import sys
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from exporter import Histogram
from exporter.client.doubles import Tally
from exporter.client.registry import REGISTRY

NAN, INFINITY = float("nan"), float("inf")
BOUNDS = (1.0, 2.0, 5.0)


def observed(values):
    """Observe the values with a new histogram; return bucket counts, sum and refusals."""
    REGISTRY.__init__()
    histogram = Histogram("h", "d", buckets=BOUNDS)
    histogram.observe_many(values)
    assert list(histogram._cells) == histogram._shadow
    *counts, total = histogram._shadow
    return counts, total, REGISTRY.refused()["invalid_value"]


@pytest.mark.parametrize(
    "values",
    [
        [0, 1, 1.5, 2, 5, 5.5],
        (0, 1, 1.5, 2, 5, 5.5),
        [Decimal(0), True, None, 1.5, NAN, 2, np.float32(5), 5.5],
        iter([0, 1, 1.5, 2, 5, 5.5]),
        array.array("d", [0, 1, 1.5, 2, 5, 5.5]),
        np.array([0, 1, 1.5, 2, 5, 5.5]),
        np.array([0, 1, 1.5, 2, 5, 5.5], dtype="float16"),
        np.array([0, 1, 1.5, NAN, 2, 5, 5.5], dtype="float32"),
        np.array([0, 1, 1.5, 2, 5, 5.5], dtype="longdouble"),
        np.array([0, 9, 1, 9, 1.5, 9, 2, 9, 5, 9, 5.5])[::2],
        np.array([[0, 1, 1.5], [2, 5, 5.5]]),
        np.ma.masked_values([0, 1, 1.5, 2, 99, 5, 5.5], 99),
        np.array([0, None, 1, 1.5, Decimal(2), 5, 5.5], dtype=object),
        pd.Series([0, 1, 1.5, None, 2, 5, 5.5]),
        pd.Series([0, 1, 1.5, None, 2, 5, 5.5], dtype="Float64"),
        pd.Series([0, 1, 1.5, pd.NA, 2, 5, 5.5], dtype=object),
        pd.Index([0, 1, 1.5, 2, 5, 5.5]),
        pa.array([0, 1, 1.5, None, 2, 5, 5.5]),
        pa.chunked_array([[0, 1, 1.5], [None, 2, 5, 5.5]]),
    ],
    ids=lambda values: type(values).__name__,
)
def test_kinds(values):
    """Numbers are taken from whatever holds them; None, NaN, NA and masked values are passed over."""
    assert observed(values) == ([2, 2, 1, 1], 15.0, 0)


@pytest.mark.parametrize("kind", ["int8", "int64", "uint8", "uint64"])
def test_integers(kind):
    """Integer arrays of all widths are taken."""
    assert observed(np.array([0, 1, 2, 3, 5, 6], dtype=kind)) == ([2, 1, 2, 1], 17.0, 0)


@pytest.mark.parametrize(
    "values", [np.array([True, False]), pd.Series([True, None, False]), pa.array([True, False])]
)
def test_truth_values(values):
    """They are 1 and 0."""
    assert observed(values) == ([2, 0, 0, 0], 1.0, 0)


@pytest.mark.parametrize(
    ("values", "refused"),
    [
        (np.array([1, INFINITY, -INFINITY, NAN]), 2),
        ([1, INFINITY, -INFINITY, NAN, "1", b"1", object()], 5),
        (np.array([1, "a", None], dtype=object), 1),
        ([1e308, 1e308, 1], 1),
    ],
)
def test_refused_values(values, refused):
    """What is not a finite number is left out and counted; so is what would make the sum infinite."""
    counts, total, seen = observed(values)
    assert seen == refused
    assert math.isfinite(total)
    assert sum(counts) == sum(
        1 for value in values if isinstance(value, (int, float)) and abs(value) < INFINITY
    ) - (total > 1e300)


@pytest.mark.parametrize(
    "values",
    [
        np.array(["1", "2"]),
        np.array([1j, 2]),
        np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[ns]"),
        np.array([1e308, 1e308]),
        pd.Series([dt.timedelta(1), dt.timedelta(2)]),
        pa.array(["1", "2"]),
    ],
    ids=str,
)
def test_refused_arrays(values):
    """Arrays of something else than numbers are left out, each value counted."""
    assert observed(values) == ([0, 0, 0, 0], 0.0, 2)


@pytest.mark.parametrize("values", [5, None, "12", b"12", object()])
def test_not_iterable(values):
    """What holds no values at all is refused once, except None, which is nothing."""
    assert observed(values) == ([0, 0, 0, 0], 0.0, 0 if values is None else 1)


@pytest.mark.parametrize("values", [[], (), np.array([]), np.array([NAN]), pd.Series([], dtype="float64")])
def test_nothing(values):
    """No values change nothing."""
    assert observed(values) == ([0, 0, 0, 0], 0.0, 0)


def test_text_of_the_refusal(warnings_logged):
    """The log says how many of what."""
    observed(["a", "b"])
    (warning,) = warnings_logged()
    assert warning == (
        "spark-exporter: histogram 'h' refused 2 of the values given to observe_many(): give finite numbers, "
        "and None or NaN for a missing one. (Said once; the rest is counted as invalid_value.)"
    )


def test_bounds_are_doubles():
    """A float32 just above a bound is above it, although the bound as float32 would not be below."""
    histogram = Histogram("h", "d", buckets=[0.1])
    histogram.observe_many(np.array([0.1], dtype="float32"))
    histogram.observe(float(np.float32(0.1)))
    assert histogram._shadow[:-1] == [0.0, 2.0]


def test_exception_of_the_iterable():
    """It belongs to the caller and comes through; what came before it is counted."""
    histogram = Histogram("h", "d", buckets=BOUNDS)

    def rows():
        yield 1
        raise LookupError("theirs")

    with pytest.raises(LookupError, match="theirs"):
        histogram.observe_many(rows())
    assert histogram._shadow == [1.0, 0.0, 0.0, 0.0, 1.0]


def test_array_that_numpy_cannot_take():
    """An object that fails to become an array is still a sequence."""

    class Column(list):
        def __array__(self, *_, **__):
            raise RuntimeError("no array")

    assert observed(Column([1, 3])) == ([1, 0, 1, 0], 4.0, 0)


def test_adds_up():
    """Several calls, and single values between them, add up."""
    histogram = Histogram("h", "d", buckets=BOUNDS)
    histogram.observe_many(np.ones(5000))
    histogram.observe(3.0)
    histogram.observe_many([2, 7])
    assert histogram._shadow == [5000.0, 1.0, 1.0, 1.0, 5012.0]


# Few values are looked up one by one, many are compared with each bound.
@given(
    arrays.arrays("float64", st.sampled_from([0, 1, 7, 1000]), elements=st.floats(-1e6, 1e6) | st.just(NAN)),
    st.sets(st.floats(-1e6, 1e6), min_size=1, max_size=4),
)
def test_array_like_single_values(values, bounds):
    """An array gives the same buckets as its values one after the other."""
    bounds = tuple(sorted(bounds))
    together, single = Tally(bounds), Tally(bounds)
    together.add(values)
    single.add(values.tolist())

    assert together.counts == single.counts
    # numpy adds in another order.
    assert together.total == pytest.approx(single.total, abs=1e-9 * float(np.nansum(abs(values))))
    assert together.refused == single.refused == 0


def test_numpy_is_not_imported(run_python):
    """Without numpy in the process none is imported, also where it is installed."""
    done = run_python(
        "import sys; from exporter import Histogram; h = Histogram('h', 'd'); h.observe_many([1, 2, None]);"
        "print('numpy' in sys.modules, sum(h._shadow[:-1]))",
        python=sys.executable,
    )
    assert done.stdout == "False 2.0\n"
