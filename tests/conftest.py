"""What all tests share."""

import logging
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import hypothesis
import pytest

import exporter
import local_spark
import running
from exporter.client.install import jar_path

SOURCE = Path(__file__).resolve().parent.parent

# How long an example takes depends on what else the machine does.
hypothesis.settings.register_profile("project", deadline=None)
hypothesis.settings.load_profile("project")


def pytest_configure():
    """The tests are about the installed package, never about the source tree."""
    if Path(exporter.__file__).resolve().is_relative_to(SOURCE / "exporter"):
        pytest.exit("the tests run against the installed package: use `make test`", returncode=4)
    # A shell lets what it runs in the background ignore this, and all its children, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    """A log may hold half of a character, which no report can carry from one process to another."""
    report = yield
    report.sections = [
        (name, text.encode(errors="backslashreplace").decode()) for name, text in report.sections
    ]
    return report


@pytest.fixture(autouse=True)
def own_log():
    """What a test sets for the log is over with it."""
    logger = logging.getLogger("exporter")
    before = logger.level, logger.propagate, logger.handlers[:]
    yield
    logger.setLevel(before[0])
    logger.propagate, logger.handlers[:] = before[1:]


@pytest.fixture
def start_job(tmp_path):
    """Start PySpark programs; whatever is left of them is ended with the test."""
    jobs = []

    def start(script, *arguments, **options):
        job = running.Job(tmp_path / f"job-{len(jobs)}", script, *arguments, **options)
        jobs.append(job)
        return job

    yield start
    for job in jobs:
        job.kill_group()


@pytest.fixture
def start_daemon(tmp_path):
    """Start daemons; whatever is left of them is ended with the test."""
    daemons = []

    def start(*targets, **options):
        daemon = running.Daemon(tmp_path / f"daemon-{len(daemons)}", *targets, **options)
        daemons.append(daemon)
        return daemon

    yield start
    for daemon in daemons:
        daemon.kill_group()


@pytest.fixture(scope="session")
def guests(tmp_path_factory):
    """A jar with the plugins and the data source in tests/spark/java."""
    directory = tmp_path_factory.mktemp("guests")
    jars = f"{local_spark.installed_pyspark(sys.executable) / 'jars'}/*:{jar_path()}"
    sources = map(str, (SOURCE / "tests/spark/java").rglob("*.java"))
    subprocess.run(["javac", "--release", "8", "-nowarn", "-cp", jars, "-d", directory, *sources], check=True)
    with zipfile.ZipFile(directory / "guests.jar", "w") as jar:
        for file in directory.rglob("*.class"):
            jar.write(file, file.relative_to(directory))
    return str(directory / "guests.jar")
