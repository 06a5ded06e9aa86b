"""What the application keeps in its cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.daemon.frame import LIMIT, Frame, FrameBuilder
from exporter.daemon.sources import Update
from exporter.daemon.sources.rest import look, number, scaled, table, words

if TYPE_CHECKING:
    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.sources.rest import Api

MAX_SHOWN = 50
"""So many names, those that take most memory and disk, are published."""
_SPACE = ("memoryUsed", "diskUsed")


class StorageSource:
    """Reads ``/storage/rdd``. Spark gives every block of every cached RDD there, so it is asked seldom."""

    name = "storage"
    every = 6

    def __init__(self, api: Api, catalogue: Catalogue) -> None:
        """Ask ``api``."""
        self._api = api
        self._catalogue = catalogue
        self._fields = table(catalogue, "storage/rdd", "name")
        self._last = Frame()

    def update(self) -> Update[Frame]:
        """Return what is cached, by name. Several RDDs of one name are taken together."""
        builder = FrameBuilder(self._catalogue, self._last)
        names: dict[str, list[dict[str, object]]] = {}
        for item in self._api.array("storage/rdd"):
            # A cached DataFrame is called as its plan, which has several lines.
            names.setdefault(" ".join(words(item, "name").split()), []).append(item)
        shown = sorted(
            names, key=lambda name: (-sum(number(i, key) for i in names[name] for key in _SPACE), name)
        )
        if len(shown) > MAX_SHOWN:
            builder.drop(LIMIT, len(shown) - MAX_SHOWN)
        for name in shown[:MAX_SHOWN]:
            builder.add("spark_storage_rdds", len(names[name]), name)
            for field in self._fields:
                values = [look(item, field.path) for item in names[name]]
                plain = all(type(value) is int or type(value) is float for value in values)
                value = sum(values) if plain else values[0]
                builder.add(field.metric, scaled(value, field.scale), *field.key({"name": name}))
        self._last = builder.frame()
        return Update(self._last)
