"""The sessions and operations of a Spark Connect server, which Spark tells since 4.3."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from exporter.daemon import fields
from exporter.daemon.errors import NotFoundError
from exporter.daemon.frame import DUPLICATE, Drops, Frame, FrameBuilder
from exporter.daemon.sources import Update
from exporter.daemon.sources.rest import amount, entries, identity, number, words

if TYPE_CHECKING:
    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.sources.rest import Api

_AT_ONCE, _PRESENT, _ABSENT = 1, 3, 12
_ENDED = {"FINISHED": "finished", "CLOSED": "finished", "FAILED": "failed", "CANCELED": "canceled"}
_MAX_ASKED = 20
"""Of so many operations that have ended it is asked in one update whether they were canceled."""
_BRIEF = {"details": "false", "planDescription": "false"}
STATES = ("started", "compiled", "ready", "other")
"""What an operation can be until it has ended."""


class ConnectSource:
    """Reads ``/connect``. Spark keeps a bounded number of operations: each is counted when it has ended.

    Those that Spark has forgotten before are missed. A session says how many have started.
    """

    name = "connect"

    def __init__(self, api: Api, catalogue: Catalogue) -> None:
        """Ask ``api``."""
        self._api = api
        self._catalogue = catalogue
        self._ended: Counter[str] = Counter(dict.fromkeys(_ENDED.values(), 0))
        self._milliseconds: Counter[str] = Counter(dict.fromkeys(_ENDED.values(), 0))
        self._counted: set[str] = set()
        """Those that Spark still lists, by their ids."""
        self._waiting: set[str] = set()
        """Those that have yet to be counted: they run, or were not asked about."""
        self._known: Counter[str] = Counter()
        """By session, how many of its operations were listed or are called missed."""
        self._missed = 0
        self._present = False
        self._drops = Drops()
        self._last = Frame()
        self.every = _ABSENT
        """Seldom while nothing is connected."""

    def update(self) -> Update[Frame]:
        """Return the sessions and operations; nothing if there never was one."""
        try:
            # In this order: Spark lists an operation before its session says that there is one more.
            sessions = self._api.array("connect/sessions")
            operations = self._api.array("connect/operations") if sessions or self._present else []
        except NotFoundError:
            return Update(self._frame([], {}) if self._present else Frame())
        self._present = self._present or bool(sessions)
        self.every = _PRESENT if self._present else _ABSENT
        if not self._present:
            return Update(Frame())
        listed = self._listed(operations)
        results = self._results(listed)
        self._miss(sessions, listed)
        self._count(listed, results)
        if any(words(listed[operation], "state") in _ENDED for operation in self._waiting):
            self.every = _AT_ONCE
        self._last = self._frame(sessions, listed)
        return Update(self._last)

    def remember(self) -> dict[str, Any]:
        """Return what was added up, and which of it Spark still lists."""
        return {
            "present": self._present,
            "ended": self._ended,
            "milliseconds": self._milliseconds,
            "counted": sorted(self._counted),
            "waiting": sorted(self._waiting),
            "known": self._known,
            "missed": self._missed,
        }

    def recall(self, kept: dict[str, Any]) -> None:
        """Go on from there."""
        self._present = fields.flag(kept, "present", self.name)
        self._ended = fields.tally(kept, "ended", self.name, self._ended)
        self._milliseconds = fields.tally(kept, "milliseconds", self.name, self._milliseconds)
        self._counted = set(fields.texts(kept, "counted", self.name))
        self._waiting = set(fields.texts(kept, "waiting", self.name))
        known = fields.mapping(kept.get("known"), f"{self.name}.known")
        self._known = Counter({name: fields.count(known, name, f"{self.name}.known") for name in known})
        self._missed = fields.count(kept, "missed", self.name)

    def _listed(self, operations: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        listed: dict[str, dict[str, Any]] = {}
        for item in operations:
            key = "operationId" if item.get("operationId") else "jobTag"
            name = identity(item, key, self._drops, self._catalogue.label_length)
            if name in listed:
                self._drops.drop(DUPLICATE, name=key)
            elif name:
                listed[name] = item
        return listed

    def _results(self, listed: dict[str, dict[str, Any]]) -> dict[str, str]:
        """Return how each operation has ended that is new; what cannot be asked about yet is put off."""
        new = {
            operation: item
            for operation, item in listed.items()
            if words(item, "state") in _ENDED and operation not in self._counted
        }
        known = {operation: _result(item, self._drops) for operation, item in new.items()}
        results = {operation: result for operation, result in known.items() if result is not None}
        # Spark forgets first what ended first.
        unclear = [operation for operation in new if operation not in results]
        unclear.sort(key=lambda operation: number(new[operation], "finishTimestamp", self._drops))
        for operation in unclear[:_MAX_ASKED]:
            results[operation] = "canceled" if self._was_canceled(new[operation]) else "finished"
        return results

    def _miss(self, sessions: list[dict[str, Any]], listed: dict[str, dict[str, Any]]) -> None:
        """Find out what Spark has forgotten before it was counted: what it has forgotten does not return."""
        new = listed.keys() - self._counted - self._waiting
        self._known.update(words(listed[operation], "sessionId", self._drops) for operation in new)
        self._missed += len(self._waiting - listed.keys())
        for item in sessions:
            session = words(item, "sessionId", self._drops)
            forgotten = max(0, int(amount(item, "totalExecution", self._drops)) - self._known[session])
            self._missed += forgotten
            self._known[session] += forgotten
        # A session that was not there yet may have operations already.
        there = {words(item, "sessionId") for item in (*sessions, *listed.values())}
        self._known = Counter({session: count for session, count in self._known.items() if session in there})

    def _count(self, listed: dict[str, dict[str, Any]], results: dict[str, str]) -> None:
        for operation, result in results.items():
            self._ended[result] += 1
            self._milliseconds[result] += int(amount(listed[operation], "duration", self._drops))
        self._counted = (self._counted | results.keys()) & listed.keys()
        self._waiting = listed.keys() - self._counted

    def _was_canceled(self, item: dict[str, Any]) -> bool:
        """Say whether the last query of an operation has failed although the operation has not."""
        queries = _queries(item)
        try:
            return words(self._api.mapping(f"sql/{max(queries)}", _BRIEF), "status") == "FAILED"
        except NotFoundError:
            return False

    def _frame(self, sessions: list[dict[str, Any]], listed: dict[str, dict[str, Any]]) -> Frame:
        builder = FrameBuilder(self._catalogue, self._last)
        builder.take(self._drops)
        still = sum(amount(item, "finishTimestamp", builder) <= 0 for item in sessions)
        builder.add("spark_connect_sessions", still)
        active = Counter(dict.fromkeys(STATES, 0))
        for item in listed.values():
            state = words(item, "state", builder)
            if state not in _ENDED:
                active[state.lower() if state.lower() in STATES else "other"] += 1
        for state, count in active.items():
            builder.add("spark_connect_operations_active", count, state)
        for result, count in self._ended.items():
            builder.add("spark_connect_operations_ended_total", count, result)
            seconds = self._milliseconds[result] / 1000
            builder.add("spark_connect_operation_time_seconds_total", seconds, result)
        builder.add("spark_exporter_missed_connect_operations_total", self._missed)
        return builder.frame()


def _queries(item: dict[str, Any], drops: Drops | None = None) -> list[int]:
    """Return the numbers of the SQL executions of an operation."""
    texts = entries(item, "sqlExecIds", list, drops) or []
    return [int(text) for text in texts if type(text) is str and text.isascii() and text.isdecimal()]


def _result(item: dict[str, Any], drops: Drops) -> str | None:
    """Return how an operation has ended; None if its queries have to say whether it was canceled.

    Spark soon closes what has ended. It then keeps the reason of a failure, and nothing of a cancellation.
    """
    state = words(item, "state")
    if state == "CLOSED":
        if words(item, "detail", drops):
            return "failed"
        return None if _queries(item, drops) else "finished"
    return _ENDED[state]
