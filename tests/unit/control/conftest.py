"""What the tests of the commands share."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from fake_daemon import FakeDaemon

from exporter import cli
from exporter.control import client


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """Nothing of the machine's own, and a token."""
    for name in list(os.environ):
        if name.startswith("SPARK_EXPORTER_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SPARK_EXPORTER_TOKEN", "tok-en")
    monkeypatch.setattr(client, "actor", lambda: "alice@laptop")
    monkeypatch.setattr(client, "PAUSE", 0.01)


@pytest.fixture
def start_daemon():
    """Start daemons; they end with the test."""
    daemons = []

    def start(port=0):
        daemons.append(FakeDaemon(port))
        return daemons[-1]

    yield start
    for daemon in daemons:
        daemon.close()


@pytest.fixture
def daemon(start_daemon):
    """A daemon with one live application."""
    return start_daemon()


class Ran:
    """What a command did."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def run(daemon, capsys):
    """Run a command against the daemon; return its exit code and what it printed."""

    def start(*words, url=None):
        try:
            code = cli.main([*words, "--url", url or daemon.url])
        except SystemExit as end:
            code = end.code
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return start
