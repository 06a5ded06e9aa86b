"""What some tests need beside the Python packages: skipped where it is missing, required in CI."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REQUIRE_ALL = "SPARK_EXPORTER_REQUIRE_ALL"
BUILT = Path(__file__).resolve().parent.parent / ".tools" / "bin"


def missing(what: str, hint: str) -> None:
    """Skip the test, or fail it where everything must be there."""
    sentence = f"{what} is missing; {hint}"
    if os.environ.get(REQUIRE_ALL) == "1":
        pytest.fail(f"{sentence} ({REQUIRE_ALL}=1)", pytrace=False)
    pytest.skip(sentence)


def require_program(name: str, hint: str) -> str:
    """Return the path of a program on the PATH; ``hint`` says how to get it."""
    found = shutil.which(name)
    if found is None:
        missing(name, hint)
    return str(found)


def require_built(name: str) -> str:
    """Return the path of a program that tools/kubernetes.sh builds, or of the one on the PATH."""
    places = os.pathsep.join([str(BUILT), os.environ.get("PATH", "")])
    found = shutil.which(name, path=places)
    if found is None:
        missing(name, "build it with: tools/kubernetes.sh")
    return str(found)


def find_python(version: str) -> str | None:
    """Return a CPython of this version, such as ``3.9``, from the PATH or pyenv, or the one that runs."""
    candidates = [shutil.which(f"python{version}")]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates += [*map(str, sorted(pyenv.glob(f"{version}.*/bin/python"))), sys.executable]
    probe = "import sys; print('%d.%d' % sys.version_info[:2])"
    for candidate in filter(None, candidates):
        # A shim of pyenv may stand there for a version that is not installed.
        answer = subprocess.run([candidate, "-c", probe], capture_output=True, text=True, check=False)
        if answer.stdout.strip() == version:
            return str(candidate)
    return None


def require_python(version: str, *others: str) -> str:
    """Return a CPython of this version, or of one of the others, the earlier the better."""
    found = next(filter(None, map(find_python, (version, *others))), None)
    if found is None:
        wanted = " or ".join(f"python{name}" for name in (version, *others))
        missing(wanted, f"install it, for instance with: pyenv install {version}")
    return str(found)
