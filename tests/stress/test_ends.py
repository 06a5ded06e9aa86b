"""What is published of an application that ends in one of the ways in which programs end, or is killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from running import Daemon, until
from stack.programs import free_port

pytestmark = pytest.mark.spark
COMMAND = str(Path(sys.executable).parent / "spark-exporter")
TIME = {"timestamp": "spark_app_state_timestamp_seconds", "end": "spark_app_end_timestamp_seconds"}


@pytest.fixture(scope="module")
def port():
    """A port that is free, for the UI of one application after the other."""
    return free_port()


@pytest.fixture(scope="module")
def daemon(port, tmp_path_factory):
    """One daemon that follows them all."""
    daemon = Daemon(tmp_path_factory.mktemp("daemon"), f"http://127.0.0.1:{port}")
    yield daemon
    daemon.kill_group()


@pytest.fixture
def pipe(tmp_path):
    """The pipe on which the job waits for its end."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


@pytest.fixture
def begin(start_job, daemon, port, pipe):
    """Start the job; return it, its id and the pid of its Python when the daemon has found it."""

    def start(end, submit=None, env=None):
        job = start_job("ends.py", end, pipe, conf={"spark.ui.port": str(port)}, submit=submit, env=env)
        app = job.hear("app")
        pid = job.hear("pid")
        until(lambda: states(daemon, app) == ["running"], "the daemon has found it")
        return job, app, pid

    return start


def of(daemon, app, name):
    """Return the series of an application that are called ``name``: labels and value."""
    found = [(dict(labels), value) for (series, labels), value in daemon.samples().items() if series == name]
    return [(labels, value) for labels, value in found if labels.get("app_id") == app]


def states(daemon, app):
    """Return the states that an application is in."""
    return [labels["state"] for labels, value in of(daemon, app, "spark_app_state") if value == 1.0]


def ended(daemon, app):
    """Wait for the end; return the state, and the times at which it began and the application ended."""
    state = until(
        lambda: (found := states(daemon, app)) not in ([], ["running"]) and found, "the application has ended"
    )
    times = {key: of(daemon, app, name)[0][1] for key, name in TIME.items()}
    return state, times["timestamp"], times["end"]


CODES = {"exception": 1, "exit 3": 3, "exit with text": 1, "exception, stop in finally": 1}
ENDS = ("return", *CODES, "failed job, return", "failed job, stop")
SUBMITTED = ("exit 3", "failed job, return")


@pytest.fixture(scope="module")
def arguments():
    """What the command line prints for spark-submit."""
    printed = subprocess.run(
        [COMMAND, "spark-conf", "--format", "args"], capture_output=True, text=True, check=True
    )
    return ["--master", "local[1]", *printed.stdout.split()]


@pytest.mark.parametrize(
    ("way", "end"), [*(("python", end) for end in ENDS), *(("spark-submit", end) for end in SUBMITTED)]
)
def test_a_driver_that_ends_by_itself(way, end, begin, pipe, daemon, arguments):
    """It has failed if its Python has, whatever its jobs did; the exit code is as without the plugin."""
    job, app, _pid = begin(end, submit=arguments if way == "spark-submit" else None)
    before = time.time()
    pipe.write_text("end")

    state, since, end_time = ended(daemon, app)

    assert state == ["failed" if end in CODES else "completed"]
    assert before - 1 <= end_time <= time.time() + 1
    assert since == end_time
    assert job.wait() == CODES.get(end, 0)


def test_a_submitted_driver_without_the_client(begin, pipe, daemon, arguments):
    """spark-submit knows when its Python has failed."""
    job, app, _pid = begin("exception", submit=arguments, env={"CLIENT": "off"})
    pipe.write_text("end")

    assert ended(daemon, app)[0] == ["failed"]
    assert job.wait() == CODES["exception"]


def test_a_submitted_driver_that_only_imports_the_client(begin, pipe, daemon, arguments):
    """That is enough to tell why it stops Spark, though it has no metric and asks for no settings."""
    job, app, _pid = begin("exception, stop in finally", submit=arguments, env={"CLIENT": "import"})
    pipe.write_text("end")

    assert ended(daemon, app)[0] == ["failed"]
    assert job.wait() == CODES["exception, stop in finally"]


def test_a_driver_whose_python_is_killed(begin, daemon):
    """It has failed: the JVM is there to say so."""
    job, app, pid = begin("return")
    before = time.time()
    os.kill(pid, signal.SIGKILL)

    state, _since, end_time = ended(daemon, app)

    assert state == ["failed"]
    assert before - 1 <= end_time <= time.time() + 1
    assert job.wait() == -signal.SIGKILL


def test_a_driver_whose_jvm_is_killed(begin, pipe, daemon):
    """It is lost, and its end is when it was last heard of: neither before it was found nor after it died."""
    job, app, pid = begin("return")
    found = time.time()
    (jvm,) = [child for child in psutil.Process(pid).children() if "java" in child.name()]
    jvm.kill()
    gone = time.time()

    state, since, end_time = ended(daemon, app)

    assert state == ["lost"]
    assert found - 10 <= end_time <= gone + 1
    assert end_time <= since <= time.time() + 1
    pipe.write_text("end")
    job.wait()
