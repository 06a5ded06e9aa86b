"""The two ways in which users start a job, to their end."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.spark
COMMAND = str(Path(sys.executable).parent / "spark-exporter")


@pytest.fixture
def submit():
    """The arguments that the command line prints for spark-submit."""
    printed = subprocess.run(
        [COMMAND, "spark-conf", "--format", "args"], capture_output=True, text=True, check=True
    )
    return ["--master", "local-cluster[2,1,1024]", "--conf", "spark.ui.port=0", *printed.stdout.split()]


@pytest.mark.parametrize("leave", [{}, {"LEAVE": "1"}], ids=["stop", "no stop"])
@pytest.mark.parametrize("way", ["python", "spark-submit"])
def test_the_last_values_are_there_when_all_is_over(way, leave, start_job, start_daemon, submit):
    """Counts and levels of executors and driver, also where Python ends before the driver's JVM does."""
    job = start_job("short.py", submit=submit if way == "spark-submit" else None, env=leave)
    daemon = start_daemon(job.hear("ui"))
    tally = job.hear("tally")

    assert job.wait() == 0

    daemon.until_custom(tally)
