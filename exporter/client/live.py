"""What the plugin shows to the Python processes of its JVM: numbers in a mapped file, values in a JSON file.

docs/segment-format.md describes both. Reading takes no lock and no system call while nothing changes.
"""

from __future__ import annotations

import json
import math
import mmap
import os
import sys
import time
from _thread import allocate_lock

from exporter.client import attach, spark
from exporter.client.refusals import local_cells

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CONTROL_FILE, VALUES_FILE = "control", "config.json"
MAGIC = b"SPXCTL1\0"
CONTROL_BYTES = 64
VERSION_CELL, CLAIMABLE_CELL = 1, 2
_MAX_VALUES_BYTES = 16 * 1024 * 1024
# What is missing is looked for with each of some calls, then after 1, 2, 4 ... calls, at most after these.
_PATIENT_LOOKS = 32
_MOST_CALLS_BETWEEN_LOOKS = 1024
_PATIENCE_SECONDS = 1.0
# How long the readers of one process wait for their JVM to hear the driver.
_FIRST_SECONDS = 10.0
_FIRST_STEP_SECONDS = 0.02


class Values(dict[str, object]):
    """The values of one version, by key. They never change, so readers of them agree with themselves."""

    __slots__ = ("version",)

    def __init__(self, version: int, values: dict[str, Any]) -> None:
        """Keep what readers get: each list and dict once, as all of them share it."""
        super().__init__(values)
        self.version = version


def _unknown() -> memoryview[float]:
    """Return a cell that is unequal to everything, itself included: whoever compares it looks again."""
    cell = local_cells(1)
    cell[0] = float("nan")
    return cell


class Live:
    """The live configuration, and how many events workers may claim, as far as this process knows.

    Others read these attributes without a lock, and call :meth:`refresh` when ``cell[0] != seen``:

    * ``cell``: its only element is the version that the plugin has; not a number until it knows one.
    * ``seen``: what it was when ``values`` were read.
    * ``values``: the configuration.
    * ``claimable``: its only element is the number of events that workers could have claimed so far.
    """

    __slots__ = (
        "_calls", "_deadline", "_directory", "_lock", "_mapped", "_misses", "_pause",
        "cell", "claimable", "seen", "values",
    )  # fmt: skip

    def __init__(self) -> None:
        """Know nothing yet, not even where to look."""
        self._directory: str | None = None
        # Of waiting for the driver: each process does so once.
        self._deadline: float | None = None
        self._lock = allocate_lock()
        self._forget()

    def _forget(self) -> None:
        self.cell, self.claimable = _unknown(), _unknown()
        self._mapped = False
        self.seen = 0.0
        self.values = Values(0, {})
        self._calls = self._misses = self._pause = 0

    def follow(self, directory: str | None) -> None:
        """Take the values of this directory from now on: the driver's application began.

        None says that it ended: its last values stay until the next one.
        """
        if directory is not None:
            with self._lock:
                self._directory = directory
                self._forget()

    def refresh(self) -> None:
        """Read what has changed, after :meth:`look`. Before the JVM has heard the driver, wait for that."""
        self.look()
        if self._is_unheard():
            self._await_first()
            self.look()

    def _is_unheard(self) -> bool:
        """Say whether the JVM is steered, but has not heard the driver yet."""
        return self._mapped and math.isnan(self.cell[0])

    def _await_first(self) -> None:
        if self._deadline is None:
            self._deadline = time.monotonic() + _FIRST_SECONDS
        # No lock is held: other threads wait beside this one, and events are seen meanwhile.
        while self._is_unheard() and time.monotonic() < self._deadline:
            time.sleep(_FIRST_STEP_SECONDS)

    def look(self) -> None:
        """Read what has changed. It never raises; what cannot be read is tried again, less and less often."""
        if self._is_unheard():
            return
        self._calls += 1
        if self._calls <= self._pause:
            return
        if self._directory is None:
            attach.look()
        # A signal handler or a finaliser may come between, in the thread that has the lock.
        if not self._lock.acquire(timeout=_PATIENCE_SECONDS):
            return
        try:
            found = self._look()
        except Exception:  # noqa: BLE001 - whatever it is, the values so far are good
            found = False
        finally:
            self._lock.release()
        self._calls, self._misses = 0, 0 if found else self._misses + 1
        patient = self._misses < _PATIENT_LOOKS
        self._pause = 0 if patient else min(2 * self._pause or 1, _MOST_CALLS_BETWEEN_LOOKS)

    def _look(self) -> bool:
        """Bring everything up to date; say whether that was possible."""
        directory = self._directory or spark.worker_directory()
        if directory is None:
            return False
        if math.isnan(self.cell[0]):
            self._map(directory)
        version = self.cell[0]
        if math.isnan(version):
            return self._mapped
        if version != self.seen:
            values = _read_values(directory)
            # The file is written before the number, so it may be newer but not older.
            if values.version < version:
                return False
            if values.version > self.values.version:
                self.values = values
            self.seen = version
        return True

    def _map(self, directory: str) -> None:
        path = os.path.join(directory, CONTROL_FILE)  # noqa: PTH118 - as everywhere in the client
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            mapped = mmap.mmap(fd, CONTROL_BYTES, prot=mmap.PROT_READ)
        finally:
            os.close(fd)
        if mapped[: len(MAGIC)] == MAGIC and sys.byteorder == "little":
            cells = memoryview(mapped).cast("d")
            self.claimable = cells[CLAIMABLE_CELL : CLAIMABLE_CELL + 1]
            self.cell = cells[VERSION_CELL : VERSION_CELL + 1]
            self._mapped = True

    def after_fork_in_child(self) -> None:
        """Read on: the mapping is the child's as well. Threads that held the lock are not."""
        self._lock = allocate_lock()


def _read_values(directory: str) -> Values:
    """Return the plugin's values; OSError or ValueError if there are none to be read."""
    path = os.path.join(directory, VALUES_FILE)  # noqa: PTH118 - as above
    with open(path, "rb") as file:  # noqa: PTH123 - as above
        content = json.loads(file.read(_MAX_VALUES_BYTES))
    if not isinstance(content, dict):
        raise ValueError(f"{path} holds no JSON object")  # noqa: TRY004 - nobody passed it as an argument
    version, values = content.get("version"), content.get("values")
    if type(version) is not int or not isinstance(values, dict):
        raise ValueError(f"{path} holds no version and values")
    return Values(version, values)


LIVE = Live()
attach.listen(LIVE.follow)

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=LIVE.after_fork_in_child)
