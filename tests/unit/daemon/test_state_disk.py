"""Directories and disks that the daemon's state cannot be kept on: said, counted, and done without."""

import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from state_bench import APP, TARGET, Bench

from exporter.daemon.state import files
from exporter.daemon.state.document import decode, name_of


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path / "state")


@pytest.mark.parametrize(
    ("directory", "sentence"),
    [
        ("file/state", "Not a directory"),
        ("file", "File exists"),
        ("n" * 300, "File name too long"),
        ("/proc/spark-exporter", "No such file or directory"),
        ("~nobody-of-this-name/state", "Could not determine home directory."),
    ],
)
def test_a_directory_that_cannot_be_used_is_done_without(tmp_path, monkeypatch, directory, sentence):
    """One warning names it and the flag; nothing else is ever tried."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    path = Path(directory)
    bench = Bench(path)
    bench.keep(1)
    bench.memory.forget(TARGET, APP)

    assert bench.recall() == [0]
    assert bench.failures() == {"directory": 1}
    (line,) = bench.lines()
    assert (line["level"], line["reason"]) == ("warning", "directory")
    assert line["msg"] == (
        f"--state.directory: {path} cannot be used: {sentence}, so the runs of names and counters of "
        "applications without the plugin may be lower after a restart; give another directory, or "
        "none: --state.directory="
    )


def test_nothing_is_kept_if_nothing_is_wanted(tmp_path, monkeypatch):
    """No directory, no word."""
    monkeypatch.chdir(tmp_path)
    bench = Bench(None)
    bench.keep(1)

    assert bench.recall() == [0]
    assert list(tmp_path.iterdir()) == []
    assert bench.lines() == []


def test_a_disk_that_is_full_is_said_once_and_tried_again(bench, monkeypatch):
    """What was kept before stays readable meanwhile; with space, everything is kept again."""
    bench.keep(1)
    path = bench.directory / name_of(TARGET, APP.run)
    with monkeypatch.context() as patch:
        patch.setattr(files.tempfile, "mkstemp", full_device)
        bench.keep(2)
        bench.keep(2)
        bench.keep(3, "stages")
    assert bench.failures() == {"write": 3}
    assert bench.warnings() == [
        f"the state of app-1 is not kept: {path} cannot be written: No space left on device"
    ]
    assert decode(path.read_bytes(), TARGET, APP.run) == {"jobs": {"number": 1}}
    assert list(bench.directory.iterdir()) == [path]
    bench.keep(3, "stages")

    assert bench.lines()[-1]["msg"] == "the state of app-1 is kept again"
    assert decode(path.read_bytes(), TARGET, APP.run) == {"jobs": {"number": 2}, "stages": {"number": 3}}


def full_device(*_arguments):
    """Open what accepts no byte."""
    return os.open("/dev/full", os.O_WRONLY), "/nowhere/spark-exporter"


def test_a_process_that_may_write_no_more_goes_on(tmp_path):
    """Its limit on the size of files is a real refusal in the middle of a write."""
    program = f"""
import signal, resource, sys
from pathlib import Path
from exporter.daemon.state.files import Files
from exporter.daemon.errors import StateError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
files = Files(Path({str(tmp_path)!r}))
files.write("a", b"before")
resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
try:
    files.write("a", b"x" * 100)
except StateError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == f"{tmp_path / 'a'} cannot be written: File too large\n"
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"before")]


@contextlib.contextmanager
def unprivileged():
    """Be somebody who may not write everywhere."""
    user = os.geteuid()
    os.seteuid(user or 65534)
    try:
        yield
    finally:
        os.seteuid(user)


def test_a_directory_for_reading_only():
    """As a volume may be mounted, or become later: what is there is still used."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o777)
        with unprivileged():
            bench = Bench(directory)
            bench.keep(1)
            bench.restart()
        directory.chmod(0o555)
        with unprivileged():
            found = bench.recall()
            bench.keep(2)
            kept, warned = bench.failures(), bench.warnings()[-1]
            bench.restart()

    assert (found, kept, bench.failures()) == ([1], {"write": 1}, {"directory": 1})
    assert warned.endswith("cannot be written: Permission denied")
    assert "cannot be used: Permission denied, so the runs" in bench.warnings()[-1]
