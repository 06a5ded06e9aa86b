"""Hands requests to the plugin in a driver, and its answers back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from starlette.responses import Response

from exporter.daemon.control.refusal import HEADERS, Refusal
from exporter.daemon.errors import SourceError
from exporter.daemon.fetch import Fetcher

if TYPE_CHECKING:
    from collections.abc import Mapping

PASSED = frozenset({200, 202, 400, 403, 404, 409, 412, 413, 415, 422, 429, 503})
"""The statuses of the plugin that mean the same for whoever asks the daemon."""
_UNAUTHORIZED = 401
_KEPT = ("ETag", "Retry-After")
_JSON = "application/json"
APPLICATION = "Spark-Exporter-Application"
"""The header that says whom a request is for: another driver may have taken over the port."""


class Request(NamedTuple):
    """What is handed on."""

    method: str
    path: str
    """Of the plugin."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes | None


class Endpoint(NamedTuple):
    """Where the plugin of an application listens."""

    url: str
    host: str | None = None
    """Who may have the token; None is nobody. Any other host may be somebody else's."""


class Relay:
    """Talks to plugins, with the daemon's own token.

    Args:
        token: of the plugins.
        timeout: seconds that a driver may take for an answer, beyond what it is asked to wait.

    """

    def __init__(self, token: str, timeout: float) -> None:
        """Open nothing yet."""
        self._token = token
        self._timeout = timeout

    def send(self, app_id: str, endpoint: Endpoint, request: Request) -> Response:
        """Return the plugin's answer. Blocks until it is there.

        Raises:
            Refusal: there is none, or not that of a plugin.

        """
        headers = {**request.headers, APPLICATION: app_id}
        if request.body is not None:
            headers["Content-Type"] = _JSON
        wait = float(request.query.get("wait", 0))
        fetcher = Fetcher(self._timeout, self._token, host=endpoint.host)
        try:
            reply = fetcher.exchange(
                request.method,
                endpoint.url + request.path,
                request.query,
                headers=headers,
                body=request.body,
                wait=wait,
            )
        except SourceError as error:
            raise _refusal(error, request) from error
        finally:
            fetcher.close()
        if reply.status == _UNAUTHORIZED:
            raise Refusal(
                502, f"the plugin at {endpoint.url} does not take this daemon's token: give both the same one"
            )
        kind = reply.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if reply.status not in PASSED or kind != _JSON:
            shown = f"status {reply.status} and {kind or 'no type'}"
            raise Refusal(502, f"{endpoint.url} does not answer as a plugin does: {shown}")
        kept = {name: reply.headers[name] for name in _KEPT if name in reply.headers}
        return Response(reply.body, reply.status, HEADERS | kept, _JSON)


def _refusal(error: SourceError, request: Request) -> Refusal:
    late = error.reason == "timeout"
    # Nothing that listens has seen the request if the connection was refused.
    doubt = request.body is not None and not error.transient
    note = "; whether it was done is not known" if doubt else ""
    return Refusal(504 if late else 502, f"{error}{note}")
