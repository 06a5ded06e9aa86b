"""Asks the daemon's API."""

from __future__ import annotations

import getpass
import json
import re
import socket
import time
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from exporter.daemon.discovery.target import host_of
from exporter.daemon.errors import SourceError, TlsError
from exporter.daemon.fetch import Fetcher
from exporter.daemon.login import NO_LOGIN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from exporter.daemon.fetch import Reply
    from exporter.daemon.login import Login

DONE, FAILED, NOT_ADMITTED = 0, 1, 3
"""Exit codes; 2 is wrong usage."""
TIMEOUT = 30.0
"""Seconds for one answer, beyond what is waited for on purpose. The daemon gives a driver fewer."""
LONGEST_WAIT = 60.0
"""Seconds that one request may ask to wait."""
PAUSE = 0.5
"""Seconds between two attempts while the daemon or the driver does not answer as it should."""
PATIENCE = 10.0
"""Seconds for which a change that came too soon is sent again, if nobody says how long to wait."""
_NOT_ADMITTED = (401, 403)
_NOT_FOUND = 404
_PASSING = frozenset({_NOT_FOUND, 429, *range(500, 600)})
"""What may be over in a moment, when something that was there is waited for: a daemon may start anew."""
_TOO_SOON = (429, 503)
"""With Retry-After: nothing was done, and the same can be sent again."""
LIVE = ("waiting", "running")
_NOT_IN_AN_ACTOR = re.compile(r"[^!-~]|[\"=\\]")
"""What the driver does not take into its audit log."""
_SECONDS = re.compile(r"[0-9]{1,4}")
_OF_A_PLUGIN = "/v1/snapshot"
"""What a plugin names to whoever asks for something that it does not have."""


class Failure(Exception):  # noqa: N818 - the end of a command, with its exit code
    """It did not work; the text is a sentence for whoever typed the command."""

    def __init__(
        self, sentence: str, code: int = FAILED, *, passing: bool = False, again: float | None = None
    ) -> None:
        """Make it.

        Args:
            sentence: what happened.
            code: with which the command ends.
            passing: it may be otherwise in a moment.
            again: nothing was done, and the same can be sent again after so many seconds.

        """
        super().__init__(sentence)
        self.code = code
        self.passing = passing
        self.again = again


class Chosen(NamedTuple):
    """The application that was meant."""

    app_id: str
    name: str

    def __str__(self) -> str:
        """Return it as it is shown."""
        return f"{self.name} ({self.app_id})"


class Client:
    """The API of one daemon.

    Args:
        url: of the daemon.
        token: of the daemon; None sends none.
        login: what TLS needs.
        clock: monotonic seconds, of which deadlines are.
        sleep: waits for so many seconds.

    """

    def __init__(
        self,
        url: str,
        token: str | None,
        login: Login = NO_LOGIN,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Ask nothing yet."""
        self._url = url
        self._login = login
        self._fetcher = Fetcher(TIMEOUT, token, login=login, host=host_of(url))
        self.clock = clock
        self._sleep = sleep

    def choose(self, word: str) -> Chosen:
        """Return the application with this id, or the only live one with this name.

        Raises:
            Failure: there is none, or there are several.

        """
        known = self._ask("GET", "")["applications"]
        for item in known:
            if item["app_id"] == word:
                return Chosen(word, item["app_name"])
        named = [item for item in known if word in (item["app_name"], item["original_name"])]
        live = [item for item in named if item["state"] in LIVE]
        if len(live) == 1:
            return Chosen(live[0]["app_id"], live[0]["app_name"])
        if live:
            ids = ", ".join(sorted(item["app_id"] for item in live))
            raise Failure(f"{len(live)} applications are called {word}: give one of the ids {ids}")
        if named:
            ended = ", ".join(sorted(f"{item['app_id']} ({item['state']})" for item in named))
            raise Failure(f"no application called {word} is running; there was {ended}")
        others = ", ".join(sorted(f"{item['app_name']} ({item['app_id']})" for item in known)) or "none"
        raise Failure(f"the daemon at {self._url} knows no application {word}; it knows {others}")

    def config(self, chosen: Chosen, query: Mapping[str, str | float] | None = None) -> dict[str, Any]:
        """Return the configuration of an application."""
        return self._ask("GET", f"/{quote(chosen.app_id, '')}/config", query)

    def change(self, chosen: Chosen, body: str, if_version: int | None, deadline: float) -> dict[str, Any]:
        """Change the configuration; return it. What comes too soon is sent again before the deadline."""
        headers = {"If-Match": f'"{if_version}"'} if if_version is not None else {}
        path = f"/{quote(chosen.app_id, '')}/config"
        return self._send_on(lambda: self._ask("PATCH", path, None, body, headers), deadline)

    def send(self, chosen: Chosen, body: str, deadline: float) -> dict[str, Any]:
        """Send an event; return it. What comes too soon is sent again before the deadline."""
        path = f"/{quote(chosen.app_id, '')}/events"
        return self._send_on(lambda: self._ask("POST", path, None, body), deadline)

    def events(self, chosen: Chosen) -> list[dict[str, Any]]:
        """Return the latest events."""
        found: list[dict[str, Any]] = self._ask("GET", f"/{quote(chosen.app_id, '')}/events")["events"]
        return found

    def event(
        self, chosen: Chosen, event_id: str, query: Mapping[str, str | float] | None = None
    ) -> dict[str, Any]:
        """Return one event."""
        return self._ask("GET", f"/{quote(chosen.app_id, '')}/events/{quote(event_id, '')}", query)

    def wait_for_version(self, chosen: Chosen, version: int, deadline: float) -> dict[str, Any]:
        """Return the configuration when every live JVM has a version, at the latest at the deadline."""
        return self._wait(
            lambda wait: self.config(chosen, {"version": version, "wait": wait}), "complete", deadline
        )

    def wait_for_event(self, chosen: Chosen, event_id: str, deadline: float) -> dict[str, Any]:
        """Return an event when all are done with it, at the latest at the deadline."""
        return self._wait(lambda wait: self.event(chosen, event_id, {"wait": wait}), "done", deadline)

    def _send_on(self, send: Callable[[], dict[str, Any]], deadline: float) -> dict[str, Any]:
        while True:
            try:
                return send()
            except Failure as failure:
                seconds = failure.again
                if seconds is None or self.clock() + seconds >= deadline:
                    raise
            self._sleep(seconds)

    def _wait(self, ask: Callable[[float], dict[str, Any]], done: str, deadline: float) -> dict[str, Any]:
        """Ask again and again: what was accepted is in the driver, whatever happens to the daemon."""
        while True:
            began = self.clock()
            left = max(0.0, deadline - began)
            found, failure = None, None
            try:
                found = ask(round(min(left, LONGEST_WAIT), 3))
            except Failure as error:
                if not error.passing:
                    raise
                failure = error
            now = self.clock()
            if found is not None and (found[done] or now >= deadline):
                return found
            if failure is not None and now + PAUSE >= deadline:
                raise failure
            if failure is not None or now - began < PAUSE:
                self._sleep(PAUSE)

    def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | float] | None = None,
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        sent = dict(headers or {})
        if body is not None:
            sent |= {"Content-Type": "application/json", "Spark-Exporter-Actor": actor()}
        wait = float((query or {}).get("wait", 0))
        data = body.encode() if body is not None else None
        url = f"{self._url}/api/v1/applications{path}"
        try:
            reply = self._fetcher.exchange(method, url, query, headers=sent, body=data, wait=wait)
        except SourceError as error:
            unreachable = f"cannot reach the daemon: {error}{self._login.remedy(error)}"
            passing = not isinstance(error, TlsError)
            raise Failure(unreachable, NOT_ADMITTED, passing=passing) from error
        document = _object(reply.body)
        if reply.status in (200, 202) and document is not None and "error" not in document:
            return document
        sentence = document.get("error") if document is not None else None
        passing = reply.status in _PASSING
        # Every daemon has the list of applications.
        strange = reply.status == _NOT_FOUND and not path
        if strange and _OF_A_PLUGIN in str(sentence):
            raise Failure(
                f"{self._url} is the plugin in a driver and not the daemon; "
                "expected the URL of spark-exporter serve",
                NOT_ADMITTED,
            )
        if strange or not isinstance(sentence, str):
            raise Failure(
                f"{self._url} answers with status {reply.status}, not as a daemon does: "
                "is it spark-exporter serve, and of this version?",
                NOT_ADMITTED,
                passing=passing,
            )
        code = NOT_ADMITTED if reply.status in _NOT_ADMITTED else FAILED
        again = _again(reply) if reply.status in _TOO_SOON else None
        raise Failure(sentence, code, passing=passing, again=again)


def _again(reply: Reply) -> float | None:
    """Return the seconds after which the other side wants to be asked again."""
    text = reply.headers.get("Retry-After", "")
    # One second at least: a server that says 0 would be asked without a pause.
    return max(1.0, float(text)) if _SECONDS.fullmatch(text) else None


def actor() -> str:
    """Return who runs this command, for the audit log."""
    try:
        name = f"{getpass.getuser()}@{socket.gethostname()}"
    except (OSError, KeyError):
        # A user of a container may have no name.
        name = "unknown"
    return _NOT_IN_AN_ACTOR.sub("_", name)[:200]


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
