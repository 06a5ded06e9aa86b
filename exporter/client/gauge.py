"""Gauges: values that go up and down."""

from __future__ import annotations

from time import time

from exporter.client.definition import GAUGE, MULTIPROCESS_MODES
from exporter.client.doubles import LARGEST, LARGEST_INT, as_number
from exporter.client.locking import LOCK, LOCK_FREE
from exporter.client.metric import CLASSES, Metric, checked_definition
from exporter.client.timing import InProgress, Timer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Self

_UNSET = float("nan")


class Gauge(Metric):
    """A value that goes up and down: a queue's length, a batch's size, a lag.

    ::

        lag = Gauge("lag", "How far behind", unit="seconds", multiprocess_mode="max")
        lag.set(12.5)

    The Python processes of an application each have their own value; ``multiprocess_mode`` says how these
    become one.
    """

    __slots__ = ("_stamped", "_value")

    # Whether the second cell holds the time of the last change.
    _stamped: bool
    # What inc() and dec() add to; 0 until the gauge is set.
    _value: float

    def __new__(  # noqa: PLR0913 - the signature of prometheus_client
        cls,
        name: str,
        documentation: str,
        labelnames: Sequence[str] = (),
        namespace: str = "",
        subsystem: str = "",
        unit: str = "",
        multiprocess_mode: str = "sum",
    ) -> Self:
        """Return the gauge of this name, a new one or the one that exists.

        Args:
            name: what is measured, in snake case.
            documentation: one sentence about it.
            labelnames: names of its labels, at most 20.
            namespace: first part of the name.
            subsystem: second part of the name.
            unit: base unit such as ``seconds``; appended to the name if it is missing there.
            multiprocess_mode: ``sum``, ``max``, ``min``, ``mean`` or ``mostrecent``.

        Raises:
            ValueError: a part is not valid, or another metric has the name.
            TypeError: a part has the wrong type.

        """
        if multiprocess_mode not in MULTIPROCESS_MODES:
            raise ValueError(
                f"multiprocess_mode {multiprocess_mode!r} is unknown; "
                f"use one of {', '.join(MULTIPROCESS_MODES)}"
            )
        return cls._defined(
            checked_definition(
                GAUGE, name, documentation, labelnames, namespace, subsystem, unit, mode=multiprocess_mode
            )
        )

    if LOCK_FREE:

        def set(self, value: float) -> None:
            """Set the value, a finite number; anything else is refused and counted."""
            try:
                # No other types: converting them may run Python code, in which threads can switch.
                if (type(value) is float and -LARGEST <= value <= LARGEST) or (
                    type(value) is int and -LARGEST_INT <= value <= LARGEST_INT
                ):
                    self._cells[0] = self._value = value  # type: ignore[index]
                    if self._stamped:
                        self._cells[1] = time()  # type: ignore[index]
                    return
            except TypeError:
                pass
            self._set_carefully(value)

        def inc(self, amount: float = 1.0) -> None:
            """Add ``amount``, a finite number; anything else is refused and counted."""
            try:
                if (type(amount) is float and -LARGEST <= amount <= LARGEST) or (
                    type(amount) is int and -LARGEST_INT <= amount <= LARGEST_INT
                ):
                    self._cells[0] = self._value = self._value + amount  # type: ignore[index]
                    if self._stamped:
                        self._cells[1] = time()  # type: ignore[index]
                    return
            except TypeError:
                pass
            self._inc_carefully(amount)

    else:

        def set(self, value: float) -> None:
            """Set the value, a finite number; anything else is refused and counted."""
            number = as_number(value)
            with LOCK:
                if number is not None and self._cells is not None:
                    self._cells[0] = self._value = number
                    if self._stamped:
                        self._cells[1] = time()
                    return
            self._set_carefully(value)

        def inc(self, amount: float = 1.0) -> None:
            """Add ``amount``, a finite number; anything else is refused and counted."""
            number = as_number(amount)
            with LOCK:
                if number is not None and self._cells is not None:
                    self._cells[0] = self._value = self._value + number
                    if self._stamped:
                        self._cells[1] = time()
                    return
            self._inc_carefully(amount)

    def _set_carefully(self, value: object) -> None:
        number = as_number(value)
        if number is None:
            self._refuse_value(value)
        elif self._is_bound():
            self.set(number)

    def _inc_carefully(self, amount: object) -> None:
        number = as_number(amount)
        if number is None:
            self._refuse_value(amount)
        elif self._is_bound():
            self.inc(number)

    def dec(self, amount: float = 1.0) -> None:
        """Subtract ``amount``, a finite number; anything else is refused and counted."""
        number = as_number(amount)
        if number is None:
            self._refuse_value(amount)
        else:
            self.inc(-number)

    def set_to_current_time(self) -> None:
        """Set the value to the Unix time in seconds."""
        self.set(time())

    def track_inprogress(self) -> InProgress:
        """Return a context manager and decorator that adds 1 at the start and takes it away at the end."""
        return InProgress(self)

    def time(self) -> Timer:
        """Return a context manager and decorator that sets the gauge to the duration in seconds."""
        return Timer(self.set)

    def _initial_cells(self) -> list[float]:
        if self._cells is None:
            return [_UNSET, 0.0] if self._stamped else [_UNSET]
        return list(self._cells)

    def _rebind(self, cells: memoryview[float]) -> None:
        with LOCK:
            old = self._cells
            if old is None:
                cells[0] = _UNSET
            else:
                # From cell to cell: the value does not say whether the gauge has been set.
                if self._stamped:
                    cells[1] = old[1]
                cells[0] = old[0]
            self._cells = cells

    def _restart(self, cells: memoryview[float] | None) -> None:
        with LOCK:
            if cells is not None:
                self._rebind(cells)
                return
            self._cells = None
            self._value = 0.0
            self._stamped = self._definition.mode == "mostrecent"


CLASSES[GAUGE] = Gauge
