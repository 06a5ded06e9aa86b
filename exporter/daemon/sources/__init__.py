"""What the daemon asks of a target, one file each, each with one ``update``."""

from __future__ import annotations

from typing import Generic, NamedTuple, Protocol, TypeVar

T = TypeVar("T")


class Update(NamedTuple, Generic[T]):
    """What a source found out, and how long it was left waiting for it on purpose."""

    value: T
    waited: float = 0.0


class Source(Protocol[T]):
    """One thing to ask of a target."""

    @property
    def name(self) -> str:
        """The value of the label ``collector``."""

    def update(self) -> Update[T]:
        """Ask once.

        Raises:
            SourceError: the target did not give it.

        """


COLLECTORS = ("application", "environment", "plugin")
"""The names of all sources: the values of the label ``collector``."""
