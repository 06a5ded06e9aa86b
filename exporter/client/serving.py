"""Tells the plugin what the driver handles and declares in Python, again whenever that is needed."""

from __future__ import annotations

import os
import threading
import time

from exporter.client import attach
from exporter.client.connection import Calls
from exporter.client.handlers import Handlers
from exporter.client.hopfile import NoHopError, has_hop_file
from exporter.client.link import LINK
from exporter.client.refusals import debug, warn
from exporter.client.rpcerrors import BadRuleError, InvalidValueError, RpcError, UnavailableError
from exporter.client.stream import remaining

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from exporter.client.connection import Connection
    from exporter.client.handlers import EventFunction, MessageFunction
    from exporter.client.link import Link

_PATIENCE_SECONDS = 1.0
_REQUEST_SECONDS = 5.0
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.1, 5.0


class Serving(Calls):
    """Keeps a connection open while the driver's application runs and there is something to serve."""

    def __init__(self, link: Link) -> None:
        """Have nothing to serve, and no application."""
        self._link = link
        self._handlers = Handlers()
        self._rules: dict[str, dict[str, Any]] = {}
        self._restart()

    def _restart(self) -> None:
        self._changed = threading.Condition()
        self._directory: str | None = None
        self._thread: threading.Thread | None = None
        # What was registered so far, what the plugin was told of it, and on which connection.
        self._wanted = self._told = 0
        self._connection: Connection | None = None
        # Whether telling has failed, so that nobody waits for it; whether this application has listened.
        self._failing = self._listened = False
        self._warned: set[str] = set()
        self._minds_connect = False

    def declare(self, key: str, rule: dict[str, Any]) -> None:
        """Have the plugin hold this rule."""
        with self._changed:
            self._rules[key] = rule
        self._tell()

    def on_topic(self, name: str, function: MessageFunction, threads: int) -> None:
        """Have the plugin send messages of this topic."""
        with self._changed:
            self._handlers.on_topic(name, function, threads)
        self._tell()

    def on_event(self, kind: str, function: EventFunction) -> None:
        """Have the plugin send events of this type."""
        with self._changed:
            self._handlers.on_event(kind, function)
        self._tell()

    def call(self, connection: Connection, header: dict[str, Any], body: bytes) -> None:
        """Queue what the plugin asks."""
        self._handlers.call(connection, header, body)

    def closed(self) -> None:
        """Connect again, if there is still an application."""
        with self._changed:
            self._changed.notify_all()

    def follow(self, directory: str | None) -> None:
        """Serve the application of this directory; None says that it has ended."""
        with self._changed:
            self._directory = directory
            self._connection = None
            self._failing = False
            # When it has just begun: later it may have ended before anything was told.
            self._listened = directory is not None and has_hop_file(directory)
            self._start()

    def _tell(self) -> None:
        """Have everything told, and wait a moment for it if there is an application that answers."""
        attach.look()
        if not self._minds_connect:
            self._minds_connect = True
            attach.listen_for_connect(self._warn_of_connect)
        with self._changed:
            self._wanted += 1
            self._start()
            wanted, directory = self._wanted, self._directory
            self._changed.wait_for(
                lambda: self._told >= wanted or self._directory != directory or self._failing,
                timeout=0 if directory is None or self._failing else _PATIENCE_SECONDS,
            )

    def _start(self) -> None:
        """See to it that the thread runs and looks, if there is something to do."""
        if self._directory is not None and self._wanted and self._thread is None:
            try:
                self._thread = threading.Thread(target=self._run, name="spark-exporter-serve", daemon=True)
                self._thread.start()
            except RuntimeError:
                self._thread = None
                warn("no thread can be started, so this process handles no events and no messages.")
        self._changed.notify_all()

    def _run(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            with self._changed:
                self._changed.wait_for(self._is_due)
                directory, wanted = self._directory, self._wanted
            try:
                self._register(wanted)
                pause = _FIRST_PAUSE_SECONDS
            except NoHopError as error:
                self._give_up(directory, error)
            except Exception:  # noqa: BLE001 - whatever it is, try again
                debug("the plugin could not be told about handlers")
                self._rest(directory, pause)
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def _is_due(self) -> bool:
        if self._directory is None:
            return False
        connection = self._connection
        return self._told < self._wanted or connection is None or not connection.is_open

    def _register(self, wanted: int) -> None:
        """Tell the plugin everything; RpcError if that is not possible now."""
        deadline = time.monotonic() + _REQUEST_SECONDS
        connection = self._link.connection(deadline)
        self._listened = True
        with self._changed:
            rules = dict(self._rules)
            topics, events = sorted(self._handlers.topics), sorted(self._handlers.events)
        if topics or events:
            answer = self._ask(connection, {"kind": "handle", "topics": topics, "events": events}, deadline)
            self._warn_of_unheard(answer)
        for key, rule in rules.items():
            self._ask(connection, {"kind": "declare", "key": key, "rule": rule}, deadline)
        with self._changed:
            self._told, self._connection, self._failing = wanted, connection, False
            self._changed.notify_all()

    def _ask(self, connection: Connection, header: dict[str, Any], deadline: float) -> dict[str, Any]:
        """Send one request; what the plugin refuses is said once, and not sent again and again."""
        try:
            return connection.request(header, b"", deadline)[0]
        except (UnavailableError, TimeoutError):
            # Of the connection, or of control, which is off: then there is nothing that a rule could refuse.
            if not connection.is_open or not remaining(deadline):
                raise
        except InvalidValueError as error:
            key = header["key"]
            self._warn(f"the present value of {key!r} does not fit its declaration, and stays: {error}.")
        except BadRuleError as error:
            self._warn(
                f"the declaration of {header['key']!r} is not in force: {error}. "
                "Any value is accepted, or what an earlier declaration of it allows."
            )
        except RpcError as error:
            self._warn(f"the plugin refused a request ({header['kind']}): {error}.")
        return {}

    def _warn_of_unheard(self, answer: dict[str, Any]) -> None:
        """Say which handlers nothing will ever come to."""
        for kind in _strings(answer.get("events")):
            self._warn(
                f"the handler of {kind} events in this process is never called: the plugin, or a listener in "
                "the driver's JVM, handles them. Give the type another name."
            )
        for topic in _strings(answer.get("topics")):
            self._warn(
                f"the handler of {topic!r} in this process is never called: a handler in the driver's JVM "
                "answers this topic."
            )

    def _warn_of_connect(self) -> None:
        self._warn(
            "this process is a client of Spark Connect: its handlers of messages and events are not called, "
            "and what it declares of the live configuration does not count. Both belong into the driver."
        )

    def _give_up(self, directory: str | None, error: NoHopError) -> None:
        """Wait for another application: this one takes no messages, or none any more because it is ending."""
        with self._changed:
            if self._directory != directory:
                return
            missed = not self._listened and (self._handlers.topics or self._handlers.events)
            self._directory = None
            self._changed.notify_all()
        if missed:
            self._warn(f"handlers are registered in this process, and {error}")

    def _rest(self, directory: str | None, pause: float) -> None:
        with self._changed:
            self._failing = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._directory != directory, timeout=pause)

    def _warn(self, sentence: str) -> None:
        if sentence not in self._warned:
            self._warned.add(sentence)
            warn(sentence)

    def after_fork_in_child(self) -> None:
        """Keep what was registered for an application of its own: the present one is the parent's."""
        wanted = self._wanted
        self._restart()
        self._wanted = 1 if wanted else 0
        self._handlers.after_fork_in_child()


def _strings(found: object) -> list[str]:
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


SERVING = Serving(LINK)
LINK.calls = SERVING
attach.listen(SERVING.follow)

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=SERVING.after_fork_in_child)
