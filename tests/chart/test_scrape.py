"""The program of ``helm test``: it scrapes the daemon and parses what it says."""

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

import helm

GOOD = b'# TYPE spark_exporter_build_info gauge\nspark_exporter_build_info{version="0.1.0"} 1\n'


class Answer(BaseHTTPRequestHandler):
    """Answers what the server was told to, to those with the right password."""

    def do_GET(self):
        right = self.headers["Authorization"] in {None, "Basic bWU6c2VjcmV0"}
        self.send_response(200 if right and self.path == "/metrics" else 401)
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_):
        pass


@pytest.fixture
def scrape():
    """Run the program of the pod against a server with this body."""
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()

        def run(body, **more):
            server.body = body
            (made,) = helm.one(helm.render(), "Pod")["spec"]["containers"]
            command = [sys.executable, *made["command"][1:], *made["args"]]
            given = {"URL": f"http://127.0.0.1:{server.server_port}/metrics", **more}
            return subprocess.run(
                command, env=given, capture_output=True, text=True, check=False, timeout=120
            )

        yield run
        server.shutdown()


def test_the_program_takes_what_a_daemon_says(scrape):
    """It counts what it has parsed."""
    answer = scrape(GOOD)
    assert answer.returncode == 0, answer.stderr
    assert "has 1 samples of 1 metrics" in answer.stdout


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "has no spark_exporter_build_info"),
        (b"up 1\n", "has no spark_exporter_build_info"),
        (GOOD + b"not { metrics", "Error"),
    ],
)
def test_the_program_fails_on_anything_else(scrape, body, complaint):
    """Another server behind the name, or what cannot be parsed."""
    answer = scrape(body)
    assert answer.returncode == 1
    assert complaint in answer.stderr


def test_the_program_logs_in(scrape):
    """With the right password it passes, with a wrong one it fails."""
    assert scrape(GOOD, USERNAME="me", PASSWORD="secret").returncode == 0
    answer = scrape(GOOD, USERNAME="me", PASSWORD="wrong")
    assert answer.returncode == 1
    assert "401" in answer.stderr
