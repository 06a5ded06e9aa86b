"""What the tests of the programs around Spark share."""

import http.server
import json
import queue
import threading

import pytest

from requirements import require_program

HINT = "install it with: tools/install.sh"


@pytest.fixture
def prometheus_program():
    """The path of Prometheus."""
    return require_program("prometheus", HINT)


@pytest.fixture
def alertmanager_program():
    """The path of Debian's Alertmanager."""
    return require_program("prometheus-alertmanager", HINT)


class _Server(http.server.ThreadingHTTPServer):
    """Serves a text, and keeps what is posted with the path it is posted to."""

    text = ""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.posts = queue.Queue()

    @property
    def address(self):
        return f"127.0.0.1:{self.server_port}"


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = self.server.text.encode()
        self._answer(body, "text/plain; version=0.0.4")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts.put((self.path, json.loads(body)))
        self._answer(b"", "text/plain")

    def _answer(self, body, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        """Say nothing."""


@pytest.fixture
def server():
    """A server that shows ``text`` to who gets, and puts into ``posts`` what is posted."""
    with _Server() as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()
