"""Reads catalogue.yaml, strictly: what is missing, unknown or against the rules for names is an error."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from exporter.daemon.catalogue import DROP, ENDED, KEEP, SCOPES, Catalogue, Entry, LeftOut, Origin
from exporter.daemon.custom import APPLICATION_PREFIX, EXECUTOR_PREFIX
from exporter.daemon.errors import CatalogueError
from exporter.daemon.exposition import Family

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_TYPES = {"counter": "_total", "gauge": "", "info": "_info", "histogram": ""}
_REQUIRED = {"name", "type", "help"}
_OPTIONAL = {"unit", "scope", "labels", "from", "source", "when", "ended", "since"}
_SECTIONS = {"conditions", "metrics", "left_out"}
KINDS = {"reading": "reading", "rest": "REST", "query": "streaming query", "process": "psutil"}
LEFT_OUT_KINDS = KINDS | {"operator": "SQL operator"}
_ORIGIN_OPTIONAL = {"scale", "labels"}
_NOT_LABELS = {"le", "quantile"}
FIRST_SPARK = "3.5"
_VERSION = re.compile(r"\d+\.\d+")


def parse(text: str) -> Catalogue:
    """Return the catalogue written in ``text``.

    Raises:
        CatalogueError: with a sentence that names the metric and what is wrong.

    """
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise CatalogueError(f"catalogue.yaml: is not YAML: {error}") from error
    if not isinstance(document, dict) or {*document} != _SECTIONS:
        raise CatalogueError(f"catalogue.yaml: expected the keys {', '.join(sorted(_SECTIONS))}")
    conditions, metrics, left_out = (document[key] for key in ("conditions", "metrics", "left_out"))
    if not isinstance(metrics, list) or not isinstance(left_out, list):
        raise CatalogueError("catalogue.yaml: expected metrics and left_out to be lists")
    if not isinstance(conditions, dict) or not all(isinstance(item, str) for item in conditions.values()):
        raise CatalogueError("catalogue.yaml: expected conditions to be texts by name")
    entries: dict[str, Entry] = {}
    taken: set[str] = set()
    for number, item in enumerate(metrics, 1):
        entry = _entry(item, f"catalogue.yaml, metric {number}", conditions)
        if taken & {*entry.family.names}:
            raise CatalogueError(f"catalogue.yaml: {entry.family.sample_name} clashes with an earlier metric")
        taken.update(entry.family.names)
        entries[entry.family.sample_name] = entry
    return Catalogue(entries, conditions, tuple(_left_out(item) for item in left_out))


def _entry(item: Any, where: str, conditions: Mapping[str, str]) -> Entry:
    if not isinstance(item, dict) or not _REQUIRED <= {*item} <= _REQUIRED | _OPTIONAL:
        raise CatalogueError(
            f"{where}: expected the keys {_listed(_REQUIRED)} and perhaps {_listed(_OPTIONAL)}"
        )
    family = _family(item, where)
    name = family.sample_name
    scope, ended = item.get("scope", "daemon"), item.get("ended")
    if scope not in SCOPES:
        raise CatalogueError(f"{name}: scope {scope!r} is not one of {', '.join(SCOPES)}")
    if family.type == "histogram" and scope == "daemon":
        raise CatalogueError(f"{name}: a histogram is of an application or an executor")
    if ended not in (None, *ENDED):
        raise CatalogueError(f"{name}: ended {ended!r} is not one of {', '.join(ENDED)}")
    since = str(item.get("since", FIRST_SPARK))
    if not _VERSION.fullmatch(since):
        raise CatalogueError(f"{name}: since {since!r} is not a version such as {FIRST_SPARK}")
    when = _when(name, item.get("when", []), conditions)
    labels = _labels(name, item.get("labels", []), SCOPES[scope])
    origins = _origins(name, item.get("from", []), labels)
    source = item.get("source", "")
    if not isinstance(source, str) or not (source or origins):
        raise CatalogueError(f"{name}: expected from, or source as a text")
    words = source or "; ".join(dict.fromkeys(f"{KINDS[origin.kind]} `{origin.field}`" for origin in origins))
    default = DROP if family.type == "gauge" else KEEP
    return Entry(family, scope, labels, words, origins, when, ended or default, since)


def _family(item: Mapping[str, Any], where: str) -> Family:
    name, kind, unit, text = item["name"], item["type"], item.get("unit", ""), item["help"]
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise CatalogueError(f"{where}: {name!r} is not a name in snake_case")
    if name.startswith((APPLICATION_PREFIX, EXECUTOR_PREFIX)):
        raise CatalogueError(f"{name}: this prefix belongs to the user's metrics")
    if kind not in _TYPES:
        raise CatalogueError(f"{name}: type {kind!r} is not one of {', '.join(_TYPES)}")
    ending = next((end for end in ("_total", "_info") if name.endswith(end)), "")
    # prometheus_client publishes python_info as a gauge, and so do we, being the same process.
    if ending != _TYPES[kind] and name != "python_info":
        raise CatalogueError(f"{name}: a {kind} ends in {_TYPES[kind] or 'neither _total nor _info'}")
    base = name.removesuffix(_TYPES[kind])
    if not isinstance(unit, str) or (unit and not base.endswith(f"_{unit}")):
        raise CatalogueError(f"{name}: the name does not end in its unit {unit!r}")
    if not isinstance(text, str) or not text.endswith("."):
        raise CatalogueError(f"{name}: help is a sentence with a full stop")
    return Family(base, kind, text, unit)


def _when(name: str, when: Any, conditions: Mapping[str, str]) -> tuple[str, ...]:
    listed = [when] if isinstance(when, str) else when
    if not isinstance(listed, list):
        raise CatalogueError(f"{name}: when is a condition or a list of them")
    for condition in listed:
        if not isinstance(condition, str) or condition not in conditions:
            raise CatalogueError(f"{name}: when {condition!r} is not among the conditions")
    if len({*listed}) != len(listed):
        raise CatalogueError(f"{name}: when has a condition twice")
    return tuple(listed)


def _labels(name: str, labels: Any, common: tuple[str, ...]) -> tuple[str, ...]:
    if not isinstance(labels, list) or len({*common, *map(str, labels)}) != len(common) + len(labels):
        raise CatalogueError(f"{name}: labels is a list of different names")
    for label in labels:
        if not isinstance(label, str) or not _NAME.fullmatch(label) or label in _NOT_LABELS:
            raise CatalogueError(f"{name}: {label!r} is not a label name")
    return tuple(labels)


def _origins(name: str, items: Any, labels: tuple[str, ...]) -> tuple[Origin, ...]:
    if not isinstance(items, list):
        raise CatalogueError(f"{name}: expected from as a list of origins")
    return tuple(_origin(name, item, labels) for item in items)


def _origin(name: str, item: Any, labels: tuple[str, ...]) -> Origin:
    kinds = [kind for kind in KINDS if isinstance(item, dict) and kind in item]
    if len(kinds) != 1 or not {*item} <= {*kinds} | _ORIGIN_OPTIONAL:
        raise CatalogueError(
            f"{name}: each origin has one of {_listed(KINDS)} and perhaps {_listed(_ORIGIN_OPTIONAL)}"
        )
    field, scale, fixed = item[kinds[0]], item.get("scale", 1), item.get("labels", {})
    if not isinstance(field, str) or not isinstance(scale, int | float) or scale <= 0:
        raise CatalogueError(f"{name}: an origin is a text, its scale a number above zero")
    if not isinstance(fixed, dict) or not {*fixed} <= {*labels}:
        raise CatalogueError(f"{name}: the labels of an origin are some of {', '.join(labels)}")
    return Origin(kinds[0], field, float(scale), tuple((key, str(value)) for key, value in fixed.items()))


def _left_out(item: Any) -> LeftOut:
    kinds = [kind for kind in LEFT_OUT_KINDS if isinstance(item, dict) and kind in item]
    if len(kinds) != 1 or {*item} != {kinds[0], "reason"} or not str(item["reason"]).endswith("."):
        raise CatalogueError(
            f"catalogue.yaml, left_out: {item!r} is not one of {_listed(LEFT_OUT_KINDS)} "
            "and a sentence as reason"
        )
    return LeftOut(kinds[0], str(item[kinds[0]]), str(item["reason"]))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
