"""The built-in samples of one application, or of one target, ready to print."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from exporter.daemon.blocks import Block
from exporter.daemon.exposition import escape
from exporter.daemon.frame import COUNT, SUM

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from exporter.daemon.catalogue import Catalogue, Entry
    from exporter.daemon.frame import Column, Labels


class Print(Block):
    """The samples of one metric, kept as long as no series comes or goes."""

    __slots__ = ("keys",)

    def __init__(self, entry: Entry, labels: str, keys: tuple[Labels, ...]) -> None:
        """Prepare nothing yet.

        Args:
            entry: the metric.
            labels: the labels that all samples have, ready to print; may be empty.
            keys: the other label values of each sample, as in a frame.

        """
        self.keys = keys
        super().__init__(_Prefixes(entry, labels, keys))


class _Prefixes:
    """Name and labels of each sample; may be read by two scrapes at a time."""

    __slots__ = ("entry", "keys", "labels")

    def __init__(self, entry: Entry, labels: str, keys: tuple[Labels, ...]) -> None:
        self.entry = entry
        self.labels = labels
        self.keys = keys

    def __iter__(self) -> Iterator[str]:
        if self.entry.family.type == "histogram":
            return self._of_histogram()
        own = [f'{label}="%s"' for label in self.entry.key_labels]
        # A percent sign in an application's name is no slot.
        common = [self.labels.replace("%", "%%")] if self.labels else []
        shown = ",".join(common + own)
        name = self.entry.family.sample_name
        template = f"{name}{{{shown}}}" if shown else name
        return (template % tuple(map(escape, key)) for key in self.keys)

    def _of_histogram(self) -> Iterator[str]:
        name = self.entry.family.name
        for *values, part in self.keys:
            labels = zip(self.entry.key_labels, values, strict=False)
            shown = [self.labels, *(f'{label}="{escape(value)}"' for label, value in labels)]
            if part in (SUM, COUNT):
                yield f"{name}_{part}{{{','.join(shown)}}}"
            else:
                yield f'{name}_bucket{{{",".join(shown)},le="{part}"}}'


class Item(NamedTuple):
    """One metric of a sheet."""

    name: str
    prepared: Print
    values: tuple[float, ...]


class Sheet:
    """Columns with what is prepared for them.

    Args:
        catalogue: knows the metrics.
        labels: the labels that all samples have, ready to print.
        columns: the samples by the name of their metric.
        last: the sheet before; what is prepared there is taken over where nothing but values has changed.

    """

    __slots__ = ("items", "labels", "prints")

    def __init__(
        self, catalogue: Catalogue, labels: str, columns: Mapping[str, Column], last: Sheet | None = None
    ) -> None:
        """Prepare only what is new."""
        self.labels: str = labels
        self.prints: dict[str, Print] = {}
        self.items: list[Item] = []
        prints = last.prints if last is not None and last.labels == labels else {}
        for name, column in columns.items():
            known = prints.get(name)
            if known is None or known.keys is not column.keys:
                known = Print(catalogue[name], labels, column.keys)
            self.prints[name] = known
            self.items.append(Item(name, known, column.values))

    def print_ahead(self) -> None:
        """Print what has changed, so that the next scrape finds it done."""
        for _, prepared, values in self.items:
            prepared.text(values)

    def add_to(self, pieces: Mapping[str, list[bytes]]) -> None:
        """Print everything, each metric's lines to the pieces of its family."""
        for name, prepared, values in self.items:
            pieces[name].append(prepared.text(values))
