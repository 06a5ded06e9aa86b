"""A clean registry for each test, a place for segments, and other Python processes."""

import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import exporter
from exporter.client.registry import REGISTRY

# What these tests share, for them alone.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def clean_registry(monkeypatch):
    """Forget the metrics of the test before, and what the environment says about Spark."""
    for name in ("SPARK_LOCAL_DIRS", "PYSPARK_GATEWAY_PORT", "PYTHON_WORKER_FACTORY_SECRET"):
        monkeypatch.delenv(name, raising=False)
    REGISTRY.__init__()
    yield
    REGISTRY.detach()


@pytest.fixture
def worker(tmp_path, monkeypatch):
    """Make this process a Python worker of an executor with the plugin; return the segments' directory."""
    monkeypatch.setenv("SPARK_LOCAL_DIRS", f"{tmp_path}/blockmgr,/nowhere")
    monkeypatch.setenv("PYTHON_WORKER_FACTORY_SECRET", "x")
    directory = tmp_path / "blockmgr" / "spark-exporter"
    directory.mkdir(parents=True)
    return directory


@pytest.fixture
def warnings_logged(caplog):
    """Return a function that gives the warnings logged so far."""
    return lambda: [
        record.getMessage()
        for record in caplog.records
        # What other tests have configured may let details through.
        if record.name == "exporter" and record.levelno >= logging.WARNING
    ]


@pytest.fixture(scope="session")
def client_path(tmp_path_factory):
    """Return a directory with nothing but the client, as the client zip has it, for any Python."""
    target = tmp_path_factory.mktemp("client")
    package = Path(exporter.__file__).parent
    shutil.copytree(
        package / "client", target / "exporter" / "client", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("__init__.py", "_version.py"):
        shutil.copy(package / name, target / "exporter" / name)
    return target


@pytest.fixture
def run_python(client_path, tmp_path):
    """Run a program with the client on its path; it is a worker whose segments go to ``run.directory``.

    A variable given as None is left out of its environment.
    """
    directory = tmp_path / "local" / "spark-exporter"
    directory.mkdir(parents=True)

    def run(script, *arguments, python=sys.executable, **environment):
        env = {
            **os.environ,
            "PYTHONPATH": str(client_path),
            "SPARK_LOCAL_DIRS": str(directory.parent),
            "PYTHON_WORKER_FACTORY_SECRET": "x",
            **environment,
        }
        done = subprocess.run(
            [python, "-c", script, *map(str, arguments)],
            env={name: value for name, value in env.items() if value is not None},
            cwd=directory.parent,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done

    run.directory = directory
    return run


@pytest.fixture
def steering(monkeypatch):
    """Make this process one that has not used configuration, events or messages yet."""
    from steering import Steering  # noqa: PLC0415 - most tests of the client do without

    fresh = Steering(monkeypatch)
    yield fresh
    fresh.run_in(None)


@pytest.fixture
def start_hop():
    """Start the plugin's side of connections in a directory; closed with the test."""
    from fake_hop import FakeHop  # noqa: PLC0415 - as above

    hops = []

    def start(directory, **options):
        hops.append(FakeHop(directory, **options))
        return hops[-1]

    yield start
    for hop in hops:
        hop.close()
