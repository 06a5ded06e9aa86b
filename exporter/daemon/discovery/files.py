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
from exporter.daemon.discovery.health import DiscoveryError, Health, defect
from exporter.daemon.discovery.target import JSON_SUFFIX
from exporter.daemon.stamp import Stamp, stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from exporter.daemon.discovery.sharding import Sharing

LOOK_AGAIN = 2.0
"""Seconds between two looks at whether a file is another one."""
MAX_FILE = 32 << 20
"""Bytes; a larger file is not read."""


class _Read(NamedTuple):
    stamp: Stamp | None
    """None while it could not be read, so that it is read again."""
    targets: tuple[Target, ...]
    """The last ones that were well said."""
    well: bool
    """Whether these are what it says now."""


class FileDiscovery:
    """Knows the targets of files.

    Args:
        paths: of the files; the last part may be a pattern such as ``*.json``.
        sharing: what part of the targets is wanted.
        interval: seconds between two looks.

    """

    name = FILE

    def __init__(self, paths: Sequence[str], sharing: Sharing, interval: float = LOOK_AGAIN) -> None:
        """Read nothing yet."""
        self.health = Health(self.name)
        self.ready = threading.Event()
        self._paths = paths
        self._sharing = sharing
        self._interval = interval
        self._files: Mapping[str, _Read] = {}
        self._stopping = threading.Event()
        self._changed: Callable[[], object] = lambda: None
        self._unreported = False
        """Whether somebody has yet to be told of other targets."""
        self._thread = threading.Thread(target=self._run, name="watch files with targets", daemon=True)

    def targets(self) -> Sequence[Target]:
        """Return this shard's targets of all files."""
        found = [target for read in self._files.values() for target in read.targets]
        return [target for target in found if self._sharing.owns(target.key)]

    def outcome(self, _target: Target) -> str:
        """Return nothing: files do not say it."""
        return ""

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
                self.health.succeeded("look")
            except Exception as error:  # noqa: BLE001 - a defect here must not end the looks
                self.health.failed("look", defect(error))
            self.ready.set()
            self._stopping.wait(self._interval)

    def look(self) -> None:
        """Read the files that are new or have changed; what a file that is gone had is gone, too."""
        before = self._files
        files = {path: self._read(path, before.get(path)) for path in self._found()}
        # One that is named should be there, and a pattern is content with what it finds.
        for path in before.keys() - files.keys() - {*self._paths}:
            self.health.forget(path)
        self._files = files
        if {path: read.targets for path, read in before.items()} != {
            path: read.targets for path, read in files.items()
        }:
            self._unreported = True
        if self._unreported:
            self._changed()
            self._unreported = False

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
            now = stamp(path)
            if before is not None and before.stamp == now:
                if before.well:
                    self.health.succeeded(path)
                return before
            if now.size > MAX_FILE:
                raise ValueError(f"it has more than {MAX_FILE} bytes")  # noqa: TRY301 - one way to say it
            groups = parse_groups(Path(path).read_bytes(), is_json=path.endswith(JSON_SUFFIX))
        except OSError as error:
            self.health.failed(path, DiscoveryError("read", f"{path} cannot be read: {error.strerror}"))
            return _Read(None, known, well=False)
        except ValueError as error:
            stays = f"; its last {len(known)} targets stay" if known else ""
            self.health.failed(path, DiscoveryError("invalid", f"{path}: {error}{stays}"))
            # What is wrong with it is said once; it is read again when it changes.
            return _Read(now, known, well=False)
        self.health.succeeded(path)
        if groups.ignored:
            shown = ", ".join(groups.ignored)[:200]
            message = "labels other than namespace and pod are not taken over"
            logs.log(logging.INFO, message, {"file": path, "labels": shown})
        return _Read(now, groups.targets, well=True)
