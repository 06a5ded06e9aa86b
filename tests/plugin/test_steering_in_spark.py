"""Live configuration and events in real Spark, with executors that come and go."""

import pytest
import requests

from plugin.following import endpoint, jobs, python_path
from running import until

pytestmark = pytest.mark.spark
TOKEN = "correct-horse-battery"


class Driver:
    """The endpoint of a running application."""

    def __init__(self, ui):
        """Find it."""
        self.url = endpoint(ui)
        self.headers = {"Authorization": f"Bearer {TOKEN}"}

    def ask(self, method, path, **arguments):
        """Return an answer."""
        return requests.request(method, self.url + path, headers=self.headers, timeout=90, **arguments)

    def event(self, **event):
        """Send an event; return it when it is done."""
        accepted = self.ask("POST", "/v1/events", json=event)
        assert accepted.status_code == 202, accepted.text
        return self.ask("GET", f"{accepted.headers['Location']}?wait=60").json()

    def live(self):
        """Return the live JVMs and the versions of the configuration that they hold."""
        executors = self.ask("GET", "/v1/snapshot").json()["executors"]
        return {one["id"]: one["config_version"] for one in executors if one["state"] == "live"}


def test_a_running_application_is_steered(start_job, tmp_path):
    """Everybody gets what is set, one that joins later before its first task; events are acknowledged."""
    token = tmp_path / "token"
    token.write_text(TOKEN + "\n")
    conf = {"spark.exporter.tokenFile": str(token), "spark.exporter.events.allow": "config,custom,gc"}
    job = start_job(jobs("steered.py"), tmp_path / "lost", conf=conf, env=python_path())
    driver = Driver(job.hear("ui"))
    assert requests.get(f"{driver.url}/v1/config", timeout=30).status_code == 401
    until(lambda: driver.live().keys() == {"driver", "0", "1"}, "both executors")

    patched = driver.ask("PATCH", "/v1/config", json={"threshold": 25, "rates": [0.1, 10**20]})
    assert patched.headers["ETag"] == '"1"'
    config = driver.ask("GET", "/v1/config?version=1&wait=60").json()
    assert (config["complete"], config["values"]) == (True, {"threshold": 25, "rates": [0.1, 10**20]})
    assert driver.live() == {"driver": 1, "0": 1, "1": 1}

    event = driver.event(type="gc", target="all")
    assert event["succeeded"], event
    assert {one["id"]: one["state"] for one in event["recipients"]} == dict.fromkeys(
        ("driver", "0", "1"), "handled"
    )

    job.tell("lose")
    until(lambda: "2" in driver.live(), "another executor")
    job.tell("read")
    held = {"version": 1, "values": {"threshold": 25, "rates": [0.1, 10**20]}}
    assert job.hear("read") == [held] * 8
    config = driver.ask("GET", "/v1/config?version=1&wait=60").json()
    assert config["complete"], config
    event = driver.event(type="gc", target="executor:2")
    assert event["succeeded"], event

    unhandled = driver.event(type="reload", target="all", ttl_seconds=0.2)
    assert {one["state"] for one in unhandled["recipients"]} <= {"failed", "expired"}
    assert not unhandled["succeeded"]
    job.tell("stop")
    assert job.wait() == 0
    assert TOKEN not in job.errors
