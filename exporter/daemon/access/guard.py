"""Stands before the daemon's routes: asks for passwords, and sets headers."""

from __future__ import annotations

import base64
import binascii
import logging
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse

from exporter.daemon import logs
from exporter.daemon.access.passwords import Passwords
from exporter.daemon.control.bucket import Bucket
from exporter.daemon.control.refusal import Refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from exporter.daemon.access.file import WebConfig
    from exporter.daemon.access.form import Access

LINES_PER_SECOND = 0.1
LINES_AT_ONCE = 10
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="spark-exporter", charset="UTF-8"'}
_SENTENCE = "The name or the password is missing or wrong; expected basic auth.\n"


class Guard:
    """An ASGI application before another one.

    Args:
        app: the other one.
        config: says who may read.
        token_only: the paths that begin so have a token of their own, which takes the place of a password: a
            request has one Authorization header.
        open_to_all: the paths that need no password.

    """

    def __init__(
        self, app: ASGIApp, config: WebConfig, token_only: str, open_to_all: frozenset[str] = frozenset()
    ) -> None:
        """Know no password yet."""
        self._app = app
        self._config = config
        self._token_only = token_only
        self._open_to_all = open_to_all
        self._passwords = Passwords()
        self._lines = Bucket(LINES_PER_SECOND, LINES_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        access = self._config.now()
        if access.headers:
            send = _with_headers(access, send)
        app = self._app
        if access.users and self._needs_password(scope["path"]):
            try:
                admitted = await self._admits(access, scope)
            except Refusal as refusal:
                app = refusal.response
            else:
                app = app if admitted else PlainTextResponse(_SENTENCE, 401, _CHALLENGE)
        await app(scope, receive, send)

    def _needs_password(self, path: str) -> bool:
        return path not in self._open_to_all and not path.startswith(self._token_only)

    async def _admits(self, access: Access, scope: Scope) -> bool:
        given = _given(Headers(scope=scope).get("Authorization", ""))
        if given is None:
            return False
        user, password = given
        if await self._passwords.right(access.users, user, password):
            return True
        if not self._lines.take():
            client = scope["client"][0] if scope.get("client") else ""
            fields = {"client": client, "path": scope["path"][:200]}
            logs.log(logging.WARNING, "a wrong name or password", fields)
        return False


def _given(header: str) -> tuple[str, bytes] | None:
    """Return name and password; None if there are none that could be right."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        return (user.decode(), password) if colon else None
    except (binascii.Error, ValueError):
        return None


def _with_headers(access: Access, send: Send) -> Send:
    async def sender(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in access.headers.items():
                # A page knows better than a file what it loads.
                headers.setdefault(name, value)
        await send(message)

    return sender
