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
_TIME_FROM = re.compile(r"now-[1-9]\d*[smhdwMy](?:/[smhdwMy])?|now/[smhdwMy]")
_REFRESH = re.compile(r"[1-9]\d*[smhd]")
# Prometheus expands annotations as templates.
_URL = re.compile(r"https?://[^\s{}\"\\]+")
_MULTIPLE = re.compile(r"\w*(growth|trigger|skew|task|delay|input|input_warning)_ratio")
"""Names of ratios that may be above 1; the others are shares of a whole."""
_UID = "at most 20 letters, digits, _ or -"
_TIME = "a time such as 10m"

ENDS = MappingProxyType(
    {
        "end_window": ("SparkApplicationFailed", "SparkApplicationLost"),
        "failure_window": ("SparkTaskFailureRateHigh",),
        "job_window": ("SparkJobsFailing",),
        "loss_window": ("SparkExecutorsLost",),
        "oom_window": ("SparkExecutorOutOfMemory",),
        "fetch_window": ("SparkFetchFailures",),
        "events_window": ("SparkListenerBusDroppingEvents",),
        "custom_stall_window": ("SparkCustomMetricStalled",),
        "restart_window": ("SparkStreamingRestarting",),
        "drop_window": ("SparkExporterSeriesDropped", "SparkExporterValuesRefused"),
        "refusal_window": ("SparkExporterTargetsRefused",),
    }
)
"""Alerts that end by themselves when the window does; one that has to wait for longer can never fire."""


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
    panels: Mapping[str, float]
    """By names that end in their unit; what panels call bad, and no alert."""
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
        config = _build(document)
        _contradictions(config)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    return config


class _Loader(yaml.SafeLoader):
    """Refuses what YAML does, too: a key twice in a mapping, of which one would be lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value} is there twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _read(path: Path) -> Any:
    try:
        # It is a safe one.
        return yaml.load(path.read_text("utf-8"), _Loader)  # noqa: S506
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
    shown, windows = document["dashboards"], document["windows"]
    return Config(
        selector=_matching(
            document, "selector", _MATCHERS, 'matchers of labels such as job="spark-exporter"'
        ),
        runbook_url_base=_matching(document, "runbook_url_base", _URL, "a URL without braces").rstrip("/"),
        dashboards=Dashboards(
            uid_prefix=_matching(shown, "uid_prefix", re.compile(r"[\w-]{1,20}"), _UID, "dashboards."),
            tags=_texts(shown["tags"], "dashboards.tags"),
            refresh=_matching(shown, "refresh", _REFRESH, "a time such as 30s", "dashboards."),
            time_from=_matching(shown, "time_from", _TIME_FROM, "a time such as now-1h", "dashboards."),
        ),
        thresholds=_numbers(document, "thresholds"),
        panels=_numbers(document, "panels"),
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


def _numbers(document: Mapping[str, Any], section: str) -> Mapping[str, float]:
    found = {key: _number(f"{section}.{key}", value) for key, value in document[section].items()}
    return MappingProxyType(found)


def _number(where: str, value: Any) -> float:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or value < 0:
        raise ConfigError(f"{where} is {value!r}; expected a number that is not negative")
    if is_share(where) and value > 1:
        raise ConfigError(f"{where} is {value!r}; expected a part of 1, such as 0.2 for 20 %")
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


def is_share(name: str) -> bool:
    """Say whether a number is a part of a whole, so that it is 1 at most."""
    return name.endswith("_ratio") and not _MULTIPLE.fullmatch(name.rpartition(".")[2])


def _contradictions(config: Config) -> None:
    """Check that no alert is one that can never fire."""
    moving, still = (config.windows[f"custom_{one}_window"] for one in ("moving", "stall"))
    if seconds(moving) < 2 * seconds(still):
        raise ConfigError(
            f"windows.custom_moving_window is {moving}; expected twice custom_stall_window ({still}) at least"
        )
    for window, names in ENDS.items():
        for name in names:
            alert = config.alerts[name]
            if alert.enabled and seconds(alert.hold) >= seconds(config.windows[window]):
                raise ConfigError(
                    f"alerts.{name}.for is {alert.hold}; expected less than windows.{window}"
                    f" ({config.windows[window]}), after which the alert ends"
                )


def seconds(duration: str) -> int:
    """Return the length of a time as Prometheus writes it, such as 10m, or 0s."""
    units = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
    return sum(int(count) * units[unit] for count, unit in re.findall(r"(\d+)([dhms])", duration))


def _either(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}"
