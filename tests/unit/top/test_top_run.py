"""The command ``top`` as a process: its output, its exit codes and its end."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from exposition import BUILD, whole

PATIENCE = 30


class Server:
    """A daemon whose exposition grows with every scrape."""

    def __init__(self):
        server = self
        self.status = 200
        self.scrapes = 0

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                server.scrapes += 1
                body = whole(40.0 + server.scrapes).encode() if self.path == "/metrics" else BUILD.encode()
                self.send_response(server.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                """Say nothing."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def server():
    """Ends with the test."""
    server = Server()
    yield server
    server.close()


def command(*arguments):
    return [sys.executable, "-P", "-m", "exporter", "top", *arguments]


def run(*arguments, **environment):
    inherited = {key: value for key, value in os.environ.items() if key != "COLUMNS"}
    options = {"env": {**inherited, **environment}, "capture_output": True, "text": True}
    return subprocess.run(command(*arguments, "--interval=10ms"), check=False, timeout=PATIENCE, **options)


def test_once_prints_one_view_and_ends(server):
    """With rates, wide and without colour where nobody says how wide the output is."""
    done = run(server.url, "--once")

    assert done.returncode == 0
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    assert re.search(r"^rows_total +source=kafka +counter +1k +0$", done.stdout, re.MULTILINE)
    assert re.search(r"^Active stages$", done.stdout, re.MULTILINE)
    assert server.scrapes == 2


def test_once_as_narrow_as_is_said(server):
    """By COLUMNS, as other programs do."""
    done = run(server.url, "--once", COLUMNS="60")

    assert max(map(len, done.stdout.splitlines())) <= 60


def test_one_application(server):
    """Or a sentence that it is not there."""
    assert run(server.url, "--once", "--application=app-1").returncode == 0
    done = run(server.url, "--once", "--application=app-9")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"spark-exporter: {server.url}/metrics knows no application app-9.\n"


@pytest.mark.parametrize("options", [["--once"], []])
def test_nothing_answers(server, options):
    """What to do is said, in one line."""
    server.close()
    done = run(server.url, *options)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"spark-exporter: nothing answers at {server.url}/metrics. Start a daemon with "
        "'spark-exporter serve --target URL', or give the URL of one that runs.\n"
    )


def test_something_else_answers(server):
    """Its status is named."""
    server.status = 404
    done = run(server.url, "--once")

    assert done.returncode == 1
    assert done.stderr == (
        f"spark-exporter: {server.url}/metrics answers 404: is it a spark-exporter daemon?\n"
    )


@pytest.mark.parametrize("arguments", [["nonsense"], ["--interval=0"], ["--intervall=5s"]])
def test_wrong_usage(arguments):
    """Exit code 2 and a sentence."""
    done = subprocess.run(command(*arguments), capture_output=True, text=True, check=False, timeout=PATIENCE)

    assert done.returncode == 2
    assert done.stderr.startswith("spark-exporter top: ")


def test_a_password_in_the_url_is_refused():
    """It would be seen by everybody on the machine; it is not repeated."""
    words = command("http://me:hunter2@127.0.0.1:4060")
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=PATIENCE)

    assert done.returncode == 2
    assert "expected them in --user and --password-file" in done.stderr
    assert "hunter2" not in done.stderr


class Terminal:
    """The command in a terminal of its own."""

    def __init__(self, *arguments):
        self.leader, follower = pty.openpty()
        environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"}
        self.process = subprocess.Popen(
            command(*arguments), stdin=follower, stdout=follower, stderr=follower, env=environment
        )
        os.close(follower)
        self.seen = ""

    def until(self, text):
        """Read until ``text`` was seen."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.seen:
            assert time.monotonic() < deadline, self.seen
            self.read(1.0)

    def read(self, patience):
        """Read what there is; say whether there was anything."""
        if not select.select([self.leader], [], [], patience)[0]:
            return False
        try:
            self.seen += os.read(self.leader, 65536).decode(errors="replace")
        except OSError:
            return False
        return True


@pytest.fixture
def terminal():
    """Whatever runs in it ends with the test."""
    opened = []

    def start(*arguments):
        opened.append(Terminal(*arguments))
        return opened[-1]

    yield start
    for one in opened:
        one.process.kill()
        one.process.wait()
        os.close(one.leader)


def test_an_interrupt_leaves_the_terminal_as_it_was(server, terminal):
    """The view is live, on a screen of its own; afterwards the old one is back, with the cursor."""
    top = terminal(server.url, "--interval=50ms")
    top.until("Custom metrics")
    assert "\x1b[?1049h" in top.seen
    scrapes = server.scrapes
    top.seen = ""
    top.until("Custom metrics")
    assert server.scrapes > scrapes
    top.process.send_signal(signal.SIGINT)
    while top.read(1.0):
        pass

    assert top.process.wait(PATIENCE) == 128 + signal.SIGINT
    assert "Traceback" not in top.seen
    assert "\x1b[?1049l" in top.seen
    assert "\x1b[?25h" in top.seen


def test_a_daemon_that_goes_away_is_said_and_waited_for(server, terminal):
    """What was seen last stays."""
    top = terminal(server.url, "--interval=50ms")
    top.until("Custom metrics")
    server.status = 503
    top.until("answers 503")
    top.seen = ""
    top.until("Custom metrics")
    server.status = 200
    top.seen = ""
    top.until("Custom metrics")
    top.seen = ""
    top.until("Custom metrics")

    assert "answers 503" not in top.seen
