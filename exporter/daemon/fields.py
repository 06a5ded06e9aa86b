"""Typed access to a foreign JSON document: every mistake becomes one sentence that says where it is."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from exporter.daemon.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NON_FINITE = {"NaN": math.nan, "+Inf": math.inf, "-Inf": -math.inf}


def invalid(where: str, expected: str, value: object) -> SourceError:
    """Return the error for a value that is not what the contract says."""
    shown = repr(value)
    if len(shown) > 60:  # noqa: PLR2004 - enough to recognise the value, short enough for a log line
        shown = shown[:57] + "..."
    return SourceError("invalid", f"{where}: expected {expected}, found {shown}")


def mapping(value: Any, where: str) -> dict[str, Any]:
    """Return ``value`` if it is a JSON object."""
    if type(value) is not dict:
        raise invalid(where, "an object", value)
    return value


def items(value: Any, where: str) -> list[Any]:
    """Return ``value`` if it is a JSON array."""
    if type(value) is not list:
        raise invalid(where, "an array", value)
    return value


def text(document: dict[str, Any], key: str, where: str) -> str:
    """Return the string under ``key``."""
    value = document.get(key)
    if type(value) is not str:
        raise invalid(f"{where}.{key}", "a string", value)
    return value


def optional_text(document: dict[str, Any], key: str, where: str) -> str | None:
    """Return the string under ``key``, or None if it is null or missing."""
    return None if document.get(key) is None else text(document, key, where)


def flag(document: dict[str, Any], key: str, where: str) -> bool:
    """Return the boolean under ``key``."""
    value = document.get(key)
    if type(value) is not bool:
        raise invalid(f"{where}.{key}", "true or false", value)
    return value


def count(document: dict[str, Any], key: str, where: str) -> int:
    """Return the whole number, zero or more, under ``key``."""
    value = document.get(key)
    if type(value) is not int or value < 0:
        raise invalid(f"{where}.{key}", "a whole number, zero or more", value)
    return value


def number(document: dict[str, Any], key: str, where: str) -> float:
    """Return the finite number under ``key``."""
    value = document.get(key)
    if type(value) is float or type(value) is int:
        result = float(value)
        if math.isfinite(result):
            return result
    raise invalid(f"{where}.{key}", "a finite number", value)


def optional_number(document: dict[str, Any], key: str, where: str) -> float | None:
    """Return the finite number under ``key``, or None if it is null or missing."""
    return None if document.get(key) is None else number(document, key, where)


def amount(document: dict[str, Any], key: str, where: str) -> float:
    """Return the finite number, zero or more, under ``key``."""
    value = number(document, key, where)
    if value < 0:
        raise invalid(f"{where}.{key}", "a number, zero or more", value)
    return value


def cell(value: Any, where: str) -> float:
    """Return one value of the wire: a number, or the words for what JSON cannot write."""
    if type(value) is float or type(value) is int:
        return float(value)
    if type(value) is str and value in NON_FINITE:
        return NON_FINITE[value]
    raise invalid(where, 'a number, "NaN", "+Inf" or "-Inf"', value)


def cells(value: Any, where: str) -> Sequence[float]:
    """Return an array of values of the wire."""
    array = items(value, where)
    kinds = set(map(type, array))
    if kinds <= {float}:
        return array
    if kinds <= {float, int}:
        return list(map(float, array))
    return [cell(item, f"{where}[{index}]") for index, item in enumerate(array)]


def exact(value: Any, where: str) -> float:
    """Return a finite number, zero or more, as it is: a whole one stays whole, however large."""
    if (type(value) is not float and type(value) is not int) or not 0 <= value < math.inf:
        raise invalid(where, "a number, zero or more", value)
    return value


def numbers(document: dict[str, Any], key: str, where: str) -> list[int]:
    """Return the whole numbers, each zero or more, of the array under ``key``."""
    found = items(document.get(key), f"{where}.{key}")
    for index, value in enumerate(found):
        if type(value) is not int or value < 0:
            raise invalid(f"{where}.{key}[{index}]", "a whole number, zero or more", value)
    return found


def texts(document: dict[str, Any], key: str, where: str) -> list[str]:
    """Return the strings of the array under ``key``."""
    found = items(document.get(key), f"{where}.{key}")
    for index, value in enumerate(found):
        if type(value) is not str:
            raise invalid(f"{where}.{key}[{index}]", "a string", value)
    return found


def tally(document: dict[str, Any], key: str, where: str, names: Iterable[str]) -> Counter[str]:
    """Return the counts under ``key``, one for each of ``names`` and no other."""
    place = f"{where}.{key}"
    found = mapping(document.get(key), place)
    if found.keys() != set(names):
        raise invalid(place, f"counts of {', '.join(names)}", sorted(found))
    return Counter({name: count(found, name, place) for name in names})
