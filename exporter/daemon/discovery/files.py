"""Finds targets in files, and reads them again when they change."""

from __future__ import annotations

import glob
import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from exporter.daemon import logs
from exporter.daemon.discovery.found import FILE, Target
from exporter.daemon.discovery.groups import parse_groups
from exporter.daemon.discovery.health import DiscoveryError, Health
from exporter.daemon.discovery.target import JSON_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from exporter.daemon.discovery.sharding import Shard

LOOK_AGAIN = 2.0
"""Seconds between two looks at whether a file is another one."""
MAX_FILE = 32 << 20
"""Bytes; a larger file is not read."""


class _Stamp(NamedTuple):
    """What changes with a file. One that replaces another has another inode."""

    device: int
    inode: int
    size: int
    modified: int


class _Read(NamedTuple):
    stamp: _Stamp | None
    """None while it could not be read, so that it is read again."""
    targets: tuple[Target, ...]
    """The last ones that were well said."""
    well: bool
    """Whether these are what it says now."""


class FileDiscovery:
    """Knows the targets of files.

    Args:
        paths: of the files; the last part may be a pattern such as ``*.json``.
        shard: what part of the targets is wanted.
        interval: seconds between two looks.

    """

    name = FILE

    def __init__(self, paths: Sequence[str], shard: Shard, interval: float = LOOK_AGAIN) -> None:
        """Read nothing yet."""
        self.health = Health(self.name)
        self.ready = threading.Event()
        self._paths = paths
        self._shard = shard
        self._interval = interval
        self._files: Mapping[str, _Read] = {}
        self._stopping = threading.Event()
        self._changed: Callable[[], object] = lambda: None
        self._thread = threading.Thread(target=self._run, name="watch files with targets", daemon=True)

    def targets(self) -> Sequence[Target]:
        """Return this shard's targets of all files."""
        found = [target for read in self._files.values() for target in read.targets]
        return [target for target in found if self._shard.owns(target.url)]

    def start(self, changed: Callable[[], object]) -> None:
        """Begin to read."""
        self._changed = changed
        self._thread.start()

    def stop(self) -> None:
        """End soon."""
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.look()
            except Exception as error:  # noqa: BLE001 - a defect here must not end the looks
                sentence = f"a defect of the exporter: {type(error).__name__}: {error}"
                self.health.failed("look", DiscoveryError("internal", sentence))
            self.ready.set()
            self._stopping.wait(self._interval)

    def look(self) -> None:
        """Read the files that are new or have changed; what a file that is gone had is gone, too."""
        before = self._files
        files = {path: self._read(path, before.get(path)) for path in self._found()}
        for path in before.keys() - files.keys():
            self.health.forget(path)
        self._files = files
        if {path: read.targets for path, read in before.items()} != {
            path: read.targets for path, read in files.items()
        }:
            self._changed()

    def _found(self) -> list[str]:
        found: dict[str, None] = {}
        for path in self._paths:
            matches = sorted(glob.glob(path))  # noqa: PTH207 - a pattern, absolute or not
            if not matches and not glob.has_magic(path):
                self.health.failed(path, DiscoveryError("read", f"{path} is not there"))
            found |= dict.fromkeys(matches)
        return [*found]

    def _read(self, path: str, before: _Read | None) -> _Read:
        known = before.targets if before is not None else ()
        try:
            stamp = _stamp(path)
            if before is not None and before.stamp == stamp:
                if before.well:
                    self.health.succeeded(path)
                return before
            if stamp.size > MAX_FILE:
                raise ValueError(f"it has more than {MAX_FILE} bytes")  # noqa: TRY301 - one way to say it
            groups = parse_groups(Path(path).read_bytes(), is_json=path.endswith(JSON_SUFFIX))
        except OSError as error:
            self.health.failed(path, DiscoveryError("read", f"{path} cannot be read: {error.strerror}"))
            return _Read(None, known, well=False)
        except ValueError as error:
            stays = f"; its last {len(known)} targets stay" if known else ""
            self.health.failed(path, DiscoveryError("invalid", f"{path}: {error}{stays}"))
            # What is wrong with it is said once; it is read again when it changes.
            return _Read(stamp, known, well=False)
        self.health.succeeded(path)
        if groups.ignored:
            shown = ", ".join(groups.ignored)[:200]
            message = "labels other than namespace and pod are not taken over"
            logs.log(logging.INFO, message, {"file": path, "labels": shown})
        return _Read(stamp, groups.targets, well=True)


def _stamp(path: str) -> _Stamp:
    status = Path(path).stat()
    return _Stamp(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
