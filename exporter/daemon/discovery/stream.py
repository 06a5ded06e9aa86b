"""Follows the pods of one namespace, or of all, by one selector: lists them once, then watches what changes.

The list gives a version, and the watch begins there, so that nothing is missed between the two. Each event
brings a newer version; bookmarks bring one while nothing changes. A watch that ends goes on from the last
version. Only when the API server does not know that any more (410), or when something came that cannot be
understood, all pods are listed again. What is known stays in force meanwhile, however long that takes.
"""

from __future__ import annotations

import contextlib
import http.client
import random
import socket
import threading
import time
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import orjson
import urllib3

from exporter.daemon.backoff import Backoff
from exporter.daemon.discovery.cluster import status_error
from exporter.daemon.discovery.health import DiscoveryError, defect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from urllib3.response import BaseHTTPResponse

    from exporter.daemon.discovery.cluster import PodApi
    from exporter.daemon.discovery.found import Target
    from exporter.daemon.discovery.health import Health
    from exporter.daemon.model import Place

PAGE = 500
"""Pods of one answer to a list."""
LIST = 20.0
"""Seconds for an answer to a list: a server that has too much to do lets it wait for 15 before it says so."""
WATCH = 60
"""Seconds after which a watch ends and another one goes on: a server that says nothing is noticed by then."""
GRACE = 10.0
"""Seconds that the end of a watch may come late."""
MOST_PATIENCE = 60.0
"""Seconds for which the API server is left alone at most, whatever it asks for."""
SHORT = 1.0
"""Seconds; a watch that ends sooner without an event is no reason to begin the next one at once."""
MAX_EVENT = 8 << 20
"""Bytes; no pod is as large."""
_CHUNK = 1 << 16


class Followed(Protocol):
    """What a stream has to know of a pod."""

    @property
    def uid(self) -> str:
        """Its unique id."""

    @property
    def place(self) -> Place:
        """Its namespace and name."""

    @property
    def target(self) -> Target | None:
        """What is watched of it."""

    @property
    def outcome(self) -> str:
        """How it has ended."""


PodT = TypeVar("PodT", bound=Followed)


class Stream(Generic[PodT]):
    """One list and watch, in a thread of its own.

    Args:
        api: lists and watches pods.
        namespace: where the pods are; None for everywhere.
        selector: the labels that they have.
        read: returns what matters of a pod; raises ValueError if it is none.
        health: where errors go.
        changed: called when pods have come, changed or gone.
        backoff: how long to wait after an error.

    """

    def __init__(  # noqa: PLR0913 - what all streams share
        self,
        api: PodApi,
        namespace: str | None,
        selector: str,
        *,
        read: Callable[[Any], PodT],
        health: Health,
        changed: Callable[[], object],
        backoff: Backoff | None = None,
    ) -> None:
        """Ask nothing yet."""
        self.listed = threading.Event()
        """Set once the first list is complete."""
        self._api = api
        self._namespace = namespace
        self._selector = selector
        self._read_pod = read
        self._health = health
        self._changed = changed
        self._backoff = backoff if backoff is not None else Backoff()
        self._part = (namespace, selector)
        self._fields = {"namespace": namespace if namespace is not None else "all", "selector": selector}
        self._pods: Mapping[str, PodT] = {}
        self._version: str | None = None
        self._response: BaseHTTPResponse | None = None
        self._stopping = threading.Event()
        where = f"pods in {self._fields['namespace']}"
        self._thread = threading.Thread(target=self._run, name=f"watch {where}", daemon=True)

    def pods(self) -> Mapping[str, PodT]:
        """Return the pods that there are, by namespace and name. What is returned never changes."""
        return self._pods

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End soon, also while there is nothing to read."""
        self._stopping.set()
        response = self._response
        connection = getattr(response, "connection", None)
        with contextlib.suppress(OSError, AttributeError):
            connection.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]

    def join(self, timeout: float) -> None:
        """Wait for the end, at most ``timeout`` seconds."""
        self._thread.join(timeout)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                delay = self._step()
            except DiscoveryError as error:
                delay = self._failed(error)
            except Exception as error:  # noqa: BLE001 - a defect here must not end the watch
                self._version = None
                delay = self._failed(defect(error))
            self._stopping.wait(delay)

    def _failed(self, error: DiscoveryError) -> float:
        """Account for an error; return the seconds to wait."""
        if self._stopping.is_set():
            return 0.0
        if error.reason in ("expired", "invalid"):
            self._version = None
        self._health.failed(self._part, error, **self._fields)
        delay = self._backoff.delay(transient=False)
        # Jitter: all daemons were told the same.
        asked = min(error.retry_after, MOST_PATIENCE) * random.uniform(1.0, 1.2)  # noqa: S311 - no secret
        return max(delay, asked)

    def _step(self) -> float:
        """List or watch; return the seconds until the next step."""
        if self._version is None:
            self._version = self._list()
            self._well()
        start = time.monotonic()
        events = self._watch(self._version)
        if events or time.monotonic() - start >= SHORT:
            return 0.0
        return self._backoff.delay(transient=False)

    def _well(self) -> None:
        self._health.succeeded(self._part, **self._fields)

    def _list(self) -> str:
        """Take the pods that there are for all that there are; return the version of the list."""
        pods: dict[str, PodT] = {}
        query: dict[str, Any] = {"label_selector": self._selector, "limit": PAGE}
        while True:
            document = self._read_list(query)
            items, metadata = document.get("items"), document.get("metadata")
            if not isinstance(items, list) or not isinstance(metadata, dict):
                raise DiscoveryError("invalid", "the API server answers with something that is not a list")
            for item in items:
                self._put(pods, item)
            if not metadata.get("continue"):
                break
            query["_continue"] = metadata["continue"]
        self._pods = pods
        self.listed.set()
        self._changed()
        return str(metadata.get("resourceVersion", ""))

    def _read_list(self, query: Mapping[str, Any]) -> dict[str, Any]:
        with self._asked(query, LIST) as response:
            document = _parsed(response.read())
        if document.get("kind") == "Status":
            raise status_error(document, _code(document))
        return document

    def _watch(self, version: str) -> int:
        """Follow what changes until the watch ends; return how many events there were."""
        query = {
            "label_selector": self._selector,
            "watch": True,
            "allow_watch_bookmarks": True,
            "resource_version": version,
            "timeout_seconds": WATCH,
        }
        count = 0
        with self._asked(query, WATCH + GRACE) as response:
            self._well()
            for lines in _parts(response):
                self._take(lines)
                count += len(lines)
                self._backoff.reset()
                self._well()
        return count

    @contextlib.contextmanager
    def _asked(self, query: Mapping[str, Any], timeout: float) -> Iterator[BaseHTTPResponse]:
        try:
            response = self._api.ask(self._namespace, query, timeout)
            self._response = response
            try:
                if self._stopping.is_set():
                    raise DiscoveryError("connect", "the daemon is stopping")
                yield response
            finally:
                self._response = None
                # What is left of a watch is of no use, and reading it to the end would take for ever.
                response.close()
        except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError) as error:
            raise _connection_error(error) from error

    def _take(self, lines: Iterable[bytes]) -> None:
        """Apply events, one a line, and say so once."""
        pods = dict(self._pods)
        try:
            for line in lines:
                # Not before it is in: what fails here comes again.
                self._version = self._apply(pods, _parsed(line))
        finally:
            self._publish(pods)

    def _publish(self, pods: Mapping[str, PodT]) -> None:
        if pods != self._pods:
            self._pods = pods
            self._changed()

    def _apply(self, pods: dict[str, PodT], event: Mapping[str, Any]) -> str:
        """Apply one event; return the version after it."""
        kind, document = event.get("type"), event.get("object")
        if kind == "ERROR":
            raise status_error(document, _code(document))
        if kind not in ("ADDED", "MODIFIED", "DELETED", "BOOKMARK") or not isinstance(document, dict):
            raise DiscoveryError("invalid", f"the API server sends an event of the type {str(kind)[:100]!r}")
        metadata = document.get("metadata")
        version = metadata.get("resourceVersion") if isinstance(metadata, dict) else None
        if not isinstance(version, str) or not version:
            raise DiscoveryError("invalid", f"the API server sends an event {kind} without a version")
        if kind == "DELETED":
            self._drop(pods, document)
        elif kind != "BOOKMARK":
            self._put(pods, document)
        return version

    def _put(self, pods: dict[str, PodT], document: Any) -> None:
        pod = self._read(document)
        # Another pod may have the name of one that is gone.
        pods["/".join(pod.place)] = pod

    def _drop(self, pods: dict[str, PodT], document: Any) -> None:
        pod = self._read(document)
        name = "/".join(pod.place)
        if name not in pods or pods[name].uid != pod.uid:
            return
        known = self._pods.get(name)
        if known is not None and known.target is not None and pod.outcome:
            # Whoever follows it hears how it has ended before it is gone.
            self._publish({**pods, name: pod})
        del pods[name]

    def _read(self, document: Any) -> PodT:
        try:
            return self._read_pod(document)
        except ValueError as error:
            raise DiscoveryError("invalid", f"the API server sends {error}") from error


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise DiscoveryError(
            "invalid", f"the API server sends something that is not JSON: {error}"
        ) from error
    if not isinstance(document, dict):
        raise DiscoveryError("invalid", "the API server sends JSON that is not an object")
    return document


def _code(status: Any) -> int:
    code = status.get("code") if isinstance(status, dict) else None
    return code if type(code) is int else 0


def _parts(response: BaseHTTPResponse) -> Iterator[list[bytes]]:
    """Return the lines of a body as they come; what stands after the last line end was cut off."""
    rest = b""
    # read1 returns what is there; read would wait for a whole part first.
    while part := response.read1(_CHUNK):
        *lines, rest = (rest + part).split(b"\n")
        yield [line for line in lines if line.strip()]
        if len(rest) > MAX_EVENT:
            raise DiscoveryError("invalid", f"the API server sends an event of more than {MAX_EVENT} bytes")


def _connection_error(error: Exception) -> DiscoveryError:
    # urllib3 takes a refused connection for one that took too long.
    refused = isinstance(error, urllib3.exceptions.NewConnectionError)
    if isinstance(error, urllib3.exceptions.TimeoutError | TimeoutError) and not refused:
        return DiscoveryError("timeout", "the API server does not answer in time")
    return DiscoveryError("connect", f"the API server cannot be asked: {_cause(error)}")


def _cause(error: BaseException) -> str:
    """Return what happened in words without addresses of objects, so that the same fault reads the same."""
    chain: BaseException | None = error
    words = type(error).__name__
    while chain is not None:
        if isinstance(chain, OSError) and chain.strerror:
            return chain.strerror
        if isinstance(chain, urllib3.exceptions.ProtocolError | http.client.HTTPException):
            words = "it cut the connection off"
        reason = getattr(chain, "reason", None)
        chain = reason if isinstance(reason, BaseException) else chain.__cause__ or chain.__context__
    return words
