"""What a declared key of the live configuration may hold. The plugin checks values; this checks the rule."""

from __future__ import annotations

import json
import math
import re

from exporter.client.refusals import shown
from exporter.client.wire import json_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

TYPES: dict[type, str] = {
    int: "int", float: "float", str: "str", bool: "bool", list: "list", dict: "dict", object: "any",
}  # fmt: skip
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,127}")


def check_key(key: object) -> str:
    """Return the key if it is one, else raise TypeError or ValueError."""
    if not isinstance(key, str):
        raise TypeError(f"key must be a string such as 'threshold', not {shown(key)}")
    if not _KEY.fullmatch(key):
        raise ValueError(
            f"key must be a letter or '_', then up to 127 letters, digits, '_', '.' or '-', not {shown(key)}"
        )
    return key


def make_rule(  # noqa: PLR0913 - the arguments of declare()
    key: str,
    kind: object,
    default: object,
    minimum: object,
    maximum: object,
    choices: Sequence[object] | None,
    pattern: object,
) -> dict[str, Any]:
    """Return the rule as the plugin takes it.

    Raises:
        TypeError: an argument has a type that it cannot have.
        ValueError: the arguments contradict each other, or the default contradicts them.

    """
    name = TYPES.get(kind) if isinstance(kind, type) else None
    if name is None:
        expected = ", ".join(known.__name__ for known in TYPES)
        raise TypeError(f"type of {key!r} must be one of {expected} (object: any JSON), not {shown(kind)}")
    rule: dict[str, Any] = {"type": name}
    _add_bounds(rule, key, minimum, maximum)
    _add_pattern(rule, key, pattern)
    if choices is not None:
        if isinstance(choices, (str, bytes)) or not hasattr(choices, "__iter__"):
            raise TypeError(f"choices of {key!r} must be a list of values, not {shown(choices)}")
        chosen = list(choices)
        if not chosen:
            raise ValueError(f"choices of {key!r} must not be empty")
        for choice in chosen:
            _check(rule, key, choice, "a choice")
        rule["choices"] = chosen
    if default is not None:
        _check(rule, key, default, "the default")
    return rule


def _add_bounds(rule: dict[str, Any], key: str, minimum: object, maximum: object) -> None:
    for name, bound in (("minimum", minimum), ("maximum", maximum)):
        if bound is None:
            continue
        if rule["type"] not in ("int", "float"):
            raise ValueError(f"{name} of {key!r} needs type=int or type=float, not {rule['type']}")
        if isinstance(bound, bool) or not isinstance(bound, (int, float)):
            raise TypeError(f"{name} of {key!r} must be a number, not {shown(bound)}")
        if not math.isfinite(bound):
            raise ValueError(f"{name} of {key!r} must be finite, not {shown(bound)}")
        rule[name] = bound
    if rule.get("minimum", -math.inf) > rule.get("maximum", math.inf):
        raise ValueError(f"minimum of {key!r} is above its maximum: {minimum} > {maximum}")


def _add_pattern(rule: dict[str, Any], key: str, pattern: object) -> None:
    if pattern is None:
        return
    if rule["type"] != "str":
        raise ValueError(f"pattern of {key!r} needs type=str, not {rule['type']}")
    if not isinstance(pattern, str):
        raise TypeError(f"pattern of {key!r} must be a string, not {shown(pattern)}")
    json_bytes(pattern, f"pattern of {key!r}", "text")
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"pattern of {key!r} is no regular expression: {error}") from None
    rule["pattern"] = pattern


def _check(rule: dict[str, Any], key: str, value: object, what: str) -> None:
    """Raise TypeError or ValueError if the value contradicts the rule."""
    json_bytes(value, f"{what} of {key!r}")
    if not _has_type(rule["type"], value):
        raise TypeError(f"{what} of {key!r} must be {expected(rule)}, not {shown(value)}")
    if not _is_allowed(rule, value):
        raise ValueError(f"{what} of {key!r} must be {expected(rule)}, not {shown(value)}")


def _has_type(name: str, value: object) -> bool:
    if name == "any":
        return True
    if isinstance(value, bool):
        return name == "bool"
    # A float takes whole numbers as well, as JSON does not tell them apart.
    wanted = {"float": (int, float), "list": (list, tuple)}
    return isinstance(value, wanted.get(name) or next(kind for kind in TYPES if TYPES[kind] == name))


def _is_allowed(rule: dict[str, Any], value: Any) -> bool:
    return not (
        ("minimum" in rule and value < rule["minimum"])
        or ("maximum" in rule and value > rule["maximum"])
        or ("choices" in rule and value not in rule["choices"])
        or ("pattern" in rule and not re.fullmatch(rule["pattern"], value))
    )


def expected(rule: dict[str, Any]) -> str:
    """Return a rule in the words of the plugin, such as ``an int >= 0``."""
    article = "an" if rule["type"] == "int" else "a"
    words = [f"{article} {rule['type']}" if rule["type"] != "any" else "any value"]
    if "minimum" in rule:
        words.append(f">= {rule['minimum']}")
    if "maximum" in rule:
        words.append(("and " if "minimum" in rule else "") + f"<= {rule['maximum']}")
    if "pattern" in rule:
        words.append(f"that matches {json.dumps(rule['pattern'], ensure_ascii=False)}")
    if "choices" in rule:
        choices = [json.dumps(choice, ensure_ascii=False) for choice in rule["choices"]]
        words.append(f"out of {', '.join(choices)}")
    return " ".join(words)
