"""Settings in which every value is a stand-in, and what takes the place of each in a text."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from dashboards.config import seconds
from dashboards.rules.model import number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dashboards.config import Config

# No rule has numbers of this size, and none is part of another: all have as many digits.
_FIRST_THRESHOLD, _FIRST_WINDOW = 731_000_001, 931_001
_SELECTOR, _RUNBOOKS = 'job="stand-in"', "https://stand.in/runbooks"
_HOURS = 3600


@dataclass(frozen=True)
class StandIn:
    """What is written instead of a stand-in."""

    expression: str
    """For Helm."""
    value: str
    """As the settings have it."""


@dataclass(frozen=True)
class StandIns:
    """Settings of stand-ins, and what they stand for."""

    config: Config
    known: Mapping[str, StandIn]
    """By the text that a rule has of each."""

    def expressions(self, text: str) -> str:
        """Return a text as a template of Helm, in which what Prometheus expands stays as it is."""
        return self._replaced(text, lambda one: one.expression, {"{{": '{{ "{{" }}'})

    def values(self, text: str) -> str:
        """Return a text with the settings' own values."""
        return self._replaced(text, lambda one: one.value, {})

    def _replaced(self, text: str, form: Callable[[StandIn], str], others: Mapping[str, str]) -> str:
        wanted = {**{key: form(one) for key, one in self.known.items()}, **others}
        # The longest first: the hours of a window end in h.
        pattern = "|".join(re.escape(key) for key in sorted(wanted, key=len, reverse=True))
        return re.sub(pattern, lambda match: wanted[match[0]], text)


def made(config: Config) -> StandIns:
    """Return the stand-ins for settings."""
    known = {
        # With the braces around it: three of them in a row are no template.
        f"{{{_SELECTOR}}}": StandIn('{{ printf "{%s}" $rules.selector }}', f"{{{config.selector}}}"),
        _RUNBOOKS: StandIn('{{ $rules.runbook_url_base | trimSuffix "/" }}', config.runbook_url_base),
    }
    thresholds, windows = {}, {}
    for place, (key, value) in enumerate(config.thresholds.items()):
        thresholds[key] = float(_FIRST_THRESHOLD + place)
        # A value is a float or, given by --set, an integer.
        shown = f'{{{{ $rules.thresholds.{key} | float64 | printf "%.12g" }}}}'
        known[number(thresholds[key])] = StandIn(shown, number(value))
    for place, (key, window) in enumerate(config.windows.items()):
        windows[key] = f"{_FIRST_WINDOW + place}h"
        length = f'{{{{ include "spark-exporter.seconds" $rules.windows.{key} }}}}'
        known[windows[key]] = StandIn(f"{{{{ $rules.windows.{key} }}}}", window)
        known[str((_FIRST_WINDOW + place) * _HOURS)] = StandIn(length, str(seconds(window)))
    standing = replace(
        config,
        selector=_SELECTOR,
        runbook_url_base=_RUNBOOKS,
        thresholds=MappingProxyType(thresholds),
        windows=MappingProxyType(windows),
    )
    return StandIns(standing, MappingProxyType(known))
