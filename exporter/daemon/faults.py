"""What the errors of an exchange over HTTP mean, in words."""

from __future__ import annotations

import socket
import ssl

import requests
import urllib3

from exporter.daemon.errors import ClosedError, SourceError, TlsError

_LONGEST = 10
"""Links of a chain of causes; three or four are usual."""
_CLIENT_ALERTS = frozenset(
    {
        "TLSV13_ALERT_CERTIFICATE_REQUIRED",
        "TLSV1_ALERT_UNKNOWN_CA",
        "SSLV3_ALERT_BAD_CERTIFICATE",
        "SSLV3_ALERT_CERTIFICATE_EXPIRED",
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
    }
)
"""By what a server says that it wants another certificate of the client, or one at all."""
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"})
"""What OpenSSL makes of an answer that is not TLS."""


def source_error(error: Exception, place: str, timeout: float) -> SourceError:
    """Return an error in words without addresses of objects, so that the same fault reads the same.

    Args:
        error: of requests, urllib3 or the operating system.
        place: what was asked.
        timeout: seconds that it had.

    """
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError | TimeoutError):
        return SourceError("timeout", f"{place} does not answer within {timeout:g} s")
    causes = _causes(error)
    found = next((_tls_error(cause, place) for cause in causes if isinstance(cause, ssl.SSLError)), None)
    if found is not None:
        return found
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return SourceError("connect", f"{place}: nothing listens there", transient=True)
    if any(isinstance(cause, ConnectionResetError | urllib3.exceptions.ProtocolError) for cause in causes):
        return ClosedError(f"{place} closed the connection")
    return SourceError("connect", f"{place}: {_words(causes)}")


def _causes(error: BaseException) -> list[BaseException]:
    causes: list[BaseException] = []
    chain: object = error
    while isinstance(chain, BaseException) and len(causes) < _LONGEST:
        causes.append(chain)
        chain = getattr(chain, "reason", None) or chain.__cause__ or chain.__context__
    return causes


def _tls_error(error: ssl.SSLError, place: str) -> TlsError | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message.rstrip(".")
        return TlsError(TlsError.UNTRUSTED, f"{place}: its certificate is not trusted: {why}")
    if error.reason in _CLIENT_ALERTS:
        return TlsError(TlsError.CLIENT, f"{place} wants a certificate of the client that it trusts")
    if error.reason in _NO_TLS:
        return TlsError(TlsError.PLAIN, f"{place} does not speak TLS")
    return None


def _words(causes: list[BaseException]) -> str:
    if any(isinstance(cause, urllib3.exceptions.NameResolutionError | socket.gaierror) for cause in causes):
        return "the host name is not known"
    spoken = (cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror)
    return next(spoken, type(causes[-1]).__name__)
