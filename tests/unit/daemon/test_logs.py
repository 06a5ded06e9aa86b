"""Log lines that machines can read."""

import io
import json

import pytest

from exporter.daemon import logs


def written(form, level="info"):
    stream = io.StringIO()
    logs.configure(level, form, stream)
    return stream


def test_logfmt_quotes_what_needs_quotes():
    """One line, whatever the values hold."""
    stream = written("logfmt")
    logs.info("found an app", target="http://x:1", name='a "b"\nc', count=3, empty="", equals="a=b")

    line = stream.getvalue()
    assert line.count("\n") == 1
    time, rest = line.split(" ", 1)
    assert time.startswith("ts=2")
    assert time.endswith("Z")
    assert rest == (
        'level=info msg="found an app" target=http://x:1 name="a \\"b\\"\\nc" count=3 empty="" equals="a=b"\n'
    )


def test_json_is_json():
    """With the same fields."""
    stream = written("json")
    logs.info("found", name='a "b"\nc')

    line = json.loads(stream.getvalue())
    assert line.pop("ts").endswith("Z")
    assert line == {"level": "info", "msg": "found", "name": 'a "b"\nc'}


@pytest.mark.parametrize("form", logs.FORMATS)
def test_a_traceback_stays_on_the_line(form):
    """So that a line is a record."""
    stream = written(form)
    try:
        1 / 0  # noqa: B018 - raises
    except ZeroDivisionError:
        logs.Repeats().fault("key", "broke", logs.logging.ERROR)

    assert stream.getvalue().count("\n") == 1
    assert "ZeroDivisionError" in stream.getvalue()


def test_the_level_is_a_threshold():
    """Debug lines are for debugging."""
    stream = written("logfmt", "warning")
    logs.info("quiet")
    logs.error("loud")

    assert "quiet" not in stream.getvalue()
    assert "msg=loud" in stream.getvalue()


def test_a_lasting_fault_is_said_once():
    """Again when it changes, and when it is over; the repetitions are there at debug."""
    stream = written("json", "debug")
    repeats = logs.Repeats()
    for message in ("a", "a", "b", "b"):
        repeats.fault("key", message)
    repeats.fault("other", "a")
    repeats.cleared("key", "over")
    repeats.cleared("key", "over")
    repeats.fault("key", "b")

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["level"], line["msg"]) for line in lines] == [
        ("warning", "a"),
        ("debug", "a"),
        ("warning", "b"),
        ("debug", "b"),
        ("warning", "a"),
        ("info", "over"),
        ("warning", "b"),
    ]


def test_a_forgotten_fault_is_new_again():
    """And its going is not worth a word."""
    stream = written("json", "debug")
    repeats = logs.Repeats()
    repeats.fault("key", "a")
    repeats.forget("key", "other")
    repeats.cleared("key", "over")
    repeats.fault("key", "a")

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["level"], line["msg"]) for line in lines] == [("warning", "a"), ("warning", "a")]
