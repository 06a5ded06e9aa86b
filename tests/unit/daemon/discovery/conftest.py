"""What the tests of discovery share."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from discovered import Followed, Watching
from fake_api_server import ApiServer
from fake_driver import executor, metric

pytest.importorskip("kubernetes", reason="install the extra kubernetes of this package")


@pytest.fixture
def api():
    """An API server."""
    server = ApiServer()
    yield server
    server.stop()


@pytest.fixture
def follow(api, tmp_path):
    """Follow pods in a namespace by a selector until the test's end."""
    started = []

    def start(namespace="spark", selector="spark-role=driver", **options):
        started.append(Followed(api.kubeconfig(tmp_path / "config"), namespace, selector, **options))
        return started[-1]

    yield start
    for item in started:
        item.stop()


@pytest.fixture
def watching(api, tmp_path):
    """Watch the drivers that an API server's pods are, until the test's end."""
    started = []

    def start(**options):
        started.append(Watching(api.kubeconfig(tmp_path / "config"), **options))
        return started[-1]

    yield start
    for item in started:
        item.stop()


@pytest.fixture
def start_application(start_driver):
    """Start drivers, each with an application and a counter of its own."""

    def start(app_id):
        driver = start_driver()
        driver.app |= {"id": app_id, "name": f"etl of {app_id}"}
        driver.plugin.app_id = app_id
        driver.changed(
            metrics=[metric("rows")], series=[[0]], totals=[4.0], executors=[executor("1", [0], [4.0])]
        )
        return driver

    return start
