"""The samples of an application as a scrape shows them, for whoever looks at a few of them by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from exporter.overview import Sample, Samples

if TYPE_CHECKING:
    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.frame import Column
    from exporter.daemon.planner import Published


class _Columns(Mapping[str, "list[Sample]"]):
    """Gives columns their labels' names when they are asked for."""

    def __init__(self, catalogue: Catalogue, columns: Mapping[str, Column]) -> None:
        self._catalogue = catalogue
        self._columns = columns

    def __getitem__(self, name: str) -> list[Sample]:
        column, entry = self._columns[name], self._catalogue[name]
        return [
            Sample(dict(zip(entry.key_labels, key, strict=True)), value)
            for key, value in zip(column.keys, column.values, strict=True)
        ]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


def samples_of(catalogue: Catalogue, published: Published) -> Samples:
    """Return the built-in samples of an application."""
    return Samples(_Columns(catalogue, {**published.plan.columns, **published.about.columns}))
