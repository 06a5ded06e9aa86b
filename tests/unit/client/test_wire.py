"""Frames and payloads: what is sent arrives, however it is cut; what is no frame is noticed."""

import json
import math
import struct

import fake_hop
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from exporter.client.wire import (
    FrameBuffer,
    FrameError,
    frame,
    json_bytes,
    payload_bytes,
    payload_of,
)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=10,
).filter(lambda value: "\\ud" not in json.dumps(value))
HEADERS = st.dictionaries(st.text(max_size=9), VALUES, max_size=4).map(lambda fields: {**fields, "kind": "x"})
FRAMES = st.lists(st.tuples(HEADERS, st.binary(max_size=300)), max_size=5)


def cut(data, places):
    """Return the pieces of data between the places."""
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in zip(edges, edges[1:])]


@settings(deadline=None)
@given(FRAMES, st.lists(st.integers(0, 5000), max_size=20))
def test_frames_survive_any_cut(frames, places):
    """Frames come out as they went in, in order, wherever the bytes were cut."""
    buffer, found = FrameBuffer(1 << 20), []
    for piece in cut(b"".join(frame(*each) for each in frames), places):
        buffer.feed(piece)
        while (taken := buffer.take()) is not None:
            found.append(taken)
    assert found == frames
    assert len(buffer) == 0


@settings(deadline=None)
@given(HEADERS, st.binary(max_size=300))
def test_frames_are_as_described(header, body):
    """A frame is two big-endian lengths, a JSON object and the body."""
    data = frame(header, body)
    length, head = struct.unpack(">II", data[:8])
    assert length == len(data) - 4
    assert json.loads(data[8 : 8 + head]) == header
    assert data[8 + head :] == body


@settings(deadline=None)
@given(st.binary(max_size=400))
@example(struct.pack(">II", 4, 0))
@example(struct.pack(">I", 3) + b"abc")
@example(struct.pack(">I", 0xFFFFFFFF))
@example(fake_hop.frame(b"[1]"))
@example(fake_hop.frame(b'{"kind": 1}'))
@example(fake_hop.frame(b"[" * 20_000))
@example(struct.pack(">II", 12, 100) + b"x" * 8)
def test_garbage_is_refused_or_incomplete(data):
    """No bytes give anything but a frame, a FrameError, or a wish for more; never another error."""
    buffer = FrameBuffer(1 << 16)
    buffer.feed(data)
    try:
        while (taken := buffer.take()) is not None:
            assert isinstance(taken[0]["kind"], str)
    except FrameError:
        pass


def test_a_frame_that_announces_too_much_is_refused_at_once():
    """The length alone is enough; the rest is not waited for."""
    buffer = FrameBuffer(1000)
    buffer.feed(struct.pack(">I", 1001))
    with pytest.raises(FrameError, match="a frame of 1001 bytes; expected 4 to 1000"):
        buffer.take()


@settings(deadline=None)
@given(VALUES)
def test_json_payloads_survive(value):
    """What was sent as JSON arrives as it was."""
    encoding, body = payload_bytes(value, "payload")
    assert encoding == "json"
    assert payload_of(encoding, body) == value


@settings(deadline=None)
@given(st.binary())
def test_bytes_survive(data):
    """Bytes and what is like them arrive as bytes."""
    for payload in (data, bytearray(data), memoryview(data)):
        encoding, body = payload_bytes(payload, "payload")
        assert (encoding, payload_of(encoding, body)) == ("bytes", data)


CIRCULAR = []
CIRCULAR.append(CIRCULAR)


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (math.nan, ValueError),
        ([math.inf], ValueError),
        ("\ud800", ValueError),
        (CIRCULAR, ValueError),
        ({1, 2}, TypeError),
        (object(), TypeError),
        ({(1, 2): 3}, TypeError),
        ({1: 2}, TypeError),
        ([{"a": ({"b": {None: 2}},)}], TypeError),
    ],
)
def test_what_is_no_json(value, error):
    """The error says what the value should be, and names it."""
    with pytest.raises(
        error, match=r"^payload must be JSON \(None, bool, int, finite float, str, list, dict\): "
    ):
        json_bytes(value, "payload")


def test_keys_are_texts():
    """Otherwise one of these values would be lost without a word."""
    with pytest.raises(TypeError, match=r"^payload must be .*: the keys of a dict must be texts, not 1$"):
        json_bytes({1: 2, "1": 3}, "payload")


@settings(deadline=None)
@given(st.text(st.characters() | st.characters(categories=["Cs"])))
def test_a_header_is_always_text_that_utf_8_has(text):
    """Whatever got into it: the JVM would refuse half of a character, however it is written."""
    data = frame({"kind": "failed", "error": text})
    assert json.loads(data[8:].decode()) == {
        "kind": "failed", "error": text.encode("utf-8", "replace").decode(),
    }  # fmt: skip
    assert b"\\ud" not in data.replace(b"\\\\", b"")


@pytest.mark.parametrize(
    ("encoding", "body", "sentence"),
    [
        ("json", b"{", "a payload that is no JSON"),
        ("json", b"[" * 100_000, "a payload that is no JSON"),
        ("pickle", b"", "in the encoding 'pickle'; expected json or bytes"),
        (None, b"", "in the encoding None; expected json or bytes"),
    ],
)
def test_payloads_that_cannot_be_read(encoding, body, sentence):
    """A payload that is not what its encoding says is refused; nothing else is ever decoded."""
    with pytest.raises(FrameError, match=sentence):
        payload_of(encoding, body)


def test_an_empty_body_is_none():
    """An event without result, a message without payload."""
    assert payload_of("json", b"") is None
