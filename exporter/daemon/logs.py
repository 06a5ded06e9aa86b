"""Log lines for machines and people: logfmt or JSON, one line each, to standard error."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

LEVELS = ("debug", "info", "warning", "error")
FORMATS = ("logfmt", "json")
_ROOT = "exporter"
_BARE = re.compile(r"[^\s\"=\\\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def configure(level: str, form: str, stream: TextIO | None = None) -> None:
    """Send this package's log, and nobody else's, to ``stream`` (standard error)."""
    logger = logging.getLogger(_ROOT)
    handler = logging.StreamHandler(stream if stream is not None else sys.stderr)
    handler.setFormatter(_Json() if form == "json" else _Logfmt())
    logger.handlers[:] = [handler]
    logger.setLevel(level.upper())
    logger.propagate = False


def log(level: int, message: str, fields: Mapping[str, object], *, exc_info: bool = False) -> None:
    """Write one line with fields, if wanted with the traceback in hand."""
    logging.getLogger(_ROOT).log(level, message, exc_info=exc_info, extra={"fields": fields})


def info(message: str, **fields: object) -> None:
    """Write one line at level info."""
    log(logging.INFO, message, fields)


def error(message: str, **fields: object) -> None:
    """Write one line at level error."""
    log(logging.ERROR, message, fields)


class Repeats:
    """Says a lasting fault once: aloud when it comes or changes, at debug while it stays."""

    def __init__(self) -> None:
        """Know of no fault."""
        self._lock = threading.Lock()
        self._last: dict[Hashable, str] = {}

    def fault(self, key: Hashable, message: str, level: int = logging.WARNING, **fields: object) -> None:
        """Note that ``key`` has a fault, said at ``level`` the first time; an error with its traceback."""
        with self._lock:
            known = self._last.get(key) == message
            self._last[key] = message
        chosen = logging.DEBUG if known else level
        log(chosen, message, fields, exc_info=chosen == logging.ERROR)

    def cleared(self, key: Hashable, message: str, **fields: object) -> None:
        """Note that ``key`` is well; ``message`` is said if it was not."""
        with self._lock:
            known = self._last.pop(key, None)
        if known is not None:
            info(message, **fields)

    def forget(self, *keys: Hashable) -> None:
        """Drop what is known of ``keys`` without a word: what they stand for is gone."""
        with self._lock:
            for key in keys:
                self._last.pop(key, None)


def _content(record: logging.LogRecord, formatter: logging.Formatter) -> dict[str, Any]:
    moment = datetime.fromtimestamp(record.created, timezone.utc)
    content: dict[str, Any] = {
        "ts": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "msg": record.getMessage(),
        **getattr(record, "fields", {}),
    }
    if record.exc_info:
        content["traceback"] = formatter.formatException(record.exc_info)
    return content


class _Logfmt(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return " ".join(f"{key}={_quoted(value)}" for key, value in _content(record, self).items())


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_content(record, self), default=str)


def _quoted(value: object) -> str:
    text = str(value)
    return text if _BARE.fullmatch(text) else json.dumps(text)
