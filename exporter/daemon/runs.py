"""How often applications of each name were started: a restart is a new run under an old name."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from exporter.daemon import fields
from exporter.daemon.fields import invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from exporter.daemon.model import Run

MAX_NAMES = 1000
MAX_OVER = 10_000
"""So many runs that are over, the last ones, are told from new ones: a history server shows them again."""
_DIGEST = 16


class Runs:
    """Counts each run once, for the names that were seen last, at most ``MAX_NAMES`` of them.

    Threads may share it. What it knows can be kept, so that another daemon goes on from there: that one does
    not count again what still runs.

    Args:
        save: keeps what is remembered and says whether it could.

    """

    def __init__(self, save: Callable[[Mapping[str, Any]], bool] = lambda _content: True) -> None:
        """Know of none."""
        self._save = save
        self._lock = threading.Lock()
        self._saving = threading.Lock()
        self._counts: OrderedDict[str, int] = OrderedDict()
        self._going: set[str] = set()
        """Those that the store knows."""
        self._over: OrderedDict[str, None] = OrderedDict()
        self._changed = False

    def count(self, name: str, run: Run) -> None:
        """Note that a run is there, which is one more unless it was there before."""
        mark = _mark(run)
        with self._lock:
            known = mark in self._over
            self._over.pop(mark, None)
            self._going.add(mark)
            if known and name in self._counts:
                self._counts.move_to_end(name)
                return
            self._counts[name] = self._counts.pop(name, 0) + 1
            if len(self._counts) > MAX_NAMES:
                self._counts.popitem(last=False)
            self._changed = True

    def over(self, run: Run) -> None:
        """Note that a run is not known to the store any more."""
        mark = _mark(run)
        with self._lock:
            self._going.discard(mark)
            self._over[mark] = None
            self._over.move_to_end(mark)
            if len(self._over) > MAX_OVER:
                self._over.popitem(last=False)

    def view(self) -> Mapping[str, int]:
        """Return all counts; what is returned never changes."""
        with self._lock:
            return MappingProxyType(dict(self._counts))

    def keep(self) -> None:
        """Keep what is counted, if that has changed; what fails is tried again the next time."""
        if not self._changed:
            return
        # One at a time, so that nothing older is written last; and without the lock that scrapes need.
        with self._saving:
            with self._lock:
                if not self._changed:
                    return
                content = self._content()
                self._changed = False
            if not self._save(content):
                with self._lock:
                    self._changed = True

    def recall(self, kept: dict[str, Any]) -> None:
        """Go on from what was kept.

        Raises:
            SourceError: it is nothing that would have been kept; nothing has changed then.

        """
        counts = fields.mapping(kept.get("counts"), "runs.counts")
        counts = {name: fields.count(counts, name, "runs.counts") for name in counts}
        if len(counts) > MAX_NAMES:
            raise invalid("runs.counts", f"{MAX_NAMES} names at most", len(counts))
        seen = fields.texts(kept, "seen", "runs")
        with self._lock:
            self._counts = OrderedDict(counts)
            self._over = OrderedDict.fromkeys(seen)

    def _content(self) -> dict[str, Any]:
        # Their order counts, and a set has none that stays.
        return {"counts": dict(self._counts), "seen": [*self._over, *sorted(self._going)]}


def _mark(run: Run) -> str:
    """Return something short that stands for a run."""
    return hashlib.sha256(json.dumps(run).encode()).hexdigest()[:_DIGEST]
