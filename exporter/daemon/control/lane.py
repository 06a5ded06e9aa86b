"""Threads for what blocks, so that it holds up neither the event loop nor the threads of scrapes."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from exporter.daemon.control.refusal import busy, stopping

if TYPE_CHECKING:
    from collections.abc import Callable

    from exporter.daemon.control.refusal import Refusal

T = TypeVar("T")


class Lane:
    """Does things at the same time, each in a daemon thread, so that none keeps the process from ending.

    Args:
        name: of the threads.
        most: how many at a time; whoever comes then is sent away instead of waiting.

    """

    def __init__(self, name: str, most: int) -> None:
        """Have no thread yet."""
        self._name = name
        self._most = most
        self._room = threading.BoundedSemaphore(most)
        self._under_way: dict[asyncio.Future[Any], Refusal] = {}
        self._stopped = False

    async def run(self, work: Callable[[], T], *, doubt: bool = False) -> T:
        """Return what ``work()`` returns, or raise what it raises.

        A caller that is cancelled leaves the thread behind, and its place is taken until it is done.

        Args:
            work: is done in a thread.
            doubt: it changes something, so that nobody knows what became of it if it is left behind.

        Raises:
            Refusal: there is no room, or the daemon ends.

        """
        if self._stopped:
            raise stopping(doubt=False)
        if not self._room.acquire(blocking=False):
            raise busy(503, f"too many requests at a time; at most {self._most} {self._name}", 1)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def settle(result: T | None, error: BaseException | None) -> None:
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type] # None only where T is

        def body() -> None:
            result: T | None = None
            failure: BaseException | None = None
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001 - it is raised where somebody waits for it
                failure = error
            finally:
                self._room.release()
            # The loop may have ended, with nobody left to be told.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, result, failure)

        try:
            threading.Thread(target=body, name=f"control {self._name}", daemon=True).start()
        except RuntimeError:
            self._room.release()
            raise busy(503, "no thread is left", 1) from None
        self._under_way[future] = stopping(doubt=doubt)
        try:
            return await future
        finally:
            del self._under_way[future]

    def stop(self) -> None:
        """Tell all who are here, and whoever comes from now on, that the daemon ends. In their event loop."""
        self._stopped = True
        for future, refusal in self._under_way.items():
            if not future.done():
                future.set_exception(refusal)
