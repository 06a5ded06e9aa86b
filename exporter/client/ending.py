"""Tells the plugin how the driver's Python ends; docs/segment-format.md says what every byte means.

Nothing of the user's is replaced or wrapped for it. The exit status is written by the C library itself, after
Python has gone: neither an ``atexit`` handler nor ``sys.excepthook`` can see that of a ``SystemExit``.
"""

from __future__ import annotations

import atexit
import fcntl
import mmap
import os
import struct
import sys
import time
from contextlib import suppress

from exporter.client.segment import new_token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

SIZE = 24
_HEADER = struct.Struct("<8sBBBBId")
_MAGIC = b"SPXEND\x01\x00"
_SAID, _LEAVING, _TOLD, _STATUS = 8, 9, 10, 11
_IN_ORDER, _BY_EXCEPTION = 1, 2
_NO_STATUS = 0xFF
_MAX_TOLD = 100
"""Applications of one process: each costs a page of memory until the process ends."""

_MOVED = ("RERAISE", "RAISE_VARARGS")
_HANDLED = ("POP_EXCEPT", "RETURN_VALUE", "RETURN_CONST")


class _Process:
    current: Ending | None = None
    silencers: tuple[Callable[[], Any], ...] = ()
    """Each keeps one stream from being written to, in a forked child."""


class Ending:
    """The ending file of one application, held by the Python process that has its SparkContext."""

    def __init__(self, directory: str) -> None:
        """Make the file.

        Raises:
            OSError: it cannot be made or locked. Nothing is left behind.

        """
        path = os.path.join(directory, f"{os.getpid()}-{new_token()}")  # noqa: PTH118 - pathlib is slow to import
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        self._fd = os.open(path + ".tmp", flags, 0o600)
        try:
            # Written, not only made longer: a hole would be a SIGBUS on the day the disk is full.
            os.pwrite(self._fd, _HEADER.pack(_MAGIC, 0, 0, 0, _NO_STATUS, 0, time.time()), 0)
            fcntl.lockf(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._map = mmap.mmap(self._fd, SIZE)
            os.rename(path + ".tmp", path + ".end")  # noqa: PTH104 - as above
        except BaseException:
            self.close()
            os.unlink(path + ".tmp")  # noqa: PTH108 - as above
            raise
        with suppress(Exception):  # no ctypes, or another C library
            if len(_Process.silencers) < _MAX_TOLD:
                _Process.silencers += (_have_status_written(self._map, _STATUS),)
                self._map[_TOLD] = 1
        atexit.register(self._leave)
        _Process.current = self

    def stop(self) -> None:
        """Say why the application is about to be stopped, as far as the caller's exceptions tell."""
        error = sys.exc_info()[1]
        if error is None:
            if _is_prompt() or not _is_leaving():
                self._map[_SAID] = _IN_ORDER
            else:
                self._say_uncaught()
        elif isinstance(error, (Exception, SystemExit)) and _moves_on(error):
            harmless = isinstance(error, SystemExit) and error.code in (None, 0)
            self._map[_SAID] = _IN_ORDER if harmless else _BY_EXCEPTION

    def _leave(self) -> None:
        self._say_uncaught()
        self._map[_LEAVING] = 1

    def _say_uncaught(self) -> None:
        # The interpreter sets it, whatever sys.excepthook is; so does a prompt, which goes on.
        if getattr(sys, "last_value", None) is not None and not _is_prompt():
            self._map[_SAID] = _BY_EXCEPTION

    def close(self) -> None:
        """Let go of the file: what becomes of the process is no longer the application's business."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        atexit.unregister(self._leave)
        if _Process.current is self:
            _Process.current = None


def open_in(directory: str) -> None:
    """Begin the ending file of an application; without one, Spark's own events have to do."""
    close()
    with suppress(Exception):
        Ending(directory)


def stopping() -> None:
    """Note that the caller is about to stop the application."""
    with suppress(Exception):
        if _Process.current is not None:
            _Process.current.stop()


def close() -> None:
    """Note that the application has ended before the process has."""
    with suppress(Exception):
        if _Process.current is not None:
            _Process.current.close()


def _is_prompt() -> bool:
    return hasattr(sys, "ps1") or bool(sys.flags.interactive)


def _is_leaving() -> bool:
    # Imported here, because a Python worker that imports the client needs no threads.
    import threading  # noqa: PLC0415

    return not threading.main_thread().is_alive()


def _moves_on(error: BaseException) -> bool:
    """Say whether an exception goes on when the code that sees it is done, as in ``finally`` and ``with``.

    ``sys.exc_info`` is the same in an ``except`` block, which may be the end of it. What comes next in that
    frame's code tells: the exception is raised again, or it is dropped.
    """
    import dis  # noqa: PLC0415 - seldom needed

    if error.__traceback__ is None:
        return False
    frame = error.__traceback__.tb_frame
    at = frame.f_lasti
    for instruction in dis.get_instructions(frame.f_code):
        if instruction.offset <= at:
            continue
        if instruction.opname in _MOVED:
            return True
        if instruction.opname in _HANDLED:
            return False
        if instruction.opname in ("JUMP_FORWARD", "JUMP_ABSOLUTE"):
            # What it passes over belongs to other cases. A jump back ends a loop, and passes over nothing.
            at = max(at, instruction.argval - 1)
    return False


def _have_status_written(target: mmap.mmap, offset: int) -> Callable[[], Any]:
    """Have the C library put the exit status of this process into a byte; return what prevents that.

    ``exit`` gives the status to what ``on_exit`` has registered: here the library's own ``fputc``, with a
    stream that writes into memory. None of our code has to run at a time when Python is gone.

    Raises:
        Exception: the library has no such thing; nothing will be written.

    """
    import ctypes  # noqa: PLC0415 - for drivers only

    library = ctypes.CDLL(None)
    status_function = ctypes.cast(library.fputc, ctypes.c_void_p)
    pointer = ctypes.c_void_p
    library.on_exit.argtypes = (pointer, pointer)
    library.fmemopen.argtypes, library.fmemopen.restype = (pointer, ctypes.c_size_t, ctypes.c_char_p), pointer
    library.setbuf.argtypes = (pointer, pointer)
    library.fseek.argtypes = (pointer, ctypes.c_long, ctypes.c_int)
    # One byte more, for the zero that the stream puts behind what it writes.
    place = (ctypes.c_ubyte * 2).from_buffer(target, offset)
    # The memory has to outlive Python, so nobody may ever count its references down to zero.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(place))
    stream = library.fmemopen(place, len(place), b"w")
    if not stream:
        raise MemoryError("the C library gives no stream")
    library.setbuf(stream, None)
    place[0] = _NO_STATUS
    if library.on_exit(status_function, stream) != 0:
        raise MemoryError("the C library takes no more handlers")
    return lambda: library.fseek(stream, len(place), os.SEEK_SET)


def _after_fork_in_child() -> None:
    # The child's end is not the driver's. Another process's lock cannot be given up by closing the file.
    close()
    for silence in _Process.silencers:
        with suppress(Exception):
            silence()
    _Process.silencers = ()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
