"""The files about runs and about their names: JSON that says what it is about, checked when it is read."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import orjson

from exporter.daemon.errors import StateError
from exporter.daemon.state.files import RUNS_SUFFIX, SUFFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.daemon.model import Run

FORMAT = 1
_NAME_LENGTH = 80


def name_of(target: str, run: Run) -> str:
    """Return the name of the file about a run: readable, of bounded length, and its own."""
    digest = hashlib.sha256(orjson.dumps([target, *run])).hexdigest()[:32]
    return f"{quote(run[0], safe='')[:_NAME_LENGTH]}-{digest}{SUFFIX}"


def name_of_runs(daemon: str) -> str:
    """Return the name of the file in which a daemon keeps how often applications of each name ran."""
    return f"runs-{hashlib.sha256(daemon.encode()).hexdigest()[:32]}{RUNS_SUFFIX}"


def encode_part(content: Mapping[str, Any]) -> bytes:
    """Return what one source remembers as JSON.

    Raises:
        StateError: with reason ``invalid``, if JSON has no such values.

    """
    try:
        return orjson.dumps(content)
    except TypeError:
        # It refuses whole numbers that are larger than anything Spark should have.
        try:
            return json.dumps(content, allow_nan=False).encode()
        except (TypeError, ValueError) as error:
            raise StateError("invalid", f"not to be written as JSON: {error}") from error


def encode(target: str, run: Run, parts: Mapping[str, bytes]) -> bytes:
    """Return the file about a run; ``parts`` are what its sources remember, as JSON."""
    sources = {name: orjson.Fragment(part) for name, part in parts.items()}
    return orjson.dumps({"format": FORMAT, "target": target, "run": run, "sources": sources})


def decode(content: bytes, target: str, run: Run) -> dict[str, dict[str, Any]]:
    """Return what each source remembers.

    Raises:
        StateError: with reason ``invalid``, ``format`` or ``foreign``.

    """
    document = _loaded(content)
    if document.get("target") != target or document.get("run") != [*run]:
        raise StateError("foreign", "it is about another run of an application, or another target")
    sources = document.get("sources")
    if type(sources) is not dict or any(type(part) is not dict for part in sources.values()):
        raise StateError("invalid", "sources: expected an object of objects")
    return sources


def encode_runs(daemon: str, part: bytes) -> bytes:
    """Return the file about the runs of each name; ``part`` is what is remembered of them, as JSON."""
    return orjson.dumps({"format": FORMAT, "daemon": daemon, "runs": orjson.Fragment(part)})


def decode_runs(content: bytes, daemon: str) -> dict[str, Any]:
    """Return what is remembered of the runs of each name.

    Raises:
        StateError: with reason ``invalid``, ``format`` or ``foreign``.

    """
    document = _loaded(content)
    if document.get("daemon") != daemon:
        raise StateError("foreign", "it is another daemon's")
    runs = document.get("runs")
    if type(runs) is not dict:
        raise StateError("invalid", "runs: expected an object")
    return runs


def _loaded(content: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise StateError("invalid", "it is torn, or no JSON") from error
    if type(document) is not dict:
        raise StateError("invalid", "it holds no JSON object")
    found = document.get("format")
    if type(found) is not int or found != FORMAT:
        raise StateError("format", f"its format is {_shown(found)}; expected {FORMAT}")
    return document


def _shown(value: object) -> str:
    return repr(value) if type(value) in (int, str) and len(repr(value)) < _NAME_LENGTH else "none"
