"""The streaming context of an application that uses DStreams."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from exporter.daemon.errors import NotFoundError
from exporter.daemon.frame import LIMIT, Frame, FrameBuilder
from exporter.daemon.sources import Update
from exporter.daemon.sources.rest import (
    amount,
    brief,
    copy,
    identifiers,
    instant,
    look,
    number,
    read,
    show,
    table,
    words,
)

if TYPE_CHECKING:
    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.sources.rest import Api, Readings

MAX_RECEIVERS = 50
_PRESENT, _ABSENT = 3, 12
_STATES = {"QUEUED": "waiting", "PROCESSING": "processing"}
_COMPLETED = "COMPLETED"
_PAUSE = 20
"""After so many updates the list of all batches is read again, if the last one could not be told without."""


class DStreamsSource:
    """Reads ``/streaming``. Most applications have none, and then Spark answers with 404."""

    name = "dstreams"

    def __init__(self, api: Api, catalogue: Catalogue) -> None:
        """Ask ``api``."""
        self._api = api
        self._catalogue = catalogue
        self._statistics = table(catalogue, "streaming/statistics")
        self._batch = table(catalogue, "streaming/batches")
        self._ended: Readings = ()
        self._place: tuple[int, int] | None = None
        """How many batches had completed, and the number of the last one of them."""
        self._pause = 0
        self._errors: dict[str, float] = {}
        self._last = Frame()
        self.every = 1
        """Ever more seldom while there is no streaming context: most applications begin with it."""

    def update(self) -> Update[Frame]:
        """Return how the streaming context is doing; nothing if there is none."""
        builder = FrameBuilder(self._catalogue, self._last)
        try:
            statistics = self._api.mapping("streaming/statistics")
        except NotFoundError:
            self.every = min(2 * self.every, _ABSENT)
            return Update(Frame())
        self.every = _PRESENT
        copy(builder, self._statistics, statistics)
        builder.add("spark_dstream_start_timestamp_seconds", instant(statistics, "startTime", builder))
        self._add_receivers(builder)
        self._add_active(builder)
        self._look_for_last(builder, statistics)
        show(builder, self._ended)
        self._last = builder.frame()
        return Update(self._last)

    def _add_receivers(self, builder: FrameBuilder) -> None:
        receivers = self._api.array("streaming/receivers")
        if len(receivers) > MAX_RECEIVERS:
            builder.drop(LIMIT, len(receivers) - MAX_RECEIVERS)
        errors = {}
        for item in receivers[:MAX_RECEIVERS]:
            stream = "".join(map(str, identifiers({"streamId": [item.get("streamId")]}, "streamId", builder)))
            name = f"{words(item, 'streamName', builder)} {stream}".strip()
            name = brief(name, builder, "streamName", self._catalogue.label_length)
            rate = look(item, ("avgEventRate",))
            builder.add("spark_dstream_receiver_records_per_second", rate, name)
            # Spark forgets the error when it starts the receiver again.
            failed = instant(item, "lastErrorTime", builder) or self._errors.get(name)
            if failed is not None:
                errors[name] = failed
                builder.add("spark_dstream_receiver_last_error_timestamp_seconds", failed, name)
        self._errors = errors

    def _add_active(self, builder: FrameBuilder) -> None:
        listed = self._api.array("streaming/batches", {"status": list(_STATES)})
        found = Counter([words(item, "status", builder) for item in listed])
        for status, state in _STATES.items():
            builder.add("spark_dstream_batches", found[status], state)

    def _look_for_last(self, builder: FrameBuilder, statistics: dict[str, Any]) -> None:
        """Find the batch that completed last.

        The list of all batches is as long as Spark's memory. But a batch has its time as its number, so after
        so many more batches the last one is so many intervals later, as long as Spark runs one at a time.
        """
        completed = int(amount(statistics, "numTotalCompletedBatches"))
        if completed <= 0 or (self._place is not None and self._place[0] == completed):
            return
        found = self._guess(completed, int(amount(statistics, "batchDuration")))
        if found is None and self._pause > 0:
            self._pause -= 1
            return
        if found is None:
            self._pause = _PAUSE
            listed = self._api.array("streaming/batches", {"status": _COMPLETED})
            found = max(listed, key=lambda item: number(item, "batchId", builder), default=None)
        if found is not None:
            self._ended = read(self._batch, found)
            self._place = (completed, int(number(found, "batchId", builder)))

    def _guess(self, completed: int, interval: int) -> dict[str, Any] | None:
        if self._place is None:
            return None
        before, batch = self._place
        try:
            found = self._api.mapping(f"streaming/batches/{batch + (completed - before) * interval}")
        except NotFoundError:
            return None
        return found if words(found, "status") == _COMPLETED else None
