"""Reads the file of ``--web.config.file``, and reads it again when it or a file that it names changes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from exporter.daemon import logs
from exporter.daemon.access.form import Access, parse
from exporter.daemon.access.tls import LiveContext, make_context
from exporter.daemon.errors import UsageError
from exporter.daemon.stamp import Stamp, stamp

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from pathlib import Path

_FLAG = "--web.config.file"


class Reload(NamedTuple):
    """How reading the file has gone."""

    successful: bool
    """Whether what it says now counts, and not what it said before."""
    last_success: float
    """When it was read and right, in Unix seconds."""


class WebConfig:
    """What the file says now, or said when it was right last. In one thread at a time.

    Nothing watches the files: whoever wants to know has them looked at, which takes microseconds.

    Args:
        path: of the file; None stands for an empty one.
        clock: gives Unix seconds.

    Raises:
        UsageError: what it says is wrong.

    """

    def __init__(self, path: Path | None, clock: Callable[[], float] = time.time) -> None:
        """Read it for the first time."""
        self._path = path
        self._clock = clock
        self._stamps: dict[Path, Stamp | None] = {}
        self._repeats = logs.Repeats()
        self._access, self._context = Access(), None
        try:
            self._access, self._context = self._read()
        except ValueError as error:
            raise UsageError(f"{_FLAG} {path}: {error}") from error
        self._reload = Reload(successful=True, last_success=clock())

    @property
    def reload(self) -> Reload | None:
        """How it went the last time; None if there is no file. In any thread."""
        return self._reload if self._path is not None else None

    @property
    def tls(self) -> LiveContext | None:
        """What a server serves with, changes included; None for plain HTTP."""
        return LiveContext(self._current) if self._context is not None else None

    def now(self) -> Access:
        """Return what counts now."""
        if any(_stamp(path) != seen for path, seen in self._stamps.items()):
            self._look()
        return self._access

    def _current(self) -> ssl.SSLContext:
        self.now()
        if self._context is None:
            raise RuntimeError("TLS is off")
        return self._context

    def _look(self) -> None:
        try:
            access, context = self._read()
            if (context is None) != (self._context is None):
                raise ValueError("tls_server_config came or went, which takes a restart")  # noqa: TRY301
        except ValueError as error:
            # Whoever writes the file anew may not be ready, and nobody should be shut out meanwhile.
            self._repeats.fault(_FLAG, f"{self._path}: {error}; what it said before stays")
            self._reload = self._reload._replace(successful=False)
            return
        self._access, self._context = access, context
        self._reload = Reload(successful=True, last_success=self._clock())
        self._repeats.forget(_FLAG)
        logs.info("read the web configuration again", file=self._path)

    def _read(self) -> tuple[Access, ssl.SSLContext | None]:
        """Read all files, each of which is looked at before: one that changes meanwhile is read again."""
        if self._path is None:
            return Access(), None
        self._stamps = {self._path: _stamp(self._path)}
        try:
            body = self._path.read_bytes()
        except OSError as error:
            raise ValueError(f"it cannot be read: {error.strerror}") from error
        access = parse(body, self._path.parent)
        if access.tls is None:
            return access, None
        self._stamps |= {path: _stamp(path) for path in access.tls.files}
        return access, make_context(access.tls)


def _stamp(path: Path) -> Stamp | None:
    try:
        return stamp(path)
    except OSError:
        return None
