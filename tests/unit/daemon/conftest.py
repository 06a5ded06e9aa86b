"""What the daemon's tests share."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from fake_driver import FakeDriver
from processes import Process
from rig import Rig


@pytest.fixture
def start_driver():
    """Start drivers; they die with the test."""
    drivers = []

    def start(port=0):
        drivers.append(FakeDriver(port))
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
