"""How numbers and names are shown to people."""

from __future__ import annotations

import math

NOTHING = "-"
"""Stands where nothing is known."""
_BYTES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_COUNTS = ("", "k", "M", "G", "T", "P")
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def printable(text: str) -> str:
    """Return ``text`` without what would move the cursor, colour the terminal or turn the line around."""
    return "".join(
        [sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in text]
    )


def count(value: float | None) -> str:
    """Return a number in at most about five characters: 7, 0.25, 12.3k, 4.5M."""
    return _scaled(value, 1000.0, _COUNTS, "")


def size(value: float | None) -> str:
    """Return bytes: 512 B, 1.5 GiB."""
    return _scaled(value, 1024.0, _BYTES, " ")


def seconds(value: float | None) -> str:
    """Return a duration: 12 ms, 3.4 s, 5m 06s, 2h 03m, 4d 05h."""
    if value is None or not math.isfinite(value):
        return NOTHING
    if abs(value) < 1:
        return f"{value * 1000:.0f} ms"
    if abs(value) < _MINUTE:
        return f"{value:.1f} s"
    whole = int(value)
    if whole < _HOUR:
        return f"{whole // _MINUTE}m {whole % _MINUTE:02d}s"
    if whole < _DAY:
        return f"{whole // _HOUR}h {whole % _HOUR // _MINUTE:02d}m"
    return f"{whole // _DAY}d {whole % _DAY // _HOUR:02d}h"


def share(value: float | None) -> str:
    """Return a ratio as percent: 0.5 %, 12 %."""
    if value is None or not math.isfinite(value):
        return NOTHING
    percent = value * 100
    return f"{percent:.1f} %" if 0 < percent < 10 else f"{percent:.0f} %"  # noqa: PLR2004 - two digits


def _scaled(value: float | None, base: float, units: tuple[str, ...], space: str) -> str:
    if value is None or math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    power = 0
    # 999.96 would be shown as 1000.0.
    while abs(value) >= base * 0.99995 and power < len(units) - 1:
        value /= base
        power += 1
    return f"{_short(value, power)}{space if units[power] else ''}{units[power]}"


def _short(value: float, power: int) -> str:
    if value == round(value) and (power == 0 or abs(value) >= 100):  # noqa: PLR2004 - three digits are enough
        return f"{value:.0f}"
    if abs(value) < 0.001:  # noqa: PLR2004 - what follows would show nothing of it
        return f"{value:.1e}"
    digits = 3 if abs(value) < 1 else 2 if abs(value) < 10 else 1  # noqa: PLR2004 - about four digits
    return f"{value:.{digits}f}".rstrip("0").rstrip(".")
