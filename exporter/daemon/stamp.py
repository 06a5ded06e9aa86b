"""Tells whether a file is still the one that was read."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Stamp(NamedTuple):
    """What changes with a file. One that replaces another has another inode."""

    device: int
    inode: int
    size: int
    modified: int


def stamp(path: str | Path) -> Stamp:
    """Return the stamp of a file, which may be behind a link.

    Raises:
        OSError: it is not there.

    """
    status = Path(path).stat()
    return Stamp(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
