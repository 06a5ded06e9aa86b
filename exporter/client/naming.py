"""Checks of metric names, labels, units and help texts, with errors that say what would be right."""

from __future__ import annotations

from exporter.client.definition import COUNTER, GAUGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_NAME_LENGTH = 200
MAX_HELP_BYTES = 1000
MAX_LABELS = 20

_DIGITS = frozenset("0123456789")
_ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") | _DIGITS
_RESERVED_SUFFIXES = ("_count", "_sum", "_bucket", "_created", "_info")
_OWN_LABELS = ("app_id", "app_name", "executor_id", "namespace", "pod")
_BASE_UNITS = {
    "seconds": "s sec secs second ms msec millis millisecond milliseconds us usec micros"
    " microsecond microseconds ns nanos nanosecond nanoseconds"
    " m min mins minute minutes h hour hours d day days week weeks",
    "bytes": "b byte bit bits kb kib mb mib gb gib tb tib kilobyte kilobytes kibibytes megabyte megabytes"
    " mebibytes gigabyte gigabytes gibibytes terabyte terabytes tebibytes",
    "ratio": "percent percents percentage percentages pct permille ratios",
    "celsius": "c degree degrees centigrade fahrenheit kelvin",
    "meters": "meter metre metres mm cm km millimeters centimeters kilometers miles feet inches",
    "grams": "gram g mg kg milligrams kilograms tons pounds",
    "joules": "joule j kj kilojoules wh kwh calories",
    "volts": "volt v mv millivolts kilovolts",
    "amperes": "ampere amps amp ma milliamps milliamperes",
}
_BASE_UNIT_OF = {alias: base for base, aliases in _BASE_UNITS.items() for alias in aliases.split()}


def _require_text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{what} must be a string, not {type(value).__name__}: {value!r:.100}")
    return value


def _cleaned(name: str) -> str:
    """Return the nearest name that would be accepted."""
    text = "".join(char if char in _ALLOWED else "_" for char in name)
    text = "_".join(part for part in text.split("_") if part)[:MAX_NAME_LENGTH]
    return f"n{text}" if text[:1] in _DIGITS else text


def _check_characters(name: str, what: str) -> None:
    cleaned = _cleaned(name)
    if name == cleaned and name:
        return
    hint = f"; use {cleaned!r}" if cleaned else ""
    raise ValueError(
        f"{what} {name!r:.300} is not valid: it must be letters, digits and single underscores between them, "
        f"start with a letter, and have at most {MAX_NAME_LENGTH} characters{hint}"
    )


def check_unit(unit: object) -> str:
    """Return the unit if it is a base unit in lower-case letters, or nothing."""
    unit = _require_text(unit, "the unit of a metric")
    if unit and not (unit.isascii() and unit.isalpha()):
        raise ValueError(f"unit {unit!r} is not valid: it must be lower-case letters only, such as 'seconds'")
    base = _BASE_UNIT_OF.get(unit.lower())
    if base:
        raise ValueError(
            f"unit {unit!r} is not a base unit: use unit={base!r} and convert the values to {base}"
        )
    if unit != unit.lower():
        raise ValueError(
            f"unit {unit!r} is not valid: it must be lower-case letters only; use {unit.lower()!r}"
        )
    return unit


def full_name(kind: str, name: object, namespace: object, subsystem: object, unit: str) -> str:
    """Put the parts of a metric's name together and check the result.

    A counter may be named with or without ``_total``; the result is without.
    """
    parts = (
        _require_text(namespace, "the namespace of a metric"),
        _require_text(subsystem, "the subsystem of a metric"),
        _require_text(name, "the name of a metric"),
    )
    if not parts[2]:
        raise ValueError("the name of a metric is empty: give it one, such as 'rows_parsed'")
    joined = "_".join(part for part in parts if part)
    _check_characters(joined, "metric name")
    if kind == COUNTER and joined.endswith("_total"):
        joined = joined[: -len("_total")]
    if unit and not joined.endswith(f"_{unit}") and joined != unit:
        joined = f"{joined}_{unit}"
    _check_characters(joined, "metric name")
    _check_suffix(kind, joined)
    return joined


def _check_suffix(kind: str, name: str) -> None:
    if name.endswith("_total"):
        bare = name[: -len("_total")]
        right = {COUNTER: "give the suffix once or not at all", GAUGE: "a gauge can fall"}
        raise ValueError(
            f"{kind} name {name!r} ends in '_total', which belongs to counters "
            f"({right.get(kind, 'a histogram counts by itself')}); use {bare!r}"
            + ("" if kind == COUNTER else " or a Counter")
        )
    for suffix in _RESERVED_SUFFIXES:
        if name.endswith(suffix):
            raise ValueError(
                f"metric name {name!r} ends in {suffix!r}, which Prometheus keeps for series that belong to "
                f"another one; use {name[: -len(suffix)]!r} or put another word last"
            )


def check_help(documentation: object) -> str:
    """Return the help text if it is one."""
    text = _require_text(documentation, "the documentation of a metric")
    if not text.strip():
        raise ValueError("the documentation of a metric is empty: say in one sentence what is measured")
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise ValueError(
            f"the documentation of a metric must be valid Unicode text, not {text!a:.100}"
        ) from None
    if size > MAX_HELP_BYTES:
        raise ValueError(
            f"the documentation of a metric has {size} bytes: shorten it to at most {MAX_HELP_BYTES}"
        )
    return text


def check_labels(labelnames: object) -> tuple[str, ...]:
    """Return the label names if all are valid and none is ours or Prometheus's own."""
    if isinstance(labelnames, (str, bytes)):
        raise TypeError(
            f"labelnames must be a list of names, such as [{labelnames!r}], not the text {labelnames!r}"
        )
    try:
        names: Iterable[object] = iter(labelnames)  # type: ignore[call-overload]
    except TypeError:
        raise TypeError(
            f"labelnames must be a list of names, such as ['source'], not {type(labelnames).__name__}"
        ) from None
    checked: list[str] = []
    for name in names:
        _check_label(_require_text(name, "a label name"), checked)
    if len(checked) > MAX_LABELS:
        raise ValueError(f"a metric may have at most {MAX_LABELS} labels, not {len(checked)}: drop some")
    return tuple(checked)


def _check_label(name: str, before: list[str]) -> None:
    _check_characters(name, "label name")
    if name in ("le", "quantile"):
        raise ValueError(f"label name {name!r} is kept by Prometheus; use another one, such as 'level'")
    if name in _OWN_LABELS:
        raise ValueError(
            f"label name {name!r} is added to every series by the exporter; "
            f"leave it out, or use another one, such as 'job_{name}'"
        )
    if name in before:
        raise ValueError(f"label name {name!r} is given twice; give each label name once")
    before.append(name)
