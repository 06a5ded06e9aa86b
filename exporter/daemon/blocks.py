"""Prints many samples of one family fast.

Names and labels of a block stay while its values change. They are kept as one format string with a slot per
sample, so that a scrape is a single ``%`` over all values. What was printed is kept, too, for as long as the
values are equal: most of a fleet does not change between two scrapes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from operator import itemgetter, truediv

import orjson

from exporter.daemon.exposition import number

Pick = Callable[[Sequence[float]], Sequence[float]]


class Block:
    """Samples of one family.

    Args:
        prefixes: name and labels of each sample, without the value; read at the first scrape.
        pick: gives the values of all samples, in order, from an array of cells; None takes them as they are.
        skip_nan: leave out samples whose value is NaN: a gauge that nobody has set has none.

    """

    __slots__ = ("_last", "_pick", "_prefixes", "_skip_nan", "_template")

    def __init__(self, prefixes: Iterable[str], pick: Pick | None = None, *, skip_nan: bool = False) -> None:
        """Prepare nothing yet."""
        self._prefixes = prefixes
        self._template: bytes | None = None
        self._pick = pick
        self._skip_nan = skip_nan
        # One attribute, so that scrapes that overlap see values and text that belong together.
        self._last: tuple[Sequence[float] | None, bytes] = (None, b"")

    def text(self, cells: Sequence[float]) -> bytes:
        """Return the sample lines for an array of cells."""
        values = cells if self._pick is None else self._pick(cells)
        last, text = self._last
        if values is not last and values != last:
            text = self._print(values, self._template or self._prepare())
            self._last = (values, text)
        return text

    def _prepare(self) -> bytes:
        """Make the format string, and let go of what it was made from."""
        prefixes = self._prefixes
        if self._template is not None:
            # Another scrape was faster.
            return self._template
        lines = "".join([prefix.replace("%", "%%") + " %s\n" for prefix in prefixes])
        template = self._template = lines.encode("utf-8", "replace")
        self._prefixes = ()
        return template

    def _print(self, values: Sequence[float], template: bytes) -> bytes:
        # orjson takes a quarter of the time of repr, but writes null for what is not finite.
        joined = orjson.dumps(values)[1:-1]
        if b"n" in joined or b"e" in joined:
            return self._slow(values, template)
        return template % tuple(joined.split(b","))

    def _slow(self, values: Sequence[float], template: bytes) -> bytes:
        if not self._skip_nan or not any(map(math.isnan, values)):
            return template % tuple([number(value).encode() for value in values])
        # Line ends within labels are escaped, so that each line of the template is one sample.
        lines = template.split(b"\n")
        return b"".join(
            [
                line % number(value).encode() + b"\n"
                for line, value in zip(lines, values, strict=False)
                if not math.isnan(value)
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
