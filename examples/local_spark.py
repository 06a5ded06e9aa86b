"""Lets Spark's `local-cluster` run inside one directory, so that removing it leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def installed_pyspark(python: str) -> Path:
    """Return the directory of the pyspark that this Python has installed."""
    script = "import importlib.util; print(importlib.util.find_spec('pyspark').submodule_search_locations[0])"
    found = subprocess.run([python, "-I", "-c", script], stdout=subprocess.PIPE, text=True, check=True)
    return Path(found.stdout.strip())


def environment(directory: Path, python: str = sys.executable) -> dict[str, str]:
    """Return an environment in which Spark keeps all its files below ``directory``.

    A `local-cluster` writes its executors' work directories below SPARK_HOME, which is the installed
    pyspark; so SPARK_HOME becomes a directory of links to it.

    Args:
        directory: an empty one.
        python: the Python whose pyspark runs, with the driver and the workers.

    """
    installed = installed_pyspark(python)
    home = directory / "spark-home"
    home.mkdir()
    for name in ("bin", "jars", "python", "sbin"):
        if (installed / name).exists():
            (home / name).symlink_to(installed / name)
    for name in ("local", "tmp"):
        (directory / name).mkdir()
    inherited = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    given = inherited.get("JDK_JAVA_OPTIONS", "")
    return inherited | {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_DIRS": str(directory / "local"),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "TMPDIR": str(directory / "tmp"),
        "PYSPARK_PYTHON": python,
        "PYSPARK_DRIVER_PYTHON": python,
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore",
        "JDK_JAVA_OPTIONS": f"{given} -Djava.io.tmpdir={directory / 'tmp'} -XX:-UsePerfData".strip(),
    }
