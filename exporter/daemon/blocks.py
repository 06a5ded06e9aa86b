"""Prints many samples of one family fast.

Names and labels of a block stay while its values change. They are kept as one format string with a slot per
sample, so that a scrape is a single ``%`` over all values, at the price of little more than their ``repr``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from operator import itemgetter, truediv

from exporter.daemon.exposition import number

Pick = Callable[[Sequence[float]], Sequence[float]]


class Block:
    """Samples of one family.

    Args:
        prefixes: name and labels of each sample, without the value.
        pick: gives the values of all samples, in order, from an array of cells.
        skip_nan: leave out samples whose value is NaN: a gauge that nobody has set has none.

    """

    __slots__ = ("_pick", "_skip_nan", "_template")

    def __init__(self, prefixes: Iterable[str], pick: Pick, *, skip_nan: bool = False) -> None:
        """Prepare the format string."""
        self._template = "".join([prefix.replace("%", "%%") + " %r\n" for prefix in prefixes])
        self._pick = pick
        self._skip_nan = skip_nan

    def text(self, cells: Sequence[float]) -> str:
        """Return the sample lines for an array of cells."""
        values = self._pick(cells)
        # A sum is finite only if every part is. One that merely overflows takes the slow way: as right.
        if math.isfinite(sum(values)):
            return self._template % tuple(values)
        return self._slow(values)

    def _slow(self, values: Sequence[float]) -> str:
        # Line ends within labels are escaped, so that each line of the template is one sample.
        lines = self._template.split("\n")
        return "".join(
            [
                line[:-2].replace("%%", "%") + number(value) + "\n"
                for line, value in zip(lines, values, strict=False)
                if not (self._skip_nan and math.isnan(value))
            ]
        )


def pick_cells(offsets: Sequence[int]) -> Pick:
    """Return a function that takes one cell per sample."""
    if len(offsets) == 1:
        (only,) = offsets
        return lambda cells: (cells[only],)
    getter: Pick = itemgetter(*offsets)
    return getter


def pick_means(offsets: Sequence[int]) -> Pick:
    """Return a function that divides each sum by the count behind it; no count gives NaN."""
    sums = pick_cells(offsets)
    counts = pick_cells([offset + 1 for offset in offsets])
    return lambda cells: tuple(map(truediv, sums(cells), [count or math.nan for count in counts(cells)]))


def pick_histograms(offsets: Sequence[int], bounds: int, *, has_sum: bool) -> Pick:
    """Return a function that makes the samples of histograms: cumulative buckets, then sum and count."""

    def pick(cells: Sequence[float]) -> list[float]:
        values: list[float] = []
        for offset in offsets:
            end = offset + bounds + 1
            values.extend(accumulate(cells[offset:end]))
            if has_sum:
                values += (cells[end], values[-1])
        return values

    return pick
