"""How the showcase listens to its applications."""

import subprocess
import sys
import threading

import pytest

from showcase.guests import Ended, Guest
from stack import StackError, program

TALKS = """
import json, sys
for line in sys.stdin:
    word = line.strip()
    if word == "stop":
        sys.exit(3)
    print(json.dumps({"done": {"word": word, "result": len(word)}}), flush=True)
"""


@pytest.fixture
def ended():
    """Set when the run shall end."""
    return threading.Event()


@pytest.fixture
def guest(tmp_path, ended):
    """A program that does what it hears, and says so."""
    command = [sys.executable, "-c", TALKS]
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with program("a guest", command, tmp_path / "guest.log", **options) as running:
        yield Guest("a guest", running, ended)


def test_what_came_of_a_word_is_heard_when_it_is_done(guest):
    """Words are done in their order, and those before are passed over."""
    guest.tell("one", "three")
    assert guest.done("three") == 5
    assert guest.stop() == 3


def test_who_is_gone_is_not_waited_for(guest):
    """The error names who it is, and so does the one of a word that nobody hears."""
    guest.stop()
    with pytest.raises(StackError, match="a guest"):
        guest.hear("done")
    with pytest.raises(StackError, match="a guest is gone"):
        guest.tell("one")


def test_nobody_is_waited_for_when_the_run_ends(guest, ended):
    """Also by somebody who is waiting already."""
    threading.Timer(0.1, ended.set).start()
    with pytest.raises(Ended, match="a guest was not waited for"):
        guest.hear("what it never says")
