"""What each panel has to say about its values: which are bad, or why none is. Its description repeats it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from dashboards.limits import WORSE, Limits, Look

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SENTENCE = re.compile(r"[A-Z$][^.\n]{24,}\.")


class ThresholdError(ValueError):
    """A panel that does not say which values are bad; its text names the file and the panel."""


class Line(NamedTuple):
    """A threshold that moves: one of the panel's own series."""

    series: str
    """Its name in the legend; the same for all that the query finds."""
    side: str = "above"
    """Where the values are bad: above or below it."""


class NoBadValue(NamedTuple):
    """No value of the panel is good or bad by itself."""

    reason: str
    """Why, in a sentence for whoever looks at the panel."""


Judgement = Limits | Line | NoBadValue

_MISSING = (
    "says neither which values are bad nor that none is: give it limits=above(...) or the like,"
    " or limits=NoBadValue(reason)"
)


def problem(judgement: Judgement | None, legends: Iterable[str]) -> str | None:
    """Return what is wrong with what a panel says; None if nothing is.

    Args:
        judgement: what it says.
        legends: of its queries.

    """
    if judgement is None or (isinstance(judgement, Limits) and not judgement.judge):
        return _MISSING
    if isinstance(judgement, Limits):
        steps = ", ".join(f"{value:g}" for value, _ in judgement.steps)
        return None if judgement.rise else f"has thresholds that do not rise: {steps}"
    if isinstance(judgement, Line):
        known = judgement.series in legends
        return None if known else f"has no series {judgement.series}, which is to be the line of its limit"
    good = _SENTENCE.fullmatch(judgement.reason)
    return None if good else f"gives {judgement.reason!r} as the reason for no threshold; expected a sentence"


def sentence(judgement: Judgement, colours: Mapping[str, str]) -> str:
    """Return what a panel's description says about its thresholds.

    Args:
        judgement: which values are bad.
        colours: which values have each colour, as of ``by_colour``, or ``as_lines``.

    """
    if isinstance(judgement, NoBadValue):
        return f"No threshold: {judgement.reason}"
    if isinstance(judgement, Line):
        return f"Bad {judgement.side} the dashed line: {judgement.series}."
    first, *others = (f"{colour}: {values}" for colour, values in colours.items())
    return f"{'; '.join([first[0].upper() + first[1:], *others])}."


def by_colour(limits: Limits, unit: str, looks: Iterable[tuple[str, Look]] = ()) -> dict[str, str]:
    """Return which values have each colour that wants somebody: numbers, or the texts in their places."""
    texts = [look for _, look in looks]
    if not texts:
        return {colour: f"{side} {value}" for colour, (side, value) in limits.bounds(unit).items()}
    named = {colour: " or ".join(look.text for look in texts if look.colour == colour) for colour in WORSE}
    return {colour: text for colour, text in named.items() if text}


def as_lines(limits: Limits, unit: str) -> dict[str, str]:
    """Return where the line of each colour is."""
    return {f"{colour} line": value for colour, (_, value) in limits.bounds(unit).items()}
