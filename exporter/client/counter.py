"""Counters: totals that only go up."""

from __future__ import annotations

from exporter.client.definition import COUNTER
from exporter.client.doubles import LARGEST, LARGEST_INT, as_number
from exporter.client.locking import LOCK, LOCK_FREE
from exporter.client.metric import CLASSES, Metric, checked_definition
from exporter.client.refusals import shown
from exporter.client.timing import ExceptionCounter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Self

# Compared by identity: the default needs none of the checks that a given amount needs.
_ONE = 1.0


class Counter(Metric):
    """A total that only goes up: rows, bytes, retries.

    ::

        rows = Counter("rows_parsed", "Rows parsed", ["source"])
        rows.labels("kafka").inc()
        rows.labels(source="files").inc(len(batch))
    """

    __slots__ = ("_value",)

    # What the cell holds; adding to it is cheaper than reading the cell.
    _value: float

    def __new__(  # noqa: PLR0913 - the signature of prometheus_client
        cls,
        name: str,
        documentation: str,
        labelnames: Sequence[str] = (),
        namespace: str = "",
        subsystem: str = "",
        unit: str = "",
    ) -> Self:
        """Return the counter of this name, a new one or the one that exists.

        Args:
            name: what is counted, in snake case; with or without ``_total``.
            documentation: one sentence about it.
            labelnames: names of its labels, at most 20.
            namespace: first part of the name.
            subsystem: second part of the name.
            unit: base unit such as ``bytes``; appended to the name if it is missing there.

        Raises:
            ValueError: a part is not valid, or another metric has the name.
            TypeError: a part has the wrong type.

        """
        return cls._defined(
            checked_definition(COUNTER, name, documentation, labelnames, namespace, subsystem, unit)
        )

    if LOCK_FREE:

        def inc(self, amount: float = _ONE) -> None:
            """Add ``amount``, a finite number that is not negative; anything else is refused and counted."""
            try:
                if amount is _ONE:
                    self._cells[0] = self._value = self._value + 1.0  # type: ignore[index]
                    return
                # No other types: adding them may run Python code, in which threads can switch.
                if (type(amount) is int and 0 <= amount <= LARGEST_INT) or (
                    type(amount) is float and 0.0 <= amount <= LARGEST
                ):
                    self._cells[0] = self._value = self._value + amount  # type: ignore[index]
                    return
            except TypeError:
                pass
            self._inc_carefully(amount)

    else:

        def inc(self, amount: float = _ONE) -> None:
            """Add ``amount``, a finite number that is not negative; anything else is refused and counted."""
            number = as_number(amount)
            with LOCK:
                if number is not None and number >= 0.0 and self._cells is not None:
                    self._cells[0] = self._value = self._value + number
                    return
            self._inc_carefully(amount)

    def _inc_carefully(self, amount: object) -> None:
        number = as_number(amount)
        if number is None or number < 0.0:
            self._refuse_value(amount)
        elif self._is_bound():
            self.inc(number)

    def count_exceptions(
        self, exception: type[BaseException] | tuple[type[BaseException], ...] = Exception
    ) -> ExceptionCounter:
        """Return a context manager and decorator that counts the exceptions of this type passing through."""
        kinds = exception if isinstance(exception, tuple) else (exception,)
        if all(isinstance(kind, type) and issubclass(kind, BaseException) for kind in kinds):
            return ExceptionCounter(self, kinds)
        self._refuse(
            f"count_exceptions() of {self._called()} got {shown(exception)}: give an exception class."
        )
        return ExceptionCounter(self, ())

    def _initial_cells(self) -> list[float]:
        return [self._value]

    def _rebind(self, cells: memoryview[float]) -> None:
        with LOCK:
            self._cells = cells
            cells[0] = self._value

    def _restart(self, cells: memoryview[float] | None) -> None:
        with LOCK:
            self._cells = cells
            self._value = 0.0


CLASSES[COUNTER] = Counter
