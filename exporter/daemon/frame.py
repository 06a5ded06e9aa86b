"""What one source says of one application at one moment: samples of built-in metrics, checked.

A frame is immutable. Its columns keep the identity of their keys from one frame to the next for as long as no
series comes or goes, so that whoever prints them can keep what it prepared.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from itertools import accumulate
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from exporter.daemon.errors import CatalogueError
from exporter.daemon.labels import clip

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from exporter.daemon.catalogue import Catalogue

Labels = tuple[str, ...]

SUM, COUNT = "sum", "count"
"""Parts of a histogram, beside the bounds of its buckets."""

INVALID_VALUE = "invalid_value"
DUPLICATE = "duplicate"
TRUNCATED = "label_truncated"
LIMIT = "limit"
NOT_A_NUMBER = "not_a_number"
GAUGE_FAILED = "gauge_failed"
MALFORMED = "malformed"
DROP_REASONS = (INVALID_VALUE, DUPLICATE, TRUNCATED, LIMIT, NOT_A_NUMBER, GAUGE_FAILED, MALFORMED)
"""What can be wrong with a sample. One whose label was too long, or no lawful text, has another.

limit: more of its kind than are taken. not_a_number: null, a text or a list. gauge_failed: Spark says that
reading the gauge failed. malformed: a line, a text or an entry that cannot be read.
"""


class Column(NamedTuple):
    """The samples of one metric."""

    keys: tuple[Labels, ...]
    """Of each sample, the values of the metric's ``key_labels``."""
    values: tuple[float, ...]


class Frame(NamedTuple):
    """The samples of one source."""

    columns: Mapping[str, Column] = MappingProxyType({})
    """By the published name of the metric."""
    drops: Mapping[str, int] = MappingProxyType({})
    """How often something was wrong with a sample, by reason."""
    culprits: Mapping[str, str] = MappingProxyType({})
    """By reason, the first metric that was concerned."""


EMPTY = Frame()


class Drops:
    """What could not be taken as it came, until a frame says so."""

    def __init__(self) -> None:
        """Hold nothing."""
        self._drops: Counter[str] = Counter()
        self._culprits: dict[str, str] = {}

    def drop(self, reason: str, count: int = 1, name: str = "") -> None:
        """Account for something that was not taken: what would have been a sample of ``name``."""
        self._drops[reason] += count
        self._culprits.setdefault(reason, name)

    def take(self, others: Drops) -> None:
        """Account for what ``others`` hold, which hold nothing then."""
        for reason, count in others._drops.items():
            self.drop(reason, count, others._culprits[reason])
        others._drops, others._culprits = Counter(), {}


class FrameBuilder(Drops):
    """Collects the samples of one frame.

    Args:
        catalogue: knows the metrics.
        last: the frame before, of the same source.

    """

    def __init__(self, catalogue: Catalogue, last: Frame | None = None) -> None:
        """Hold nothing."""
        super().__init__()
        self._catalogue = catalogue
        self._last = last.columns if last is not None else {}
        self._length = catalogue.label_length
        self._samples: dict[str, dict[Labels, float]] = {}

    def add(self, name: str, value: float | None, *labels: str) -> None:
        """Add one sample.

        Args:
            name: of a metric of the catalogue.
            value: in the metric's unit; None means that there is no sample.
            labels: the executor's id if the scope is executor, then the own labels.

        Raises:
            CatalogueError: the metric is not in the catalogue, or has other labels. A defect of the caller.

        """
        if value is None:
            return
        entry = self._catalogue[name]
        width = len(entry.key_labels)
        if len(labels) != width:
            raise CatalogueError(f"{name} takes {width} label values in a frame; given were {labels!r}")
        if not _valid(value, entry.family.type):
            self.drop(INVALID_VALUE, name=name)
            return
        samples = self._samples.setdefault(name, {})
        key = self._cut(name, labels)
        if key in samples:
            self.drop(DUPLICATE, name=name)
            return
        samples[key] = float(value)

    def add_histogram(
        self, name: str, bounds: Sequence[str], counts: Sequence[float], total: float, *labels: str
    ) -> None:
        """Add the samples of one histogram.

        Args:
            name: of a metric of the catalogue.
            bounds: upper ones of the buckets, as ``le`` has them; the last one is +Inf.
            counts: of each bucket alone.
            total: of everything observed.
            labels: as for ``add``.

        """
        cumulative = list(accumulate(counts))
        for upper, value in zip(bounds, cumulative, strict=True):
            self.add(name, value, *labels, upper)
        self.add(name, total, *labels, SUM)
        self.add(name, cumulative[-1], *labels, COUNT)

    def frame(self) -> Frame:
        """Return what was added."""
        columns = {}
        for name, samples in self._samples.items():
            keys = tuple(samples)
            last = self._last.get(name)
            columns[name] = Column(
                last.keys if last is not None and last.keys == keys else keys, tuple(samples.values())
            )
        drops, culprits = dict(self._drops), self._culprits
        return Frame(MappingProxyType(columns), MappingProxyType(drops), MappingProxyType(culprits))

    def _cut(self, name: str, labels: Labels) -> Labels:
        for label in labels:
            if len(label) > self._length or not label.isascii():
                break
        else:
            return labels
        cut = tuple([clip(label, self._length) for label in labels])
        if cut != labels:
            self.drop(TRUNCATED, name=name)
        return cut


def _valid(value: object, kind: str) -> bool:
    # An honest 0 or 1 may come as a boolean, which is an int in Python. A larger int may not fit a double.
    if not isinstance(value, int | float) or abs(value) > sys.float_info.max:
        return False
    return not math.isnan(value) and (value >= 0 or kind not in ("counter", "histogram"))
