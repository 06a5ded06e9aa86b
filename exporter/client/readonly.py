"""Lists and dicts that many readers share, so that none of them may change what the others see."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

_SENTENCE = "values of the live configuration are read-only: copy it first, {}"


class ReadOnlyDict(dict[str, object]):
    """A dict to everybody who reads it; every copy of it, also by pickle, is a plain one."""

    __slots__ = ()

    def __copy__(self) -> dict[str, Any]:
        """Return a plain dict; what is inside stays read-only."""
        return dict(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        """Return a plain dict of plain dicts and lists."""
        import copy  # noqa: PLC0415 - who calls this has it, and nobody else needs it

        return {key: copy.deepcopy(value, memo) for key, value in self.items()}

    def __reduce_ex__(self, _protocol: object) -> tuple[type, tuple[dict[str, Any]]]:
        """Be unpickled as a plain dict, also where this package is not installed."""
        return dict, (dict(self),)


class ReadOnlyList(list[object]):
    """A list to everybody who reads it; every copy of it, also by pickle, is a plain one."""

    __slots__ = ()

    def __copy__(self) -> list[Any]:
        """Return a plain list; what is inside stays read-only."""
        return list(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> list[Any]:
        """Return a plain list of plain dicts and lists."""
        import copy  # noqa: PLC0415 - as above

        return [copy.deepcopy(value, memo) for value in self]

    def __reduce_ex__(self, _protocol: object) -> tuple[type, tuple[list[Any]]]:
        """Be unpickled as a plain list, also where this package is not installed."""
        return list, (list(self),)


def _refusing(advice: str) -> Callable[..., NoReturn]:
    def refuse(*_arguments: object, **_named: object) -> NoReturn:
        """Raise TypeError: others read this, too."""
        raise TypeError(_SENTENCE.format(advice))

    return refuse


_ITEMS = ("__setitem__", "__delitem__", "clear", "pop")
for _name in (*_ITEMS, "__ior__", "popitem", "setdefault", "update"):
    setattr(ReadOnlyDict, _name, _refusing("dict(value)"))
for _name in (*_ITEMS, "__iadd__", "__imul__", "append", "extend", "insert", "remove", "reverse", "sort"):
    setattr(ReadOnlyList, _name, _refusing("list(value)"))


def read_only(value: Any) -> Any:
    """Return a JSON value of which nobody can change anything."""
    if isinstance(value, dict):
        return ReadOnlyDict({key: read_only(one) for key, one in value.items()})
    if isinstance(value, list):
        return ReadOnlyList([read_only(one) for one in value])
    return value
