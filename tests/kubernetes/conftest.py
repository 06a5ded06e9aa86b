"""What the tests with a real API server share."""

import itertools

import pytest

from api_server import ApiServer
from release import Release, define_monitoring
from watched_pods import LOOPBACK, Watcher, allow, make_account, new_driver

_numbers = itertools.count()


@pytest.fixture(scope="session")
def shared_api_server(tmp_path_factory):
    """One API server for all tests that neither stop it nor look at what other tests may change."""
    with ApiServer(tmp_path_factory.mktemp("api-server")) as server:
        yield server


@pytest.fixture(scope="session")
def monitored_api_server(shared_api_server):
    """The same server, which knows the resources of Prometheus' operator."""
    define_monitoring(shared_api_server)
    return shared_api_server


@pytest.fixture
def api_server(tmp_path):
    """An API server of the test's own."""
    with ApiServer(tmp_path / "api-server") as server:
        yield server


@pytest.fixture
def namespace(shared_api_server):
    """A namespace of the test's own in the shared API server."""
    return shared_api_server.namespace(f"spark-{next(_numbers)}")


@pytest.fixture
def release(monitored_api_server, namespace):
    """A release that is not installed yet."""
    return Release(monitored_api_server, namespace)


@pytest.fixture
def watched(shared_api_server, namespace):
    """A namespace of the test's own in the shared API server, whose pods an account may watch."""
    make_account(shared_api_server, namespace)
    allow(shared_api_server, namespace)
    return namespace


@pytest.fixture
def start_driver():
    """Start stand-ins for drivers on loopback, each with an application and a counter."""
    drivers = []

    def start(app_id):
        drivers.append(new_driver(app_id))
        return drivers[-1]

    yield start
    for driver in drivers:
        driver.die()


@pytest.fixture
def watch():
    """Start daemons that watch the driver pods of a namespace, on loopback if nothing else is said."""
    pytest.importorskip("kubernetes", reason="install the extra kubernetes of this package")
    daemons = []

    def start(server, namespace, *arguments, addresses=LOOPBACK, **options):
        daemons.append(Watcher(server, namespace, *filter(None, [addresses]), *arguments, **options))
        return daemons[-1]

    yield start
    for daemon in daemons:
        daemon.kill()
        # Shown if the test fails.
        print("".join(daemon.lines))
