"""Messages: a task asks the driver.

::

    from exporter import rpc


    @rpc.handler("initial-config")  # in the driver
    def initial_config(request):
        return {"offset": offsets[request["shard"]]}


    def work(rows):  # in a task
        offset = rpc.ask("initial-config", {"shard": 3}, timeout=5)["offset"]

Payloads are JSON or bytes, at most ``spark.exporter.maxPayload`` each way. They travel over Spark's own
connection between executor and driver.
"""

from __future__ import annotations

import math
import re
import time

from exporter.client import spark
from exporter.client.link import LINK
from exporter.client.refusals import shown
from exporter.client.rpcerrors import (
    HandlerError,
    NoHandlerError,
    OverloadedError,
    PayloadTooLargeError,
    RpcError,
    RpcTimeoutError,
    UnavailableError,
)
from exporter.client.wire import FrameError, payload_bytes, payload_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    F = TypeVar("F", bound=Callable[[Any], Any])

__all__ = [
    "HandlerError",
    "NoHandlerError",
    "OverloadedError",
    "PayloadTooLargeError",
    "RpcError",
    "RpcTimeoutError",
    "UnavailableError",
    "ask",
    "handler",
    "send",
]

MAX_TOPIC_CHARACTERS = 200
MAX_THREADS = 64
MAX_TIMEOUT_SECONDS = 86_400.0
_SEND_SECONDS = 5.0
# Control characters, and halves of characters, which UTF-8 does not have.
_NO_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def ask(topic: str, payload: Any = None, timeout: float = 5.0) -> Any:
    """Send a message to the driver's handler of a topic, and return its answer.

    Any thread may ask; one connection per process serves all. In the driver it works as well.

    Args:
        topic: its name.
        payload: JSON (None, bool, int, float, str, list, dict) or bytes.
        timeout: seconds to wait for the answer, everything included.

    Returns:
        What the handler returned: JSON, or bytes if it returned bytes.

    Raises:
        NoHandlerError: the driver has no handler for the topic.
        HandlerError: the handler raised an exception, or its result cannot be sent.
        RpcTimeoutError: no answer in time.
        PayloadTooLargeError: the payload or the answer is too large.
        OverloadedError: too many messages wait already.
        UnavailableError: no plugin, messages are off, or the JVM is gone.
        TypeError, ValueError: an argument is none.

    """
    header, body = _message("ask", topic, payload)
    header["timeout"] = seconds = _checked_timeout(timeout)
    try:
        answer, result = _sent(header, body, seconds)
    except RpcTimeoutError:
        raise RpcTimeoutError(f"no answer to {topic!r} within {seconds:g} s") from None
    try:
        return payload_of(answer.get("encoding"), result)
    except FrameError as error:
        raise HandlerError(f"the answer to {topic!r} cannot be read: {error}") from None


def send(topic: str, payload: Any = None) -> None:
    """Send a message to the driver's handler of a topic without waiting for it.

    When this returns, the JVM of this process has the message. It is lost if that JVM ends before it has
    passed it on, or if there is no handler.

    Args:
        topic: its name.
        payload: JSON or bytes, as for :func:`ask`.

    Raises:
        PayloadTooLargeError: the payload is too large.
        OverloadedError: too many messages wait already.
        RpcTimeoutError: the JVM did not take it within five seconds.
        UnavailableError: no plugin, messages are off, or the JVM is gone.
        TypeError, ValueError: an argument is none.

    """
    header, body = _message("send", topic, payload)
    _sent(header, body, _SEND_SECONDS)


def handler(topic: str, threads: int = 1) -> Callable[[F], F]:
    """Decorate the driver's function that answers messages of a topic.

    The function takes the payload and returns the answer, both JSON or bytes. An exception in it reaches
    whoever asked as HandlerError, with its type and text. A second handler of a topic replaces the first.
    In a Python worker the decorator changes nothing, so a module that workers import may use it.

    Args:
        topic: its name: 1 to 200 characters without control characters.
        threads: how many messages of this topic may be handled at once, 1 to 64. With one they are handled
            in the order in which they arrive.

    Raises:
        TypeError, ValueError: an argument is none.

    """
    _check_topic(topic)
    if type(threads) is not int:
        raise TypeError(f"threads must be a whole number, not {shown(threads)}")
    if not 1 <= threads <= MAX_THREADS:
        raise ValueError(f"threads must be 1 to {MAX_THREADS}, not {threads}")

    def register(function: F) -> F:
        if not callable(function):
            raise TypeError(f"a handler must be a function, not {shown(function)}")
        if not spark.is_worker():
            from exporter.client.serving import SERVING  # noqa: PLC0415 - workers serve nothing

            SERVING.on_topic(topic, function, threads)
        return function

    return register


def _check_topic(topic: object) -> None:
    if not isinstance(topic, str):
        raise TypeError(f"topic must be a string such as 'initial-config', not {shown(topic)}")
    if not 0 < len(topic) <= MAX_TOPIC_CHARACTERS or _NO_TEXT.search(topic):
        raise ValueError(
            f"topic must be 1 to {MAX_TOPIC_CHARACTERS} characters without control characters, "
            f"not {shown(topic)}"
        )


def _checked_timeout(timeout: object) -> float:
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)):
        raise TypeError(f"timeout must be a number of seconds, not {shown(timeout)}")
    if not (math.isfinite(timeout) and 0 < timeout <= MAX_TIMEOUT_SECONDS):
        raise ValueError(f"timeout must be above 0 and at most {MAX_TIMEOUT_SECONDS:g} s, not {timeout}")
    return float(timeout)


def _message(kind: str, topic: str, payload: Any) -> tuple[dict[str, Any], bytes]:
    _check_topic(topic)
    encoding, body = payload_bytes(payload, "payload")
    return {"kind": kind, "topic": topic, "encoding": encoding}, body


def _sent(header: dict[str, Any], body: bytes, timeout: float) -> tuple[dict[str, Any], bytes]:
    """Return the plugin's answer; RpcError as ask() says."""
    deadline = time.monotonic() + timeout
    limit = LINK.connection(deadline).max_payload
    if len(body) > limit:
        raise PayloadTooLargeError(
            f"payload has {len(body)} bytes; at most {limit} are allowed (spark.exporter.maxPayload)"
        )
    return LINK.request(header, body, deadline)
