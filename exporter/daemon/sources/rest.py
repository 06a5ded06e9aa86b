"""Spark's REST API of one application, and how its fields become samples by the catalogue."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from exporter.daemon import fields
from exporter.daemon.decode import parse, parse_array
from exporter.daemon.readings import says_nothing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.daemon.catalogue import Catalogue, Entry
    from exporter.daemon.fetch import Fetcher, Params
    from exporter.daemon.frame import FrameBuilder

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{3})(GMT|UTC|Z)")


class Api:
    """Spark's REST API of one application.

    Args:
        fetcher: asks.
        target: URL of the driver's UI or of a history server.
        app_id: of the application.
        attempt_id: of its attempt, which a history server wants to know if there is one.

    """

    def __init__(self, fetcher: Fetcher, target: str, app_id: str, attempt_id: str = "") -> None:
        """Ask nothing yet."""
        self._fetcher = fetcher
        parts = [app_id, attempt_id] if attempt_id else [app_id]
        self._base = "/".join([f"{target}/api/v1/applications", *(quote(part, safe="") for part in parts)])

    def mapping(self, path: str, params: Params | None = None) -> dict[str, Any]:
        """Return the JSON object at ``path``.

        Raises:
            NotFoundError: Spark knows nothing there.
            SourceError: it does not give it.

        """
        return parse(self._fetcher.get(f"{self._base}/{path}", params).body)

    def array(self, path: str, params: Params | None = None) -> list[dict[str, Any]]:
        """Return the JSON objects of the array at ``path``.

        Raises:
            NotFoundError: Spark knows nothing there.
            SourceError: it does not give it.

        """
        found = parse_array(self._fetcher.get(f"{self._base}/{path}", params).body)
        return [fields.mapping(item, path) for item in found]


class Field(NamedTuple):
    """One field of a resource, as the sample that it becomes."""

    metric: str
    path: tuple[str, ...]
    scale: float
    labels: tuple[tuple[str, str], ...]
    """Those that the field itself decides."""
    order: tuple[str, ...]
    """All labels in a frame."""
    entry: Entry

    def key(self, identity: Mapping[str, str]) -> tuple[str, ...]:
        """Return the sample's label values."""
        given = {**identity, **dict(self.labels)}
        return tuple([given[label] for label in self.order])


def table(catalogue: Catalogue, resource: str, *identity: str) -> tuple[Field, ...]:
    """Return the fields of ``resource`` that the catalogue publishes for each ``identity``.

    Args:
        catalogue: says which.
        resource: such as ``allexecutors``; what comes before the first dot of an origin's field.
        identity: the labels that tell one thing of the resource from another; ``executor_id`` for metrics of
            executors. A metric with other labels belongs to another table.

    """
    found = []
    for metric, origin in catalogue.origins("rest"):
        of, _, path = origin.field.partition(".")
        entry = catalogue[metric]
        order = (*(("executor_id",) if entry.scope == "executor" else ()), *entry.own_labels)
        decided = {label for label, _ in origin.labels}
        if of == resource and tuple(label for label in order if label not in decided) == identity:
            found.append(Field(metric, tuple(path.split(".")), origin.scale, origin.labels, order, entry))
    return tuple(found)


def copy(
    builder: FrameBuilder, found: tuple[Field, ...], document: Mapping[str, Any], **identity: str
) -> None:
    """Add a sample for each of the fields that ``document`` has."""
    for field in found:
        value = scaled(look(document, field.path), field.scale)
        if value != 0 or not says_nothing(field.entry, 0.0):
            builder.add(field.metric, value, *field.key(identity))


def look(document: Any, path: tuple[str, ...]) -> Any:
    """Return what is at ``path``, or None. What Spark writes as "NaN" is nothing, too."""
    for part in path:
        document = document.get(part) if type(document) is dict else None
    return None if document == "NaN" else document


def scaled(value: Any, scale: float) -> Any:
    """Return a number times ``scale``. Anything else stays as it is, for the frame to refuse and count."""
    if not isinstance(value, int | float) or scale == 1:
        return value
    # 284 ms are 0.284 s; times 0.001 they would be 0.28400000000000003.
    return value / round(1 / scale) if scale < 1 else value * scale


def number(document: Mapping[str, Any], key: str) -> float:
    """Return the number at ``key``, or 0 where there is none."""
    value = document.get(key)
    return value if type(value) is int or type(value) is float else 0


def words(document: Mapping[str, Any], key: str) -> str:
    """Return the text at ``key``, or nothing where there is none."""
    value = document.get(key)
    return value if type(value) is str else ""


def identifiers(document: Mapping[str, Any], key: str) -> list[int]:
    """Return the whole numbers of the array at ``key``."""
    value = document.get(key)
    return [item for item in value if type(item) is int and item >= 0] if type(value) is list else []


def moment(text: Any) -> float | None:
    """Return Spark's way to write a time as Unix seconds; None if it is not one, or lies before 1970."""
    match = _MOMENT.fullmatch(text) if type(text) is str else None
    if match is None:
        return None
    try:
        whole = datetime.strptime(match[1], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        return None
    return whole + int(match[2]) / 1000 if whole >= 0 else None
