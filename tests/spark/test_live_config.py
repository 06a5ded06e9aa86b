"""The classic case, as the example shows it: a multiplier changes while a streaming query runs."""

import os
import sys
from pathlib import Path

import pytest

import local_spark
from running import SHORT_LIVED, Program

pytestmark = pytest.mark.spark


@pytest.fixture
def example(tmp_path):
    """The example, started; whatever is left of it is ended with the test."""
    command = [sys.executable, str(Path(local_spark.__file__).parent / "live_config.py")]
    program = Program(command, tmp_path / "log", env=os.environ | {"JDK_JAVA_OPTIONS": SHORT_LIVED})
    yield program
    program.kill_group()


def test_a_running_query_takes_up_a_new_value(example):
    """The first batch uses the default; after the change all executors use the new value."""
    assert example.wait(240) == 0, example.errors[-3000:]
    lines = list(iter(example.lines.get, None))
    batches = [line for line in lines if line.startswith("batch ")]
    (change,) = [line for line in lines if line.startswith("multiplier=10 is version 1; ")]

    assert batches[0].startswith("batch 0: multiplier {1.0}, ")
    assert ": multiplier {10.0}, " in batches[-1]
    for who in ("driver", "0", "1"):
        assert f"{{'id': '{who}', 'version': 1}}" in change
