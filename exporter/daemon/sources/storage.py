"""What the application keeps in its cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exporter.daemon.frame import INVALID_VALUE, LIMIT, Frame, FrameBuilder
from exporter.daemon.sources import Update
from exporter.daemon.sources.rest import is_amount, look, number, scaled, table, words

if TYPE_CHECKING:
    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.sources.rest import Api, Field

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
            names.setdefault(" ".join(words(item, "name", builder).split()), []).append(item)
        shown = sorted(
            names, key=lambda name: (-sum(number(i, key) for i in names[name] for key in _SPACE), name)
        )
        if len(shown) > MAX_SHOWN:
            builder.drop(LIMIT, len(shown) - MAX_SHOWN)
        for name in shown[:MAX_SHOWN]:
            builder.add("spark_storage_rdds", len(names[name]), name)
            for field in self._fields:
                _add_sum(builder, field, name, [look(item, field.path) for item in names[name]])
        self._last = builder.frame()
        return Update(self._last)


def _add_sum(builder: FrameBuilder, field: Field, name: str, values: list[Any]) -> None:
    """Add what the RDDs of one name have together, unless it is wrong of one of them: then so is the sum."""
    given = [value for value in values if value is not None]
    right = [value for value in given if is_amount(value)]
    if len(right) < len(given):
        builder.drop(INVALID_VALUE, len(given) - len(right), field.metric)
    elif given:
        builder.add(field.metric, scaled(sum(right), field.scale), *field.key({"name": name}))
