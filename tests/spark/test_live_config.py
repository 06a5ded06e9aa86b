"""The classic case, as the example shows it: a multiplier changes while a streaming query runs."""

import os
import re
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
    """The first batch uses the default; one that begins after the change, the new value on all executors."""
    assert example.wait(240) == 0, example.errors[-3000:]
    lines = list(iter(example.lines.get, None))
    (change,) = [line for line in lines if line.startswith("multiplier=10 is version 1; ")]
    for who in ("driver", "0", "1"):
        assert f"{{'id': '{who}', 'version': 1}}" in change

    def used(some):
        return [one[1] for line in some if (one := re.match(r"batch \d+: (.*), sum ", line))]

    new = "multiplier {10.0} on 2 executors"
    batches, later = used(lines), used(lines[lines.index(change) :])
    assert batches[0].startswith("multiplier {1.0} on ")
    assert batches[-1] == new
    # The first of those that ended later may have begun before.
    assert set(later[1:]) <= {new}
