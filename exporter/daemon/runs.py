"""How often applications of each name were started: a restart is a new run under an old name."""

from __future__ import annotations

from collections import OrderedDict
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_NAMES = 1000


class Runs:
    """Counts the runs of the names that were seen last, at most ``MAX_NAMES`` of them."""

    def __init__(self) -> None:
        """Know of none."""
        self._counts: OrderedDict[str, int] = OrderedDict()

    def count(self, name: str) -> None:
        """Note one run more."""
        self._counts[name] = self._counts.pop(name, 0) + 1
        if len(self._counts) > MAX_NAMES:
            self._counts.popitem(last=False)

    def view(self) -> Mapping[str, int]:
        """Return all counts; what is returned never changes."""
        return MappingProxyType(dict(self._counts))
