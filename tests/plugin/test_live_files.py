"""Live configuration in the JVM of an executor: its files for Python, and who waits for the driver."""

import json
import stat

import pytest

from plugin.applications import Executor, Store
from plugin.steering import Control, Steered, cells


def test_the_files_of_python_processes(jvm, tmp_path):
    """The version is stored last, and belongs to what the other file holds."""
    control = Control(Store(jvm), directory=tmp_path)
    assert cells(tmp_path) == (0, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["control"]
    control.patch({"name": "ü", "big": 10**30})
    control.patch({"name": None, "x": 0.1})
    assert cells(tmp_path) == (2, 0)
    config = tmp_path / "config.json"
    assert json.loads(config.read_bytes()) == {"version": 2, "values": {"big": 10**30, "x": 0.1}}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", "control"]
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_files_of_an_application_before(jvm, tmp_path):
    """A directory that was used already: nothing of it is left over."""
    Control(Store(jvm), directory=tmp_path).patch({"a": 1})
    Control(Store(jvm), directory=tmp_path)
    assert cells(tmp_path) == (0, 0)
    assert not (tmp_path / "config.json").exists()


def test_a_file_that_cannot_be_written_is_tried_again(jvm, tmp_path):
    """The executor does not say that it has what its Python processes cannot see."""
    control = Control(Store(jvm))
    executor = Steered(control.store, "1", directory=tmp_path)
    obstacle = tmp_path / "config.json"
    obstacle.mkdir()
    (obstacle / "full").touch()
    control.patch({"a": 1})
    assert not executor.report()
    assert executor.copy() == (0, {})
    assert cells(tmp_path) == (None, 0)
    assert not control.config()["complete"]
    (warning,) = executor.warnings()
    assert warning.startswith(
        "the live configuration could not be passed on to Python processes; trying again: "
    )
    (obstacle / "full").unlink()
    obstacle.rmdir()
    executor.report()
    executor.report()
    assert (executor.copy(), cells(tmp_path)[0]) == ((1, {"a": 1}), 1)
    assert control.config()["complete"]


CANNOT_BE_TOLD = "Python processes cannot be told of live configuration and events; trying again: "


def test_a_control_file_that_cannot_be_made_is_tried_again(jvm, tmp_path):
    """Until then the executor says that it lacks the version, and who waits for all hears its name."""
    control = Control(Store(jvm))
    directory = tmp_path / "later"
    executor = Steered(control.store, "1", directory=directory)
    control.patch({"a": 1})
    executor.report()
    assert executor.copy() == (0, {})
    assert not control.config()["complete"]
    assert {"id": "1", "version": 0} in control.config()["executors"]
    warnings = executor.warnings()
    assert [warning[: len(CANNOT_BE_TOLD)] for warning in warnings] == [CANNOT_BE_TOLD] * len(warnings)
    assert "NoSuchFileException" in warnings[0]
    directory.mkdir()
    assert executor.report()
    executor.report()
    assert (executor.copy(), cells(directory)) == ((1, {"a": 1}), (1, 0))
    assert control.config()["complete"]


def test_a_control_file_is_made_later_without_a_change(jvm, tmp_path):
    """With the next report: events need it, too. It starts with what it would hold by then."""
    control = Control(Store(jvm))
    directory = tmp_path / "later"
    executor = Steered(control.store, "1", directory=directory)
    directory.mkdir()
    (directory / "config.json").write_text("of an application before")
    executor.report()
    assert cells(directory) == (0, 0)
    assert [path.name for path in directory.iterdir()] == ["control"]


def test_the_drivers_own_control_file(jvm, tmp_path):
    """Without it the driver is the one that lacks the version, until a report of its own."""
    directory = tmp_path / "later"
    control = Control(Store(jvm), directory=directory)
    executor = Steered(control.store, "1")
    control.patch({"a": 1})
    executor.report()
    executor.report()
    assert control.config()["executors"] == [{"id": "driver", "version": 0}, {"id": "1", "version": 1}]
    assert not control.config()["complete"]
    directory.mkdir()
    Executor(control.store, "driver", known=False).report()
    assert (control.copy(), cells(directory)[0]) == ((1, {"a": 1}), 1)
    assert control.config()["complete"]


def test_an_executor_shows_that_it_has_not_heard_the_driver(jvm, tmp_path):
    """Python workers can tell that from a driver which has said that nothing is set."""
    control = Control(Store(jvm), directory=tmp_path)
    assert cells(tmp_path) == (0, 0), "the driver hears itself"
    directory = tmp_path / "1"
    directory.mkdir()
    executor = Steered(control.store, "1", directory=directory)
    assert cells(directory) == (None, 0)
    executor.report("reply_lost")
    assert cells(directory) == (None, 0)
    executor.report()
    assert cells(directory) == (0, 0)
    control.patch({"a": 1})
    executor.report()
    executor.report()
    assert cells(directory) == (1, 0)


@pytest.fixture
def late(jvm):
    """An executor that joins after a value was set, and is not answered yet."""
    control = Control(Store(jvm))
    control.patch({"a": 1})
    executor = Steered(control.store, "1")
    yield executor
    executor.close()


def test_code_in_an_executor_waits_until_the_driver_was_heard(late):
    """It then has the values that were set before the executor joined, and later reads do not wait."""
    assert late.read("a")
    late.report("lost")
    late.report()
    assert late.has_read() == 1
    assert not late.read("missing")
    assert late.has_read() == "unset"


def test_code_waits_for_the_driver_also_if_nothing_is_set(jvm):
    """The first reply says so."""
    executor = Steered(Control(Store(jvm)).store, "1")
    assert executor.read("a")
    executor.report()
    assert executor.has_read() == "unset"
    executor.close()


def test_code_waits_for_the_driver_only_so_long(jvm):
    """Once: when that time is over nobody waits any more, until the driver is heard after all."""
    control = Control(Store(jvm))
    control.patch({"a": 1})
    executor = Steered(control.store, "1", patience=100)
    executor.read("a")
    assert executor.has_read() == "unset"
    assert not executor.read("a")
    assert executor.has_read() == "unset"
    executor.report()
    assert not executor.read("a")
    assert executor.has_read() == 1
    executor.close()


def test_the_plugins_own_threads_do_not_wait(late):
    """The one that asks the driver samples the user's gauges first, and they may read the configuration."""
    assert not late.read("a", thread="spark-exporter-reporter")
    assert late.has_read() == "unset"


def test_nobody_waits_for_an_executor_that_ends(late):
    """Whoever does gets what there is."""
    assert late.read("a")
    late.close()
    assert late.has_read() == "unset"
