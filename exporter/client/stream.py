"""A loopback socket on which nothing waits longer than it may."""

from __future__ import annotations

import errno
import select
import socket
import time
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from exporter.client.wire import FrameBuffer

_CHUNK_BYTES = 64 * 1024
# Once a frame has begun, the rest of it is on its way already.
_FRAME_SECONDS = 30.0


def remaining(deadline: float) -> float:
    """Return the seconds until a deadline of the monotonic clock, at least 0."""
    return max(0.0, deadline - time.monotonic())


class Stream:
    """One connection; one thread may send while another one receives.

    All methods raise TimeoutError when the deadline has passed, and OSError when the connection has ended.
    """

    def __init__(self, port: int, deadline: float) -> None:
        """Connect to a port of this machine's loopback interface."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self._socket.settimeout(max(0.001, remaining(deadline)))
            try:
                self._socket.connect(("127.0.0.1", port))
            except socket.timeout:  # no TimeoutError yet in Python 3.9
                raise TimeoutError("the connection was not accepted in time") from None
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # Each wait has a limit of its own, and both directions share the socket's.
            self._socket.setblocking(False)
        except BaseException:
            self._socket.close()
            raise
        self._readable, self._writable = select.poll(), select.poll()
        self._readable.register(self._socket, select.POLLIN)
        self._writable.register(self._socket, select.POLLOUT)

    def send(self, data: bytes, deadline: float) -> None:
        """Send everything. After a failure the connection may hold half a frame: close it."""
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self._socket.send(rest) :]
            except BlockingIOError:  # noqa: PERF203 - it is the loop's other half
                _wait(self._writable, deadline)

    def receive(self, buffer: FrameBuffer, deadline: float | None) -> tuple[dict[str, Any], bytes]:
        """Return the next frame; FrameError if it is none.

        Args:
            buffer: holds what was received beyond the last frame.
            deadline: when the frame must be complete; None waits for its beginning for ever.

        """
        while (found := buffer.take()) is None:
            if deadline is None and len(buffer):
                deadline = time.monotonic() + _FRAME_SECONDS
            try:
                data = self._socket.recv(_CHUNK_BYTES)
            except BlockingIOError:
                _wait(self._readable, deadline)
                continue
            if not data:
                raise ConnectionResetError(errno.ECONNRESET, "the JVM closed the connection")
            buffer.feed(data)
        return found

    def shut(self) -> None:
        """End the connection: whoever waits on it wakes up. The descriptor stays until close()."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the descriptor back, without a word to the other side if another process has it, too."""
        self._socket.close()


def _wait(poll: select.poll, deadline: float | None) -> None:
    left = None if deadline is None else remaining(deadline)
    # Rounded up: a wait of no milliseconds would be a busy loop.
    if not poll.poll(None if left is None else int(left * 1000) + 1 if left else 0) and left is not None:
        raise TimeoutError("nothing moved on the connection in time")
