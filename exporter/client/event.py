"""An event as Python code sees it, and how its outcome is reported."""

from __future__ import annotations

import time
from _thread import allocate_lock

from exporter.client.refusals import debug, shown
from exporter.client.rpcerrors import RpcError
from exporter.client.wire import FrameError, json_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from exporter.client.connection import Connection

MAX_RESULT_BYTES = 64 * 1024
_MAX_ERROR_CHARACTERS = 2000
_OUTCOME_SECONDS = 5.0


def error_text(error: BaseException) -> str:
    """Return an exception in one text, such as ``ValueError: no such shard``."""
    try:
        text = f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001 - its __str__ is the user's code
        text = f"{type(error).__name__}: {shown(error)}"
    return bounded(text)


def bounded(text: str) -> str:
    """Return an error's text, shortened if need be; halves of characters, as in names of files, escaped."""
    text = text[: _MAX_ERROR_CHARACTERS + 1].encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= _MAX_ERROR_CHARACTERS else f"{text[: _MAX_ERROR_CHARACTERS - 3]}..."


def _text_of(error: object) -> str:
    if isinstance(error, BaseException):
        return error_text(error)
    return bounded(error if isinstance(error, str) else shown(error))


class Event:
    """Something that happened outside, sent to this application.

    Attributes:
        id: 16 hexadecimal digits.
        type: such as ``reload``.
        payload: a dict.
        time: Unix time in seconds at which it was accepted.
        expires: Unix time in seconds until which its handling may begin.

    """

    __slots__ = ("_connection", "_lock", "_settled", "expires", "id", "payload", "time", "type")

    def __init__(self, fields: dict[str, Any], payload: Any, connection: Connection) -> None:
        """Take what the plugin sent; KeyError if something is missing."""
        self.id: str = fields["event"]
        self.type: str = fields["type"]
        self.payload: Any = payload
        self.time: float = fields["time"]
        self.expires: float = fields["expires"]
        self._connection = connection
        self._lock = allocate_lock()
        self._settled = False

    def done(self, result: Any = None) -> None:
        """Report that it was handled.

        Only the first ``done()`` or ``fail()`` counts. It never raises, and waits at most five seconds.

        Args:
            result: JSON of at most 64 KiB for whoever sent the event; else the event counts as failed.

        """
        try:
            body = b"" if result is None else json_bytes(result, "the result")
        except (TypeError, ValueError) as error:
            self.fail(error)
            return
        if len(body) > MAX_RESULT_BYTES:
            self.fail(f"the result has {len(body)} bytes; at most {MAX_RESULT_BYTES}")
        else:
            self._settle("handled", None, body)

    def assume_done(self) -> None:
        """Report that it was handled, without waiting until the plugin knows. For :func:`events.poll`."""
        self._settle("handled", None, b"", wait=False)

    def expire(self) -> None:
        """Report that its time was over before anybody began. For the driver's handlers."""
        self._settle("expired", None, b"")

    def fail(self, error: str | BaseException) -> None:
        """Report that it could not be handled; else as :meth:`done`.

        Args:
            error: why, for whoever sent the event.

        """
        self._settle("failed", _text_of(error), b"")

    def _settle(self, state: str, error: str | None, body: bytes, *, wait: bool = True) -> None:
        with self._lock:
            first, self._settled = not self._settled, True
        if first:
            header = {"kind": "outcome", "event": self.id, "state": state, "error": error}
            try:
                # On this connection only: when it ended, the plugin counted the event as failed.
                report = self._connection.request if wait else self._connection.post
                report(header, body, time.monotonic() + _OUTCOME_SECONDS)
            except RpcError:
                debug(f"the outcome of event {self.id} could not be reported")

    def __repr__(self) -> str:
        """Show what it is, without the payload."""
        return f"<Event {self.type} {self.id}>"


def event_of(fields: Any, payload: Any, connection: Connection) -> Event:
    """Return the event that the plugin sent; FrameError if it sent something else."""
    try:
        event = Event(fields, payload, connection)
    except (KeyError, TypeError):
        raise FrameError(f"an event that lacks a field: {shown(fields)}") from None
    if not isinstance(event.id, str) or not isinstance(event.type, str):
        raise FrameError(f"an event whose id or type is no text: {shown(fields)}")
    if not isinstance(event.expires, (int, float)):
        raise FrameError(f"an event that expires at no time: {shown(fields)}")
    return event
