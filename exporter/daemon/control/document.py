"""The OpenAPI document: what is served of it, and the parameters that requests are checked by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml

from exporter._version import __version__
from exporter.daemon.control.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PREFIX = "/api/v1"
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_LONGEST = 40
"""Characters of a number, or of what is shown of a bad value."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of an operation, as the document has it."""

    name: str
    place: str
    """path, query or header."""
    schema: Mapping[str, Any]
    example: object

    def check(self, text: str) -> str:
        """Return ``text``.

        Raises:
            Refusal: with status 400, if the schema does not allow it.

        """
        if self.schema["type"] == "string":
            good = re.search(self.schema.get("pattern", ""), text) is not None and "\n" not in text
            expected = f"such as {self.example}"
        else:
            good = self._is_number(text)
            kind = "a whole number" if self.schema["type"] == "integer" else "a number"
            expected = f"{kind} from {self.schema['minimum']} to {self.schema['maximum']}"
        if not good:
            shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
            raise Refusal(400, f"{self.name}: {shown!r} is not as expected, {expected}")
        return text

    def _is_number(self, text: str) -> bool:
        form = _INTEGER if self.schema["type"] == "integer" else _NUMBER
        if len(text) > _LONGEST or not form.fullmatch(text):
            return False
        return bool(self.schema["minimum"] <= float(text) <= self.schema["maximum"])


@dataclass(frozen=True)
class Operation:
    """One thing that can be asked for."""

    name: str
    path: str
    """As in the document, with its prefix."""
    method: str
    changes: bool
    """Whether it has a body, and changes something."""
    public: bool
    """Whether it needs no token."""
    parameters: tuple[Parameter, ...]

    def queries(self, given: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Return the checked query.

        Raises:
            Refusal: with status 400: one is unknown, malformed or given twice.

        """
        known = {item.name: item for item in self.parameters if item.place == "query"}
        found: dict[str, str] = {}
        for name, text in given:
            if name not in known:
                shown = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 3]}..."
                expected = f"expected {' and '.join(known)}" if known else "none is expected"
                raise Refusal(400, f"unknown query parameter {shown!r}; {expected}")
            if name in found:
                raise Refusal(400, f"{name} is given twice")
            found[name] = known[name].check(text)
        return found

    def parameter(self, name: str) -> Parameter | None:
        """Return a parameter, if the operation has it."""
        return next((item for item in self.parameters if item.name == name), None)


@dataclass(frozen=True)
class Document:
    """All of it."""

    content: Mapping[str, Any]
    operations: tuple[Operation, ...]


@cache
def load() -> Document:
    """Return the document that comes with this package."""
    text = files("exporter.daemon.control").joinpath("openapi.yaml").read_text("utf-8")
    content = yaml.safe_load(text)
    content["info"]["version"] = __version__
    operations = tuple(
        _operation(content, path, method, item)
        for path, item in content["paths"].items()
        for method in item
        if method != "parameters"
    )
    return Document(content, operations)


def _operation(content: Mapping[str, Any], path: str, method: str, item: Mapping[str, Any]) -> Operation:
    given = [*item.get("parameters", []), *item[method].get("parameters", [])]
    parameters = [_resolved(content, parameter) for parameter in given]
    return Operation(
        item[method]["operationId"],
        path,
        method.upper(),
        "requestBody" in item[method],
        item[method].get("security") == [],
        tuple(
            Parameter(
                parameter["name"],
                parameter["in"],
                _resolved(content, parameter["schema"]),
                parameter.get("example"),
            )
            for parameter in parameters
        ),
    )


def _resolved(content: Mapping[str, Any], item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what an item refers to, or the item."""
    if "$ref" not in item:
        return item
    found: Any = content
    for step in item["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)
