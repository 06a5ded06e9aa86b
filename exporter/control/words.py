"""What the words of the command line look like, and the JSON that is made of them."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, NoReturn

from exporter.daemon.discovery.target import parse_url
from exporter.daemon.values import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DAEMON = "the URL of a running daemon, such as http://127.0.0.1:4060"
_RECIPIENTS = re.compile(r"driver|executors|all|executor:[A-Za-z0-9._-]{1,100}")
_KEY = re.compile(r"[!-~]{1,200}")
SHORTEST, LONGEST = 0.1, 86400.0
"""Seconds for which an event may be handled."""
MAX_DIGITS = 1000
"""Of a whole number; the driver reads no longer ones."""
_QUOTES = "as a text it needs double quotes"
_SHOWN = 60
"""Characters of a bad word that are shown."""


def parse_daemon(text: str) -> str:
    """Return the URL of a daemon."""
    return parse_url(text, DAEMON)


def parse_recipients(text: str) -> str:
    """Return the target of an event."""
    if not _RECIPIENTS.fullmatch(text):
        raise ValueError(f"{_shown(text)} is no target; expected all, driver, executors or executor:ID")
    return text


def parse_key(text: str) -> str:
    """Return an idempotency key."""
    if not _KEY.fullmatch(text):
        raise ValueError(f"{_shown(text)} is no key; expected 1 to 200 visible ASCII characters")
    return text


def parse_time_to_live(text: str) -> float:
    """Return for how many seconds an event may be handled."""
    seconds = parse_duration(text)
    if not SHORTEST <= seconds <= LONGEST:
        raise ValueError(f"{text!r} is out of bounds; expected 100ms to 1d, such as 60s")
    return seconds


def parse_json(text: str) -> str:
    """Return the text of any JSON, as it is."""
    _check_text(text)
    try:
        _load(text)
    except json.JSONDecodeError as error:
        expected = 'expected JSON, such as {"table": "prices"}'
        raise ValueError(f"{_shown(text)} is not JSON ({error.msg}); {expected}") from error
    return text


def pairs(words: Iterable[str]) -> dict[str, str]:
    """Return the JSON texts of the values in ``key=value``, by key.

    A value that is JSON is taken as it is, so that no digit of a number gets lost; any other is a text.

    Raises:
        ValueError: a word is something else, or a key comes twice.

    """
    found: dict[str, str] = {}
    for word in words:
        key, sign, text = word.partition("=")
        if not key or not sign:
            raise ValueError(f"{_shown(word)} is not as expected, key=value")
        if key in found:
            raise ValueError(f"{_shown(key)} is given twice")
        try:
            found[key] = value_of(text)
        except ValueError as error:
            raise ValueError(f"{_shown(key)}: {error}") from error
    return found


def value_of(text: str) -> str:
    """Return the JSON text that a value means.

    Raises:
        ValueError: it can be neither JSON nor text.

    """
    _check_text(text)
    try:
        _load(text)
    except json.JSONDecodeError:
        return json.dumps(text)
    return text.strip()


def joined(parts: Mapping[str, str]) -> str:
    """Return the JSON object of JSON texts by key.

    Raises:
        ValueError: a key is no text.

    """
    for key in parts:
        _check_text(key)
    return "{" + ", ".join(f"{json.dumps(key)}: {text}" for key, text in parts.items()) + "}"


def _check_text(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(f"{_shown(text)} is not UTF-8") from error


def _load(text: str) -> Any:
    """Read JSON, for its form alone: numbers stay texts, since Python's have limits.

    Raises:
        JSONDecodeError: it is not JSON.
        ValueError: it is, but nobody could say what it means, or no driver reads it.

    """
    try:
        found = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_int=_whole,
            parse_float=_fraction,
            parse_constant=_no_constant,
        )
        json.dumps(found, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError(f"{_shown(text)} is nested too deeply") from error
    except UnicodeEncodeError as error:
        raise ValueError(f"{_shown(text)} has half of a surrogate pair, which is no text") from error
    return found


def _unique(items: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(items)
    if len(found) != len(items):
        raise ValueError("an object in it has a key twice")
    return found


def _whole(text: str) -> str:
    if len(text.lstrip("-")) > MAX_DIGITS:
        raise ValueError(f"{_shown(text)} has more than {MAX_DIGITS} digits; {_QUOTES}")
    return text


def _fraction(text: str) -> str:
    if math.isinf(float(text)) or len(text) > MAX_DIGITS:
        raise ValueError(f"{_shown(text)} is too large for a number of 64 bits; {_QUOTES}")
    return text


def _no_constant(name: str) -> NoReturn:
    # Python reads NaN and Infinity, which are no JSON.
    raise json.JSONDecodeError("no JSON", name, 0)


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}...")
