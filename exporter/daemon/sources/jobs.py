"""The jobs of an application: those that run one by one, those that have ended counted once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from exporter.daemon import fields
from exporter.daemon.frame import LIMIT, MALFORMED, Drops, Frame, FrameBuilder
from exporter.daemon.sources import Facts, Update
from exporter.daemon.sources.follow import Follower
from exporter.daemon.sources.rest import amount, brief, copy, instant, number, slim, table, words

if TYPE_CHECKING:
    from collections.abc import Callable

    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.sources.rest import Api

MAX_SHOWN = 50
"""So many running jobs, the oldest ones, are published one by one."""
_RUNNING = "RUNNING"
_KEYS = ("status", "submissionTime", "completionTime", "numCompletedIndices")
_TEXTS = ("name", "jobGroup")
_RESULTS = {"SUCCEEDED": "succeeded", "FAILED": "failed"}


def by_number(listed: list[dict[str, Any]], key: str, drops: Drops) -> dict[int, dict[str, Any]]:
    """Return the things of a list by the whole number that each has at ``key``; those without one count."""
    found = {item[key]: item for item in listed if type(item.get(key)) is int and item[key] >= 0}
    if len(found) < len(listed):
        drops.drop(MALFORMED, len(listed) - len(found), key)
    return found


class JobsSource:
    """Reads ``/jobs``: the running ones, and each other one when it is new or has ended."""

    name = "jobs"
    every = 1

    def __init__(self, api: Api, catalogue: Catalogue, served: Callable[[], bool] = lambda: False) -> None:
        """Ask ``api``; ``served`` says whether the application's plugin gives the totals."""
        self._api = api
        self._served = served
        self._catalogue = catalogue
        self._fields = table(catalogue, "jobs", "job_id")
        self._follower = Follower(lambda number: self._slim(api.mapping(f"jobs/{number}")), self._every)
        self._running: set[int] = set()
        self._ended: Counter[str] = Counter(dict.fromkeys(_RESULTS.values(), 0))
        self._skipped: int | None = None
        self._missed = 0
        self._newest: tuple[float, int, bool] | None = None
        self._drops = Drops()
        self._last = Frame()

    @property
    def busy(self) -> bool:
        """Whether a job ran when this was updated last."""
        return bool(self._running)

    @property
    def skipped(self) -> int | None:
        """How many stages the jobs that have ended did skip, as Spark says of each; None if unknown."""
        return self._skipped

    def update(self) -> Update[Frame]:
        """Return the running jobs, and how many have ended."""
        running = by_number(self._api.array("jobs", {"status": "running"}), "jobId", self._drops)
        found = self._follower.read(self._running - running.keys(), running)
        self._skipped = self._skipped or 0
        self._missed += found.absent + len(found.gone)
        for job, item in found.things.items():
            if words(item, "status") == _RUNNING:
                running[job] = item
            else:
                # It may have ended since the running ones were listed.
                running.pop(job, None)
                self._account(job, item)
        self._running = set(running)
        failed = self._newest[2] if self._newest is not None else None
        self._last = self._frame(running)
        return Update(self._last, facts=Facts(failed=failed))

    def remember(self) -> dict[str, Any]:
        """Return what was added up, and which jobs are still to come."""
        return {
            "next": self._follower.remember(),
            "running": sorted(self._running),
            "ended": self._ended,
            "skipped": self._skipped or 0,
            "missed": self._missed,
            "newest": self._newest,
        }

    def recall(self, kept: dict[str, Any]) -> None:
        """Go on from there."""
        self._follower.recall(kept, "next", self.name)
        self._running = set(fields.numbers(kept, "running", self.name))
        self._ended = fields.tally(kept, "ended", self.name, _RESULTS.values())
        self._skipped = fields.count(kept, "skipped", self.name)
        self._missed = fields.count(kept, "missed", self.name)
        self._newest = _newest(kept.get("newest"), f"{self.name}.newest")

    def _every(self) -> dict[int, dict[str, Any]]:
        found = by_number(self._api.array("jobs"), "jobId", self._drops)
        return {job: self._slim(item) for job, item in found.items()}

    def _slim(self, item: dict[str, Any]) -> dict[str, Any]:
        """Return what is used of a job: many are read at once, and texts may be long."""
        kept = slim(item, (*_KEYS, *[field.path[0] for field in self._fields]))
        if words(item, "status") != _RUNNING:
            return kept
        length = self._catalogue.label_length
        texts = {key: brief(words(item, key), self._drops, key, length) for key in _TEXTS if words(item, key)}
        return kept | slim(item, _TEXTS) | texts

    def _account(self, job: int, item: dict[str, Any]) -> None:
        result = _RESULTS.get(words(item, "status"))
        if result is None:
            self._missed += 1
            return
        self._ended[result] += 1
        self._skipped = (self._skipped or 0) + int(amount(item, "numSkippedStages", self._drops))
        ended = (instant(item, "completionTime", self._drops) or 0.0, job, result == "failed")
        self._newest = max(self._newest or ended, ended)

    def _frame(self, running: dict[int, dict[str, Any]]) -> Frame:
        builder = FrameBuilder(self._catalogue, self._last)
        builder.add("spark_app_jobs_active", len(running))
        for result, count in self._ended.items():
            builder.add("spark_app_jobs_total", count, result)
        if not self._served():
            builder.add("spark_exporter_missed_jobs_total", self._missed)
        shown = sorted(running)[:MAX_SHOWN]
        if len(running) > len(shown):
            builder.drop(LIMIT, len(running) - len(shown))
        for job in shown:
            item = running[job]
            copy(builder, self._fields, item, job_id=str(job))
            texts = (words(item, "name", builder), words(item, "jobGroup", builder))
            builder.add("spark_job_info", 1, str(job), *texts)
            submitted = instant(item, "submissionTime", builder)
            builder.add("spark_job_start_timestamp_seconds", submitted, str(job))
            builder.add("spark_job_progress_ratio", _progress(item, builder), str(job))
        builder.take(self._drops)
        return builder.frame()


def _newest(value: Any, where: str) -> tuple[float, int, bool] | None:
    if value is None:
        return None
    parts = dict(zip(("end", "job", "failed"), fields.items(value, where), strict=False))
    ended = fields.amount(parts, "end", where)
    return (ended, fields.count(parts, "job", where), fields.flag(parts, "failed", where))


def _progress(item: dict[str, Any], drops: Drops) -> float | None:
    tasks = number(item, "numTasks")
    # What was skipped is among the expected tasks until the job has ended.
    done = amount(item, "numCompletedIndices", drops) + amount(item, "numSkippedTasks")
    return min(1.0, done / tasks) if tasks > 0 else None
