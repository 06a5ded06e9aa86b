"""One connection to the plugin in the JVM: many threads ask, each gets its own answer."""

from __future__ import annotations

import os
import threading

from exporter.client.hopfile import find_port
from exporter.client.refusals import debug, shown
from exporter.client.rpcerrors import PayloadTooLargeError, RpcTimeoutError, UnavailableError, error_of
from exporter.client.stream import Stream, remaining
from exporter.client.wire import MAX_HEADER_BYTES, FrameBuffer, FrameError, frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Answer = tuple[dict[str, Any], bytes]

WORKER, DRIVER = "worker", "driver"
PROTOCOL = 1


class NotSentError(UnavailableError):
    """The connection was gone before anything of the request was sent, so it may be sent again."""


class Calls:
    """What takes the calls of the plugin: this one takes none. Its methods must return at once."""

    def call(self, connection: Connection, header: dict[str, Any], body: bytes) -> None:
        """Take what the plugin asks of this process."""

    def closed(self) -> None:
        """Learn that a connection has ended."""


class _Waiter:
    """One request that waits for its answer, or for the end of the connection."""

    __slots__ = ("answer", "arrived", "late")

    def __init__(self) -> None:
        self.answer: Answer | None = None
        # Takes an answer for which nobody waits any more.
        self.late: Callable[[Answer], None] | None = None
        # Cheaper than an Event, and used once.
        self.arrived = threading.Lock()
        self.arrived.acquire()


def _welcomed(stream: Stream, buffer: FrameBuffer, role: str, secret: str, deadline: float) -> dict[str, Any]:
    """Introduce this process; return what the plugin says about itself."""
    hello = {"kind": "hello", "protocol": PROTOCOL, "secret": secret, "role": role, "pid": os.getpid()}
    stream.send(frame(hello), deadline)
    header, _ = stream.receive(buffer, deadline)
    limit = header.get("max_payload")
    if header["kind"] != "welcome" or type(limit) is not int or limit < 1:
        raise FrameError(f"a greeting that is no welcome: {shown(header)}")
    return header


class Connection:
    """An open connection. A daemon thread takes what arrives."""

    def __init__(self, stream: Stream, buffer: FrameBuffer, max_payload: int, calls: Calls) -> None:
        """Serve a connection that has been welcomed; use :meth:`open`."""
        self.max_payload = max_payload
        self._stream = stream
        self._buffer = buffer
        self._calls = calls
        self._closed = threading.Event()
        self._sending = threading.Lock()
        self._lock = threading.Lock()
        self._waiters: dict[int, _Waiter] = {}
        self._last = 0

    @classmethod
    def open(cls, directory: str, role: str, deadline: float, calls: Calls) -> Connection:
        """Connect to the plugin whose directory this is.

        Args:
            directory: of the segments, with the plugin's ``hop`` file.
            role: ``WORKER`` or ``DRIVER``.
            deadline: of the monotonic clock, for everything together.
            calls: takes what the plugin asks of this process, on the thread that reads.

        Raises:
            UnavailableError: no plugin listens there, or it does not answer in time.

        """
        port, secret = find_port(directory, deadline)
        try:
            stream = Stream(port, deadline)
        except OSError as error:
            raise UnavailableError(f"the JVM does not listen any more: {error}") from None
        try:
            buffer = FrameBuffer(MAX_HEADER_BYTES)
            max_payload = _welcomed(stream, buffer, role, secret, deadline)["max_payload"]
            buffer.max_bytes = max_payload + MAX_HEADER_BYTES
            connection = cls(stream, buffer, max_payload, calls)
            threading.Thread(target=connection._read, name="spark-exporter-hop", daemon=True).start()
        except (OSError, FrameError, RuntimeError) as error:
            stream.close()
            raise UnavailableError(f"the JVM does not take the connection: {error}") from None
        except BaseException:
            stream.close()
            raise
        return connection

    @property
    def is_open(self) -> bool:
        """Whether requests can be sent."""
        return not self._closed.is_set()

    def wait_closed(self, timeout: float | None = None) -> bool:
        """Wait for the end of the connection; say whether it has come."""
        return self._closed.wait(timeout)

    def request(
        self,
        header: dict[str, Any],
        body: bytes,
        deadline: float,
        late: Callable[[Answer], None] | None = None,
    ) -> Answer:
        """Send a request and return the plugin's answer to it.

        Args:
            header: without ``id``.
            body: of the frame.
            deadline: of the monotonic clock.
            late: takes the answer if it comes after all when RpcTimeoutError was raised already, on the
                thread that reads, and must return at once.

        Raises:
            RpcError: the subclass that the plugin's error means; RpcTimeoutError if there is no answer in
                time; UnavailableError if the connection ends before (NotSentError: and nothing was sent).

        """
        waiter = _Waiter()
        with self._lock:
            if self._closed.is_set():
                raise NotSentError("the JVM closed the connection")
            self._last = number = self._last + 1
            self._waiters[number] = waiter
        try:
            self.send({"id": number, **header}, body, deadline)
            if not waiter.arrived.acquire(timeout=remaining(deadline)) and self._give_up(waiter, late):
                raise RpcTimeoutError("the plugin did not answer in time")
        finally:
            if waiter.late is None:
                self._waiters.pop(number, None)
        if waiter.answer is None:
            raise UnavailableError("the JVM closed the connection before it answered")
        if waiter.answer[0]["kind"] != "ok":
            raise error_of(waiter.answer[0].get("error"), waiter.answer[0].get("message"))
        return waiter.answer

    def _give_up(self, waiter: _Waiter, late: Callable[[Answer], None] | None) -> bool:
        """Wait no more; return False if the answer has just arrived."""
        with self._lock:
            if waiter.answer is None and not self._closed.is_set():
                waiter.late = late
            return waiter.answer is None

    def post(self, header: dict[str, Any], body: bytes, deadline: float) -> None:
        """Send a request whose answer is of no interest; raises as :meth:`request`."""
        with self._lock:
            self._last = number = self._last + 1
        self.send({"id": number, **header}, body, deadline)

    def send(self, header: dict[str, Any], body: bytes, deadline: float) -> None:
        """Send a frame that nobody answers; raises as :meth:`request`."""
        data = frame(header, body)
        if len(data) > MAX_HEADER_BYTES + self.max_payload:
            # The JVM would close the connection, and with it everybody else's.
            raise PayloadTooLargeError(
                f"a header of {len(data) - len(body)} bytes; at most {MAX_HEADER_BYTES} are allowed"
            )
        if not self._sending.acquire(timeout=remaining(deadline)):
            raise RpcTimeoutError("others were sending to the JVM all the time")
        try:
            self._stream.send(data, deadline)
        except TimeoutError:
            # Half a frame may be sent, so nothing can follow it.
            self.close()
            raise UnavailableError("the JVM takes no data") from None
        except OSError as error:
            self.close()
            raise UnavailableError(f"the JVM closed the connection: {error}") from None
        except BaseException:
            self.close()
            raise
        finally:
            self._sending.release()

    def _read(self) -> None:
        """Take what arrives until the connection ends, however it does."""
        try:
            while True:
                header, body = self._stream.receive(self._buffer, None)
                if "id" in header:
                    self._take_answer(header, body)
                else:
                    self._calls.call(self, header, body)
        except Exception:  # noqa: BLE001 - whatever it was, nothing can follow it
            debug("the connection to the JVM ends")
        self.close()
        # Only here, after the last use: another file may get the same descriptor at once.
        with self._sending:
            self._stream.close()

    def _take_answer(self, header: dict[str, Any], body: bytes) -> None:
        if type(header["id"]) is not int:
            raise FrameError(f"an answer to no request: {shown(header)}")
        with self._lock:
            waiter = self._waiters.pop(header["id"], None)
            # Most late answers have nobody who waits.
            if waiter is None:
                return
            waiter.answer = header, body
        if waiter.late is not None:
            waiter.late(waiter.answer)
        else:
            waiter.arrived.release()

    def close(self) -> None:
        """End the connection; whoever waits for an answer learns it now."""
        with self._lock:
            self._closed.set()
            waiters = list(self._waiters.values())
            self._waiters.clear()
        for waiter in waiters:
            waiter.arrived.release()
        self._stream.shut()
        self._calls.closed()

    def abandon(self) -> None:
        """Let go in a forked child: the connection is the parent's, and so are its threads."""
        self._closed = threading.Event()
        self._closed.set()
        self._stream.close()
