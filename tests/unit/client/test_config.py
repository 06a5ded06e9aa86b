"""Live configuration as code reads it: present values, shared ones, defaults, versions that only grow."""

import copy
import json
import threading
import time
import types

import pytest
from control_file import ControlFiles
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.client import config, events
from exporter.client.live import _MOST_CALLS_BETWEEN_LOOKS, Live


@pytest.fixture
def files(worker):
    """The plugin's files of this worker."""
    return ControlFiles(worker)


@pytest.mark.usefixtures("steering")
def test_changes_are_seen(files):
    """A value is seen with the first read after its version; a removed key has its default again."""
    assert config.get("threshold", 10) == 10
    files.set(1, threshold=25)
    assert (config.get("threshold", 10), config.version()) == (25, 1)
    files.set(2, threshold=30, other="x")
    assert (config.get("threshold", 10), config.get("other"), config.version()) == (30, "x", 2)
    files.set(3, other="x")
    assert (config.get("threshold", 10), config.all()) == (10, {"other": "x"})


@pytest.mark.usefixtures("steering")
@pytest.mark.parametrize("value", [0, False, "", 1.5, 2**70, "\u00e9", [], {}, [1, [2]], {"a": {"b": None}}])
def test_every_kind_of_value(files, value):
    """All JSON values come back as they are, falsy ones too."""
    files.set(1, key=value)
    found = config.get("key", "default")
    assert found == value
    assert isinstance(found, type(value))
    assert json.dumps(found) == json.dumps(value)
    assert config.all() == {"key": value}


@pytest.mark.usefixtures("steering")
@pytest.mark.parametrize("key", [[], {}, {"threshold"}, 5, None, 1.5, b"threshold", ("threshold",)])
def test_a_key_that_is_no_text(files, key):
    """Nobody can have set it: the reader goes on with his default."""
    assert (config.get(key), config.get(key, 3)) == (None, 3)
    files.set(1, threshold=25, limits=[1])
    assert (config.get(key), config.get(key, 3)) == (None, 3)
    assert config.get("threshold") == 25


@pytest.mark.usefixtures("steering")
def test_lists_and_dicts_are_plain(files):
    """A UDF may return them: Spark's JVM reads no other classes. A copy is the reader's own."""
    nested = {"a": [2, {"b": [1]}], "c": 1}
    files.set(1, limits=nested)
    config.declare("other", type=dict, default=nested)
    for value in (config.get("limits"), config.all()["limits"], config.get("other")):
        assert value == nested
        assert [type(value), type(value["a"]), type(value["a"][1])] == [dict, list, dict]
    own = copy.deepcopy(config.get("limits"))
    own["a"].append(3)
    assert config.get("limits") == nested


@pytest.mark.usefixtures("steering")
def test_nothing_is_parsed_while_nothing_changes(files, monkeypatch):
    """Lists, dicts and declared defaults are there already: each read gives the same object."""
    files.set(1, limits=[1], places={"a": 1})
    config.declare("other", type=list, default=(1, [2]))
    keys = ("limits", "places", "other")
    first = [config.get(key) for key in keys]
    monkeypatch.setattr(json, "loads", None)
    assert all(config.get(key) is value for key, value in zip(keys, first))
    assert first == [[1], {"a": 1}, [1, [2]]]


@pytest.mark.usefixtures("steering")
def test_a_readers_own_default_stays_his_own():
    """It comes back as it is, so he may change it."""
    own = [1]
    assert config.get("limits", own) is own
    assert type(own) is list


@pytest.mark.usefixtures("steering")
def test_nothing_is_read_while_nothing_changes(files, monkeypatch):
    """An unchanged version costs a look into memory; the file may even be gone."""
    files.set(1, threshold=25)
    assert config.get("threshold") == 25
    (files.directory / "config.json").unlink()
    monkeypatch.setattr(Live, "refresh", None)
    assert config.get("threshold") == 25


@pytest.mark.usefixtures("steering")
def test_values_may_be_newer_than_the_number(files):
    """The file is replaced first: its version counts, and is not read again for the number that follows."""
    files.set(1, key="a")
    assert config.get("key") == "a"
    files.write_values(3, {"key": "c"})
    files.store(8, 2)
    assert (config.get("key"), config.version()) == ("c", 3)
    files.write_values(2, {"key": "b"})
    files.store(8, 3)
    assert (config.get("key"), config.version()) == ("c", 3)


@pytest.mark.usefixtures("steering")
@pytest.mark.parametrize(
    "content",
    [None, b"", b"{", b"[]", b'{"version": "2", "values": {}}', b'{"version": 2}', b"\xff", b"[" * 99_999],
)
def test_values_that_cannot_be_read(files, content):
    """What was read before stays, and the next good file is found although reads have failed."""
    files.set(1, key="a")
    assert config.get("key") == "a"
    (files.directory / "config.json").unlink()
    if content is not None:
        (files.directory / "config.json").write_bytes(content)
    files.store(8, 2)
    assert [config.get("key") for _ in range(5)] == ["a"] * 5
    files.set(3, key="b")
    assert "b" in [config.get("key") for _ in range(_MOST_CALLS_BETWEEN_LOOKS + 1)]
    assert config.version() == 3


@pytest.mark.usefixtures("steering")
@pytest.mark.parametrize("content", [None, b"", b"SPXCTL1\0", b"SPXCTL2\0".ljust(64, b"\0"), b"\xff" * 64])
def test_without_a_usable_control_file(worker, content):
    """Control is off, or the file is damaged: defaults, nothing else."""
    if content is not None:
        (worker / "control").write_bytes(content)
    assert [config.get("key", 1) for _ in range(10)] == [1] * 10
    assert (config.get("key"), config.version(), config.all()) == (None, 0, {})


def test_a_missing_file_is_looked_for_seldom(steering, worker, monkeypatch):
    """Without control, reading must not mean a system call each time; what appears later is found."""
    looks = []
    look = steering.live._look
    monkeypatch.setattr(Live, "_look", lambda _self: looks.append(1) or look())
    for _ in range(10_000):
        config.get("key")
    assert 10 <= len(looks) <= 60

    ControlFiles(worker).set(1, key="a")
    assert "a" in [config.get("key") for _ in range(_MOST_CALLS_BETWEEN_LOOKS + 1)]


@pytest.mark.usefixtures("steering")
def test_without_spark():
    """Outside of Spark, before a session, without a plugin: defaults."""
    assert (config.get("key", 5), config.get("key"), config.version(), config.all()) == (5, None, 0, {})


def test_one_application_after_another(steering, tmp_path):
    """A new application's values count, whatever its version; after an end the last values stay."""
    for name, version in (("one", 7), ("two", 2)):
        (tmp_path / name).mkdir()
        ControlFiles(tmp_path / name).set(version, name=name)
    seen = []
    for directory in (None, tmp_path / "one", None, tmp_path / "two", None):
        steering.run_in(directory)
        seen.append((config.get("name"), config.version()))
    assert seen == [(None, 0), ("one", 7), ("one", 7), ("two", 2), ("two", 2)]


NOT_HEARD = float("nan")


@pytest.fixture
def silent(worker, monkeypatch):
    """The files of an executor whose JVM has not heard the driver; only the test ends waiting for it."""
    monkeypatch.setattr("exporter.client.live._FIRST_SECONDS", 60.0)
    return ControlFiles(worker, version=NOT_HEARD, claimable=3)


def meanwhile(monkeypatch, *steps):
    """Do one step each time that a reader waits."""
    left = list(steps)
    clock = types.SimpleNamespace(monotonic=time.monotonic, sleep=lambda _seconds: left.pop(0)())
    monkeypatch.setattr("exporter.client.live.time", clock)
    return left


@pytest.mark.usefixtures("steering")
@pytest.mark.parametrize("read", [lambda: config.get("key"), lambda: config.all().get("key")])
def test_the_first_read_waits_until_the_driver_was_heard(silent, monkeypatch, read):
    """An executor that joins late has the present values from its first task on."""
    left = meanwhile(monkeypatch, lambda: None, lambda: silent.set(7, key="a"))
    assert read() == "a"
    assert (config.version(), left) == (7, [])


@pytest.mark.usefixtures("steering")
def test_the_first_read_waits_also_if_nothing_is_set(silent, monkeypatch):
    """The driver may say just that; the next change is then seen as ever."""
    left = meanwhile(monkeypatch, lambda: silent.store(8, 0))
    assert (config.get("key", 1), config.version(), left) == (1, 0, [])
    silent.set(1, key=2)
    assert config.get("key", 1) == 2


@pytest.mark.usefixtures("steering")
def test_a_silent_driver_is_waited_for_once(silent, monkeypatch):
    """After that time there are defaults, at once, until the driver is heard after all; then its values."""
    monkeypatch.setattr("exporter.client.live._FIRST_SECONDS", 0.05)
    assert config.get("key", 1) == 1
    meanwhile(monkeypatch)
    assert [config.get("key", 1) for _ in range(3000)] == [1] * 3000
    assert config.version() == 0
    silent.set(1, key=2)
    assert (config.get("key", 1), config.version()) == (2, 1)


@pytest.mark.usefixtures("silent")
def test_only_readers_of_values_wait_for_the_driver(steering, monkeypatch):
    """A poll must not: it sees how many events there are, and goes on."""
    meanwhile(monkeypatch)
    assert events.poll() == []
    assert (steering.live.claimable[0], steering.live.values) == (3, {})


@pytest.mark.usefixtures("steering")
def test_threads_wait_for_the_driver_together(silent):
    """None of them sees defaults while another one waits."""
    seen, begun = [], threading.Barrier(5)

    def read():
        begun.wait(30)
        seen.append(config.get("key", "default"))

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    begun.wait(30)
    silent.set(1, key="a")
    for reader in readers:
        reader.join()
    assert seen == ["a"] * 4


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 6), st.integers(0, 6)), max_size=20))
def test_the_version_never_goes_back(tmp_path_factory, history):
    """Whatever the files say, in whatever order, versions and values only go forward, and belong together."""
    directory = tmp_path_factory.mktemp("control")
    files, live = ControlFiles(directory), Live()
    live.follow(str(directory))
    last = 0
    for written, version, number in history:
        if written:
            files.write_values(version, {"key": version})
        files.store(8, number)
        live.refresh()
        assert live.values.version >= last
        assert live.values.get("key", 0) == live.values.version
        last = live.values.version


@pytest.mark.usefixtures("steering")
def test_readers_in_threads_agree_with_themselves(files):
    """While a key turns from a number into a list and back, no reader ever finds it missing."""
    files.set(1, key=0)
    wrong, ending = [], threading.Event()

    def read():
        while not ending.is_set():
            value = config.get("key", "missing")
            if value not in (0, [0]):
                wrong.append(value)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for version in range(2, 50):
        files.set(version, key=[0] if version % 2 else 0)
    ending.set()
    for reader in readers:
        reader.join()
    assert wrong == []


def test_a_reader_that_interrupts_a_reader(steering, files, monkeypatch):
    """A signal handler that reads while its own thread reads gets the values so far, and no deadlock."""
    monkeypatch.setattr("exporter.client.live._PATIENCE_SECONDS", 0.01)
    files.set(1, key="a")
    inner = []
    look = steering.live._look
    monkeypatch.setattr(Live, "_look", lambda _self: inner.append(config.get("key", "default")) or look())
    assert config.get("key") == "a"
    assert inner == ["default"]


@pytest.mark.parametrize("version", ["3.9", "3.13"])
def test_in_a_worker_of_another_python(run_python, version):
    """The worker's own Python, before and after a fork, and in a fork that saw a change."""
    from requirements import require_python  # noqa: PLC0415 - may skip

    files = ControlFiles(run_python.directory)
    files.set(1, key="a")
    script = f"""
import os, sys
sys.path.insert(0, {str(__file__.rpartition("/")[0])!r})
import pathlib
from control_file import ControlFiles
from exporter import config
assert config.get("key") == "a"
pid = os.fork()
if pid == 0:
    os._exit(0 if config.get("key") == "a" else 1)
assert os.waitpid(pid, 0)[1] == 0
files = ControlFiles.__new__(ControlFiles)
files.directory = pathlib.Path({str(run_python.directory)!r})
pid = os.fork()
if pid == 0:
    files.set(2, key="b")
    os._exit(0 if config.get("key") == "b" else 1)
assert os.waitpid(pid, 0)[1] == 0
print(config.get("key"))
"""
    assert run_python(script, python=require_python(version)).stdout == "b\n"
