"""Thresholds of panels: from which value on a panel is green, orange or red."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.models import dashboard as models

from dashboards.units import shown, trimmed

if TYPE_CHECKING:
    from collections.abc import Iterable

GOOD, WARNING, BAD, NEUTRAL = "green", "orange", "red", "blue"
WORSE = (BAD, WARNING)
"""Colours that want somebody, the worst first."""


class Look(NamedTuple):
    """How a value is shown in place of a number: a text in a colour."""

    text: str
    colour: str


class Limits(NamedTuple):
    """Colours by value: the colour of the smallest values, and from which values on there is another one."""

    lowest: str
    steps: tuple[tuple[float, str], ...] = ()

    @property
    def judge(self) -> bool:
        """Whether some values are worse than others."""
        return any(colour in WORSE for colour in (self.lowest, *(colour for _, colour in self.steps)))

    @property
    def rise(self) -> bool:
        """Whether each step is above the one before, as Grafana wants them."""
        values = [value for value, _ in self.steps]
        return values == sorted(values)

    def build(self) -> builders.ThresholdsConfig:
        """Return it as Grafana has it; a step without a value comes first."""
        steps = [models.Threshold(value=None, color=self.lowest)]
        steps += [models.Threshold(value=value, color=colour) for value, colour in self.steps]
        return builders.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)

    def bounds(self, unit: str) -> dict[str, tuple[str, str]]:
        """Return for each colour that wants somebody, the worst first, ``from`` or ``below``, and a value."""
        up = self.lowest not in WORSE
        colours = [self.lowest, *(colour for _, colour in self.steps)]
        # What is bad from a value on begins there; what is bad below one ends where the next colour begins.
        edges = zip(colours[1:] if up else colours, (value for value, _ in self.steps), strict=False)
        side = "from" if up else "below"
        found = {colour: (side, trimmed(shown(value, unit))) for colour, value in edges}
        return {colour: found[colour] for colour in WORSE if colour in found}


PLAIN = Limits(NEUTRAL)
"""One colour for all values."""


def above(bad: float, warning: float | None = None) -> Limits:
    """Return limits of something that should be small; with ``warning`` it is orange from there on."""
    return Limits(GOOD, ((bad, BAD),) if warning is None else ((warning, WARNING), (bad, BAD)))


def below(bad: float) -> Limits:
    """Return limits of something that should be large."""
    return Limits(BAD, ((bad, GOOD),))


def never() -> Limits:
    """Return limits of a number of things that should not happen at all."""
    return above(1)


def seldom(bad: float | None = None) -> Limits:
    """Return limits of a number of things of which the first is worth a look, and ``bad`` are bad."""
    return Limits(GOOD, ((1, WARNING),)) if bad is None else above(bad, min(1, bad))


def some(colour: str = BAD) -> Limits:
    """Return limits of a number of things of which there should be one at least."""
    return Limits(colour, ((1, GOOD),))


def whole(bad: float) -> Limits:
    """Return limits of a part that should be all of it, and is bad below ``bad``."""
    return Limits(BAD, ((bad, WARNING), (1, GOOD)))


def states(looks: Iterable[tuple[str, Look]]) -> Limits:
    """Return limits that colour numbers of states as their texts are, of which the first is 0 or 1."""
    steps = [(float(value), look.colour) for value, look in looks]
    lowest = steps.pop(0)[1] if steps[0][0] == 0 else NEUTRAL
    return Limits(lowest, tuple(steps))
