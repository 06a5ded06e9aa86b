"""What the tests of the API share."""

import pytest
from api_rig import TOKEN, Control, Served
from fake_driver import PATIENCE

from exporter.daemon.control.bucket import Bucket


@pytest.fixture
def control(driver):
    """What the plugin of the driver answers."""
    return Control(driver)


@pytest.fixture
def serve():
    """Serve APIs until the test's end."""
    served = []

    def start(token=TOKEN, timeout=PATIENCE, changes=None, refused=None):
        served.append(Served(token, timeout, changes if changes is not None else Bucket(1000, 1000), refused))
        return served[-1]

    yield start
    for item in served:
        item.close()


@pytest.fixture
def api(serve, driver, control):
    """The API of a daemon that knows one application, which can be steered."""
    assert control.status == 200
    served = serve()
    served.know(driver)
    return served
