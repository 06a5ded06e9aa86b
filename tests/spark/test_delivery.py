"""Spark loads the plugin and the client library from the daemon, and has nothing of ours installed."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from requirements import missing

pytestmark = pytest.mark.spark
NEEDED = ("pyspark", "py4j")


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory):
    """A Python that has pyspark, and not this package."""
    directory = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", directory], check=True)
    (packages,) = directory.glob("lib/python*/site-packages")
    for name in NEEDED:
        spec = importlib.util.find_spec(name)
        if spec is None:
            missing(name, f"install it with: pip install {name}")
        (packages / name).symlink_to(Path(spec.origin).parent)
    submit = directory / "bin" / "spark-submit"
    submit.write_text(f'#!/bin/sh\nexec "{packages}/pyspark/bin/spark-submit" "$@"\n')
    submit.chmod(0o755)
    python = directory / "bin" / "python"
    for name, code in (("pyspark", 0), ("exporter", 1)):
        ended = subprocess.run([python, "-I", "-c", f"import {name}"], capture_output=True, check=False)
        assert ended.returncode == code, name
    return str(python)


def printed(daemon):
    """Return the arguments that the daemon's own page says."""
    text = requests.get(f"{daemon.url}/plugin/", timeout=60).text
    command = "\n".join(line for line in text.splitlines() if line.startswith("  "))
    return command.replace("\\\n", " ").split()


@pytest.mark.parametrize("master", ["local-cluster[2,1,1024]", "local[2]"])
def test_an_application_counts_with_what_it_got_from_the_daemon(master, bare_python, start_job, start_daemon):
    # Nobody listens there: this daemon has nothing to do but to deliver.
    served = start_daemon("http://127.0.0.1:1")
    submit = ["--master", master, "--conf", "spark.ui.port=0", *printed(served)]
    job = start_job("short.py", submit=submit, python=bare_python)
    daemon = start_daemon(job.hear("ui"))
    tally = job.hear("tally")

    assert job.wait() == 0

    daemon.until_custom(tally)
