"""Context managers that are decorators as well: durations, work in progress, exceptions."""

from __future__ import annotations

from functools import wraps
from time import perf_counter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from typing_extensions import Self

    from exporter.client.counter import Counter
    from exporter.client.gauge import Gauge

    F = TypeVar("F", bound=Callable[..., Any])


class _Decorator:
    """A context manager that can decorate plain functions, nested and concurrent calls included."""

    __slots__ = ()

    def _again(self) -> Self:
        """Return what is entered for one call."""
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, value: object, traceback: object) -> None:
        raise NotImplementedError

    def __call__(self, function: F) -> F:
        """Decorate the function."""

        @wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with self._again():
                return function(*args, **kwargs)

        return wrapped  # type: ignore[return-value] # wraps() keeps the signature


class Timer(_Decorator):
    """Records how long something takes, in seconds, also when it ends in an exception."""

    __slots__ = ("_record", "_start")

    def __init__(self, record: Callable[[float], None]) -> None:
        """Remember where to.

        Args:
            record: ``observe`` of a histogram or ``set`` of a gauge.

        """
        self._record = record
        self._start = 0.0

    def _again(self) -> Self:
        return type(self)(self._record)

    def __enter__(self) -> Self:
        """Start the clock."""
        self._start = perf_counter()
        return self

    def __exit__(self, kind: object, value: object, traceback: object) -> None:
        """Record the time since the start."""
        self._record(perf_counter() - self._start)


class InProgress(_Decorator):
    """Adds 1 to a gauge while something runs."""

    __slots__ = ("_gauge",)

    def __init__(self, gauge: Gauge) -> None:
        """Remember the gauge."""
        self._gauge = gauge

    def __enter__(self) -> Self:
        """Add 1."""
        self._gauge.inc()
        return self

    def __exit__(self, kind: object, value: object, traceback: object) -> None:
        """Take it away."""
        self._gauge.dec()


class ExceptionCounter(_Decorator):
    """Counts exceptions that pass through, and lets them pass."""

    __slots__ = ("_counter", "_exceptions")

    def __init__(self, counter: Counter, exceptions: tuple[type[BaseException], ...]) -> None:
        """Remember what to count."""
        self._counter = counter
        self._exceptions = exceptions

    def __exit__(self, kind: object, value: object, traceback: object) -> None:
        """Count the exception if it is one of the wanted ones."""
        if isinstance(value, self._exceptions):
            self._counter.inc()
