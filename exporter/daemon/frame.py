"""What one source says of one application at one moment: samples of built-in metrics, checked.

A frame is immutable. Its columns keep the identity of their keys from one frame to the next for as long as no
series comes or goes, so that whoever prints them can keep what it prepared.
"""

from __future__ import annotations

import hashlib
import math
import sys
from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from exporter.daemon.errors import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.daemon.catalogue import Catalogue

Labels = tuple[str, ...]

INVALID_VALUE = "invalid_value"
DUPLICATE = "duplicate"
TRUNCATED = "label_truncated"
DROP_REASONS = (INVALID_VALUE, DUPLICATE, TRUNCATED)
"""What can be wrong with a sample. A sample whose label was truncated is published; the others are not."""

LABEL_LENGTH = 200
_DIGEST = 8


class Column(NamedTuple):
    """The samples of one metric."""

    keys: tuple[Labels, ...]
    """Of each sample, the executor's id if the metric's scope is executor, then the own labels."""
    values: tuple[float, ...]


class Frame(NamedTuple):
    """The samples of one source."""

    columns: Mapping[str, Column] = MappingProxyType({})
    """By the published name of the metric."""
    drops: Mapping[str, int] = MappingProxyType({})
    """How often something was wrong with a sample, by reason."""


class FrameBuilder:
    """Collects the samples of one frame.

    Args:
        catalogue: knows the metrics.
        last: the frame before, of the same source.
        label_length: characters of a label's value; a longer one is cut, and ends in a digest of the whole.

    """

    def __init__(
        self, catalogue: Catalogue, last: Frame | None = None, label_length: int = LABEL_LENGTH
    ) -> None:
        """Hold nothing."""
        self._catalogue = catalogue
        self._last = last.columns if last is not None else {}
        self._length = label_length
        self._samples: dict[str, dict[Labels, float]] = {}
        self._drops: Counter[str] = Counter()

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
        if len(labels) != entry.width:
            raise CatalogueError(f"{name} takes {entry.width} label values in a frame; given were {labels!r}")
        if not _valid(value, entry.family.type):
            self._drops[INVALID_VALUE] += 1
            return
        samples = self._samples.setdefault(name, {})
        key = self._cut(labels)
        if key in samples:
            self._drops[DUPLICATE] += 1
            return
        samples[key] = float(value)

    def drop(self, reason: str, count: int = 1) -> None:
        """Account for something that never became a sample."""
        self._drops[reason] += count

    def frame(self) -> Frame:
        """Return what was added."""
        columns = {}
        for name, samples in self._samples.items():
            keys = tuple(samples)
            last = self._last.get(name)
            columns[name] = Column(
                last.keys if last is not None and last.keys == keys else keys, tuple(samples.values())
            )
        return Frame(MappingProxyType(columns), MappingProxyType(dict(self._drops)))

    def _cut(self, labels: Labels) -> Labels:
        if all(len(label) <= self._length for label in labels):
            return labels
        self._drops[TRUNCATED] += 1
        return tuple([label if len(label) <= self._length else self._shorten(label) for label in labels])

    def _shorten(self, label: str) -> str:
        digest = hashlib.sha256(label.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
        return f"{label[: self._length - _DIGEST - 3]}...{digest}"


def _valid(value: object, kind: str) -> bool:
    # An honest 0 or 1 may come as a boolean, which is an int in Python. A larger int may not fit a double.
    if not isinstance(value, int | float) or abs(value) > sys.float_info.max:
        return False
    return not math.isnan(value) and (value >= 0 or kind != "counter")
