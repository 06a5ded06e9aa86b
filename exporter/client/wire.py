"""Frames and payloads between a Python process and the plugin in its JVM: bytes only, no socket.

docs/hop.md describes them.
"""

from __future__ import annotations

import json
import struct

from exporter.client.refusals import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_HEADER_BYTES = 64 * 1024
JSON, BYTES = "json", "bytes"

_JSON_VALUE = "JSON (None, bool, int, finite float, str, list, dict)"
_LENGTH = struct.Struct(">I")
_LENGTHS = struct.Struct(">II")


class FrameError(ValueError):
    """The other side sent something that is no frame."""


def frame(header: dict[str, Any], body: bytes = b"") -> bytes:
    """Return the bytes of a frame. Halves of characters, which UTF-8 does not have, become question marks."""
    head = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return b"".join((_LENGTHS.pack(4 + len(head) + len(body), len(head)), head, body))


class FrameBuffer:
    """Cuts received bytes into frames."""

    def __init__(self, max_bytes: int) -> None:
        """Start empty.

        Args:
            max_bytes: the largest length that a frame may announce.

        """
        self.max_bytes = max_bytes
        self._bytes = bytearray()

    def __len__(self) -> int:
        """Return how many bytes wait for the rest of their frame."""
        return len(self._bytes)

    def feed(self, data: bytes) -> None:
        """Add what was received."""
        self._bytes += data

    def take(self) -> tuple[dict[str, Any], bytes] | None:
        """Return the header and the body of the first frame, or None while it is incomplete.

        Raises:
            FrameError: it never will be one.

        """
        if len(self._bytes) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._bytes)
        if not _LENGTH.size <= length <= self.max_bytes:
            raise FrameError(f"a frame of {length} bytes; expected {_LENGTH.size} to {self.max_bytes}")
        end = _LENGTH.size + length
        if len(self._bytes) < end:
            return None
        content = bytes(self._bytes[_LENGTH.size : end])
        del self._bytes[:end]
        return parsed(content)


def parsed(content: bytes) -> tuple[dict[str, Any], bytes]:
    """Return the header and the body of a frame whose first length has been taken off; FrameError if none."""
    (head,) = _LENGTH.unpack_from(content)
    start = _LENGTH.size + head
    if start > len(content):
        raise FrameError(f"a header of {head} bytes in a frame of {len(content)}")
    try:
        header = json.loads(content[_LENGTH.size : start])
    except (ValueError, RecursionError) as error:
        raise FrameError(f"a header that is no JSON: {shown(error)}") from None
    if not isinstance(header, dict) or not isinstance(header.get("kind"), str):
        raise FrameError(f"a header that is no JSON object with a kind: {shown(header)}")
    return header, content[start:]


def json_bytes(value: object, what: str, expected: str = _JSON_VALUE) -> bytes:
    """Return a value as JSON.

    Raises:
        TypeError: JSON has no such type, or no such key: a key is a text.
        ValueError: NaN, an infinity, a circular reference, text that is no Unicode.

    """
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
        _check_keys(value)
        return text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{what} must be {expected}: {error}") from None


def _check_keys(value: object) -> None:
    """Raise TypeError for a key that is no text: json makes it one, and of ``{1: 2, "1": 3}`` loses a value.

    The value must not contain itself.
    """
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            for key in one:
                if not isinstance(key, str):
                    raise TypeError(f"the keys of a dict must be texts, not {shown(key)}")
            waiting += one.values()
        elif isinstance(one, (list, tuple)):
            waiting += one


def payload_bytes(payload: object, what: str) -> tuple[str, bytes]:
    """Return the encoding and the bytes of a payload, which is bytes-like or JSON; raises as json_bytes()."""
    if isinstance(payload, (bytes, bytearray, memoryview)):
        return BYTES, bytes(payload)
    return JSON, json_bytes(payload, what, f"{_JSON_VALUE} or bytes")


def payload_of(encoding: object, body: bytes) -> Any:
    """Return the payload that was sent; FrameError if it is not what its encoding says."""
    if encoding == BYTES:
        return body
    if encoding != JSON:
        raise FrameError(f"a payload in the encoding {shown(encoding)}; expected json or bytes")
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError) as error:
        raise FrameError(f"a payload that is no JSON: {shown(error)}") from None
