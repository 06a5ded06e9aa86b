"""What the tests with a real API server share."""

import itertools

import pytest

from api_server import ApiServer

_numbers = itertools.count()


@pytest.fixture(scope="session")
def shared_api_server(tmp_path_factory):
    """One API server for all tests that neither stop it nor look at what other tests may change."""
    with ApiServer(tmp_path_factory.mktemp("api-server")) as server:
        yield server


@pytest.fixture
def api_server(tmp_path):
    """An API server of the test's own."""
    with ApiServer(tmp_path / "api-server") as server:
        yield server


@pytest.fixture
def namespace(shared_api_server):
    """A namespace of the test's own in the shared API server."""
    return shared_api_server.namespace(f"spark-{next(_numbers)}")
