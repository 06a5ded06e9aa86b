"""The sessions and operations of a Spark Connect server, which Spark tells since 4.3."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from exporter.daemon import fields
from exporter.daemon.errors import NotFoundError
from exporter.daemon.frame import DUPLICATE, Drops, Frame, FrameBuilder
from exporter.daemon.sources import Update
from exporter.daemon.sources.rest import amount, entries, identity, words

if TYPE_CHECKING:
    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.sources.rest import Api

_PRESENT, _ABSENT = 3, 12
_ENDED = {"FINISHED": "finished", "CLOSED": "finished", "FAILED": "failed", "CANCELED": "canceled"}
_MAX_ASKED = 20
"""Of so many operations that have ended since the last update it is asked whether they were canceled."""
_BRIEF = {"details": "false", "planDescription": "false"}
STATES = ("started", "compiled", "ready", "other")
"""What an operation can be until it has ended."""


class ConnectSource:
    """Reads ``/connect``. Spark keeps a bounded number of operations: each is counted when it has ended."""

    name = "connect"

    def __init__(self, api: Api, catalogue: Catalogue) -> None:
        """Ask ``api``."""
        self._api = api
        self._catalogue = catalogue
        self._ended: Counter[str] = Counter(dict.fromkeys(_ENDED.values(), 0))
        self._milliseconds: Counter[str] = Counter(dict.fromkeys(_ENDED.values(), 0))
        self._counted: set[str] = set()
        self._present = False
        self._drops = Drops()
        self._last = Frame()
        self.every = _ABSENT
        """Seldom while nothing is connected."""

    def update(self) -> Update[Frame]:
        """Return the sessions and operations; nothing if there never was one."""
        try:
            sessions = self._api.array("connect/sessions")
            operations = self._api.array("connect/operations") if sessions or self._present else []
        except NotFoundError:
            sessions, operations = [], []
        self._present = self._present or bool(sessions)
        self.every = _PRESENT if self._present else _ABSENT
        if not self._present:
            return Update(Frame())
        active = Counter(dict.fromkeys(STATES, 0))
        ended: dict[str, dict[str, Any]] = {}
        for item in operations:
            state = words(item, "state", self._drops)
            if state in _ENDED:
                self._add_ended(ended, item)
            else:
                active[state.lower() if state.lower() in STATES else "other"] += 1
        self._count(ended)
        self._last = self._frame(sessions, active)
        return Update(self._last)

    def remember(self) -> dict[str, Any]:
        """Return what was added up, and which of it Spark still lists."""
        return {
            "present": self._present,
            "ended": self._ended,
            "milliseconds": self._milliseconds,
            "counted": sorted(self._counted),
        }

    def recall(self, kept: dict[str, Any]) -> None:
        """Go on from there."""
        self._present = fields.flag(kept, "present", self.name)
        self._ended = fields.tally(kept, "ended", self.name, self._ended)
        self._milliseconds = fields.tally(kept, "milliseconds", self.name, self._milliseconds)
        self._counted = set(fields.texts(kept, "counted", self.name))

    def _add_ended(self, ended: dict[str, dict[str, Any]], item: dict[str, Any]) -> None:
        key = "operationId" if item.get("operationId") else "jobTag"
        name = identity(item, key, self._drops, self._catalogue.label_length)
        if name in ended:
            self._drops.drop(DUPLICATE, name=key)
        elif name:
            ended[name] = item

    def _count(self, ended: dict[str, dict[str, Any]]) -> None:
        new = [item for operation, item in ended.items() if operation not in self._counted]
        unclear = [item for item in new if _result(item, self._drops) is None]
        canceled = [item for item in unclear[-_MAX_ASKED:] if self._was_canceled(item)]
        for item in new:
            result = _result(item) or ("canceled" if item in canceled else "finished")
            self._ended[result] += 1
            self._milliseconds[result] += int(amount(item, "duration", self._drops))
        # What Spark has forgotten does not return.
        self._counted = set(ended)

    def _was_canceled(self, item: dict[str, Any]) -> bool:
        """Say whether the last query of an operation has failed although the operation has not."""
        texts = entries(item, "sqlExecIds", list, self._drops) or []
        queries = [int(text) for text in texts if type(text) is str and text.isascii() and text.isdecimal()]
        if not queries:
            return False
        try:
            return words(self._api.mapping(f"sql/{max(queries)}", _BRIEF), "status") == "FAILED"
        except NotFoundError:
            return False

    def _frame(self, sessions: list[dict[str, Any]], active: Counter[str]) -> Frame:
        builder = FrameBuilder(self._catalogue, self._last)
        builder.take(self._drops)
        still = sum(amount(item, "finishTimestamp", builder) <= 0 for item in sessions)
        builder.add("spark_connect_sessions", still)
        for state, count in active.items():
            builder.add("spark_connect_operations_active", count, state)
        for result, count in self._ended.items():
            builder.add("spark_connect_operations_ended_total", count, result)
            seconds = self._milliseconds[result] / 1000
            builder.add("spark_connect_operation_time_seconds_total", seconds, result)
        return builder.frame()


def _result(item: dict[str, Any], drops: Drops | None = None) -> str | None:
    """Return how an operation has ended; None if it has finished or was canceled.

    Spark soon closes what has ended. It then keeps the reason of a failure, and nothing of a cancellation.
    """
    state = words(item, "state")
    if state == "CLOSED":
        return "failed" if words(item, "detail", drops) else None
    return _ENDED[state]
