"""The settings of dashboards and rules: ``config.yaml``, or a copy of it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import yaml

from dashboards.vocabulary import hint

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DEFAULT = Path(__file__).parent / "config.yaml"
SEVERITIES = ("critical", "warning", "info")

_DURATION = re.compile(r"(?=\d)(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?")
_MATCHERS = re.compile(r'\w+(?:=~|!~|!=|=)"[^"]*"(?:,\s*\w+(?:=~|!~|!=|=)"[^"]*")*')
_UID = "at most 20 letters, digits, _ or -"
_TIME = "a time such as 10m"


class ConfigError(ValueError):
    """A configuration that cannot be used; its text names the file and the key."""


@dataclass(frozen=True)
class Alert:
    """What can be set of an alert."""

    enabled: bool
    severity: str
    hold: str
    """For how long it must be so before the alert fires, as Prometheus writes times."""


@dataclass(frozen=True)
class Dashboards:
    """What can be set of all dashboards."""

    uid_prefix: str
    tags: tuple[str, ...]
    refresh: str
    time_from: str


@dataclass(frozen=True)
class Config:
    """All settings, checked."""

    selector: str
    """Matchers of labels that find the daemons among Prometheus' targets."""
    runbook_url_base: str
    dashboards: Dashboards
    thresholds: Mapping[str, float]
    """By names that end in their unit; what both panels and alerts call bad."""
    windows: Mapping[str, str]
    alerts: Mapping[str, Alert]


def load(path: Path = DEFAULT) -> Config:
    """Read a configuration.

    Raises:
        ConfigError: the file cannot be read, a key is missing or unknown, or a value is not as expected.

    """
    document = _read(path)
    expected = _read(DEFAULT)
    _compare(document, expected, path, "")
    try:
        return _build(document)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def _read(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is no YAML: {' '.join(str(error).split())}") from None


def _compare(given: Any, expected: Any, path: Path, where: str) -> None:
    """Check that ``given`` has the keys of ``expected``, at every level."""
    if not isinstance(expected, dict):
        return
    if not isinstance(given, dict):
        raise ConfigError(f"{path}: {where or 'the file'} must be a mapping of keys, not {given!r}")
    dot = f"{where}." if where else ""
    for key in given:
        if key not in expected:
            raise ConfigError(f"{path}: {dot}{key} is no key of the configuration{hint(str(key), expected)}")
    for key, below in expected.items():
        if key not in given:
            raise ConfigError(f"{path}: {dot}{key} is missing")
        _compare(given[key], below, path, f"{dot}{key}")


def _build(document: Mapping[str, Any]) -> Config:
    shown, thresholds, windows = document["dashboards"], document["thresholds"], document["windows"]
    return Config(
        selector=_matching(
            document, "selector", _MATCHERS, 'matchers of labels such as job="spark-exporter"'
        ),
        runbook_url_base=_matching(document, "runbook_url_base", re.compile(r"https?://\S+"), "a URL").rstrip(
            "/"
        ),
        dashboards=Dashboards(
            uid_prefix=_matching(shown, "uid_prefix", re.compile(r"[\w-]{1,20}"), _UID, "dashboards."),
            tags=_texts(shown["tags"], "dashboards.tags"),
            refresh=_matching(shown, "refresh", _DURATION, _TIME, "dashboards."),
            time_from=_matching(
                shown, "time_from", re.compile(r"now-\w+"), "a time such as now-1h", "dashboards."
            ),
        ),
        thresholds=MappingProxyType({key: _threshold(key, value) for key, value in thresholds.items()}),
        windows=MappingProxyType({key: _window(windows, key) for key in windows}),
        alerts=MappingProxyType({key: _alert(key, value) for key, value in document["alerts"].items()}),
    )


def _matching(
    section: Mapping[str, Any], key: str, pattern: re.Pattern[str], form: str, where: str = ""
) -> str:
    value = section[key]
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ConfigError(f"{where}{key} is {value!r}; expected {form}")
    return value


def _texts(value: Any, where: str) -> tuple[str, ...]:
    good = isinstance(value, list) and all(isinstance(one, str) and one for one in value)
    if not good:
        raise ConfigError(f"{where} is {value!r}; expected a list of texts")
    return tuple(value)


def _threshold(key: str, value: Any) -> float:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or value < 0:
        raise ConfigError(f"thresholds.{key} is {value!r}; expected a number that is not negative")
    return float(value)


def _window(windows: Mapping[str, Any], key: str) -> str:
    value = _matching(windows, key, _DURATION, _TIME, "windows.")
    if not re.search("[1-9]", value):
        raise ConfigError(f"windows.{key} is {value!r}; expected a time that is not zero")
    return value


def _alert(name: str, given: Mapping[str, Any]) -> Alert:
    where = f"alerts.{name}."
    if not isinstance(given["enabled"], bool):
        raise ConfigError(f"{where}enabled is {given['enabled']!r}; expected true or false")
    if given["severity"] not in SEVERITIES:
        raise ConfigError(f"{where}severity is {given['severity']!r}; expected {_either(SEVERITIES)}")
    return Alert(given["enabled"], given["severity"], _matching(given, "for", _DURATION, _TIME, where))


def _either(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}"
