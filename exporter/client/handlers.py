"""Runs the user's handlers in the driver: each topic on threads of its own, events in order on one."""

from __future__ import annotations

import time

from exporter.client.event import error_text, event_of
from exporter.client.pool import Pool
from exporter.client.refusals import debug, shown
from exporter.client.rpcerrors import RpcError
from exporter.client.wire import FrameError, payload_bytes, payload_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from exporter.client.connection import Connection
    from exporter.client.event import Event

    MessageFunction = Callable[[Any], Any]
    EventFunction = Callable[[Event], Any]

_SEND_SECONDS = 5.0


class Topic:
    """The handler of one topic, and its threads."""

    def __init__(self, name: str, function: MessageFunction, threads: int) -> None:
        """Start no thread yet."""
        self.function = function
        self.threads = threads
        self.pool = Pool(f"spark-exporter-rpc-{name}", threads)


class Handlers:
    """The user's handlers by topic and by type of event, and what the plugin asks of them."""

    def __init__(self) -> None:
        """Have none."""
        self.topics: dict[str, Topic] = {}
        self.events: dict[str, EventFunction] = {}
        self._event_pool = Pool("spark-exporter-events")

    def on_topic(self, name: str, function: MessageFunction, threads: int) -> None:
        """Have the function answer the topic from now on."""
        former = self.topics.get(name)
        if former is not None and former.threads == threads:
            former.function = function
            return
        self.topics[name] = Topic(name, function, threads)
        if former is not None:
            former.pool.end()

    def on_event(self, kind: str, function: EventFunction) -> None:
        """Have the function handle this type of event from now on."""
        self.events[kind] = function

    def call(self, connection: Connection, header: dict[str, Any], body: bytes) -> None:
        """Queue what the plugin asks; it returns at once. FrameError for what nobody could ask."""
        if header["kind"] == "message":
            self._take_message(connection, header, body)
        elif header["kind"] == "event":
            self._take_event(connection, header, body)
        else:
            raise FrameError(f"a call of an unknown kind: {shown(header)}")

    def _take_message(self, connection: Connection, header: dict[str, Any], body: bytes) -> None:
        name, arrived = header.get("topic"), time.monotonic()
        topic = self.topics.get(name) if isinstance(name, str) else None
        if topic is None:
            sentence = f"no handler for {shown(name)} in this process"
            _answer_failed(connection, header, sentence, code="no_handler")
            return
        function = topic.function
        if not topic.pool.submit(lambda: _handle_message(function, connection, header, body, arrived)):
            sentence = f"too many messages wait for the handler of {shown(name)}"
            _answer_failed(connection, header, sentence, code="overloaded")

    def _take_event(self, connection: Connection, header: dict[str, Any], body: bytes) -> None:
        event = event_of(header, payload_of("json", body), connection)
        if not self._event_pool.submit(lambda: self._handle_event(event)):
            # Nobody else would say so, and the connection's own thread must not wait for the answer.
            raise FrameError("too many events wait for their handlers")

    def _handle_event(self, event: Event) -> None:
        function = self.events.get(event.type)
        if function is None:
            event.fail(f"no handler for {event.type} in the driver")
            return
        # It has waited here for those before it. The JVM beside this process has the same clock.
        if time.time() >= event.expires:
            event.expire()
            return
        try:
            result = function(event)
        except BaseException as error:  # noqa: BLE001 - it is the user's code
            debug(f"the handler of event {event.type} failed")
            event.fail(error)
        else:
            event.done(result)

    def after_fork_in_child(self) -> None:
        """Keep the handlers; their threads stay in the parent."""
        self._event_pool = Pool("spark-exporter-events")
        self.topics = {
            name: Topic(name, topic.function, topic.threads) for name, topic in self.topics.items()
        }


def _handle_message(
    function: MessageFunction, connection: Connection, header: dict[str, Any], body: bytes, arrived: float
) -> None:
    timeout = header.get("timeout")
    if isinstance(timeout, (int, float)) and time.monotonic() - arrived > timeout:
        # Whoever asked has gone, and others wait for this thread.
        sentence = "its time was over before the handler could begin"
        _answer_failed(connection, header, sentence, code="timeout")
        return
    try:
        result = function(payload_of(header.get("encoding"), body))
        if header.get("reply") is False:
            return
        encoding, answer = payload_bytes(result, "the handler's result")
    except BaseException as error:  # noqa: BLE001 - it is the user's code
        debug(f"the handler of {shown(header.get('topic'))} failed")
        _answer_failed(connection, header, error_text(error))
    else:
        if len(answer) > connection.max_payload:
            sentence = f"the result has {len(answer)} bytes; at most {connection.max_payload}"
            _answer_failed(connection, header, sentence, code="too_large")
        else:
            _answer(connection, {"kind": "result", "call": header.get("call"), "encoding": encoding}, answer)


def _answer_failed(
    connection: Connection, header: dict[str, Any], error: str, *, code: str = "handler_failed"
) -> None:
    if header.get("reply") is not False:
        failure = {"kind": "failed", "call": header.get("call"), "error": error, "code": code}
        _answer(connection, failure, b"")


def _answer(connection: Connection, header: dict[str, Any], body: bytes) -> None:
    try:
        connection.send(header, body, time.monotonic() + _SEND_SECONDS)
    except RpcError:
        debug("an answer could not be sent")
