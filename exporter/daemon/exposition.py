"""The two text formats of Prometheus: 0.0.4 and OpenMetrics 1.0.

Sample lines are the same in both; only what stands above and below them differs.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from prometheus_client.utils import floatToGoString

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Format(Enum):
    """An exposition format, by its content type."""

    TEXT = "text/plain; version=0.0.4; charset=utf-8"
    OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


PART_SIZE = 1 << 20

# The samples that OpenMetrics reserves for a family of each type.
SUFFIXES = {
    "counter": ("_total", "_created"),
    "gauge": ("",),
    "histogram": ("_bucket", "_sum", "_count", "_created"),
    "info": ("_info",),
}


class Family(NamedTuple):
    """Metadata of one metric family. ``name`` has no ``_total`` and no ``_info``."""

    name: str
    type: str
    help: str
    unit: str = ""

    @property
    def sample_name(self) -> str:
        """What the samples are called; a histogram's have suffixes of their own."""
        return self.name + {"counter": "_total", "info": "_info"}.get(self.type, "")

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that no other family may use beside this one."""
        return (self.name, *(self.name + suffix for suffix in SUFFIXES[self.type] if suffix))


def expose(content: Iterable[tuple[Family, Iterable[bytes]]], form: Format) -> bytes:
    """Return one exposition; the arguments are those of ``parts_of``."""
    return b"".join(parts_of(content, form))


def parts_of(content: Iterable[tuple[Family, Iterable[bytes]]], form: Format) -> list[bytes]:
    """Return one exposition in parts of about ``PART_SIZE``; sent one by one, they need less memory.

    Args:
        content: each family with its sample lines, in pieces that end with a newline.
        form: the format.

    """
    parts: list[bytes] = []
    gathered: list[bytes] = []
    size = 0
    for piece in _pieces(content, form):
        gathered.append(piece)
        size += len(piece)
        if size >= PART_SIZE:
            parts.append(b"".join(gathered))
            gathered.clear()
            size = 0
    return [*parts, b"".join(gathered)]


def _pieces(content: Iterable[tuple[Family, Iterable[bytes]]], form: Format) -> Iterator[bytes]:
    header = _openmetrics_header if form is Format.OPENMETRICS else _text_header
    for family, pieces in content:
        lines = [piece for piece in pieces if piece]
        if lines:
            yield header(family).encode("utf-8", "replace")
            yield from lines
    if form is Format.OPENMETRICS:
        yield b"# EOF\n"


def _text_header(family: Family) -> str:
    name = family.sample_name
    kind = "gauge" if family.type == "info" else family.type
    text = family.help.replace("\\", r"\\").replace("\n", r"\n")
    return f"# HELP {name} {text}\n# TYPE {name} {kind}\n"


def _openmetrics_header(family: Family) -> str:
    name = family.name
    unit = f"# UNIT {name} {family.unit}\n" if family.unit else ""
    return f"# TYPE {name} {family.type}\n{unit}# HELP {name} {escape(family.help)}\n"


def escape(value: str) -> str:
    """Return ``value`` as it stands between the quotes of a label."""
    if "\\" in value or '"' in value or "\n" in value:
        return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
    return value


def number(value: float) -> str:
    """Return ``value`` as both formats write it."""
    if math.isfinite(value):
        return repr(value)
    return "NaN" if value != value else "+Inf" if value > 0 else "-Inf"  # noqa: PLR0124 - NaN differs from itself


def bound(value: float) -> str:
    """Return a histogram's upper bound as the value of ``le``, in the form OpenMetrics calls canonical."""
    return str(floatToGoString(value))  # type: ignore[no-untyped-call]
