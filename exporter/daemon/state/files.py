"""Small files in one directory, each replaced as a whole."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from exporter.daemon.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SUFFIX = ".state.json"
RUNS_SUFFIX = ".runs.json"
"""Of files that are never too old: a daemon has one, whatever runs."""
MAX_BYTES = 4 * 1024 * 1024
"""A larger file holds nothing that this program would write."""
MAX_FILES = 1_000
MAX_AGE = 7 * 86_400.0
"""Seconds after which a file that nobody touched is about an application that nobody follows any more."""
TOUCH_EVERY = 86_400.0
"""Seconds; more often than that, a file that stays as it is need not be touched."""
_TEMPORARY = (".spark-exporter-", ".tmp")
_TEMPORARY_AGE = 3_600.0
# The directory may be shared with somebody else's files, which nobody here touches.
_OURS = re.compile(r".+-[0-9a-f]{32}" + re.escape(SUFFIX))


class Files:
    """The files of one directory. Several daemons may share it.

    Args:
        directory: may begin with ``~``, and need not exist yet.
        now: Unix seconds, by the clock of the file system.

    """

    def __init__(self, directory: Path, now: Callable[[], float] = time.time) -> None:
        """Touch nothing yet."""
        self._directory = directory
        self._now = now

    def open(self) -> None:
        """Make the directory, see whether it can be written, and remove what is old.

        Raises:
            StateError: with reason ``directory``.

        """
        try:
            self._directory = self._directory.expanduser()
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, temporary = self._temporary()
            os.close(descriptor)
            temporary.unlink()
            self.prune(MAX_AGE)
        except (OSError, RuntimeError) as error:
            raise StateError("directory", f"{self._directory} cannot be used: {why(error)}") from error

    def read(self, name: str) -> bytes | None:
        """Return the content of a file, or None if there is none.

        Raises:
            StateError: with reason ``read`` or ``too_large``.

        """
        path = self._directory / name
        try:
            # Whatever else has the name, such as a pipe, must not hold up anybody.
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StateError("read", f"{path} cannot be read: {why(error)}") from error
        # Not before it is known to be a file: for a directory fdopen would fail, and leave it open.
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise StateError("read", f"{path} cannot be read: it is no regular file")
            content = _read(descriptor)
        except OSError as error:
            raise StateError("read", f"{path} cannot be read: {why(error)}") from error
        finally:
            os.close(descriptor)
        if len(content) > MAX_BYTES:
            raise StateError("too_large", f"{path} has more than {MAX_BYTES >> 20} MiB")
        return content

    def write(self, name: str, content: bytes) -> None:
        """Replace a file, or make it, readable for nobody else.

        It is not forced to the disk: that would take long, and only a machine that dies loses it.

        Raises:
            StateError: with reason ``write`` or ``too_large``; the file is as it was.

        """
        path = self._directory / name
        if len(content) > MAX_BYTES:
            raise StateError("too_large", f"{path} would have more than {MAX_BYTES >> 20} MiB")
        try:
            descriptor, temporary = self._temporary()
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                temporary.replace(path)
            except BaseException:
                with contextlib.suppress(OSError):
                    temporary.unlink()
                raise
        except OSError as error:
            raise StateError("write", f"{path} cannot be written: {why(error)}") from error

    def touch(self, name: str) -> None:
        """Let a file that need not be changed not look old, if it is there."""
        with contextlib.suppress(OSError):
            os.utime(self._directory / name)

    def remove(self, name: str) -> None:
        """Remove a file if it is there and can be removed."""
        with contextlib.suppress(OSError):
            (self._directory / name).unlink()

    def prune(self, age: float) -> None:
        """Remove files that were not changed for so many seconds, and the oldest beyond ``MAX_FILES``."""
        now = self._now()
        found = []
        for name, changed in self._listed():
            if _OURS.fullmatch(name):
                found.append((changed, name))
            elif _is_temporary(name) and changed < now - _TEMPORARY_AGE:
                self.remove(name)
        found.sort(reverse=True)
        for number, (changed, name) in enumerate(found):
            if number >= MAX_FILES or changed < now - age:
                self.remove(name)

    def _listed(self) -> Iterator[tuple[str, float]]:
        """Return the names in the directory, and when each was changed last."""
        with contextlib.suppress(OSError), os.scandir(self._directory) as entries:
            for entry in entries:
                # Another daemon may have removed it.
                with contextlib.suppress(OSError):
                    yield entry.name, entry.stat(follow_symlinks=False).st_mtime

    def _temporary(self) -> tuple[int, Path]:
        # Two daemons, in two containers even, may write the same file at the same time.
        prefix, suffix = _TEMPORARY
        descriptor, name = tempfile.mkstemp(suffix, prefix, self._directory)
        return descriptor, Path(name)


def _read(descriptor: int) -> bytes:
    """Return what is in a file, and a byte more than it may have if that is too much."""
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        return file.read(MAX_BYTES + 1)


def why(error: Exception) -> str:
    """Return what the operating system says."""
    return getattr(error, "strerror", None) or str(error)


def _is_temporary(name: str) -> bool:
    prefix, suffix = _TEMPORARY
    return name.startswith(prefix) and name.endswith(suffix)
