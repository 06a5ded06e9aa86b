"""The stages of an application: those that run in detail, those that have ended as its totals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exporter.daemon import fields
from exporter.daemon.frame import LIMIT, Frame, FrameBuilder
from exporter.daemon.sources import Update
from exporter.daemon.sources.attempts import Attempt, Books, attempts_of, needed
from exporter.daemon.sources.follow import Follower
from exporter.daemon.sources.rest import amount, copy, instant, number, slim, table, words
from exporter.daemon.sources.summaries import Summaries
from exporter.daemon.sources.totals import Totals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.sources.rest import Api

MAX_SHOWN = 50
"""So many running stages, the oldest ones, are published one by one."""
_ACTIVE = "ACTIVE"
_KEYS = ("stageId", "attemptId", "status", "numActiveTasks")
"""What the totals need of a stage beside what they add up. Many are read at once, and texts may be long."""
_BRIEF = {"details": "false"}
"""Without it, Spark gives the tasks of a stage, too."""


class StagesSource:
    """Reads ``/stages``: those that wait or run, and each other one when it is new or has ended."""

    name = "stages"
    every = 1

    def __init__(
        self,
        api: Api,
        catalogue: Catalogue,
        served: Callable[[], bool] = lambda: False,
        skipped: Callable[[], int | None] = lambda: None,
    ) -> None:
        """Ask ``api``.

        Args:
            api: of the application.
            catalogue: says what is published.
            served: whether the application's plugin gives the totals.
            skipped: how many stages jobs have skipped; None if that is unknown.

        """
        self._api = api
        self._served = served
        self._skipped = skipped
        self._catalogue = catalogue
        self._fields = table(catalogue, "stages", "stage_id", "attempt_id")
        summed = table(catalogue, "stages")
        self._summed = {*_KEYS, *[field.path[0] for field in summed]}
        self._follower = Follower(self._one, self._every)
        self._totals = Totals(summed)
        self._books = Books(self._totals, self._follower.seen)
        self._summaries = Summaries(api, catalogue)
        self._last = Frame()

    def update(self) -> Update[Frame]:
        """Return the running stages, and the application's totals."""
        listed = self._api.array("stages", {"status": ["active", "pending"]})
        live = attempts_of(listed, self._totals.drops)
        again = self._books.begin(live)
        found = self._follower.read(again, {attempt.stage for attempt in live})
        self._books.missed += found.absent
        for stage in found.gone:
            self._books.read(stage, [])
        for stage, items in found.things.items():
            self._books.read(stage, items)
        jobs = self._api.array("jobs", {"status": "running"})
        self._books.end(needed(jobs, self._totals.drops))
        running = {key: item for key, item in sorted(live.items()) if words(item, "status") == _ACTIVE}
        builder = FrameBuilder(self._catalogue, self._last)
        self._totals.show(builder, self._books.running())
        # Not the attempts that Spark calls skipped: they may run for another job, or have run for one.
        builder.add("spark_app_stages_total", self._skipped(), "skipped")
        builder.add("spark_app_stages_active", len(running))
        builder.add("spark_app_stages_pending", len(live) - len(running))
        if not self._served():
            builder.add("spark_exporter_missed_stages_total", self._books.missed)
        self._add_running(builder, running)
        self._last = builder.frame()
        return Update(self._last)

    def remember(self) -> dict[str, Any]:
        """Return what was added up, and what was seen last of what is not."""
        return {
            "next": self._follower.remember(),
            "totals": self._totals.remember(),
            "books": self._books.remember(),
        }

    def recall(self, kept: dict[str, Any]) -> None:
        """Go on from there."""
        self._follower.recall(kept, "next", self.name)
        self._totals.recall(fields.mapping(kept.get("totals"), f"{self.name}.totals"), f"{self.name}.totals")
        self._books.recall(fields.mapping(kept.get("books"), f"{self.name}.books"), f"{self.name}.books")

    def _one(self, stage: int) -> list[dict[str, Any]]:
        return [slim(item, self._summed) for item in self._api.array(f"stages/{stage}", _BRIEF)]

    def _every(self) -> dict[int, list[dict[str, Any]]]:
        stages: dict[int, list[dict[str, Any]]] = {}
        for attempt, item in attempts_of(self._api.array("stages", _BRIEF), self._totals.drops).items():
            stages.setdefault(attempt.stage, []).append(slim(item, self._summed))
        return stages

    def _add_running(self, builder: FrameBuilder, running: Mapping[Attempt, Mapping[str, Any]]) -> None:
        shown = dict(list(running.items())[:MAX_SHOWN])
        if len(running) > len(shown):
            builder.drop(LIMIT, len(running) - len(shown))
        for (stage, attempt), item in shown.items():
            identity = (str(stage), str(attempt))
            copy(builder, self._fields, item, stage_id=identity[0], attempt_id=identity[1])
            texts = (words(item, "name", builder), words(item, "schedulingPool", builder))
            builder.add("spark_stage_info", 1, *identity, *texts)
            submitted = instant(item, "submissionTime", builder)
            builder.add("spark_stage_start_timestamp_seconds", submitted, *identity)
            tasks = number(item, "numTasks")
            ended = amount(item, "numCompletedIndices", builder)
            done = min(1.0, ended / tasks) if tasks > 0 else None
            builder.add("spark_stage_progress_ratio", done, *identity)
        self._summaries.add(builder, shown)
