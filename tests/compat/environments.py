"""A virtualenv for each other version of Spark, with pyspark and this package's wheel."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

from requirements import require_python

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BASE = ROOT / ".venv-compat"
VERSIONS = configparser.ConfigParser()
VERSIONS.read(HERE / "versions.ini", "utf-8")


def prepare(version: str, wheel: Path) -> str:
    """Return the Python of the virtualenv with this version of Spark, made or brought up to date."""
    wanted = VERSIONS[version]
    directory = BASE / version
    made = directory / "requirements.txt"
    python = directory / "bin" / "python"
    # Written last: an environment that is half made is made again.
    if not made.exists() or made.read_text("utf-8") != wanted["requirements"]:
        shutil.rmtree(directory, ignore_errors=True)
        run(require_python(*wanted["python"].split()), "-m", "venv", str(directory))
        listed = [line for line in wanted["requirements"].splitlines() if line]
        # Most of the modules are never imported; those that are compile then.
        pip(str(python), "install", "--no-compile", *listed)
        made.write_text(wanted["requirements"], "utf-8")
    # The application needs nothing of what the daemon needs.
    pip(str(python), "install", "--no-deps", "--force-reinstall", str(wheel))
    return str(python)


def build_wheel(directory: Path) -> Path:
    """Build the package as it is installed here, against this Spark's jars, and return the wheel."""
    pip(sys.executable, "wheel", "--no-deps", "--no-build-isolation", "-w", str(directory), str(ROOT))
    (wheel,) = directory.glob("*.whl")
    return wheel


def pip(python: str, *arguments: str) -> None:
    """Run pip."""
    run(python, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments)


def run(*command: str) -> None:
    """Run a command; fail with what it says."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
