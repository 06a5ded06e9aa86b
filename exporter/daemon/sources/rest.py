"""Spark's REST API of one application, and how its fields become samples by the catalogue."""

from __future__ import annotations

import math
import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeGuard, TypeVar
from urllib.parse import quote

from exporter.daemon import fields
from exporter.daemon.decode import parse, parse_array
from exporter.daemon.frame import INVALID_VALUE, MALFORMED, TRUNCATED
from exporter.daemon.labels import clip
from exporter.daemon.readings import says_nothing

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from exporter.daemon.catalogue import Catalogue, Entry
    from exporter.daemon.fetch import Fetcher, Params
    from exporter.daemon.frame import Drops, FrameBuilder

OPTIONAL = frozenset(
    {
        "jobGroup",
        "submissionTime",
        "completionTime",
        "removeTime",
        "removeReason",
        "memoryMetrics",
        "peakMemoryMetrics",
        "avgInputRate",
        "avgSchedulingDelay",
        "avgProcessingTime",
        "avgTotalDelay",
        "schedulingDelay",
        "processingTime",
        "totalDelay",
        "avgEventRate",
        "lastErrorTime",
    }
)
"""What Spark's own API calls an Option. It leaves out what there is not; null would say the same."""
WRONG = "?"
"""What stands for a value that is none, so that a frame refuses and counts it."""
_SHORT = 100
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{3})(GMT|UTC|Z)")


T = TypeVar("T")


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


Readings: TypeAlias = "tuple[tuple[Field, Any], ...]"
"""Fields and their values: numbers, None for what was left out, WRONG for what is no number."""


def copy(
    builder: FrameBuilder, found: tuple[Field, ...], document: Mapping[str, Any], **identity: str
) -> None:
    """Add a sample for each of the fields that ``document`` has."""
    show(builder, read(found, document), **identity)


def read(found: tuple[Field, ...], document: Mapping[str, Any]) -> Readings:
    """Return what ``document`` says of each field, and nothing of what else it holds."""
    return tuple([(field, _plain(scaled(look(document, field.path), field.scale))) for field in found])


def show(builder: FrameBuilder, readings: Readings, **identity: str) -> None:
    """Add a sample for each field that has a value."""
    for field, value in readings:
        if value != 0 or not says_nothing(field.entry, 0.0):
            builder.add(field.metric, value, *field.key(identity))


def look(document: Any, path: tuple[str, ...]) -> Any:
    """Return what is at ``path``: None if Spark left it out, WRONG for anything but a number or a list."""
    for part in path:
        if type(document) is not dict:
            return WRONG
        if document.get(part) is None:
            return WRONG if part in document and part not in OPTIONAL else None
        document = document[part]
    return document if isinstance(document, int | float | list) else WRONG


def _plain(value: Any) -> Any:
    """Return a number or None, and WRONG in place of anything else, which may be large."""
    return value if value is None or isinstance(value, int | float) else WRONG


def scaled(value: Any, scale: float) -> Any:
    """Return a number times ``scale``. Anything else stays as it is, for the frame to refuse and count."""
    if not isinstance(value, int | float) or scale == 1:
        return value
    # 284 ms are 0.284 s; times 0.001 they would be 0.28400000000000003.
    return value / round(1 / scale) if scale < 1 else value * scale


def is_amount(value: Any) -> TypeGuard[float]:
    """Say whether it is a number, zero or more."""
    return (type(value) is int or type(value) is float) and 0 <= value < math.inf


def number(document: Mapping[str, Any], key: str, drops: Drops | None = None) -> float:
    """Return the number at ``key``, or 0 where there is none.

    Here and below, ``drops`` are told what is there and is no such thing; None if somebody else tells them.
    """
    value = document.get(key)
    if type(value) is int or type(value) is float:
        return value
    _refuse(document, key, drops)
    return 0


def amount(document: Mapping[str, Any], key: str, drops: Drops | None = None) -> float:
    """Return the number at ``key`` if it is zero or more, or 0 where there is none."""
    value = document.get(key)
    if is_amount(value):
        return value
    _refuse(document, key, drops)
    return 0


def words(document: Mapping[str, Any], key: str, drops: Drops | None = None) -> str:
    """Return the text at ``key``, or nothing where there is none."""
    value = document.get(key)
    if type(value) is str:
        return value
    _refuse(document, key, drops)
    return ""


def identity(document: Mapping[str, Any], key: str, drops: Drops, length: int) -> str:
    """Return the text that tells ``document`` from its like, shortened if it is long; nothing without one.

    Without one, it cannot be taken: that counts as malformed.
    """
    value = document.get(key)
    if type(value) is str and value:
        return brief(value, drops, key, length)
    drops.drop(MALFORMED, name=key)
    return ""


def brief(text: str, drops: Drops, name: str, length: int) -> str:
    """Return a text to be kept, shortened as labels are if it is longer than ``length``, which counts."""
    kept = clip(text, length)
    if kept != text:
        drops.drop(TRUNCATED, name=name)
    return kept


def identifiers(document: Mapping[str, Any], key: str, drops: Drops | None = None) -> list[int]:
    """Return the whole numbers of the array at ``key``."""
    value = document.get(key)
    if type(value) is not list:
        _refuse(document, key, drops)
        return []
    found = [item for item in value if type(item) is int and item >= 0]
    if drops is not None and len(found) < len(value):
        drops.drop(INVALID_VALUE, len(value) - len(found), key)
    return found


def entries(document: Mapping[str, Any], key: str, kind: type[T], drops: Drops | None = None) -> T | None:
    """Return the array or object at ``key``, None where there is none."""
    value = document.get(key)
    if type(value) is kind:
        return value
    _refuse(document, key, drops)
    return None


def instant(document: Mapping[str, Any], key: str, drops: Drops | None = None) -> float | None:
    """Return the time at ``key`` as Unix seconds; None if there is none, or it lies before 1970."""
    seconds = _seconds(document.get(key))
    if seconds is None:
        _refuse(document, key, drops)
    return seconds if seconds is not None and seconds >= 0 else None


def _seconds(text: Any) -> float | None:
    """Return Spark's way to write a time as Unix seconds; None if it is not one."""
    match = _MOMENT.fullmatch(text) if type(text) is str else None
    if match is None:
        return None
    try:
        whole = datetime.strptime(match[1], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        return None
    return whole + int(match[2]) / 1000


def slim(document: Mapping[str, Any], keys: Collection[str]) -> dict[str, Any]:
    """Return what is at ``keys``, numbers and short texts, without anything that takes memory.

    What has another kind stays something of a wrong kind, for whoever reads it to refuse.
    """
    return {key: _small(document[key]) for key in keys if key in document}


def _small(value: Any) -> Any:
    if value is None or isinstance(value, int | float):
        return value
    return value if type(value) is str and len(value) <= _SHORT else {}


def _refuse(document: Mapping[str, Any], key: str, drops: Drops | None) -> None:
    """Count what is at ``key``, unless Spark has left it out."""
    if drops is None or key not in document or (document[key] is None and key in OPTIONAL):
        return
    drops.drop(INVALID_VALUE, name=key)
