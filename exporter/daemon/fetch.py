"""HTTP with a target that may hang, redirect, send nonsense or never stop sending."""

from __future__ import annotations

import math
import time
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from urllib.parse import urlsplit

import requests
import urllib3

from exporter._version import __version__
from exporter.daemon.deadline import DeadlineAdapter
from exporter.daemon.errors import NotFoundError, SourceError
from exporter.daemon.faults import source_error
from exporter.daemon.proof import Credential
from exporter.daemon.turns import TURNS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from exporter.daemon.login import Login

Params: TypeAlias = "Mapping[str, str | int | float | Sequence[str]]"

MAX_BODY = 64 * 1024 * 1024
_CHUNK = 256 * 1024
_UNAUTHORIZED = (401, 403)


class Answer(NamedTuple):
    """A body, and how many seconds the other side took before it began to answer."""

    body: bytes
    waited: float


class Reply(NamedTuple):
    """An answer with any status."""

    status: int
    headers: Mapping[str, str]
    """By names in any case."""
    body: bytes


class Fetcher:
    """One keep-alive session with one server. Used by one thread.

    Args:
        timeout: seconds for connecting, and again for the whole answer, headers included, beyond what the
            request asks to wait.
        token: sent as ``Authorization: Bearer`` to ``host``, and proved to any other.
        host: who may have the token; None is nobody.
        max_body: bytes; a longer answer is refused while it arrives.
        clock: monotonic seconds.
        turn: held during a request; sessions that share it never ask at the same time.
        login: for a daemon; a token takes the place of its name and password.

    """

    def __init__(  # noqa: PLR0913 - what may differ from one use to another
        self,
        timeout: float,
        token: str | None = None,
        max_body: int = MAX_BODY,
        clock: Callable[[], float] = time.monotonic,
        turn: AbstractContextManager[Any] | None = None,
        login: Login | None = None,
        host: str | None = None,
    ) -> None:
        """Open nothing yet."""
        self._turn = turn if turn is not None else nullcontext()
        self._timeout = timeout
        self._max_body = max_body
        self._clock = clock
        self._session = requests.Session()
        # A driver is reached directly, and nobody's .netrc is meant for it.
        self._session.trust_env = False
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, DeadlineAdapter(login.context if login is not None else None))
        self._session.headers.update(
            {
                "User-Agent": f"spark-exporter/{__version__}",
                "Accept": "application/json, text/plain;q=0.5",
                # What is not compressed cannot grow while it is unpacked.
                "Accept-Encoding": "identity",
            }
        )
        if token is not None:
            self._session.auth = Credential(token, host)
        elif login is not None and login.authorization is not None:
            self._session.headers["Authorization"] = login.authorization
        if login is not None and login.authority is not None:
            self._session.verify = str(login.authority)

    def get(
        self,
        url: str,
        params: Params | None = None,
        wait: float = 0.0,
        limit: float = math.inf,
    ) -> Answer:
        """Return the body that ``url`` answers with status 200.

        Args:
            url: where.
            params: the query.
            wait: seconds that the other side was asked to wait before it answers.
            limit: seconds; a bound below this session's timeout.

        Raises:
            SourceError: with the reason; the message names the place without the query.

        """
        TURNS.pause()
        timeout = min(self._timeout, limit)
        with self._turn:
            start = self._clock()
            with self._asked("GET", url, timeout, wait, params=params) as (response, place):
                waited = self._clock() - start
                _check_status(response, place)
                return Answer(self._read(response, place, timeout), waited)

    def exchange(  # noqa: PLR0913 - what HTTP has
        self,
        method: str,
        url: str,
        params: Params | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        wait: float = 0.0,
    ) -> Reply:
        """Send a request of any kind; return the answer, whatever its status.

        Args:
            method: of HTTP.
            url: where.
            params: the query.
            headers: beside the session's own.
            body: what to send.
            wait: seconds that the other side was asked to wait before it answers.

        Raises:
            SourceError: there is no whole answer; the message names the place without the query.

        """
        options = {"params": params, "headers": headers, "data": body}
        with self._turn, self._asked(method, url, self._timeout, wait, **options) as (response, place):
            return Reply(response.status_code, response.headers, self._read(response, place, self._timeout))

    @contextmanager
    def _asked(
        self, method: str, url: str, timeout: float, wait: float, **options: Any
    ) -> Iterator[tuple[requests.Response, str]]:
        """Give the beginning of an answer, and the place where it comes from."""
        place = "{0.scheme}://{0.netloc}{0.path}".format(urlsplit(url))
        limits = (timeout, timeout + wait)
        try:
            with self._session.request(
                method, url, timeout=limits, allow_redirects=False, stream=True, **options
            ) as response:
                yield response, place
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise source_error(error, place, timeout) from error

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def _read(self, response: requests.Response, place: str, timeout: float) -> bytes:
        deadline = self._clock() + timeout
        late = SourceError("timeout", f"{place} did not finish its answer in {timeout:g} s")
        too_large = SourceError("too_large", f"{place} sends more than {self._max_body} bytes")
        length = response.headers.get("Content-Length", "")
        if length.isdecimal() and int(length) > self._max_body:
            raise too_large
        body = bytearray()
        while True:
            # read1 returns what is there; read would collect a whole chunk first, however slowly it drips.
            try:
                part = response.raw.read1(_CHUNK, decode_content=False)
            except urllib3.exceptions.ReadTimeoutError as error:
                raise late from error
            if not part:
                break
            body += part
            if len(body) > self._max_body:
                raise too_large
            if self._clock() > deadline:
                raise late
        missing = response.raw.length_remaining
        if missing:
            raise SourceError("connect", f"{place} closed the connection in the middle of its answer")
        return bytes(body)


def _check_status(response: requests.Response, place: str) -> None:
    status = response.status_code
    if response.is_redirect or 300 <= status < 400:  # noqa: PLR2004 - the redirections of HTTP
        where = response.headers.get("Location", "")[:200]
        raise SourceError(
            "redirect", f"{place} redirects to {where!r}; give the address it leads to as target"
        )
    if status in _UNAUTHORIZED:
        raise SourceError("unauthorized", f"{place} answers {status}: it wants a token or a login")
    if status == requests.codes.not_found:
        raise NotFoundError("http_status", f"{place} answers with status {status}")
    if status != requests.codes.ok:
        raise SourceError("http_status", f"{place} answers with status {status}")
