"""From readings to columns: where each value goes is decided once, until a reading comes or goes."""

from __future__ import annotations

import math
from collections import Counter
from operator import itemgetter, truediv
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from exporter.daemon.catalogue import KEEP
from exporter.daemon.frame import DUPLICATE, INVALID_VALUE, LIMIT, TRUNCATED, Column, Frame, Labels
from exporter.daemon.labels import clip
from exporter.daemon.progress import identify_gauge
from exporter.daemon.readings import says_nothing, simple_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from exporter.daemon.catalogue import Catalogue, Entry
    from exporter.daemon.readings import Meaning, Vocabulary

OTHER = "spark_executor_dropwizard_value"
MAX_OTHERS = 200
"""Names of one executor that the catalogue does not know and that are published all the same."""
DRIVER = "driver"


class Bearer(NamedTuple):
    """Whose readings they are."""

    executor: str
    """The executor's id, "driver" for the driver's, empty for the application's."""
    live: bool
    indices: tuple[int, ...]
    """Which names it has values for."""


class _Slot(NamedTuple):
    """One sample to be: where its value is and what becomes of it."""

    rank: int
    position: int
    divisor: float


class _Segment(NamedTuple):
    """The samples of one metric, in the array of all values."""

    entry: Entry
    keys: tuple[Labels, ...]
    start: int
    end: int
    zero: bool
    """Whether 0 means that there is no value."""


class ReadingPlan:
    """Turns the values of certain readings of certain bearers into columns.

    Args:
        catalogue: knows the metrics and how long a label may be.
        vocabulary: knows what readings mean.
        names: of the readings, by index.
        bearers: in the order in which their values will come.

    """

    def __init__(
        self, catalogue: Catalogue, vocabulary: Vocabulary, names: Sequence[str], bearers: Sequence[Bearer]
    ) -> None:
        """Decide about every reading."""
        self._catalogue = catalogue
        self._vocabulary = vocabulary
        self._drops: Counter[str] = Counter()
        self._culprits: dict[str, str] = {}
        self._slots: dict[str, dict[Labels, _Slot]] = {}
        self._classes = simple_names(self._listeners(names))
        position = 0
        for bearer in bearers:
            self._others = 0
            for index in bearer.indices:
                self._place(bearer, names[index], position)
                position += 1
        self._pick, self._divisors, self._segments = self._lay_out()

    def frame(self, values: Sequence[float], last: Mapping[str, Column]) -> Frame:
        """Return the frame for the values of all bearers, one after the other.

        Args:
            values: finite or not.
            last: columns of the frame before; those that did not change are taken over.

        """
        columns: dict[str, Column] = {}
        drops, culprits = Counter(self._drops), dict(self._culprits)
        scaled = tuple(map(truediv, self._pick(values), self._divisors))
        for entry, all_keys, start, end, zero in self._segments:
            keys, part = all_keys, scaled[start:end]
            name = entry.family.sample_name
            least = min(part)
            # A sum is finite only if every part is. One that merely overflows takes the slow way: as right.
            if least < 0 or (zero and least == 0) or not math.isfinite(sum(part)):
                keys, part, invalid = _sift(entry, all_keys, part)
                if invalid:
                    drops[INVALID_VALUE] += invalid
                    culprits.setdefault(INVALID_VALUE, name)
            if part:
                columns[name] = take_over(last.get(name), keys, part)
        return Frame(MappingProxyType(columns), MappingProxyType(drops), MappingProxyType(culprits))

    def _listeners(self, names: Iterable[str]) -> list[str]:
        found = []
        for name in names:
            meaning = self._vocabulary.meaning(name)
            if meaning is not None and "listener" in meaning.entry.own_labels:
                found.append(meaning.labels[meaning.entry.own_labels.index("listener")] or "")
        return list(dict.fromkeys(found))

    def _place(self, bearer: Bearer, name: str, position: int) -> None:
        meaning = self._vocabulary.meaning(name)
        # What belongs to the application is said by its driver.
        if meaning is None or (meaning.entry.scope == "app" and bearer.executor not in ("", DRIVER)):
            self._place_other(bearer, name, position)
            return
        entry = meaning.entry
        if entry.scope == "executor" and not bearer.executor:
            return
        if not bearer.live and entry.family.type == "gauge" and entry.ended != KEEP:
            return
        labels = self._labels(meaning)
        key = (bearer.executor, *labels) if entry.scope == "executor" else labels
        self._add(entry, key, _Slot(meaning.rank, position, meaning.divisor))

    def _place_other(self, bearer: Bearer, name: str, position: int) -> None:
        if not bearer.executor or not bearer.live or self._vocabulary.left_out(name):
            return
        self._others += 1
        if self._others > MAX_OTHERS:
            self._drop(LIMIT, OTHER)
            return
        self._add(self._catalogue[OTHER], (bearer.executor, name), _Slot(0, position, 1.0))

    def _labels(self, meaning: Meaning) -> Labels:
        labels = {
            name: label or "" for name, label in zip(meaning.entry.own_labels, meaning.labels, strict=True)
        }
        if "listener" in labels:
            labels["listener"] = self._classes.get(labels["listener"], labels["listener"])
        if "query_id" in labels:
            labels["query_name"], labels["query_id"] = identify_gauge(labels["query_name"])
        return tuple(labels.values())

    def _add(self, entry: Entry, key: Labels, slot: _Slot) -> None:
        clipped = tuple([clip(label, self._catalogue.label_length) for label in key])
        if clipped != key:
            self._drop(TRUNCATED, entry.family.sample_name)
        slots = self._slots.setdefault(entry.family.sample_name, {})
        held = slots.get(clipped)
        if held is None or slot.rank < held.rank:
            slots[clipped] = slot
        elif slot.rank == held.rank:
            self._drop(DUPLICATE, entry.family.sample_name)

    def _drop(self, reason: str, name: str) -> None:
        self._drops[reason] += 1
        self._culprits.setdefault(reason, name)

    def _lay_out(
        self,
    ) -> tuple[Callable[[Sequence[float]], tuple[float, ...]], tuple[float, ...], tuple[_Segment, ...]]:
        slots: list[_Slot] = []
        segments = []
        for name, placed in self._slots.items():
            start = len(slots)
            slots.extend(placed.values())
            entry = self._catalogue[name]
            segments.append(_Segment(entry, tuple(placed), start, len(slots), says_nothing(entry, 0.0)))
        self._slots = {}
        positions = [slot.position for slot in slots]
        return _picker(positions), tuple([slot.divisor for slot in slots]), tuple(segments)


def take_over(last: Column | None, keys: tuple[Labels, ...], values: tuple[float, ...]) -> Column:
    """Return a column, and the last one or its keys where they are the same."""
    if last is None or (last.keys is not keys and last.keys != keys):
        return Column(keys, values)
    return last if last.values == values else Column(last.keys, values)


def _picker(positions: Sequence[int]) -> Callable[[Sequence[float]], tuple[float, ...]]:
    # With two arguments or more, an itemgetter gives a tuple.
    if len(positions) > 1:
        return itemgetter(*positions)
    return lambda values: tuple([values[position] for position in positions])


def _sift(
    entry: Entry, keys: tuple[Labels, ...], values: tuple[float, ...]
) -> tuple[tuple[Labels, ...], tuple[float, ...], int]:
    """Return the samples that can be published, and how many of the others were wrong."""
    kept, invalid = [], 0
    for key, value in zip(keys, values, strict=True):
        if not math.isfinite(value) or (value < 0 and entry.family.type == "counter"):
            invalid += 1
        elif not says_nothing(entry, value):
            kept.append((key, value))
    if len(kept) == len(keys):
        return keys, values, 0
    return tuple([key for key, _ in kept]), tuple([value for _, value in kept]), invalid
