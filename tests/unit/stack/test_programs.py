"""Programs that are started are heard, have a sentence when they fail, and leave nothing behind."""

import subprocess
import sys

import psutil
import pytest

from running import until
from stack import Program, StackError, free_port, log_ends, program, start_daemon

PYTHON = sys.executable
SILENT = [PYTHON, "-c", "import signal; signal.pause()"]
PIPED = {"stdout": subprocess.PIPE}


def test_what_a_program_prints_is_heard(tmp_path):
    """Other lines, and objects about something else, are passed over."""
    script = "print('hello'); print('{\"a\": 1}'); print('{\"b\": [2]}')"
    with program("it", [PYTHON, "-c", script], tmp_path / "it.log", **PIPED) as running:
        assert running.hear("b", "b", 60) == [2]


def test_a_program_that_ends_without_a_word_is_named(tmp_path):
    with (
        program("it", [PYTHON, "-c", ""], tmp_path / "it.log", **PIPED) as running,
        pytest.raises(StackError, match=r"^it ended before it printed its address$"),
    ):
        running.hear("url", "its address", 60)


def test_a_program_that_says_nothing_is_named(tmp_path):
    with (
        program("it", SILENT, tmp_path / "it.log", **PIPED) as running,
        pytest.raises(StackError, match=r"^it did not print its address within 0 s$"),
    ):
        running.hear("url", "its address", 0)


def test_a_program_that_is_not_there_is_named(tmp_path):
    missing = tmp_path / "missing"
    with (
        pytest.raises(StackError, match=f"^it could not start: .*No such file or directory: '{missing}'$"),
        program("it", [str(missing)], tmp_path / "it.log"),
    ):
        pytest.fail("it started")


def test_a_program_that_ends_before_it_answers_says_why(tmp_path):
    """The last lines of its log are what programs say when they give up."""
    script = "import sys; print('one\\ntwo', flush=True); sys.exit('no such option\\ntry --help')"
    with (
        program("it", [PYTHON, "-c", script], tmp_path / "it.log") as running,
        pytest.raises(StackError, match=r"^it could not start: two\nno such option\ntry --help$"),
    ):
        running.wait_until_answers(f"http://127.0.0.1:{free_port()}/")


def test_a_program_that_ends_in_silence_is_named(tmp_path):
    with (
        program("it", [PYTHON, "-c", ""], tmp_path / "it.log") as running,
        pytest.raises(StackError, match=r"^it could not start: it does not say why$"),
    ):
        running.wait_until_answers(f"http://127.0.0.1:{free_port()}/")


def test_a_program_that_never_answers_is_named(tmp_path):
    url = f"http://127.0.0.1:{free_port()}/"
    with (
        program("it", SILENT, tmp_path / "it.log") as running,
        pytest.raises(StackError, match=f"^it did not answer at {url} within 0 s$"),
    ):
        running.wait_until_answers(url, 0)


def test_the_children_of_a_program_end_with_it(tmp_path):
    """Also those that nobody asks to end."""
    script = f"import subprocess; subprocess.run({SILENT!r})"
    with program("it", [PYTHON, "-c", script], tmp_path / "it.log") as running:
        parent = psutil.Process(running.process.pid)
        (child,) = until(parent.children, "the child runs")
    until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, "the child has ended")
    assert not running.is_running()


def test_a_program_ends_though_the_block_fails(tmp_path):
    started = []

    def fail():
        with program("it", SILENT, tmp_path / "it.log") as running:
            started.append(running)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert not started[0].is_running()


def test_the_ends_of_all_logs_are_shown(tmp_path):
    (tmp_path / "server").mkdir()
    (tmp_path / "server/server.log").write_text("one\ntwo\nthree\n")
    (tmp_path / "a.log").write_text("only\n")
    assert log_ends(tmp_path, 2) == "--- a.log\nonly\n--- server.log\ntwo\nthree"


def test_a_daemon_that_cannot_start_says_why(tmp_path):
    """It is the command beside the Python that runs this."""
    with (
        pytest.raises(StackError, match=r"(?s)^the daemon could not start: .*'not a url'"),
        start_daemon(tmp_path, "not a url"),
    ):
        pytest.fail("it started")


def test_a_daemon_serves_until_its_block_ends(tmp_path):
    with start_daemon(tmp_path, f"http://127.0.0.1:{free_port()}") as daemon:
        assert isinstance(daemon, Program)
        assert daemon.url == f"http://{daemon.address}/metrics"
    assert not daemon.is_running()
