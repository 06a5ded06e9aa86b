"""What a flag is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

ENV_PREFIX = "SPARK_EXPORTER_"


def choice(*values: str) -> Callable[[str], str]:
    """Return what parses one of these values."""

    def parse(text: str) -> str:
        if text not in values:
            raise ValueError(f"{text!r} is not one of {', '.join(values)}")
        return text

    return parse


@dataclass(frozen=True)
class Flag:
    """One flag. ``parse`` raises ValueError with a sentence that says what is expected."""

    name: str
    metavar: str
    default: str | None
    parse: Callable[[str], Any]
    help: str
    repeatable: bool = False
    separator: str = ","
    """Stands between the values in the variable."""
    lasting: bool = True
    """Whether a variable may set it, too; what belongs to one call cannot be set for all."""
    blank: bool = False
    """Whether an empty variable is a value, too, and not as good as none."""

    @property
    def key(self) -> str:
        """The name of its value: the flag's with underscores."""
        return re.sub(r"[.-]", "_", self.name)

    @property
    def variable(self) -> str:
        """The environment variable that sets it too; several values are separated by ``separator``."""
        return ENV_PREFIX + self.key.upper()
