"""Remembers what sources have added up, so that no counter is lower after the daemon was started again.

Without the plugin nobody else could say: Spark's UI forgets what is old. How often applications of
each name ran, nobody else counts at all.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from exporter.daemon import logs
from exporter.daemon.errors import STATE_REASONS, SourceError, StateError
from exporter.daemon.sources import AddingSource
from exporter.daemon.state import document
from exporter.daemon.state.files import TOUCH_EVERY, Files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from exporter.daemon.model import Application
    from exporter.daemon.sources import PolledSource

FLAG = "--state.directory"


class _Kept:
    """What is in the file of one run, or should be."""

    def __init__(self) -> None:
        self.parts: dict[str, bytes] = {}
        self.written = False
        self.touched = -math.inf
        """When the file was written or touched last, in monotonic seconds."""


class Memory:
    """What is remembered of all runs. Threads may share it, one for each run.

    Args:
        directory: where its files are; None remembers nothing.
        clock: monotonic seconds.
        daemon: tells this one from others that share the directory, and stays when it is started again.

    """

    def __init__(
        self,
        directory: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
        daemon: str = "",
    ) -> None:
        """Touch nothing yet."""
        self._clock = clock
        self._daemon = daemon
        self._given = directory
        self._files: Files | None = None
        self._lock = threading.Lock()
        self._failures: Counter[str] = Counter(dict.fromkeys(STATE_REASONS, 0))
        self._repeats = logs.Repeats()
        self._kept: dict[str, _Kept] = {}

    def open(self) -> None:
        """Begin, if the directory can be used; else say so once and do without."""
        if self._given is None:
            return
        files = Files(self._given)
        try:
            files.open()
        except StateError as error:
            self._count(error)
            message = (
                f"{FLAG}: {error}, so the runs of names and counters of applications without the plugin may "
                f"be lower after a restart; give another directory, or none: {FLAG}="
            )
            logs.log(logging.WARNING, message, {"reason": error.reason})
        else:
            self._files = files

    @property
    def failures(self) -> Mapping[str, int]:
        """How often something could not be kept, or could not be used, by reason."""
        with self._lock:
            return MappingProxyType(dict(self._failures))

    def recall(
        self, target: str, application: Application, make: Callable[[], Sequence[PolledSource]]
    ) -> Sequence[PolledSource]:
        """Return the sources of an application, which go on where those of an earlier daemon have ended.

        What cannot be used is refused as a whole: the sources begin from nothing then.

        Args:
            target: where the application is.
            application: which.
            make: makes the sources.

        """
        sources = make()
        if self._files is None:
            return sources
        name = document.name_of(target, application.run)
        try:
            content = self._files.read(name)
            if content is None:
                return sources
            remembered = document.decode(content, target, application.run)
            kept = _Kept()
            for source in sources:
                if isinstance(source, AddingSource) and source.name in remembered:
                    source.recall(remembered[source.name])
                    kept.parts[source.name] = document.encode_part(source.remember())
        except (StateError, SourceError) as error:
            found = error if isinstance(error, StateError) else StateError("invalid", str(error))
            self._count(found)
            message = f"the state of {application.id} is not used: {error}"
            logs.log(logging.WARNING, message, {"target": target, "file": name, "reason": found.reason})
            if found.reason != "read":
                # What could not be read may be well, and be somebody else's.
                self._files.remove(name)
            return make()
        self._kept[name] = kept
        logs.info("goes on from its state", target=target, app_id=application.id)
        return sources

    def keep(self, target: str, application: Application, source: PolledSource) -> None:
        """Keep what a source remembers now, before anybody is told. Nothing is written if it is as before."""
        if self._files is None or not isinstance(source, AddingSource):
            return
        name = document.name_of(target, application.run)
        try:
            part = document.encode_part(source.remember())
            kept = self._kept.get(name)
            if kept is None:
                kept = self._kept[name] = _Kept()
                self._files.prune(math.inf)
            if kept.written and kept.parts.get(source.name) == part:
                self._touch(name, kept)
                return
            kept.written = False
            kept.parts[source.name] = part
            self._files.write(name, document.encode(target, application.run, kept.parts))
            kept.written, kept.touched = True, self._clock()
        except StateError as error:
            self._count(error)
            message = f"the state of {application.id} is not kept: {error}"
            self._repeats.fault(name, message, target=target, reason=error.reason)
            return
        self._repeats.cleared(name, f"the state of {application.id} is kept again", target=target)

    def recall_runs(self, take: Callable[[dict[str, Any]], None]) -> None:
        """Let ``take`` have what an earlier daemon knew of the runs of names, if that can be used."""
        if self._files is None:
            return
        name = document.name_of_runs(self._daemon)
        try:
            content = self._files.read(name)
            if content is not None:
                take(document.decode_runs(content, self._daemon))
        except (StateError, SourceError) as error:
            found = error if isinstance(error, StateError) else StateError("invalid", str(error))
            self._count(found)
            message = f"the runs of names are counted anew: {error}"
            logs.log(logging.WARNING, message, {"file": name, "reason": found.reason})
            if found.reason != "read":
                self._files.remove(name)

    def keep_runs(self, content: Mapping[str, Any]) -> bool:
        """Keep what is known of the runs of names; say whether that need not be tried again."""
        if self._files is None:
            return True
        name = document.name_of_runs(self._daemon)
        try:
            part = document.encode_part(content)
            self._files.write(name, document.encode_runs(self._daemon, part))
        except StateError as error:
            self._count(error)
            message = f"the runs of names are not kept: {error}"
            self._repeats.fault(name, message, reason=error.reason)
            return False
        self._repeats.cleared(name, "the runs of names are kept again")
        return True

    def _touch(self, name: str, kept: _Kept) -> None:
        """Say that an application which does nothing is still followed."""
        if self._files is not None and self._clock() - kept.touched > TOUCH_EVERY:
            self._files.touch(name)
            kept.touched = self._clock()

    def forget(self, target: str, application: Application) -> None:
        """Remove what is kept of a run: nobody will ask for it any more."""
        if self._files is None:
            return
        name = document.name_of(target, application.run)
        self._kept.pop(name, None)
        self._repeats.forget(name)
        self._files.remove(name)

    def _count(self, error: StateError) -> None:
        with self._lock:
            self._failures[error.reason] += 1
