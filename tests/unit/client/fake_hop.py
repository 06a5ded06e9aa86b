"""The plugin's side of the connection to Python, as its description has it, to be told how to behave."""

import contextlib
import json
import secrets
import socket
import struct
import threading

PATIENCE = 60
# Until then no test runs.
FAR = 1e11


def frame(header, body=b""):
    """Return a frame; the header may be bytes that are no JSON."""
    head = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack(">II", 4 + len(head) + len(body), len(head)) + head + body


def message(number, topic, payload=None, **fields):
    """Return a message of an executor, as header and body."""
    header = {"kind": "message", "call": number, "topic": topic, "encoding": "json", "reply": True}
    return {**header, "timeout": PATIENCE, "from": "1", **fields}, json.dumps(payload).encode()


def event(number, kind, payload=None, expires=FAR):
    """Return an event, as header and body."""
    header = {
        "kind": "event",
        "call": number,
        "event": f"{number:016x}",
        "type": kind,
        "time": 1.0,
        "expires": expires,
    }
    return header, json.dumps(payload).encode()


class Session:
    """One connection of a client."""

    def __init__(self, hop, connected):
        self.hop = hop
        self.socket = connected
        self.hello = None
        self._sending = threading.Lock()

    def _read(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise ConnectionResetError
            data += more
        return data

    def read_frame(self):
        """Return the next header and body."""
        length, head = struct.unpack(">II", self._read(8))
        content = self._read(length - 4)
        return json.loads(content[:head]), content[head:]

    def push(self, header, body=b""):
        """Send a frame."""
        self.raw(frame(header, body))

    def raw(self, data):
        """Send any bytes."""
        with self._sending, contextlib.suppress(OSError):
            self.socket.sendall(data)

    def close(self):
        """Close the connection, as seen from the client."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def serve(self):
        """Take the client's frames until it closes."""
        with contextlib.suppress(OSError):
            self.hello, _ = self.read_frame()
            if self.hello["secret"] == self.hop.secret:
                self.hop.greet(self)
                while True:
                    self.hop.take(self, *self.read_frame())
        self.close()
        self.socket.close()
        self.hop.note("closed", self.hello)


class FakeHop:
    """Listens; answers every request with ``ok`` and an ``ask`` with its own payload, unless told otherwise.

    ``answers[kind]`` is called with the session, the header and the body of such a request, on a thread of
    its own, and returns header and body of the answer, or None for no answer.
    """

    def __init__(self, directory, max_payload=1 << 20):
        self.directory = directory
        self.max_payload = max_payload
        self.secret = secrets.token_hex(16)
        self.answers = {"ask": lambda _session, header, body: ({"encoding": header["encoding"]}, body)}
        self.greet = self.welcome
        self.sessions = []
        self.notes = []
        self._changed = threading.Condition()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.write_file(f"{self.port} {self.secret}\n")
        threading.Thread(target=self._accept, daemon=True).start()

    def write_file(self, content, mode=0o600):
        """Write the file by which clients find the port and the secret."""
        path = self.directory / "hop.tmp"
        path.unlink(missing_ok=True)
        path.write_text(content)
        path.chmod(mode)
        path.replace(self.directory / "hop")

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connected, _ = self._socket.accept()
                session = Session(self, connected)
                self.sessions.append(session)
                threading.Thread(target=session.serve, daemon=True).start()

    def welcome(self, session):
        """Greet a client that knows the secret."""
        session.push({"kind": "welcome", "executor_id": "1", "max_payload": self.max_payload})
        self.note("hello", session.hello)

    def take(self, session, header, body):
        """Note a frame, and answer it if it is a request."""
        self.note(header["kind"], header, body)
        if "id" in header:
            threading.Thread(target=self._answer, args=(session, header, body), daemon=True).start()

    def _answer(self, session, header, body):
        answer = self.answers.get(header["kind"], lambda *_: ({}, b""))(session, header, body)
        if answer is not None:
            session.push({"kind": "ok", "id": header["id"], **answer[0]}, answer[1])

    def note(self, kind, header, body=b""):
        """Remember something for the test."""
        with self._changed:
            self.notes.append((kind, header, body))
            self._changed.notify_all()

    def noted(self, kind):
        """Return the headers and bodies of this kind so far."""
        with self._changed:
            return [(header, body) for noted, header, body in self.notes if noted == kind]

    def until(self, kind, count=1):
        """Wait for this many frames of a kind; return the last one."""
        with self._changed:
            arrived = self._changed.wait_for(
                lambda: sum(noted == kind for noted, *_ in self.notes) >= count, PATIENCE
            )
            assert arrived, f"expected {count} x {kind}, got {self.notes}"
        return self.noted(kind)[count - 1]

    def refuse(self, kind, code, message):
        """Answer requests of a kind with an error."""
        self.answers[kind] = lambda *_: ({"kind": "error", "error": code, "message": message}, b"")

    def drop(self):
        """Close all connections."""
        for session in self.sessions:
            session.close()

    def close(self):
        """Listen no more, and close all connections."""
        # close() alone would leave the port open as long as another thread accepts.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self.drop()
