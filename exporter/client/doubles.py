"""Numbers of any type, and arrays of them, as finite doubles."""

from __future__ import annotations

import sys
from bisect import bisect_left
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

# The largest finite double: x is finite if -LARGEST <= x <= LARGEST.
LARGEST = 1.7976931348623157e308
# Larger integers are rare enough for the slow path.
LARGEST_INT = 2**53

# From this many values per bound on, comparing with each bound is faster than a search for each value.
_VALUES_PER_BOUND = 200


def as_double(value: object) -> float | None:
    """Return a number of whatever type as a double, or None if it is not a number. Text is none."""
    if isinstance(value, (str, bytes, bytearray)):
        return None
    try:
        return float(value)  # type: ignore[arg-type]
    except Exception:  # noqa: BLE001 - __float__ is the user's code
        return None


def as_number(value: object) -> float | None:
    """Return a finite number of whatever type as a double, else None."""
    number = as_double(value)
    return number if number is not None and -LARGEST <= number <= LARGEST else None


class Tally:
    """How many of some values fall into each bucket, their sum, and how many were refused."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        """Start with nothing.

        Args:
            bounds: finite upper bounds, inclusive, ascending.

        """
        self._bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0
        self.refused = 0

    def add(self, values: object) -> None:
        """Count the values of an array or any other iterable. None and NaN are missing values.

        An exception raised by the iterable itself comes through: it is the caller's own.
        """
        numpy = sys.modules.get("numpy")
        if numpy is not None and hasattr(values, "__array__"):
            with suppress(Exception):  # an array that numpy cannot take is still a sequence
                values = self._add_array(numpy, values)
        if values is None:
            return
        if isinstance(values, (str, bytes, bytearray)) or not hasattr(type(values), "__iter__"):
            self.refused += 1
        else:
            self._add_each(values)  # type: ignore[arg-type] # it has __iter__

    def _add_array(self, numpy: Any, values: Any) -> Any:
        """Count an array; return what has to be counted one by one, or None."""
        if hasattr(values, "compressed"):
            values = values.compressed()  # a masked array hides its missing values
        array = numpy.asarray(values).ravel()
        if array.dtype.kind == "O":
            return array
        if array.dtype.kind not in "fiub":
            self.refused += array.size
            return None
        with numpy.errstate(all="ignore"):
            # Not as float32: the bounds would be rounded to it.
            data = array.astype(numpy.float64, copy=False)
            total = float(data.sum())
            refused = 0
            if total - total != 0.0:
                refused = int(numpy.isinf(data).sum())
                data = data[numpy.isfinite(data)]
                total = float(data.sum())
            counts = _bucket_counts(numpy, data, self._bounds)
        self._commit(counts, total, refused)
        return None

    def _commit(self, counts: Sequence[int], total: float, refused: int) -> None:
        if not -LARGEST <= total <= LARGEST:
            self.refused += refused + sum(counts)
            return
        self.counts = [old + new for old, new in zip(self.counts, counts)]
        self.total += total
        self.refused += refused

    def _add_each(self, values: Iterable[object]) -> None:
        missing = getattr(sys.modules.get("pandas"), "NA", None)
        for value in values:
            if value is None or value is missing:
                continue
            number = as_double(value)
            if number is None or not -LARGEST <= self.total + number <= LARGEST:
                # Only NaN differs from itself.
                self.refused += number is None or number == number  # noqa: PLR0124
                continue
            self.counts[bisect_left(self._bounds, number)] += 1
            self.total += number


def _bucket_counts(numpy: Any, data: Any, bounds: tuple[float, ...]) -> list[int]:
    if data.size < _VALUES_PER_BOUND * len(bounds):
        places = numpy.searchsorted(bounds, data, side="left")
        counts: list[int] = numpy.bincount(places, minlength=len(bounds) + 1).tolist()
        return counts
    below = [int(numpy.count_nonzero(data <= bound)) for bound in bounds]
    below.append(data.size)
    return [here - before for here, before in zip(below, [0, *below])]
