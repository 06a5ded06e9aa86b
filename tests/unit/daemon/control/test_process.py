"""The API of a daemon that is a process of its own."""

import signal
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
    """The one who waits is let down, not the one who ends the daemon."""
    daemon = start_daemon(f"--target={steered.url}", SPARK_EXPORTER_TOKEN=TOKEN)
    until_known(daemon)
    arrived = threading.Event()

    def hold(_handler):
        arrived.set()
        steered.stopping.wait(PATIENCE)

    steered.control = hold

    def wait():
        with pytest.raises((requests.RequestException, AssertionError)):
            assert daemon.get(f"{CONFIG}?version=9&wait=60", **HEADERS).status_code == 200

    thread = threading.Thread(target=wait)
    thread.start()
    assert arrived.wait(PATIENCE)
    code, log = daemon.end(number)
    thread.join(PATIENCE)

    assert code == 0
    assert "msg=stopped" in log.splitlines()[-1]


def test_the_token_comes_from_a_file(start_daemon, steered, tmp_path):
    """As for the plugin, which gets the same one; it is in no line of the log."""
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    daemon = start_daemon(f"--target={steered.url}", f"--token-file={file}", "--log.level=debug")
    until_known(daemon)

    assert daemon.get(CONFIG, **HEADERS).status_code == 200
    assert daemon.get(CONFIG).status_code == 401
    assert daemon.get(CONFIG, Authorization="Bearer other").status_code == 401
    assert steered.requests[-1][2]["Authorization"] == f"Bearer {TOKEN}"
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
