"""A few daemon threads with a bounded queue, for work that must not hold up anybody else's."""

from __future__ import annotations

import threading
from queue import SimpleQueue

from exporter.client.refusals import debug

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Work = Callable[[], None]

MAX_WAITING = 1000


class Pool:
    """Runs what it is given in order; the threads start with the first work."""

    def __init__(self, name: str, threads: int = 1) -> None:
        """Start nothing yet.

        Args:
            name: of the threads.
            threads: how many at most.

        """
        self._name = name
        self._threads = threads
        self._started = 0
        self._queue: SimpleQueue[Work | None] = SimpleQueue()

    def submit(self, work: Work) -> bool:
        """Queue work; say whether there was room. Called by one thread at a time."""
        if self._queue.qsize() >= MAX_WAITING:
            return False
        if self._started < self._threads:
            try:
                threading.Thread(target=self._run, name=self._name, daemon=True).start()
            except RuntimeError:
                # No thread to be had now: those that run will do it, later.
                if not self._started:
                    return False
            else:
                self._started += 1
        self._queue.put(work)
        return True

    def end(self) -> None:
        """Let the threads end when everything queued is done."""
        for _ in range(self._started):
            self._queue.put(None)

    def _run(self) -> None:
        while True:
            work = self._queue.get()
            if work is None:
                return
            try:
                work()
            except BaseException:  # noqa: BLE001 - SystemExit in a handler ends nothing
                debug("work in the background failed")
            # Not kept until the next work comes: it holds payloads.
            del work
