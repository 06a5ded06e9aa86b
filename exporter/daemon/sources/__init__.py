"""What the daemon asks of a target, one file each, each with one ``update``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, Protocol, TypeVar, runtime_checkable

from exporter.daemon.frame import Frame

T = TypeVar("T")


class Facts(NamedTuple):
    """What a source knows of an application's course; None is what it cannot tell."""

    waiting: bool | None = None
    """No executor has registered yet, though some are wanted."""
    failed: bool | None = None
    """It would count as failed if it ended now."""


@dataclass(frozen=True)
class Update(Generic[T]):
    """What a source found out, and how long it was left waiting for it on purpose."""

    value: T
    waited: float = 0.0
    facts: Facts = field(default_factory=Facts)


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


class PolledSource(Source[Frame], Protocol):
    """A source that is asked again and again while an application runs."""

    @property
    def every(self) -> int:
        """After how many polls it is due again; may change from one time to the next. 0: never again."""


@runtime_checkable
class AddingSource(PolledSource, Protocol):
    """A polled source that adds up what Spark forgets, and can go on where an earlier daemon has ended."""

    def remember(self) -> dict[str, Any]:
        """Return its sums and its position as JSON can write them; as of the last update that succeeded."""

    def recall(self, kept: dict[str, Any]) -> None:
        """Go on from what ``remember`` returned once. Called before the first update.

        Raises:
            SourceError: it is nothing that ``remember`` returns. The source is of no use then.

        """


REST = ("runtime", "executors", "jobs", "stages", "sql", "storage", "dstreams", "connect")
"""What Spark's REST API says of an application, each resource on its own."""
POLLED = ("sink", *REST, "process")
"""The sources that are polled: those that may be switched off."""
BY_PLUGIN = frozenset({"executors", "jobs", "stages", "sql"})
"""Those whose sums the plugin gives, where there is one."""
COLLECTORS = ("application", "environment", "plugin", *POLLED)
"""The names of all sources: the values of the label ``collector``."""
