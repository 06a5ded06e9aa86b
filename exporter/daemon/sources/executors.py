"""The executors of an application, those that are gone included."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from exporter.daemon import fields
from exporter.daemon.errors import SourceError
from exporter.daemon.frame import DUPLICATE, INVALID_VALUE, LIMIT, Frame, FrameBuilder
from exporter.daemon.sources import Facts, Update
from exporter.daemon.sources.reasons import OTHER, REASONS, classify
from exporter.daemon.sources.rest import copy, entries, identity, instant, table, words

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.sources.rest import Api

DRIVER = "driver"
MAX_REMOVED = 100
"""Of so many removed executors, those that went last, the counters are published one by one."""
NOT_OF_TASKS = {"totalDuration", "totalGCTime"}
"""What Spark gives the driver in place of sums over its tasks: its age, and its own garbage collection."""


class ExecutorsSource:
    """Reads ``/allexecutors``. Spark forgets removed ones in time: each is counted when seen, or missed.

    Args:
        api: asks.
        catalogue: says what is published.
        wanted: says whether the application wants executors at all, or raises SourceError.

    """

    name = "executors"
    every = 1

    def __init__(self, api: Api, catalogue: Catalogue, wanted: Callable[[], bool] = lambda: True) -> None:
        """Ask ``api``."""
        self._api = api
        self._wanted = wanted
        self._catalogue = catalogue
        self._fields = table(catalogue, "allexecutors", "executor_id")
        self._counters = tuple(
            field for field in self._fields if catalogue[field.metric].family.type == "counter"
        )
        self._last = Frame()
        self._added: set[str] = set()
        self._removed: set[str] = set()
        self._added_count = 0
        self._reasons: Counter[str] = Counter(dict.fromkeys(REASONS, 0))

    def update(self) -> Update[Frame]:
        """Return the executors as they are now."""
        builder = FrameBuilder(self._catalogue, self._last)
        listed = self._listed(builder)
        working = {name: item for name, item in listed.items() if _works(name, item)}
        self._count(working, listed.keys())
        for name, item in listed.items():
            if _live(item):
                self._add_live(builder, name, item)
        gone = sorted(
            (name for name, item in listed.items() if not _live(item)),
            key=lambda name: instant(listed[name], "removeTime") or 0.0,
        )
        if len(gone) > MAX_REMOVED:
            builder.drop(LIMIT, len(gone) - MAX_REMOVED)
        for name in gone[-MAX_REMOVED:]:
            self._add_removed(builder, name, listed[name])
        live = sum(_live(item) and name != DRIVER for name, item in working.items())
        builder.add("spark_app_executors", live)
        builder.add("spark_app_executors_added_total", self._added_count)
        builder.add("spark_app_executors_removed_total", sum(self._reasons.values()))
        for reason, count in self._reasons.items():
            builder.add("spark_app_executor_removals_total", count, reason)
        self._last = builder.frame()
        return Update(self._last, facts=Facts(waiting=self._waits()))

    def remember(self) -> dict[str, Any]:
        """Return how many came and went, and whom of them Spark still lists."""
        return {
            "added": sorted(self._added),
            "removed": sorted(self._removed),
            "added_count": self._added_count,
            "reasons": self._reasons,
        }

    def recall(self, kept: dict[str, Any]) -> None:
        """Go on from there."""
        self._added = set(fields.texts(kept, "added", self.name))
        self._removed = set(fields.texts(kept, "removed", self.name))
        self._added_count = fields.count(kept, "added_count", self.name)
        self._reasons = fields.tally(kept, "reasons", self.name, REASONS)

    def _listed(self, builder: FrameBuilder) -> dict[str, dict[str, Any]]:
        """Return the executors by their ids; what cannot be told apart is counted."""
        listed: dict[str, dict[str, Any]] = {}
        for item in self._api.array("allexecutors"):
            name = identity(item, "id", builder, self._catalogue.label_length)
            if name in listed:
                builder.drop(DUPLICATE, name="id")
            elif name:
                listed[name] = item
            if name and type(item.get("isActive", False)) is not bool:
                builder.drop(INVALID_VALUE, name="isActive")
        return listed

    def _waits(self) -> bool | None:
        """Say whether it waits for its first executor; None if nobody can tell whether it wants one."""
        if self._added_count:
            return False
        try:
            return self._wanted()
        except SourceError:
            return None

    def _count(self, working: dict[str, dict[str, Any]], listed: Collection[str]) -> None:
        """Count who came and who went. Spark never gives an id twice, and what it forgot does not return."""
        new = working.keys() - self._added
        self._added_count += len(new)
        # With spark.ui.retainedDeadExecutors=0 none is ever listed as removed; nobody says why it went.
        self._reasons[OTHER] += len((self._added - self._removed).difference(listed))
        gone = {name for name, item in working.items() if not _live(item)}
        for name in gone - self._removed:
            self._reasons[classify(words(working[name], "removeReason"))] += 1
        self._added, self._removed = set(working), gone

    def _add_live(self, builder: FrameBuilder, name: str, item: dict[str, Any]) -> None:
        found = tuple(field for field in self._fields if name != DRIVER or field.path[-1] not in NOT_OF_TASKS)
        copy(builder, found, item, executor_id=name)
        key = "excludedInStages" if "excludedInStages" in item else "blacklistedInStages"
        stages = entries(item, key, list, builder)
        if stages is not None:
            builder.add("spark_executor_excluded_stages", len(stages), name)
        resources = entries(item, "resources", dict, builder) or {}
        for resource in resources:
            addresses = entries(entries(resources, resource, dict, builder) or {}, "addresses", list, builder)
            if addresses is not None:
                builder.add("spark_executor_resource_addresses", len(addresses), name, resource)
        _add_identity(builder, name, item, up=True)

    def _add_removed(self, builder: FrameBuilder, name: str, item: dict[str, Any]) -> None:
        copy(builder, self._counters, item, executor_id=name)
        _add_identity(builder, name, item, up=False)
        builder.add("spark_executor_removed_timestamp_seconds", instant(item, "removeTime", builder), name)
        builder.add("spark_executor_removed_info", 1, name, words(item, "removeReason", builder))


def _add_identity(builder: FrameBuilder, name: str, item: dict[str, Any], *, up: bool) -> None:
    host, _, _ = words(item, "hostPort", builder).rpartition(":")
    builder.add("spark_executor_info", 1, name, host.strip("[]"))
    builder.add("spark_executor_up", up, name)
    builder.add("spark_executor_added_timestamp_seconds", instant(item, "addTime", builder), name)


def _live(item: dict[str, Any]) -> bool:
    # One of which that cannot be read stays live: nothing is counted for good then.
    active = item.get("isActive", False)
    return active if type(active) is bool else True


def _works(name: str, item: dict[str, Any]) -> bool:
    """Say whether it runs tasks: in local mode the driver does."""
    cores = item.get("totalCores")
    return name != DRIVER or (isinstance(cores, int) and cores > 0)
