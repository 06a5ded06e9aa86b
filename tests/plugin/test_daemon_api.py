"""The daemon's API in front of a real plugin endpoint: what its OpenAPI document says is what happens."""

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from plugin.applications import Store
from plugin.steering import TOKEN, Client, Control, Steered
from running import until

CONFIG = Path(__file__).parent / "schemathesis.toml"
GAUGE = "app-1.driver.plugin.io.sparkexporter.ExporterPlugin.exporter.port"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


class Ui(BaseHTTPRequestHandler):
    """As much of a driver's UI as leads a daemon to the plugin."""

    port = 0

    def do_GET(self):
        """Say where the plugin listens, and nothing else."""
        body = json.dumps({"gauges": {GAUGE: {"value": self.port}}}).encode()
        self.send_response(200 if self.path == "/metrics/json/" else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


class Api:
    """A daemon that follows the driver of a store."""

    def __init__(self, daemon, port, control):
        """Wait until it has found the plugin, which listens on this port."""
        self.port = port
        self.url = f"{daemon.url}/api/v1"
        self.control = control
        until(lambda: self.ask("GET", "/applications").json()["applications"], "the daemon has found it")

    def ask(self, method, path, **options):
        """Send a request."""
        return requests.request(method, self.url + path, headers=HEADERS, timeout=60, **options)


@pytest.fixture
def api(jvm, tmp_path, start_daemon):
    """An API for an application with an executor that reports, and one that does not any more."""
    control = Control(Store(jvm))
    control.executor = Steered(control.store, "1")
    control.executor.report()
    Steered(control.store, "2")
    client = Client(control.store, **{"events.allow": "config,custom,log-level"})
    ui = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Ui,), {"port": client.port}))
    threading.Thread(target=ui.serve_forever, args=(0.01,), daemon=True).start()
    file = tmp_path / "token"
    file.write_text(TOKEN)
    arguments = [f"--token-file={file}", "--log.level=debug"]
    daemon = start_daemon(f"http://127.0.0.1:{ui.server_address[1]}", arguments=arguments)
    yield Api(daemon, client.port, control)
    client.close()
    ui.shutdown()
    ui.server_close()
    assert TOKEN not in daemon.errors


def test_the_api_is_as_its_document_says(api):
    """All of schemathesis' checks: statuses, content, headers, what is refused and what is let in."""
    command = [Path(sys.executable).parent / "schemathesis", "--config-file", CONFIG, "run"]
    done = subprocess.run(
        [*command, "--checks=all", f"{api.url}/openapi.json"],
        env={**os.environ, "SPARK_EXPORTER_TOKEN": TOKEN, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_request_for_a_predecessor_is_refused(api):
    """A driver may have taken over the port of another one, before the daemon knows."""
    headers = {**HEADERS, "Spark-Exporter-Application": "app-0"}
    endpoint = f"http://127.0.0.1:{api.port}/v1"
    for answer in (
        requests.patch(f"{endpoint}/config", json={"a": 1}, headers=headers, timeout=60),
        requests.post(f"{endpoint}/events", json={"type": "reload"}, headers=headers, timeout=60),
        requests.get(f"{endpoint}/events/0000000000000001", headers=headers, timeout=60),
    ):
        expected = {"error": "this is the driver of app-1, not of app-0"}
        assert (answer.status_code, answer.json()) == (409, expected)
    assert (api.control.config()["version"], api.control.events()) == (0, [])


class Command:
    """A command that somebody types."""

    def __init__(self, api, *words):
        """Start it."""
        command = [
            Path(sys.executable).parent / "spark-exporter",
            *words,
            "--url",
            api.url.removesuffix("/api/v1"),
        ]
        self._process = subprocess.Popen(
            command,
            env={**os.environ, "SPARK_EXPORTER_TOKEN": TOKEN},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def end(self, meanwhile):
        """Do something again and again until it ends; return its exit code and what it said."""
        until(lambda: meanwhile() or self._process.poll() is not None, "the command ends")
        out, err = self._process.communicate()
        return self._process.returncode, out, err


def test_the_commands_wait_for_every_jvm(api):
    """And end with 0 when the last one has it, with 1 and its name if it does not come to it."""
    assert api.ask("PATCH", "/applications/app-1/config", json={"threshold": 25}).status_code == 200
    api.control.executor.handle()
    same = Command(api, "config", "set", "etl", "threshold=25", "--wait=100ms")
    ended = same.end(api.control.executor.handle)
    assert ended[0] == 1
    assert ended[2] == "spark-exporter: after 0.1 s, 1 of 3 JVMs do not have version 1 yet: 2\n"

    api.control.store.event("removed", id="2", reason="lost")
    ended = Command(api, "config", "set", "etl", "threshold=26", "--wait=60s").end(
        api.control.executor.handle
    )
    assert ended == (
        0,
        "etl (app-1) has version 2 of its configuration.\nJVM     VERSION\ndriver  2\n1       2\n",
        "",
    )

    ended = Command(api, "events", "send", "etl", "reload", "table=x", "--wait=60s").end(
        api.control.executor.handle
    )
    assert ended[0] == 0
    assert [line.split()[:2] for line in ended[1].splitlines()[2:]] == [
        ["driver", "handled"],
        ["1", "handled"],
    ]


def test_a_change_goes_all_the_way(api):
    """From the daemon to the driver to an executor, which confirms it."""
    changed = api.ask("PATCH", "/applications/app-1/config", json={"threshold": 25})
    assert (changed.status_code, changed.json()["values"]) == (200, {"threshold": 25})
    version = changed.json()["version"]
    assert changed.headers["ETag"] == f'"{version}"'
    api.control.executor.handle()

    found = api.ask("GET", "/applications/app-1/config", params={"version": version}).json()
    assert {one["id"]: one["version"] for one in found["executors"]}["1"] == version
