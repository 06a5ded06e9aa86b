"""Numbers with the units of Grafana, as it shows them."""

from __future__ import annotations

import math
import re
from datetime import datetime, timezone
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_COUNTS = ("", " K", " Mil", " Bil", " Tri", " Quadr")
_RATE_COUNTS = ("", "K", "M", "B", "T")
_SI = ("", "k", "M", "G", "T", "P")
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi")
_RATES = MappingProxyType({"ops": "ops", "rowsps": "rows/s", "reqps": "req/s"})
_TIMES = ((31_557_600, "year"), (604_800, "week"), (86_400, "day"), (3_600, "hour"), (60, "min"))
_SMALL_TIMES = ((1, 1, "s"), (1e-3, 1e3, "ms"), (1e-6, 1e6, "µs"), (0, 1e9, "ns"))
_SIGNIFICANT = 3
_ZEROS = re.compile(r"(?<=\d)(\.\d*?)0+(?!\d)")


class UnitError(ValueError):
    """A unit that the dashboards do not use."""


def shown(value: float, unit: str, decimals: int | None = None) -> str:
    """Return a value as Grafana shows it.

    Args:
        value: any number, NaN and infinities included.
        unit: the id of a unit in Grafana, such as ``bytes``.
        decimals: how many digits follow the point; None leaves it to the size of the value.

    Raises:
        UnitError: the dashboards do not use this unit.

    """
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "-∞"
    if unit == "dateTimeAsIso":
        return datetime.fromtimestamp(value / 1000, timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
    if unit in _RATES:
        return f"{_scaled(value, 1000, _RATE_COUNTS, '', decimals)} {_RATES[unit]}"
    if unit not in _FORMS:
        raise UnitError(f"{unit} is no unit that the dashboards use")
    return _FORMS[unit](value, decimals)


def trimmed(text: str) -> str:
    """Return a shown value without zeros at the end of its fraction: so Grafana writes at axes."""
    return _ZEROS.sub(lambda found: found[1].rstrip("."), text, count=1)


def _scaled(value: float, base: int, prefixes: tuple[str, ...], suffix: str, decimals: int | None) -> str:
    step = 0
    while abs(value) >= base and step < len(prefixes) - 1:
        value /= base
        step += 1
    prefix = prefixes[step]
    return _number(value, decimals) + (suffix.format(prefix) if suffix else prefix)


def _time(value: float, decimals: int | None) -> str:
    size = abs(value)
    for length, name in _TIMES:
        if size >= length:
            text = _number(value / length, decimals)
            return f"{text} {name}{'' if text == '1' or name == 'min' else 's'}"
    if not size:
        return "0 s"
    factor, name = next((factor, name) for length, factor, name in _SMALL_TIMES if size >= length)
    return f"{_number(value * factor, decimals)} {name}"


def _number(value: float, decimals: int | None) -> str:
    if decimals is None:
        whole = len(str(int(abs(value)))) if abs(value) >= 1 else 0
        small = -math.floor(math.log10(abs(value))) - 1 if 0 < abs(value) < 1 else 0
        decimals = max(0, _SIGNIFICANT - whole + small) if value else 0
        if value % 1 == 0:
            decimals = 0
    # Halves go up, as in a browser.
    rounded = math.floor(value * 10**decimals + 0.5) / 10**decimals
    return f"{rounded:.{decimals}f}"


_FORMS: Mapping[str, Callable[[float, int | None], str]] = MappingProxyType(
    {
        "none": _number,
        "short": lambda value, decimals: _scaled(value, 1000, _COUNTS, "", decimals),
        "percentunit": lambda value, decimals: f"{_number(value * 100, decimals)}%",
        "s": _time,
        "bytes": lambda value, decimals: _scaled(value, 1024, _BINARY, " {}B", decimals),
        "Bps": lambda value, decimals: _scaled(value, 1000, _SI, " {}B/s", decimals),
    }
)
