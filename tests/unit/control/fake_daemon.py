"""A daemon's API whose answers the test decides."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

APP = {
    "app_id": "app-1",
    "app_name": "etl",
    "original_name": "etl-2026-11-22",
    "state": "running",
    "control": True,
}
PREFIX = "/api/v1/applications"


def config(version=7, have=None, **more):
    """Return a configuration; ``have`` is the version of each JVM."""
    jvms = have if have is not None else {"driver": version, "1": version}
    executors = [{"id": name, "version": held} for name, held in jvms.items()]
    complete = all(held >= version for held in jvms.values())
    given = {"boot": "b", "version": version, "values": {}, "declared": {}, "complete": complete}
    return {**given, "executors": executors, **more}


def recipient(name, state="handled", **more):
    """Return what has become of an event in a JVM."""
    return {
        "id": name,
        "state": state,
        "result": None,
        "error": None,
        "delivered": 1.0,
        "finished": 2.0,
        **more,
    }


def event(*recipients, **more):
    """Return an event."""
    states = [item["state"] for item in recipients]
    given = {
        "id": "9f86d081884c7d65",
        "type": "reload",
        "payload": {},
        "target": "all",
        "idempotency_key": None,
    }
    given |= {"accepted": 1763821910.0, "expires": 1763821970.0, "actor": "alice@laptop"}
    given |= {"done": all(state in ("handled", "failed", "expired") for state in states)}
    given |= {"succeeded": all(state == "handled" for state in states), "recipients": list(recipients)}
    return {**given, **more}


class FakeDaemon:
    """The server. ``answers[method, path]`` is a document, or a list of them to give one after the other.

    A document may be bytes, a function of the handler, or a tuple: status, document and perhaps headers.
    """

    def __init__(self, port=0):
        """Know one application."""
        self.answers = {("GET", ""): {"applications": [APP]}}
        self.requests = []
        handler = type("Handler", (Handler,), {"daemon": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def put(self, method, path, *answers):
        """Set what is answered; the last answer is given again and again."""
        self.answers[method, path] = list(answers)

    def bodies(self, method):
        """Return the bodies of all requests with a method."""
        return [json.loads(body) for found, _, _, body in self.requests if found == method]

    def close(self):
        """Listen no more."""
        self.server.shutdown()
        self.server.server_close()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    daemon: FakeDaemon

    def log_message(self, *_):
        """Say nothing."""

    def _answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.daemon.requests.append((self.command, self.path, self.headers, body))
        path = self.path.partition("?")[0].removeprefix(PREFIX)
        found = self.daemon.answers.get((self.command, path), (404, {"error": f"nothing at {path}"}))
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        if callable(found):
            found = found(self)
        status, document, *headers = found if isinstance(found, tuple) else (200, found)
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        for key, value in headers[0].items() if headers else ():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self):
        """Answer."""
        self._answer()

    def do_PATCH(self):
        """Answer."""
        self._answer()

    def do_POST(self):
        """Answer."""
        self._answer()
