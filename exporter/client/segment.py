"""Writes segment files; docs/segment-format.md says what every byte means."""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
import struct
import sys
import time
import zlib

from exporter.client.definition import COUNTER, GAUGE, HISTOGRAM, MULTIPROCESS_MODES
from exporter.client.refusals import REASONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from exporter.client.definition import Definition

# A driver's gauges outlive its process, which may end before the driver JVM does.
WORKER, DRIVER = 0, 1

MAGIC = b"SPXSEG\x01\x00"
HEADER_SIZE = 128
RECORD_HEAD = struct.Struct("<IBBBBIIHHI")

_HEADER = struct.Struct("<8sQQIIdQ")
_COMMITTED_WORD = 1
_FIRST_REFUSAL_CELL = 8
_TYPE_CODES = {COUNTER: 1, GAUGE: 2, HISTOGRAM: 3}
_MODE_CODES = {"": 0, **{mode: code for code, mode in enumerate(MULTIPROCESS_MODES, 1)}}
_METRIC, _SERIES = 1, 2
_CRC_AT, _CRC_END = 8, 12


def new_token() -> str:
    """Draw the 16 hexadecimal digits that tell this process from another one with the same pid."""
    return os.urandom(8).hex()


def _text(texts: Sequence[str]) -> bytes:
    encoded = [text.encode() for text in texts]
    return b"".join([len(text).to_bytes(2, "little") + text for text in encoded])


def _record(  # noqa: PLR0913 - the fields of a record
    kind: int, type_code: int, mode: int, metric: int, labels: int, doubles: Sequence[float], text: bytes
) -> bytes:
    length = (RECORD_HEAD.size + 8 * len(doubles) + len(text) + 7) // 8 * 8
    head = RECORD_HEAD.pack(length, kind, type_code, mode, 0, 0, metric, labels, len(doubles), 0)
    numbers = struct.pack(f"<{len(doubles)}d", *doubles)
    tail = text.ljust(length - len(head) - len(numbers), b"\0")
    covered = head[:_CRC_AT] + head[_CRC_END:] + (numbers if kind == _METRIC else b"") + tail
    return head[:_CRC_AT] + zlib.crc32(covered).to_bytes(4, "little") + head[_CRC_END:] + numbers + tail


def metric_record(number: int, definition: Definition) -> bytes:
    """Return the bytes that define metric ``number`` of a segment."""
    text = _text((definition.name, definition.help, definition.unit, *definition.labels))
    code, mode = _TYPE_CODES[definition.type], _MODE_CODES[definition.mode]
    return _record(_METRIC, code, mode, number, len(definition.labels), definition.buckets, text)


def series_record(metric: int, label_values: Sequence[str], cells: Sequence[float]) -> bytes:
    """Return the bytes of one series of metric number ``metric``, its cells filled."""
    return _record(_SERIES, 0, 0, metric, len(label_values), cells, _text(label_values))


def _reserve(fd: int, size: int) -> None:
    """Give the file all its blocks now: a hole in it would be a SIGBUS on the day the disk is full."""
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(fd, 0, size)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS):
                raise
        else:
            return
    zeros = bytes(65536)
    written = 0
    while written < size:
        written += os.pwrite(fd, zeros[: size - written], written)


class Segment:
    """One segment file of this process, open for writing."""

    def __init__(self, directory: str, token: str, number: int, size: int, role: int = WORKER) -> None:
        """Make the file; when this returns, readers may find it.

        Args:
            directory: an existing directory.
            token: what :func:`new_token` gave for this process.
            number: how many segments this process has made before.
            size: bytes of the file, a multiple of 8, at least 128.
            role: ``DRIVER`` for the Python process that has the SparkContext.

        Raises:
            OSError: the file cannot be made, has no space, or cannot be locked. Nothing is left behind.

        """
        if sys.byteorder != "little":
            raise OSError(errno.ENOTSUP, "segments can only be written on little-endian machines")
        self.path = os.path.join(directory, f"{os.getpid()}-{token}-{number}.seg")  # noqa: PTH118 - pathlib is slow to import
        self.size = size
        self._committed = HEADER_SIZE
        self._metrics: dict[str, int] = {}
        hidden = self.path[:-4] + ".tmp"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        self._fd = os.open(hidden, flags, 0o600)
        try:
            _reserve(self._fd, size)
            fcntl.lockf(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._map = mmap.mmap(self._fd, size)
            head = _HEADER.pack(MAGIC, HEADER_SIZE, size, os.getpid(), number, time.time(), role)
            self._map[: len(head)] = head
            os.rename(hidden, self.path)  # noqa: PTH104 - as above
        except BaseException:
            self.close()
            os.unlink(hidden)  # noqa: PTH108 - as above
            raise
        # Not struct.pack_into: it clears the eight bytes first, and the reader would see a zero.
        self._words = memoryview(self._map).cast("Q")
        self._cells = memoryview(self._map).cast("d")
        self.refusals = self._cells[_FIRST_REFUSAL_CELL : _FIRST_REFUSAL_CELL + len(REASONS)]

    def add(
        self, definition: Definition, label_values: Sequence[str] | None, cells: Sequence[float] = ()
    ) -> memoryview[float] | None:
        """Append a metric, if this file does not have it yet, and one series of it.

        Args:
            definition: the metric.
            label_values: the values of its labels, in order; None appends the metric alone.
            cells: what the cells of the series hold at first.

        Returns:
            The cells of the series, to be written by index (empty without a series), or None if the
            file has no room for both records.

        """
        number = self._metrics.get(definition.name, len(self._metrics))
        known = number < len(self._metrics)
        first = b"" if known else metric_record(number, definition)
        second = b"" if label_values is None else series_record(number, label_values, cells)
        start, end = self._committed, self._committed + len(first) + len(second)
        if end > self.size:
            return None
        self._map[start:end] = first + second
        self._words[_COMMITTED_WORD] = self._committed = end
        self._metrics[definition.name] = number
        at = (start + len(first) + RECORD_HEAD.size) // 8
        return self._cells[at : at + len(cells)]

    def close(self) -> None:
        """Give up the lock: to readers the writer is gone. Cells handed out stay valid memory."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def room_for(definition: Definition, label_values: Sequence[str]) -> int:
    """Return the size of the smallest segment that can hold one series of the metric."""
    cells = (0.0,) * definition.cell_count()
    return HEADER_SIZE + len(metric_record(0, definition)) + len(series_record(0, label_values, cells))
