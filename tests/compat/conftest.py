"""Spark applications on other versions of Spark; the daemon and the tests stay where they are."""

import functools
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import environments


class OtherSpark(NamedTuple):
    """A version of Spark and a Python that has it."""

    version: str
    python: str


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """The package, as users install it."""
    return environments.build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session", params=environments.VERSIONS.sections())
def spark(request, wheel):
    """Each of the other versions."""
    return OtherSpark(request.param, environments.prepare(request.param, wheel))


@pytest.fixture
def start_other(start_job, spark):
    """Start PySpark programs on the other version."""
    return functools.partial(start_job, python=spark.python)
