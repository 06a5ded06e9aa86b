"""The catalogue of built-in metrics: the only source of their names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from exporter.daemon.errors import CatalogueError
from exporter.daemon.exposition import Family, escape, number
from exporter.daemon.labels import LABEL_LENGTH

if TYPE_CHECKING:
    from collections.abc import Mapping

SCOPES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"daemon": (), "app": ("app_id", "app_name"), "executor": ("app_id", "app_name", "executor_id")}
)
"""The labels that come first, by the scope of a metric."""

KEEP, DROP, ZERO = "keep", "drop", "zero"
ENDED = (KEEP, DROP, ZERO)
"""What becomes of a metric when its application ends."""

PART = "le"
"""The last label of a histogram's samples in a frame: a bucket's bound as ``le`` has it, sum, or count."""

PLUGIN = "plugin"
"""The condition that holds for an application that runs the plugin."""
ALL, EXECUTORS = "all", "executors"

BY_EXECUTOR, DETAIL, OWN = "executor", "detail", "own"
_OWN = ("spark_app_", "spark_driver_", "spark_exporter_")


class Origin(NamedTuple):
    """Where a value comes from, for the code that reads it."""

    kind: str
    """reading, rest, query or process."""
    field: str
    scale: float = 1.0
    """What to multiply the value by to get to the metric's unit."""
    labels: tuple[tuple[str, str], ...] = ()
    """Labels that the origin itself decides: name and value."""


class LeftOut(NamedTuple):
    """Something Spark has that is not published."""

    kind: str
    field: str
    reason: str


@dataclass(frozen=True)
class Entry:
    """One built-in metric."""

    family: Family
    scope: str
    own_labels: tuple[str, ...]
    """The labels after those of the scope."""
    source: str
    """Where the value comes from, in words."""
    origins: tuple[Origin, ...]
    when: tuple[str, ...]
    """The conditions under which it exists, all of which must hold; empty if it always does."""
    ended: str
    since: str
    """The first version of Spark that gives it."""

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels, in the order in which they are printed."""
        return SCOPES[self.scope] + self.own_labels

    @cached_property
    def key_labels(self) -> tuple[str, ...]:
        """What the label values of a sample in a frame are: the executor's id, then the own labels.

        Those of a histogram end in PART, which says which of its samples it is.
        """
        executor = ("executor_id",) if self.scope == "executor" else ()
        return executor + self.own_labels + ((PART,) if self.family.type == "histogram" else ())

    @cached_property
    def plugin(self) -> str:
        """What of it needs the plugin: ALL of it, what is of EXECUTORS other than the driver, or nothing."""
        if PLUGIN in self.when:
            return ALL
        # Without the plugin, readings are what the driver's own endpoint shows.
        alone = self.scope == "executor" and {origin.kind for origin in self.origins} == {"reading"}
        return EXECUTORS if alone else ""

    @cached_property
    def kind(self) -> str:
        """What goes first when an application has too many series, by scope and prefix.

        BY_EXECUTOR, then DETAIL such as stages and queries, then what is its OWN.
        """
        if self.scope == "executor":
            return BY_EXECUTOR
        return OWN if self.family.sample_name.startswith(_OWN) else DETAIL

    @cached_property
    def _template(self) -> str:
        shown = ",".join(f'{label}="%s"' for label in self.labels)
        name = self.family.sample_name
        return f"{name}{{{shown}}} %s\n" if self.labels else f"{name} %s\n"

    def line(self, labels: tuple[str, ...], value: float) -> str:
        """Return one sample line.

        Raises:
            CatalogueError: the number of labels is not the declared one.

        """
        if len(labels) != len(self.labels):
            name = self.family.sample_name
            raise CatalogueError(f"{name} has the labels {', '.join(self.labels)}; given were {labels!r}")
        return self._template % (*map(escape, labels), number(float(value)))


class Catalogue:
    """All built-in metrics by their published name, in their order."""

    def __init__(
        self,
        entries: Mapping[str, Entry],
        conditions: Mapping[str, str] = MappingProxyType({}),
        left_out: tuple[LeftOut, ...] = (),
        label_length: int = LABEL_LENGTH,
    ) -> None:
        """Keep what was read."""
        self.entries = MappingProxyType(dict(entries))
        self.conditions = MappingProxyType(dict(conditions))
        """What the values of ``when`` mean."""
        self.left_out = left_out
        self.label_length = label_length
        """Characters of a label's value. It is here because whoever makes samples has the catalogue."""

    def __getitem__(self, name: str) -> Entry:
        """Return the metric called ``name``.

        Raises:
            CatalogueError: there is none.

        """
        try:
            return self.entries[name]
        except KeyError:
            raise CatalogueError(f"{name} is not in catalogue.yaml") from None

    def origins(self, kind: str) -> tuple[tuple[str, Origin], ...]:
        """Return every origin of this kind with the name of its metric."""
        return tuple(
            (name, origin)
            for name, entry in self.entries.items()
            for origin in entry.origins
            if origin.kind == kind
        )


@cache
def load(label_length: int = LABEL_LENGTH) -> Catalogue:
    """Return the catalogue that comes with this package, for labels of at most so many characters."""
    from exporter.daemon.schema import parse  # noqa: PLC0415 - the schema makes what is defined here

    read = parse(files("exporter").joinpath("catalogue.yaml").read_text("utf-8"))
    return Catalogue(read.entries, read.conditions, read.left_out, label_length)
