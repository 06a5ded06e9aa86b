"""Which application a driver's UI shows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import orjson

from exporter.daemon import fields
from exporter.daemon.errors import SourceError
from exporter.daemon.model import Application
from exporter.daemon.sources import Update

if TYPE_CHECKING:
    from exporter.daemon.fetch import Fetcher

# Spark answers every path with this sentence, and status 200, until its UI is complete.
_STARTING = b"Spark is starting up"
FIRST_PATIENCE = 1.0


class ApplicationSource:
    """Reads ``/api/v1/applications``."""

    name = "application"

    def __init__(self, fetcher: Fetcher, target: str) -> None:
        """Ask the UI at ``target``."""
        self._fetcher = fetcher
        self._starting = False
        self._patience = FIRST_PATIENCE
        self.patient = True
        """Whether to wait as long as for any answer; else briefly at first, and longer every time."""
        self._url = f"{target}/api/v1/applications"

    def update(self) -> Update[Application]:
        """Return the newest application that runs, or else the newest that ended."""
        try:
            body = self._fetcher.get(self._url, limit=math.inf if self.patient else self._patience).body
        except SourceError as error:
            late = error.reason == "timeout"
            self._patience = self._patience * 2 if late else FIRST_PATIENCE
            # Between the sentence and the complete UI, Spark answers 404 for a moment.
            starting = self._starting and error.reason == "http_status"
            transient = error.transient or starting or (late and not self.patient)
            # A driver that has not answered in time has not said that it starts no more.
            self._starting = self._starting and late
            raise SourceError(error.reason, str(error), transient=transient) from error
        self._starting = _STARTING in body[:1024]
        if self._starting:
            raise SourceError("invalid", "the driver's UI is still starting", transient=True)
        try:
            listed = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise SourceError(
                "invalid", f"{self._url} does not answer with JSON: is it the UI of a Spark driver?"
            ) from error
        found = [application_of(item) for item in fields.items(listed, "applications")]
        if not found:
            raise SourceError("invalid", f"{self._url} lists no application yet", transient=True)
        return Update(max(found, key=lambda app: (not app.completed, app.start_time or 0.0)))


def application_of(item: Any) -> Application:
    """Return the newest attempt of one of the applications that REST lists."""
    document = fields.mapping(item, "application")
    attempts = fields.items(document.get("attempts"), "application.attempts")
    if not attempts:
        raise fields.invalid("application.attempts", "at least one attempt", attempts)
    checked = [fields.mapping(attempt, "application.attempts") for attempt in attempts]
    newest = max(checked, key=lambda attempt: _seconds(attempt, "startTimeEpoch") or 0.0)
    return Application(
        id=fields.text(document, "id", "application"),
        name=fields.text(document, "name", "application"),
        attempt_id=fields.optional_text(newest, "attemptId", "application.attempts") or "",
        spark_version=fields.optional_text(newest, "appSparkVersion", "application.attempts") or "",
        user=fields.optional_text(newest, "sparkUser", "application.attempts") or "",
        start_time=_seconds(newest, "startTimeEpoch"),
        end_time=_seconds(newest, "endTimeEpoch"),
        completed=fields.flag(newest, "completed", "application.attempts"),
        attempts=len(attempts),
    )


def _seconds(document: dict[str, Any], key: str) -> float | None:
    """Return milliseconds as seconds. Spark writes -1 for a time that has not come."""
    milliseconds = fields.optional_number(document, key, "application.attempts")
    return None if milliseconds is None or milliseconds < 0 else milliseconds / 1000
