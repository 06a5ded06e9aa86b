"""Runs sources: times them, counts what they do, and keeps their failures to themselves."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, TypeVar

from exporter.daemon.errors import SourceError, StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from exporter.daemon import logs
    from exporter.daemon.sources import Source, Update
    from exporter.daemon.status import Status

T = TypeVar("T")


def defect(error: Exception) -> SourceError:
    """Return the error of a source that raised what it should not."""
    return SourceError("internal", f"a defect of the exporter: {type(error).__name__}: {error}")


class Runner:
    """Runs the sources of one target.

    Args:
        target: its URL.
        status: where it accounts to.
        repeats: keeps the log short.
        clock: monotonic seconds.
        stopping: says whether nobody wants to know any more.

    """

    def __init__(
        self,
        target: str,
        status: Status,
        repeats: logs.Repeats,
        clock: Callable[[], float] = time.monotonic,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """Run nothing yet."""
        self._target = target
        self._status = status
        self._repeats = repeats
        self._stopping = stopping
        self.clock = clock
        """Monotonic seconds."""

    def run(self, source: Source[T]) -> T:
        """Return what the source found out.

        Raises:
            SourceError: whatever went wrong; it is counted and logged already.

        """
        return self.ask(source).value

    def ask(self, source: Source[T]) -> Update[T]:
        """Return what the source found out, with the facts beside it.

        Raises:
            SourceError: whatever went wrong; it is counted and logged already.
            StoppedError: nobody wants to know any more.

        """
        start = self.clock()
        try:
            update = source.update()
        except SourceError as error:
            self.check()
            raise self.failed(source.name, error, self.clock() - start) from error
        except Exception as error:
            self.check()
            raise self.failed(source.name, defect(error), self.clock() - start) from error
        self.check()
        self._status.succeeded(self._target, source.name, self.clock() - start - update.waited)
        self._repeats.cleared(source.name, "well again", **self._fields(source.name))
        return update

    def check(self) -> None:
        """Go on, unless whoever asks has been told to stop: a target that is gone is not spoken of.

        Raises:
            StoppedError: so it is.

        """
        if self._stopping():
            raise StoppedError(f"{self._target} is not watched any more")

    def failed(self, collector: str, error: SourceError, seconds: float, key: str = "") -> SourceError:
        """Count and log one failure; return it. The log is silent while the same fault of ``key`` lasts."""
        # Waiting for a driver is what the daemon is for; a defect is what nobody expects.
        level = logging.INFO if error.transient else logging.WARNING
        level = logging.ERROR if error.reason == "internal" else level
        self._repeats.fault(
            key or collector, str(error), level, **self._fields(collector), reason=error.reason
        )
        # Whoever sees the count finds the reason in the log.
        self._status.failed(self._target, collector, seconds, error.reason, transient=error.transient)
        return error

    def idle(self, collector: str) -> None:
        """Note that a source is not needed now, whatever it failed with before."""
        self._status.idle(self._target, collector)
        self._repeats.forget(collector)

    def _fields(self, collector: str) -> dict[str, object]:
        return {"target": self._target, "collector": collector}
