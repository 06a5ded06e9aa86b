"""The API of a daemon that is a process of its own."""

import json
import os
import signal
import subprocess
import sys
import threading

import pytest
import requests
from api_rig import CONTROL, TOKEN, Control
from fake_driver import PATIENCE, until

HEADERS = {"Authorization": f"Bearer {TOKEN}"}
CONFIG = "/api/v1/applications/app-1/config"


@pytest.fixture
def steered(driver):
    """A driver whose plugin has a token."""
    driver.changed(control=CONTROL)
    Control(driver)
    return driver


def until_known(daemon):
    """Wait until the daemon has found the plugin."""

    def known():
        answer = requests.get(f"{daemon.url}/api/v1/applications", headers=HEADERS, timeout=PATIENCE)
        return [item["app_id"] for item in answer.json()["applications"] if item["control"]] == ["app-1"]

    until(known, "the application can be steered")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_while_somebody_waits(start_daemon, steered, number):
    """The one who waits is told when to come again, and neither he nor the log sees a fault."""
    daemon = start_daemon(f"--target={steered.url}", SPARK_EXPORTER_TOKEN=TOKEN)
    until_known(daemon)
    arrived = threading.Event()

    def hold(_handler):
        arrived.set()
        steered.stopping.wait(PATIENCE)

    steered.control = hold

    answers = []
    thread = threading.Thread(
        target=lambda: answers.append(daemon.get(f"{CONFIG}?version=9&wait=60", **HEADERS))
    )
    thread.start()
    assert arrived.wait(PATIENCE)
    code, log = daemon.end(number)
    thread.join(PATIENCE)

    assert code == 0
    assert "msg=stopped" in log.splitlines()[-1]
    assert "Traceback" not in log
    (answer,) = answers
    assert (answer.status_code, answer.json()) == (503, {"error": "this daemon is stopping"})
    assert answer.headers["Retry-After"] == "1"


def send(*words):
    return ["events", "send", "etl", "reload", *words]


def change(*words):
    return ["config", "set", "etl", "threshold=25", *words]


CONFIGURED = {"boot": "b", "version": 8, "values": {}, "declared": {}, "complete": True, "executors": []}
SENT = {"id": "9f86d081884c7d65", "type": "reload", "done": True, "succeeded": True, "recipients": []}


@pytest.mark.parametrize(
    ("command", "document", "done"),
    [(change, CONFIGURED, "complete"), (send, SENT, "done")],
    ids=["config", "events"],
)
def test_a_command_waits_across_two_daemons(start_daemon, steered, command, document, done):
    """What was accepted is in the driver: the daemon ends, a new one comes, and the command ends well."""
    first = start_daemon(f"--target={steered.url}", SPARK_EXPORTER_TOKEN=TOKEN)
    until_known(first)
    waiting, release = threading.Event(), threading.Event()

    def answer(handler):
        handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        waits = "wait=" in handler.path
        if waits:
            waiting.set()
            release.wait(PATIENCE)
        handler.send(200, json.dumps({**document, done: waits}).encode())

    steered.control = answer
    words = [sys.executable, "-P", "-m", "exporter", *command("--wait=120s", f"--url={first.url}")]
    environment = {**os.environ, "SPARK_EXPORTER_TOKEN": TOKEN}
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as client:
        assert waiting.wait(PATIENCE)
        code, log = first.end()
        assert client.poll() is None
        address = first.url.removeprefix("http://")
        start_daemon(f"--target={steered.url}", f"--web.listen-address={address}", SPARK_EXPORTER_TOKEN=TOKEN)
        release.set()
        out, err = client.communicate(timeout=PATIENCE)

    assert (client.returncode, err) == (0, ""), out
    assert (code, "Traceback" in log) == (0, False)


def test_refusals_are_metrics(start_daemon, steered):
    """Of the daemon, not of an application."""
    daemon = start_daemon(f"--target={steered.url}", SPARK_EXPORTER_TOKEN=TOKEN)
    assert daemon.get(CONFIG, Authorization="Bearer guess").status_code == 401

    lines = daemon.get().text.splitlines()
    assert 'spark_exporter_control_refused_total{reason="token_wrong"} 1.0' in lines
    assert 'spark_exporter_control_refused_total{reason="control_off"} 0.0' in lines


def test_the_token_comes_from_a_file(start_daemon, steered, tmp_path):
    """As for the plugin, which gets the same one; it is in no line of the log."""
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    daemon = start_daemon(f"--target={steered.url}", f"--token-file={file}", "--log.level=debug")
    until_known(daemon)

    assert daemon.get(CONFIG, **HEADERS).status_code == 200
    assert daemon.get(CONFIG).status_code == 401
    assert daemon.get(CONFIG, Authorization="Bearer other").status_code == 401
    (headers,) = [headers for path, _, headers in steered.requests if path == "/v1/config"]
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    code, log = daemon.end()
    assert (code, TOKEN in log + "".join(daemon.lines)) == (0, False)


def test_a_daemon_that_was_started_anew_knows_what_became_of_an_event(start_daemon, steered):
    """The driver does."""
    first = start_daemon(f"--target={steered.url}", SPARK_EXPORTER_TOKEN=TOKEN)
    until_known(first)
    steered.control.status = 202
    event = f"{CONFIG.removesuffix('config')}events"
    sent = requests.post(f"{first.url}{event}", json={"type": "reload"}, headers=HEADERS, timeout=PATIENCE)
    assert sent.status_code == 202
    first.process.kill()
    steered.control.status, steered.control.body = 200, b'{"done": true}'
    second = start_daemon(f"--target={steered.url}", SPARK_EXPORTER_TOKEN=TOKEN)
    until_known(second)

    assert second.get(f"{event}/9f86d081884c7d65", **HEADERS).json() == {"done": True}
