"""The streaming context of an application that uses DStreams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exporter.daemon.errors import NotFoundError
from exporter.daemon.frame import LIMIT, Frame, FrameBuilder
from exporter.daemon.sources import Update
from exporter.daemon.sources.rest import copy, identifiers, moment, table, words

if TYPE_CHECKING:
    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.sources.rest import Api

MAX_RECEIVERS = 50
_PRESENT, _ABSENT = 3, 12
_STATES = {"QUEUED": "waiting", "PROCESSING": "processing"}


class DStreamsSource:
    """Reads ``/streaming``. Most applications have none, and then Spark answers with 404."""

    name = "dstreams"

    def __init__(self, api: Api, catalogue: Catalogue) -> None:
        """Ask ``api``."""
        self._api = api
        self._catalogue = catalogue
        self._statistics = table(catalogue, "streaming/statistics")
        self._batch = table(catalogue, "streaming/batches")
        self._waiting: set[int] = set()
        self._ended: dict[str, Any] | None = None
        self._last = Frame()
        self.every = _ABSENT
        """Seldom while there is no streaming context."""

    def update(self) -> Update[Frame]:
        """Return how the streaming context is doing; nothing if there is none."""
        builder = FrameBuilder(self._catalogue, self._last)
        try:
            statistics = self._api.mapping("streaming/statistics")
        except NotFoundError:
            self.every = _ABSENT
            return Update(Frame())
        self.every = _PRESENT
        copy(builder, self._statistics, statistics)
        builder.add("spark_dstream_start_timestamp_seconds", moment(statistics.get("startTime")))
        self._add_receivers(builder)
        ended = self._last_batch(builder)
        if ended is not None:
            copy(builder, self._batch, ended)
        self._last = builder.frame()
        return Update(self._last)

    def _add_receivers(self, builder: FrameBuilder) -> None:
        receivers = self._api.array("streaming/receivers")
        if len(receivers) > MAX_RECEIVERS:
            builder.drop(LIMIT, len(receivers) - MAX_RECEIVERS)
        for item in receivers[:MAX_RECEIVERS]:
            number = next(iter(identifiers({"id": [item.get("streamId")]}, "id")), "")
            name = f"{words(item, 'streamName')} {number}".strip()
            builder.add("spark_dstream_receiver_records_per_second", item.get("avgEventRate"), name)
            failed = moment(item.get("lastErrorTime"))
            builder.add("spark_dstream_receiver_last_error_timestamp_seconds", failed, name)

    def _last_batch(self, builder: FrameBuilder) -> dict[str, Any] | None:
        """Return the newest of the batches that have ended since they were seen to wait or run.

        A list of all batches would be as long as Spark's memory.
        """
        listed = self._api.array("streaming/batches", {"status": list(_STATES)})
        for status, state in _STATES.items():
            count = sum(words(item, "status") == status for item in listed)
            builder.add("spark_dstream_batches", count, state)
        waiting = {number for item in listed for number in identifiers({"id": [item.get("batchId")]}, "id")}
        for batch in sorted(self._waiting - waiting, reverse=True):
            try:
                self._ended = self._api.mapping(f"streaming/batches/{batch}")
            except NotFoundError:
                continue
            break
        self._waiting = waiting
        return self._ended
