"""The plugin is told how the driver's Python ends, and the program does not notice."""

import os
import signal
import struct
import subprocess
import sys
import textwrap
from typing import NamedTuple

import pytest

from exporter.client import ending
from requirements import require_python

IN_ORDER, BY_EXCEPTION = 1, 2
NOT_YET = 255


class Word(NamedTuple):
    """An ending file, by the words of docs/segment-format.md."""

    said: int
    leaving: int
    told: int
    status: int


def read(directory):
    """Return what the directory's only file says."""
    (file,) = directory.iterdir()
    assert file.suffix == ".end"
    assert file.stat().st_size == 24
    magic, *word, _zero, time = struct.unpack("<8sBBBBId", file.read_bytes())
    assert magic == b"SPXEND\x01\x00"
    assert abs(time - file.stat().st_mtime) < 3600
    return Word(*word)


# Each stops as a SparkContext does whose stop is hooked, or does not stop.
ENDS = {
    "return": ("", 0, Word(0, 1, 1, 0)),
    "exception": ("1 / 0", 1, Word(BY_EXCEPTION, 1, 1, 1)),
    "exit": ("sys.exit(3)", 3, Word(0, 1, 1, 3)),
    "exit well": ("sys.exit(0)", 0, Word(0, 1, 1, 0)),
    "exit with text": ("raise SystemExit('so')", 1, Word(0, 1, 1, 1)),
    "exit of a thread": ("t = threading.Thread(target=sys.exit, args=(3,)); t.start(); t.join()", 0,
                         Word(0, 1, 1, 0)),
    "exit that is caught": ("try: sys.exit(3)\nexcept SystemExit: pass", 0, Word(0, 1, 1, 0)),
    "interrupt": ("raise KeyboardInterrupt", -signal.SIGINT, Word(BY_EXCEPTION, 1, 1, NOT_YET)),
    "kill": ("os.kill(os.getpid(), 9)", -signal.SIGKILL, Word(0, 0, 1, NOT_YET)),
    "hook of its own": ("sys.excepthook = lambda *_: None\n1 / 0", 1, Word(BY_EXCEPTION, 1, 1, 1)),
    "child": ("if os.fork() == 0: 1 / 0\nos.wait()", 0, Word(0, 1, 1, 0)),
    "child that exits": ("if os.fork() == 0: sys.exit(5)\nos.wait()", 0, Word(0, 1, 1, 0)),
    "stop": ("stop()", 0, Word(IN_ORDER, 1, 1, 0)),
    "stop in finally": ("try: 1 / 0\nfinally: stop()", 1, Word(BY_EXCEPTION, 1, 1, 1)),
    "stop deep in finally": ("""
        try: 1 / 0
        except ValueError: pass
        finally:
            for _ in range(2):
                if stop:
                    try: pass
                    except OSError: pass
            with open(os.devnull):
                stop()
        """, 1, Word(BY_EXCEPTION, 1, 1, 1)),
    "stop in a loop": ("""
        try: 1 / 0
        finally:
            while True:
                stop()
                if stop: break
        """, 1, Word(BY_EXCEPTION, 1, 1, 1)),
    "stop by with": ("with Session(): 1 / 0", 1, Word(BY_EXCEPTION, 1, 1, 1)),
    "stop by a good with": ("with Session(): pass", 0, Word(IN_ORDER, 1, 1, 0)),
    "stop by a generator": ("with session(): 1 / 0", 1, Word(BY_EXCEPTION, 1, 1, 1)),
    "stop by a good generator": ("with session(): pass", 0, Word(IN_ORDER, 1, 1, 0)),
    "stop and raise": ("try: 1 / 0\nexcept Exception:\n stop()\n raise", 1, Word(BY_EXCEPTION, 1, 1, 1)),
    "stop when dealt with": ("try: 1 / 0\nexcept Exception: pass\nstop()", 0, Word(IN_ORDER, 1, 1, 0)),
    "stop while dealing with it": ("try: 1 / 0\nexcept Exception: stop()", 0, Word(0, 1, 1, 0)),
    "all within except": ("""
        def program():
            try: pass
            finally: stop()
        try: import there_is_no_such_module
        except ImportError: program()
        """, 0, Word(0, 1, 1, 0)),
    "exit well, stop in finally": ("try: sys.exit(0)\nfinally: stop()", 0, Word(IN_ORDER, 1, 1, 0)),
    "exit, stop in finally": ("try: sys.exit(2)\nfinally: stop()", 2, Word(BY_EXCEPTION, 1, 1, 2)),
    "interrupt, stop in finally": ("try: raise KeyboardInterrupt\nfinally: stop()", -signal.SIGINT,
                                   Word(BY_EXCEPTION, 1, 1, NOT_YET)),
    "exception, stop at exit": ("atexit.register(stop)\n1 / 0", 1, Word(BY_EXCEPTION, 1, 1, 1)),
    "exit, stop at exit": ("atexit.register(stop)\nsys.exit(3)", 3, Word(0, 1, 1, 3)),
}  # fmt: skip

PROGRAM = """
import atexit, contextlib, os, sys, threading
{begin}
class Session:
    __enter__ = lambda self: self
    __exit__ = lambda self, *_: stop()
@contextlib.contextmanager
def session():
    try: yield
    finally: stop()
{end}
"""
WITH = "from exporter.client import ending; ending.open_in(sys.argv[1]); stop = ending.stopping"
WITHOUT = "stop = lambda: None"


@pytest.fixture
def run(client_path):
    """Run a program to its end; return its exit code and what it wrote."""

    def run(end, directory, begin=WITH, python=sys.executable):
        text = PROGRAM.format(begin=begin, end=textwrap.dedent(end))
        environment = {**os.environ, "PYTHONPATH": str(client_path)}
        done = subprocess.run(
            [python, "-c", text, str(directory)], env=environment, capture_output=True, text=True,
            timeout=240, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    return run


@pytest.mark.parametrize("end", ENDS)
def test_how_python_ends(run, tmp_path, end):
    """Said before the application stops if it can be known then; the exit status in any case but a signal."""
    text, code, word = ENDS[end]

    assert run(text, tmp_path)[0] == code
    assert read(tmp_path) == word


@pytest.mark.parametrize("version", ["3.9", "3.10", "3.12", "3.13"])
def test_on_every_python(run, tmp_path, version):
    """The code in which an exception is on its way looks different in each of them."""
    python = require_python(version)
    found = {}
    for number, (end, (text, _code, _word)) in enumerate(ENDS.items()):
        directory = tmp_path / str(number)
        directory.mkdir()
        run(text, directory, python=python)
        found[end] = read(directory)

    assert found == {end: word for end, (_text, _code, word) in ENDS.items()}


@pytest.mark.parametrize(
    "end", ["return", "exception", "exit", "exit with text", "interrupt", "stop by with"]
)
def test_the_program_does_not_notice(run, tmp_path, end):
    """Exit code, output and traceback are the same, also where no file can be made."""
    text = ENDS[end][0] + "\n"
    undisturbed = run(text, tmp_path, WITHOUT + "\n" * WITH.count("\n"))

    assert run(text, tmp_path) == undisturbed
    assert run(text, tmp_path / "missing") == undisturbed


OTHER_LIBRARY = "import ctypes; ctypes.CDLL = None\n"


@pytest.mark.parametrize(
    ("end", "word"),
    [("exception", Word(BY_EXCEPTION, 1, 0, NOT_YET)), ("exit", Word(0, 1, 0, NOT_YET)),
     ("kill", Word(0, 0, 0, NOT_YET))],
)  # fmt: skip
def test_a_c_library_that_tells_no_status(run, tmp_path, end, word):
    """Then the file says that there will be none."""
    assert run(ENDS[end][0], tmp_path, OTHER_LIBRARY + WITH)[0] == ENDS[end][1]
    assert read(tmp_path) == word


def test_one_application_after_another(run, tmp_path):
    """Each has its own file; what comes after its end is none of its business."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    begin = f"{WITH}\nstop(); ending.close(); ending.open_in(sys.argv[1] + '/../two')"

    assert run("1 / 0", one, begin)[0] == 1

    assert read(one)[:2] == (IN_ORDER, 0)
    assert read(two) == Word(BY_EXCEPTION, 1, 1, 1)


def test_many_applications(run, tmp_path):
    """The memory for the status is not taken without end."""
    number = ending._MAX_TOLD + 1
    begin = (
        f"{WITH}\nfor number in range({number}):\n"
        " directory = os.path.join(sys.argv[1], str(number)); os.mkdir(directory); ending.open_in(directory)"
    )
    assert run("for file in os.listdir(sys.argv[1]):\n if file.endswith('.end'): "
               "os.unlink(os.path.join(sys.argv[1], file))", tmp_path, begin)[0] == 0  # fmt: skip
    assert read(tmp_path / "0").told == 1
    assert read(tmp_path / str(number - 1)) == Word(0, 1, 0, NOT_YET)


@pytest.mark.parametrize(("end", "said"), [("", 0), ("atexit.register(stop)", IN_ORDER)])
def test_a_prompt_goes_on_after_an_exception(run, tmp_path, end, said):
    """What a cell of a notebook raised is no end of the application."""
    text = f"sys.ps1, sys.last_value = '> ', ValueError('of a cell')\n{end}"

    assert run(text, tmp_path)[0] == 0
    assert read(tmp_path) == Word(said, 1, 1, 0)


def test_the_file_is_locked_until_the_process_ends(client_path, tmp_path):
    """And no longer: so a reader knows one that was killed."""
    text = f"import sys\n{WITH}\nprint(flush=True); sys.stdin.read()"
    trial = "import fcntl, sys; fcntl.lockf(open(sys.argv[1]), fcntl.LOCK_SH | fcntl.LOCK_NB)"
    environment = {**os.environ, "PYTHONPATH": str(client_path)}

    def try_lock():
        (file,) = tmp_path.iterdir()
        return subprocess.run(
            [sys.executable, "-c", trial, file], capture_output=True, check=False
        ).returncode

    with subprocess.Popen(
        [sys.executable, "-c", text, tmp_path], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        assert try_lock() == 1
        process.kill()
    assert try_lock() == 0
