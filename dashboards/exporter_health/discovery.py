"""How daemons find their targets, and share them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.judgement import NoBadValue
from dashboards.limits import above, never, seldom
from dashboards.panels import Query, Series
from dashboards.queries import discovery as q
from dashboards.table import Column, Key, Table

if TYPE_CHECKING:
    from dashboards.config import Config
    from dashboards.panels import Panel


def panels(config: Config) -> tuple[Panel, ...]:
    """Return what is found, how fresh that is, what is refused, and how daemons share it."""
    return (*_search(config), *_sharing())


def _search(config: Config) -> tuple[Series, ...]:
    return (
        Series(
            title="Targets found",
            description="Targets that daemons know, by how they found them: static is --target. A sudden fall"
            " while applications run is a selector or a file that was changed, or a search that fails.",
            unit="short",
            width=8,
            queries=(Query(q.found(), "{{discovery}}"),),
            stacked=True,
            limits=NoBadValue("How many targets there are depends on how many applications run."),
        ),
        Series(
            title="Age of the list of targets",
            description="For how long a daemon has not known whether its list is up to date. Above the line"
            " new applications are missing: see Failed searches, and whether the API server can be reached.",
            unit="s",
            width=8,
            queries=(Query(q.age(), "{{discovery}} {{instance}}"),),
            limits=above(config.thresholds["discovery_silent_seconds"]),
        ),
        Series(
            title="Failed searches",
            description="How often the search for targets failed, by why; known targets stay. What"
            " reaches the line again and again wants a look: forbidden is a missing Role, read a file"
            " that cannot be read; expired and throttled pass by themselves.",
            unit="short",
            width=8,
            queries=(Query(q.errors(), "{{discovery}} {{reason}}"),),
            bars=True,
            limits=seldom(),
        ),
    )


def _sharing() -> tuple[Panel, ...]:
    shard, shards, targets = q.shards()
    return (
        Series(
            title="Driver pods refused",
            description="Driver pods that claim what the daemon does not believe, by what it is. What"
            " reaches the line is not asked as the pod wants it, and metrics are missing: the daemon's"
            " log names the pods.",
            unit="short",
            width=8,
            queries=(Query(q.refused(), "{{reason}}"),),
            bars=True,
            limits=never(),
        ),
        Series(
            title="Shards without a daemon",
            description="How many of the shards among which targets are divided have no daemon that is"
            " scraped. At the line applications of a shard are missing everywhere: look for its pod.",
            unit="short",
            width=8,
            queries=(Query(q.shards_missing(), "{{job}} {{namespace}}"),),
            limits=never(),
        ),
        Table(
            title="Shards",
            description="Which part of all targets each daemon asks. Numbers begin with 0; two daemons with"
            " the same one do the same work, and tell of the same applications.",
            width=8,
            keys=(Key("instance", "Daemon"),),
            columns=(
                Column("Shard", shard, width=70),
                Column("Of", shards, width=60),
                Column("Targets", targets, width=80),
            ),
            sort="Shard",
            limits=NoBadValue("Any division is right that has all shards: see Shards without a daemon."),
        ),
    )
