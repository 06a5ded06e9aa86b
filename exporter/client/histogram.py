"""Histograms: how often values fall into which range."""

from __future__ import annotations

from exporter.client.buckets import DEFAULT_BUCKETS, check_buckets, make_observe
from exporter.client.definition import HISTOGRAM
from exporter.client.doubles import Tally, as_number
from exporter.client.locking import LOCK, LOCK_FREE
from exporter.client.metric import CLASSES, Metric, checked_definition
from exporter.client.timing import Timer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from typing_extensions import Self

    from exporter.client.definition import Definition

# Each tuple of bounds has a class of its own, because a method is called faster than an attribute.
_CLASSES_BY_BOUNDS: dict[tuple[float, ...], type[Histogram]] = {}


class Histogram(Metric):
    """Counts of values by range, and their sum: durations, sizes.

    ::

        took = Histogram("parse", "Time to parse a batch", unit="seconds", buckets=[0.01, 0.1, 1])
        with took.time():
            ...
        took.observe_many(frame["latency"])
    """

    __slots__ = ("_shadow",)

    _shadow: list[float]

    def __new__(  # noqa: PLR0913 - the signature of prometheus_client
        cls,
        name: str,
        documentation: str,
        labelnames: Sequence[str] = (),
        namespace: str = "",
        subsystem: str = "",
        unit: str = "",
        buckets: Sequence[float] = DEFAULT_BUCKETS,
    ) -> Self:
        """Return the histogram of this name, a new one or the one that exists.

        Args:
            name: what is observed, in snake case.
            documentation: one sentence about it.
            labelnames: names of its labels, at most 20.
            namespace: first part of the name.
            subsystem: second part of the name.
            unit: base unit such as ``seconds``; appended to the name if it is missing there.
            buckets: upper bounds, ascending, inclusive, at most 100; +Inf is added.

        Raises:
            ValueError: a part is not valid, or another metric has the name.
            TypeError: a part has the wrong type.

        """
        definition = checked_definition(
            HISTOGRAM,
            name,
            documentation,
            labelnames,
            namespace,
            subsystem,
            unit,
            buckets=check_buckets(buckets),
        )
        return cls._defined(definition)

    @classmethod
    def _of(cls, definition: Definition) -> Self:
        special = _CLASSES_BY_BOUNDS.get(definition.buckets)
        if special is None:
            observe = make_observe(definition.buckets)
            observe.__doc__ = Histogram.observe.__doc__
            body = {"__slots__": (), "__doc__": cls.__doc__, "__module__": __name__, "observe": observe}
            special = _CLASSES_BY_BOUNDS[definition.buckets] = type("Histogram", (Histogram,), body)
        return special._make(definition, None if definition.labels else ())  # type: ignore[return-value] # a subclass

    def observe(self, value: float) -> None:
        """Count ``value``, a finite number, in its bucket; anything else is refused and counted."""
        raise NotImplementedError  # replaced in the class for these bounds

    def _observe_other(self, value: object) -> None:
        number = as_number(value)
        if number is None:
            self._refuse_value(value)
        else:
            self.observe(number)

    def _observe_unbound(self, value: float) -> None:
        if self._is_bound():
            self.observe(value)

    def observe_many(self, values: Iterable[float | None]) -> None:
        """Count many values at once: a numpy array, a pandas Series, an Arrow array, any iterable.

        None and NaN are missing values and skipped; what else is not a finite number is refused and
        counted. An exception that the iterable itself raises comes through, after what it gave is counted.
        """
        tally = Tally(self._definition.buckets)
        try:
            tally.add(values)
        finally:
            self._record(tally)

    def _record(self, tally: Tally) -> None:
        if tally.refused:
            self._refuse(
                f"{self._called()} refused {tally.refused} of the values given to observe_many(): "
                "give finite numbers, and None or NaN for a missing one.",
                tally.refused,
            )
        if not self._is_bound():
            return
        for index, count in enumerate(tally.counts):
            if count:
                self._add(index, count)
        self._add(len(tally.counts), tally.total)

    if LOCK_FREE:

        def _add(self, index: int, amount: float) -> None:
            self._cells[index] = self._shadow[index] = self._shadow[index] + amount  # type: ignore[index]

    else:

        def _add(self, index: int, amount: float) -> None:
            with LOCK:
                self._cells[index] = self._shadow[index] = self._shadow[index] + amount  # type: ignore[index]

    def time(self) -> Timer:
        """Return a context manager and decorator that observes the duration in seconds."""
        return Timer(self.observe)

    def _initial_cells(self) -> list[float]:
        return list(self._shadow)

    def _rebind(self, cells: memoryview[float]) -> None:
        with LOCK:
            # First where to write, then what was written: another thread may be recording.
            self._cells = cells
            for index in range(len(cells)):
                cells[index] = self._shadow[index]

    def _restart(self, cells: memoryview[float] | None) -> None:
        zeros = [0.0] * self._definition.cell_count()
        with LOCK:
            self._cells = cells
            self._shadow = zeros


CLASSES[HISTOGRAM] = Histogram
