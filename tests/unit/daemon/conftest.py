"""What the daemon's tests share."""

import io
import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from check_rig import GAUGES, REST
from fake_driver import FakeDriver, executor
from processes import Process
from published import Clock
from rig import Rig

from exporter._version import __version__
from exporter.daemon import logs
from exporter.daemon.check import Check
from exporter.daemon.limits import Limits
from exporter.daemon.store import Store


@pytest.fixture
def start_driver():
    """Start drivers; they die with the test."""
    drivers = []

    def start(port=0, host="127.0.0.1"):
        drivers.append(FakeDriver(port, host))
        return drivers[-1]

    yield start
    for driver in drivers:
        if not driver.stopping.is_set():
            driver.die()


@pytest.fixture
def driver(start_driver):
    """One driver."""
    return start_driver()


@pytest.fixture
def start_daemon():
    """Start daemons as processes; they are killed with the test."""
    started = []

    def run(*arguments, **environment):
        started.append(Process(*arguments, **environment))
        return started[-1]

    yield run
    for process in started:
        process.kill()


@pytest.fixture
def watch_target():
    """Watch targets until the test's end."""
    rigs = []

    def start(target, **options):
        rigs.append(Rig(target, **options))
        return rigs[-1]

    yield start
    for rig in rigs:
        rig.watcher.stop()


@pytest.fixture
def check(driver):
    """Run the check; return its exit code and its lines."""
    driver.plugin.version = __version__
    driver.plugin.executors = [executor("driver"), executor("1", reported=1008.5)]
    driver.gauges = GAUGES

    def answer(document):
        return lambda handler: handler.send(
            200, json.dumps(document() if callable(document) else document).encode()
        )

    environment = {"runtime": {"javaVersion": "17", "scalaVersion": "version 2.13"}}
    driver.overrides |= {
        f"{REST}/environment": answer(
            lambda: environment | {"sparkProperties": [*map(list, driver.conf.items())]}
        ),
        "/metrics/executors/prometheus/": answer(""),
    }
    for resource in ("allexecutors", "jobs", "stages", "sql", "storage/rdd"):
        driver.overrides[f"{REST}/{resource}"] = answer([])

    def run(token=None, url=None):
        lines = []
        code = Check(url or driver.url, 1.0, token, lines.append).run()
        return code, [line.replace(driver.url, "URL") for line in lines]

    return run


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(clock):
    return Store(900.0, Limits(), clock, clock)


@pytest.fixture
def said():
    """The log as a list of lines."""
    stream = io.StringIO()
    logs.configure("info", "json", stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
