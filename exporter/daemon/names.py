"""What an application is published as: its name without what changes from run to run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

ARROW = "=>"
MAX_LENGTH = 500
"""Characters of a name that are looked at: a pattern may take long for a long text."""


class Rule(NamedTuple):
    """Replaces every match of a pattern."""

    pattern: re.Pattern[str]
    replacement: str


def parse_rule(text: str) -> Rule:
    """Return the rule written as ``REGEX=>REPLACEMENT``, in Python's syntax of regular expressions.

    Raises:
        ValueError: it is not a rule; the text says what is wrong.

    """
    pattern, arrow, replacement = text.rpartition(ARROW)
    if not arrow or not pattern:
        raise ValueError(
            f"{text!r} is not a rule; expected REGEX{ARROW}REPLACEMENT, such as '-run-[0-9]+$=>'"
        )
    try:
        rule = Rule(re.compile(pattern), replacement)
    except re.error as error:
        raise ValueError(f"{text!r}: {pattern!r} is not a regular expression: {error}") from error
    try:
        # The replacement is checked when something matches: the empty alternative matches always.
        re.compile(f"(?:{pattern})|").sub(replacement, "")
    except (re.error, IndexError) as error:
        raise ValueError(f"{text!r}: {replacement!r} is not a replacement: {error}") from error
    return rule


_MARK = "\0"
_SEPARATORS = "-_.:#/ " + _MARK
_LEFT, _RIGHT = "(?<![0-9A-Za-z])", "(?![0-9A-Za-z])"
_YEAR, _MONTH, _DAY = r"(?:19|20)\d\d", r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
_CLOCK = r"(?P<colon>[-:._])[0-5]\d(?:(?P=colon)[0-5]\d(?:[.,]\d+)?)?"
_TIME = rf"(?:[01]\d|2[0-3])(?:{_CLOCK}|[0-5]\d[0-5]\d)(?:Z|[+-]\d\d:?\d\d)?"
_YMD = rf"{_YEAR}(?P<dash>[-_./]?){_MONTH}(?P=dash){_DAY}"
_DMY = rf"{_DAY}(?P<dots>[-_./]){_MONTH}(?P=dots){_YEAR}"

DEFAULTS = tuple(
    re.compile(f"{_LEFT}(?:{pattern}){_RIGHT}")
    for pattern in (
        # 550e8400-e29b-41d4-a716-446655440000
        r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
        # 2026-11-22, 20261122, 22.11.2026, with or without a time
        rf"(?:{_YMD}|{_DMY})(?:[T_ -]?{_TIME})?",
        # 2026-11
        rf"{_YEAR}[-_./]{_MONTH}",
        # 10:11:12
        r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?",
        # d41d8cd98f00: a long hexadecimal word with a digit in it
        r"(?=[a-fA-F]*\d)[0-9a-fA-F]{12,}",
    )
)
"""What changes from run to run, wherever it stands in a name."""
_RUN = re.compile(rf"(?:[{_SEPARATORS}]+(?:(?=[a-f]*\d)[0-9a-f]{{6,}}|\d{{3,}}))+$")
"""What does so at the end only: top-100-products is a name."""


def strip_run(name: str) -> str:
    """Return ``name`` without UUIDs, dates, times, long hexadecimal words and the run's number at its end."""
    text = name.replace(_MARK, " ")
    for pattern in DEFAULTS:
        text = pattern.sub(_MARK, text)
    text = _RUN.sub(_MARK, text)
    first, *others = text.split(_MARK)
    for part in others:
        left, right = first.rstrip(_SEPARATORS + "(["), part.lstrip(_SEPARATORS + ")]")
        joint = first[len(left) : len(left) + 1].strip("([")
        first = left + joint + right if left and right else left or right
    return first


@dataclass(frozen=True)
class Names:
    """Applies rules in their order."""

    rules: tuple[Rule, ...] = ()
    """Those of the user."""
    defaults: bool = True
    """Whether ``strip_run`` comes after them."""

    def normal(self, name: str) -> str:
        """Return what is published for ``name``; one that nothing would be left of stays as it is."""
        result = name[:MAX_LENGTH]
        for rule in self.rules:
            result = rule.pattern.sub(rule.replacement, result)[:MAX_LENGTH]
        result = strip_run(result) if self.defaults else result
        # Without a rule that changes it, a long name stays whole, so that two of them stay different.
        return name if not result or result == name[:MAX_LENGTH] else result
