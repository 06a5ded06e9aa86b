"""What can go wrong with a message to the driver.

::

    RpcError
    +-- NoHandlerError          the driver has no handler for the topic
    +-- HandlerError            the handler raised an exception, or its answer cannot be sent
    +-- RpcTimeoutError         no answer in time; also a TimeoutError
    +-- PayloadTooLargeError    the payload, or the answer, is larger than spark.exporter.maxPayload
    +-- OverloadedError         too many messages wait already
    +-- UnavailableError        no plugin, messages are off, or the JVM is gone
"""

from __future__ import annotations


class RpcError(Exception):
    """A message was not delivered, or not answered. The text says why."""


class NoHandlerError(RpcError):
    """The driver has no handler for the topic."""


class HandlerError(RpcError):
    """The handler raised an exception, or its answer cannot be sent. The text has the exception's."""


class RpcTimeoutError(RpcError, TimeoutError):
    """There was no answer in time. The handler may have run, or may run still."""


class PayloadTooLargeError(RpcError):
    """The payload, or the answer, is larger than ``spark.exporter.maxPayload``."""


class OverloadedError(RpcError):
    """Too many messages wait already: ask again later."""


class UnavailableError(RpcError):
    """There is nobody to ask: no plugin, messages are off, or the JVM is gone."""


class InvalidValueError(RpcError):
    """The present value of a key does not fit its declaration, which counts. Users get a warning instead."""


class BadRuleError(RpcError):
    """A declaration is none, so it does not count. Users get a warning instead."""


# By the code that the plugin sends.
_BY_CODE: dict[str, type[RpcError]] = {
    "no_handler": NoHandlerError,
    "handler_failed": HandlerError,
    "timeout": RpcTimeoutError,
    "too_large": PayloadTooLargeError,
    "overloaded": OverloadedError,
    "unavailable": UnavailableError,
    "invalid_value": InvalidValueError,
    "bad_rule": BadRuleError,
}


def error_of(code: object, sentence: object) -> RpcError:
    """Return the exception for an error that the plugin sent; an unknown code gives a plain RpcError."""
    text = sentence if isinstance(sentence, str) and sentence else f"the plugin refused it: {code}"
    kind = _BY_CODE.get(code) if isinstance(code, str) else None
    return RpcError(text) if kind is None else kind(text)
