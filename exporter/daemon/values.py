"""What the values of flags look like. Each parser says what is wrong and what would be right."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_DURATION = re.compile(r"([0-9]{1,15}(?:w|d|h|ms|m|s))+")
_PART = re.compile(r"([0-9]+)(w|d|h|ms|m|s)")
_MAX_DURATION = 365 * 86400.0
_MAX_TIMEOUT = 3600.0
_ADDRESS = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:.]+)\]|(?P<host>[^\s:\[\]/]*)):(?P<port>\d{1,5})")
_PATH = re.compile(r"/[A-Za-z0-9._~/-]*")
_MAX_PORT = 65535
_KEY = r"(?:[A-Za-z0-9.-]+/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?"
_VALUE = r"(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?)?"
_REQUIREMENT = (
    rf"\s*(?:!\s*{_KEY}|{_KEY}(?:\s*(?:==?|!=)\s*{_VALUE}"
    rf"|\s+(?:in|notin)\s*\(\s*{_VALUE}(?:\s*,\s*{_VALUE})*\s*\))?)\s*"
)
_SELECTOR = re.compile(rf"{_REQUIREMENT}(?:,{_REQUIREMENT})*")
MIN_LABEL_LENGTH = 32
MAX_LABEL_LENGTH = 10_000


@dataclass(frozen=True)
class Address:
    """A host and a port to listen on. An empty host means all addresses, port 0 any free one."""

    host: str
    port: int

    def __str__(self) -> str:
        """Return the form in which a user writes it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_duration(text: str) -> float:
    """Return seconds, at most a year of them."""
    if text == "0":
        return 0.0
    if not _DURATION.fullmatch(text):
        raise ValueError(
            f"{text!r} is not a duration; expected numbers with units, such as 15m, 90s or 1h30m"
        )
    seconds = sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(text))
    if seconds > _MAX_DURATION:
        raise ValueError(f"{text!r} is too long; expected at most a year, 365d")
    return seconds


def parse_timeout(text: str) -> float:
    """Return seconds, more than none and at most an hour."""
    seconds = parse_wait(text)
    if seconds <= 0:
        raise ValueError(f"{text!r} is no time at all; expected a duration above zero, such as 5s")
    return seconds


def parse_wait(text: str) -> float:
    """Return seconds, none or at most an hour."""
    seconds = parse_duration(text)
    if seconds > _MAX_TIMEOUT:
        raise ValueError(f"{text!r} is too long; expected at most an hour, such as 5s")
    return seconds


def parse_address(text: str) -> Address:
    """Return the address to listen on."""
    match = _ADDRESS.fullmatch(text)
    if match is None or int(match["port"]) > _MAX_PORT or not is_host(match["host"] or ""):
        raise ValueError(
            f"{text!r} is not an address; expected host:port, such as 127.0.0.1:4060, [::1]:4060 or :4060"
        )
    return Address(match["v6"] or match["host"] or "", int(match["port"]))


def is_host(name: str) -> bool:
    """Say whether the resolver takes ``name``: it refuses empty parts, such as in a..b, and long ones."""
    try:
        name.encode("idna")
    except UnicodeError:
        return False
    return True


def parse_path(text: str) -> str:
    """Return a path of a URL."""
    # Below /api/, tokens take the place of passwords.
    if not _PATH.fullmatch(text) or text.startswith(("/-/", "/api/")):
        raise ValueError(
            f"{text!r} is not a path for metrics; expected one that begins with /, such as /metrics"
        )
    return text


def parse_limit(text: str) -> int:
    """Return a whole number, zero or more."""
    if not re.fullmatch(r"[0-9]{1,12}", text):
        raise ValueError(f"{text!r} is not a limit; expected a whole number, such as 50000")
    return int(text)


def parse_number(text: str) -> int:
    """Return a whole number, one or more."""
    number = parse_limit(text)
    if not number:
        raise ValueError(f"{text!r} is too small; expected a whole number above zero, such as 1000")
    return number


def parse_label_length(text: str) -> int:
    """Return how many characters a label's value may have."""
    number = parse_limit(text)
    if not MIN_LABEL_LENGTH <= number <= MAX_LABEL_LENGTH:
        raise ValueError(
            f"{text!r} is no length; expected {MIN_LABEL_LENGTH} to {MAX_LABEL_LENGTH}, such as 200"
        )
    return number


def parse_directory(text: str) -> str:
    """Return the path of a directory; an empty one is none at all."""
    if "\0" in text:
        raise ValueError(f"{text!r} is not a directory; expected a path, or nothing for none")
    return text


def parse_config_file(text: str) -> Path:
    """Return the path of a file that says how something is done."""
    if not text or "\0" in text:
        raise ValueError(
            f"{text!r} is not a file; expected a path, such as /etc/spark-exporter/web-config.yml"
        )
    return Path(text)


def parse_namespace(text: str) -> str:
    """Return the name of a namespace of Kubernetes."""
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", text):
        raise ValueError(f"{text!r} is not a namespace; expected lower-case letters, digits and hyphens")
    return text


def parse_selector(text: str) -> str:
    """Return a label selector of Kubernetes."""
    if not _SELECTOR.fullmatch(text):
        raise ValueError(
            f"{text!r} is not a label selector; expected requirements with commas between them, such as "
            "spark-role=driver,team in (a,b),!canary"
        )
    return text


def parse_bool(text: str) -> bool:
    """Return what ``true`` or ``false`` mean."""
    if text not in ("true", "false"):
        raise ValueError(f"{text!r} is neither true nor false")
    return text == "true"
