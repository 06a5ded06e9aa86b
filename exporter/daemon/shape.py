"""Where each series' cells are in a flat array of values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING

from exporter.daemon.fields import invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from exporter.daemon.model import Layout


@dataclass(frozen=True, eq=False)
class Shape:
    """Which series an array of values holds. One object for as long as no series comes or goes."""

    series: tuple[int, ...] = ()
    offsets: tuple[int, ...] = ()
    size: int = 0
    counts: tuple[int, ...] = ()
    """The cells that count something: totals and buckets, but no gauge and no sum."""

    @cached_property
    def _pick_counts(self) -> Callable[[Sequence[float]], tuple[float, ...]]:
        # With two arguments or more, an itemgetter gives a tuple.
        return itemgetter(self.counts[0], *self.counts)

    def follow(self, series: tuple[int, ...], layout: Layout) -> Shape:
        """Return the shape of an array with these series; cheap if they only continue the present ones."""
        if series == self.series:
            return self
        if series[: len(self.series)] == self.series:
            return self._extended(series, layout)
        return Shape().follow(series, layout)

    def _extended(self, series: tuple[int, ...], layout: Layout) -> Shape:
        size = self.size
        offsets: list[int] = []
        counts: list[int] = []
        for index in series[len(self.series) :]:
            metric = layout.metrics[layout.series[index].metric]
            offsets.append(size)
            counts.extend(range(size, size + metric.counts))
            size += metric.width
        return Shape(series, self.offsets + tuple(offsets), size, self.counts + tuple(counts))

    def check(self, values: Sequence[float], layout: Layout, where: str) -> None:
        """Refuse an array of another length, and counts that are negative or not finite.

        Raises:
            SourceError: with reason ``invalid``.

        """
        if len(values) != self.size:
            raise invalid(where, f"{self.size} values", f"{len(values)} values")
        if not self.counts:
            return
        counts = self._pick_counts(values)
        # The sum is finite only if every part is; it may overflow by itself, hence the second look.
        if min(counts) < 0 or not math.isfinite(sum(counts)):
            self._find_bad_count(values, layout, where)

    def _find_bad_count(self, values: Sequence[float], layout: Layout, where: str) -> None:
        for index, offset in zip(self.series, self.offsets, strict=True):
            metric = layout.metrics[layout.series[index].metric]
            for value in values[offset : offset + metric.counts]:
                if not 0 <= value < math.inf:
                    raise invalid(
                        f"{where}, {metric.type} {metric.name}", "a finite count, zero or more", value
                    )
