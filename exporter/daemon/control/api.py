"""The routes below ``/api/v1``: who may ask, what is well formed, and who is to answer."""

from __future__ import annotations

import asyncio
import hmac
import math
import re
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from exporter.daemon import logs
from exporter.daemon.control.bucket import Bucket
from exporter.daemon.control.document import PREFIX, Operation, load
from exporter.daemon.control.lane import Lane
from exporter.daemon.control.refusal import (
    CONTROL_OFF,
    HEADERS,
    TOKEN_MISSING,
    TOKEN_WRONG,
    Refusal,
    busy,
)
from exporter.daemon.control.refused import Refused
from exporter.daemon.control.relay import Relay
from exporter.daemon.control.relay import Request as Relayed

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from exporter.daemon.control.directory import Directory

MAX_BODY = 1 << 20
CHANGES_PER_SECOND = 50.0
CHANGES_AT_ONCE = 100
WAITING = 64
CALLS = 16
"""How many requests may wait for something in a driver, and how many others may be under way."""
CALLS_LEFT = 1.0
"""Seconds that the others have when the daemon ends: a driver usually answers in milliseconds."""
NO_TOKEN = "control is off: this daemon has no token; give it one with --token-file or SPARK_EXPORTER_TOKEN"  # noqa: S105
WRONG_TOKEN = "the token is missing or wrong; expected the header Authorization: Bearer TOKEN"  # noqa: S105
_ACTOR = "Spark-Exporter-Actor"
_VISIBLE = re.compile(r"(?:(?![\"=\\])[!-~]){1,200}")
_APPLICATION_PATH = f"{PREFIX}/applications/{{app_id}}"


class Api:
    """The daemon's API.

    Args:
        directory: knows the applications.
        token: whoever sends it may do everything, and plugins get it from the daemon; None: control is off.
        timeout: seconds that a driver may take for an answer, beyond what it is asked to wait.
        changes: how often something may be changed.
        refused: counts what is refused.

    """

    def __init__(
        self,
        directory: Directory,
        token: str | None,
        timeout: float,
        changes: Bucket | None = None,
        refused: Refused | None = None,
    ) -> None:
        """Prepare the routes."""
        self._directory = directory
        self._token = token.encode() if token is not None else None
        self._relay = Relay(token or "", timeout)
        self._changes = changes if changes is not None else Bucket(CHANGES_PER_SECOND, CHANGES_AT_ONCE)
        self._waiting = Lane("waiting requests", WAITING)
        self._calls = Lane("requests", CALLS)
        self._document = load()
        self.refused = refused if refused is not None else Refused()

    def route(self) -> BaseRoute:
        """Return all of it as one route."""
        by_path: dict[str, dict[str, Operation]] = {}
        for operation in self._document.operations:
            by_path.setdefault(operation.path, {})[operation.method] = operation
        routes = [
            Route(path.removeprefix(PREFIX), self._endpoint(operations), methods=[*operations])
            for path, operations in by_path.items()
        ]
        handlers = {HTTPException: _unknown, Refusal: self._refuse}
        return Mount(PREFIX, Starlette(routes=routes, exception_handlers=handlers))  # type: ignore[arg-type]

    def stop(self) -> None:
        """Let nobody wait any longer. In the event loop that serves."""
        self._waiting.stop()
        asyncio.get_running_loop().call_later(CALLS_LEFT, self._calls.stop)

    def _endpoint(self, operations: dict[str, Operation]) -> Callable[..., object]:
        async def endpoint(request: Request) -> Response:
            # Starlette lets HEAD through wherever GET is.
            operation = operations["GET" if request.method == "HEAD" else request.method]
            if not operation.public:
                self._admit(request)
            query = operation.queries(request.query_params.multi_items())
            if operation.name == "describe":
                return JSONResponse(self._document.content, headers=HEADERS)
            if operation.name == "applications":
                return await run_in_threadpool(self._list)
            if operation.changes:
                return await self._change(operation, request)
            return await self._ask(operation, request, query)

        return endpoint

    def _admit(self, request: Request) -> None:
        if self._token is None:
            raise Refusal(403, NO_TOKEN, reason=CONTROL_OFF)
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        right = hmac.compare_digest(given.strip().encode("latin-1"), self._token)
        if scheme.lower() != "bearer" or not right:
            reason = TOKEN_WRONG if given.strip() else TOKEN_MISSING
            raise Refusal(401, WRONG_TOKEN, {"WWW-Authenticate": "Bearer"}, reason)

    async def _refuse(self, request: Request, refusal: Refusal) -> Response:
        if refusal.reason is not None:
            self.refused.note(refusal.reason, request.method, request.url.path, _client(request))
        return refusal.response

    def _list(self) -> Response:
        found = [item._asdict() for item in self._directory.listed()]
        return JSONResponse({"applications": found}, headers=HEADERS)

    async def _ask(self, operation: Operation, request: Request, query: dict[str, str]) -> Response:
        lane = self._waiting if float(query.get("wait", 0)) > 0 else self._calls
        relayed = Relayed(operation.method, _path(operation, request), query, {}, None)
        return await lane.run(lambda: self._hand_on(request, relayed))

    async def _change(self, operation: Operation, request: Request) -> Response:
        seconds = self._changes.take()
        if seconds:
            limit = f"{self._changes.rate:g} a second"
            raise busy(429, f"too many changes; at most {limit}", math.ceil(seconds))
        headers = _headers(operation, request)
        body = await _body(request)
        relayed = Relayed(operation.method, _path(operation, request), {}, headers, body)
        status = 0
        try:
            response = await self._calls.run(lambda: self._hand_on(request, relayed), doubt=True)
            status = response.status_code
        except Refusal as refusal:
            status = refusal.status
            raise
        finally:
            fields = {
                "app_id": request.path_params["app_id"],
                "actor": headers.get(_ACTOR, ""),
                "client": _client(request),
            }
            logs.info("control", operation=operation.name, status=status, **fields)
        return response

    def _hand_on(self, request: Request, relayed: Relayed) -> Response:
        app_id = request.path_params["app_id"]
        return self._relay.send(app_id, self._directory.endpoint(app_id), relayed)


def _client(request: Request) -> str:
    return request.client.host if request.client is not None else ""


def _path(operation: Operation, request: Request) -> str:
    """Return the path of the plugin that does what an operation asks for."""
    path = "/v1" + operation.path.removeprefix(_APPLICATION_PATH)
    event_id = request.path_params.get("event_id")
    if event_id is None:
        return path
    pattern = operation.parameter("event_id")
    if pattern is None or not re.fullmatch(pattern.schema["pattern"], event_id):
        raise Refusal(404, f"no event {event_id[:40]} is known; an id has 16 hexadecimal digits")
    return path.replace("{event_id}", event_id)


def _headers(operation: Operation, request: Request) -> dict[str, str]:
    """Return those of the client that are handed on: never its token."""
    headers = {}
    for name in ("If-Match", _ACTOR):
        parameter, text = operation.parameter(name), request.headers.get(name)
        if parameter is None or text is None:
            continue
        if name != _ACTOR:
            headers[name] = parameter.check(text)
        elif _VISIBLE.fullmatch(text):
            headers[name] = text
    return headers


async def _body(request: Request) -> bytes:
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refusal(415, f"the body is {kind[:100] or 'of no type'}; expected application/json")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            raise Refusal(413, f"the body has more than {MAX_BODY} bytes")
    return bytes(body)


async def _unknown(request: Request, error: HTTPException) -> Response:
    sentences = {404: "there is nothing here", 405: f"{request.method} is not possible here"}
    sentence = f"{sentences.get(error.status_code, error.detail)}; see {PREFIX}/openapi.json"
    return Refusal(error.status_code, sentence, error.headers).response
