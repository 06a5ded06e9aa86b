"""The reader of what the client says about the end of the driver's Python."""

import contextlib
import fcntl
import os
import struct

import pytest

MAGIC = b"SPXEND\x01\x00"
IN_ORDER, BY_EXCEPTION = 1, 2
NONE = 255
HELD, FREE = True, False


@pytest.fixture
def write(tmp_path):
    """Write a file as a client does; it stays locked if it is held."""
    with contextlib.ExitStack() as files:

        def write(said=0, leaving=0, told=1, status=NONE, *, held=FREE, time=1e9, name=None, magic=MAGIC):
            token = os.urandom(8).hex()
            path = tmp_path / (name or f"{os.getpid()}-{token}.end")
            path.write_bytes(struct.pack("<8sBBBBId", magic, said, leaving, told, status, 0, time))
            if held:
                fcntl.lockf(files.enter_context(path.open("r+b")), fcntl.LOCK_EX)
            return path

        yield write


@pytest.fixture
def failed(jvm, tmp_path):
    """Return what the reader says, without a warning."""

    def ask():
        answer = jvm("ending_failed", directory=str(tmp_path))
        assert answer["warnings"] == []
        return answer["failed"]

    return ask


@pytest.mark.parametrize(
    ("word", "held", "expected"),
    [
        ({"said": IN_ORDER}, HELD, False),
        ({"said": BY_EXCEPTION}, HELD, True),
        ({"said": IN_ORDER, "leaving": 1, "status": 3}, FREE, False),
        ({"said": 7, "status": 0}, FREE, False),
        ({"leaving": 1, "status": 0}, HELD, False),
        ({"leaving": 1, "status": 0}, FREE, False),
        ({"leaving": 1, "status": 3}, HELD, True),
        ({"status": 1}, FREE, True),
        ({}, HELD, None),
        ({"told": 0}, HELD, None),
        ({"leaving": 1}, HELD, None),
        ({}, FREE, True),
        ({"told": 0}, FREE, True),
        ({"leaving": 1}, FREE, True),
        ({"leaving": 1, "told": 0}, FREE, None),
    ],
)
def test_how_python_ended(write, failed, word, held, expected):
    """Its own words first, then its exit status, then that it is gone without any; else nothing is known."""
    write(**word, held=held)

    assert failed() is expected


def test_nobody_said_anything(failed):
    """A driver without the client, or without Python."""
    assert failed() is None


def test_the_last_of_several_counts(write, failed):
    """A notebook may have been started anew in the same application."""
    write(status=0, time=3.0)
    write(status=3, time=5.0)
    write(status=0, time=4.0)

    assert failed() is True


def test_other_files_are_none_of_its_business(write, failed, tmp_path):
    """By their name, their kind, their beginning or their length."""
    write(status=3, name="1-0123456789abcdef.tmp")
    write(status=3, name="ending.end")
    write(status=3, magic=b"SPXEND\x02\x00")
    (tmp_path / "1-00000000000000aa.end").write_bytes(MAGIC)
    (tmp_path / "1-00000000000000ab.end").mkdir()
    os.mkfifo(tmp_path / "1-00000000000000ac.end")
    (tmp_path / "1-00000000000000ad.end").symlink_to(write(status=3, name="elsewhere"))
    assert failed() is None
    write(status=0, time=1.0)

    assert failed() is False


def test_a_directory_that_is_gone(jvm, tmp_path):
    """Costs a warning and nothing else; where there never was one, nothing is missed."""
    answer = jvm("ending_failed", directory=str(tmp_path / "gone"))
    assert answer["failed"] is None
    assert answer["warnings"] == ["it cannot be told how the driver's Python ended; its last job tells"]
    assert jvm("ending_failed", directory=None) == {"failed": None, "warnings": []}
