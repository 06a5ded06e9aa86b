"""Files with targets, in the format of Prometheus' ``file_sd_configs``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import orjson
import yaml

from exporter.daemon.discovery.found import FILE, Target
from exporter.daemon.discovery.target import parse_target
from exporter.daemon.model import Place

_FIELDS = ("targets", "labels")
_SCHEME = "__scheme__"
_KNOWN = (*Place._fields, _SCHEME)


class Groups(NamedTuple):
    """What a file says."""

    targets: tuple[Target, ...]
    ignored: tuple[str, ...]
    """The labels that are not taken over."""


def parse_groups(body: bytes, *, is_json: bool) -> Groups:
    """Return the targets of a file.

    A target is ``host:port``, or a URL. Of its group's labels ``namespace`` and ``pod`` are taken over to all
    series, and ``__scheme__`` may be ``https``.

    Raises:
        ValueError: the file is malformed; the text says what and where.

    """
    try:
        document = orjson.loads(body) if is_json else yaml.safe_load(body)
    except (orjson.JSONDecodeError, yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"it is not {'JSON' if is_json else 'YAML'}: {_one_line(error)}") from error
    # An empty YAML file has no targets.
    groups = [] if document is None else document
    if not isinstance(groups, list):
        raise _wrong("", "a list of groups, each with targets and labels", groups)
    targets: dict[str, Target] = {}
    ignored: dict[str, None] = {}
    for number, group in enumerate(groups, 1):
        where = f"group {number}"
        if not isinstance(group, Mapping):
            raise _wrong(where, "targets and labels", group)
        for field in group:
            if field not in _FIELDS:
                raise ValueError(f"{where}: unknown field {str(field)[:100]!r}; expected targets and labels")
        labels = _labels(group.get("labels"), where)
        ignored |= dict.fromkeys(label for label in labels if label not in _KNOWN)
        for target in _targets(group.get("targets"), labels, where):
            targets.setdefault(target.url, target)
    return Groups(tuple(targets.values()), tuple(ignored))


def _labels(given: Any, where: str) -> Mapping[str, str]:
    labels = {} if given is None else given
    if not isinstance(labels, Mapping):
        raise _wrong(f"{where}: labels", "names with values", labels)
    for name, value in labels.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise _wrong(f"{where}: label {str(name)[:100]!r}", "a string", value)
    if labels.get(_SCHEME, "http") not in ("http", "https"):
        raise ValueError(f"{where}: label {_SCHEME}: expected http or https, not {labels[_SCHEME][:100]!r}")
    return labels


def _targets(given: Any, labels: Mapping[str, str], where: str) -> Iterable[Target]:
    if not isinstance(given, list):
        raise _wrong(f"{where}: targets", "a list of host:port", given)
    place = Place(*(labels.get(field, "") for field in Place._fields))
    for value in given:
        if not isinstance(value, str):
            raise _wrong(f"{where}: target", "host:port", value)
        url = value if "://" in value else f"{labels.get(_SCHEME, 'http')}://{value}"
        try:
            yield Target(parse_target(url), place, discovery=FILE)
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from error


def _wrong(where: str, expected: str, value: object) -> ValueError:
    kind = "nothing" if value is None else f"a {type(value).__name__}"
    return ValueError(f"{where}{': ' if where else ''}expected {expected}, not {kind}")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
