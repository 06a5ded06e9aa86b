"""Real Spark drivers, each at an address of its own, behind the pods of a real API server."""

import os
import signal
from urllib.parse import urlsplit

import psutil
import pytest
import requests

from running import until
from watched_pods import NOTICED, at, end, make

pytestmark = pytest.mark.spark
ADDRESSES = {"ends": "127.0.0.11", "killed": "127.0.0.12", "goes-on": "127.0.0.13"}


class Driver:
    """The program of a driver pod, which a test ends."""

    def __init__(self, start_job, directory, name, *, plugin):
        """Start it."""
        self.pipe = directory / f"{name}.pipe"
        os.mkfifo(self.pipe)
        environment = {"SPARK_LOCAL_IP": ADDRESSES[name], **({} if plugin else {"CLIENT": "off"})}
        conf = {"spark.exporter.host": ADDRESSES[name]}
        self.job = start_job("ends.py", "return", self.pipe, conf=conf, env=environment)

    def until_it_runs(self):
        """Wait for its first job, and until Spark's REST API has answered once; return the URL of its UI."""
        url = self.job.hear("ui")
        self.job.hear("pid")
        (listed,) = requests.get(f"{url}/api/v1/applications", timeout=60).json()
        self.app = listed["id"]
        return url

    def finish(self):
        """Let the program return; return its exit code."""
        self.pipe.write_text("")
        return self.job.wait()

    def kill(self):
        """Kill all of it, as a kernel without memory does; return the exit code that a container has then."""
        for process in psutil.Process(self.job.process.pid).children(recursive=True):
            process.kill()
        self.job.kill_group()
        return 128 + signal.SIGKILL


@pytest.fixture
def drivers(start_job, tmp_path):
    """A driver without the plugin that is to end well, one that is to be killed, and one that goes on."""
    return {name: Driver(start_job, tmp_path, name, plugin=name != "ends") for name in ADDRESSES}


def test_drivers_run_end_and_are_killed(shared_api_server, watched, watch, drivers):
    """Each is there within seconds with its namespace and pod; how it ended is what its pod says."""
    server, daemon = shared_api_server, watch(shared_api_server, watched)
    apps = set()
    for name, driver in drivers.items():
        url = driver.until_it_runs()
        assert urlsplit(url).hostname == ADDRESSES[name]
        make(server, watched, name, at(url), ADDRESSES[name])
        apps.add((name, driver.app))
        until(lambda apps=apps: daemon.up() == apps, f"the driver {name}", NOTICED)
    assert {labels["namespace"] for labels, _ in daemon.samples("spark_app_up")} == {watched}
    plugins = {labels["pod"] for labels, _ in daemon.samples("spark_exporter_plugin_info")}
    assert plugins == {"killed", "goes-on"}
    assert daemon.states() == dict.fromkeys(drivers, "running")
    end(server, watched, "ends", drivers["ends"].finish())
    end(server, watched, "killed", drivers["killed"].kill())
    states = {"ends": "completed", "killed": "failed", "goes-on": "running"}
    until(lambda: daemon.states() == states, "how they have ended", NOTICED)
    for name in ("ends", "killed"):
        server.delete_pod(watched, name)
    until(lambda: daemon.targets() == 1, "the one that goes on", NOTICED)

    assert daemon.states() == states
    assert daemon.up() == {("goes-on", drivers["goes-on"].app)}
    assert daemon.refused() == {}
