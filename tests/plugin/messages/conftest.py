"""A driver, executors and the driver's Python process, for messages."""

import pytest

from plugin.services import Services


@pytest.fixture
def driver(jvm, tmp_path):
    """A driver's services."""
    made = Services(jvm, tmp_path / "driver")
    yield made
    made.stop()


@pytest.fixture
def echoing(driver):
    """The driver, with a handler that answers what it was asked."""
    driver.handle("echo", "echo")
    return driver


@pytest.fixture
def executor(jvm, driver, tmp_path):
    """Make executors of that driver, after the driver has its handlers."""
    made = []

    def start(name="1", **arguments):
        made.append(Services(jvm, tmp_path / f"executor-{name}", driver=driver, name=name, **arguments))
        return made[-1]

    yield start
    for one in made:
        one.stop()


@pytest.fixture
def python(driver):
    """The driver's Python process, which handles one topic and one type of events."""
    with driver.connect("driver") as made:
        assert made.request("handle", topics=["python"], events=["reload"])[0]["kind"] == "ok"
        yield made
