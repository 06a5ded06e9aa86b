"""A Python process as the plugin sees it: a plain client of the local connections, for tests alone."""

from __future__ import annotations

import json
import socket
import struct

from running import until

PATIENCE = 60


def frame(header, body=b""):
    """Return a frame."""
    head = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack(">II", 4 + len(head) + len(body), len(head)) + head + body


def find_port(directory):
    """Return the port, which is opened for whoever wants it, and the secret."""
    if (directory / "hop").read_text().startswith("0 "):
        (directory / "hop.wanted").touch()
        until(lambda: not (directory / "hop").read_text().startswith("0 "), "an open port")
    port, secret = (directory / "hop").read_text().removesuffix("\n").split(" ")
    return int(port), secret


class HopClosedError(Exception):
    """The plugin closed the connection."""


class HopClient:
    """One connection."""

    def __init__(self, directory):
        """Connect without a word."""
        port, self.secret = find_port(directory)
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._ids = 0
        self._received = b""

    def __enter__(self):
        """Be closed at the end."""
        return self

    def __exit__(self, *_):
        """Close."""
        self.close()

    def close(self):
        """Close the connection."""
        self.socket.close()

    def send(self, header, body=b""):
        """Send a frame."""
        self.socket.sendall(frame(header, body))

    def read(self):
        """Return header and body of the next frame."""
        (length,) = struct.unpack(">I", self._exactly(4))
        content = self._exactly(length)
        (head,) = struct.unpack(">I", content[:4])
        return json.loads(content[4 : 4 + head]), content[4 + head :]

    def _exactly(self, count):
        while len(self._received) < count:
            try:
                more = self.socket.recv(1 << 20)
            except ConnectionError:
                more = b""
            if not more:
                raise HopClosedError
            self._received += more
        taken, self._received = self._received[:count], self._received[count:]
        return taken

    def hello(self, role="worker", **fields):
        """Say who this is; return the welcome."""
        greeting = {"kind": "hello", "protocol": 1, "secret": self.secret, "role": role, "pid": 1}
        self.send(greeting | fields)
        return self.read()[0]

    def start(self, kind, body=b"", **fields):
        """Send a request; return its id."""
        self._ids += 1
        self.send({"kind": kind, "id": self._ids, **fields}, body)
        return self._ids

    def request(self, kind, body=b"", **fields):
        """Send a request and return header and body of its answer, which must be the next frame."""
        number = self.start(kind, body, **fields)
        header, answer = self.read()
        assert header.pop("id") == number
        return header, answer

    def ask(self, topic, payload, timeout=30.0):
        """Ask with JSON or bytes; return the kind or the code, and the answer or the sentence."""
        encoding = "bytes" if isinstance(payload, bytes) else "json"
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        header, answer = self.request("ask", body, topic=topic, encoding=encoding, timeout=timeout)
        return told(header, answer)

    def is_closed(self):
        """Read until the plugin closes; return whether it did without another word."""
        try:
            self.read()
        except HopClosedError:
            return True
        return False


def told(header, body):
    """Return what an answer says: a code and a sentence, or an encoding and what it encodes."""
    if header["kind"] == "error":
        return header["error"], header["message"]
    encoding = header.get("encoding")
    return encoding, json.loads(body) if encoding == "json" else body
