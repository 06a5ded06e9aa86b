"""Spark's REST API as one application's driver answers it, without a network: jobs, stages, executions.

The test lets things happen; the retention of Spark's UI forgets them.
"""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlsplit

import orjson

from exporter.daemon.errors import NotFoundError
from exporter.daemon.fetch import Answer

SUMS = ("executorRunTime", "shuffleWriteBytes", "inputRecords", "numCompleteTasks", "numFailedTasks")
TARGET = "http://driver:4040"


class FakeSpark:
    """The driver; stands in for a Fetcher."""

    def __init__(self):
        """Have done nothing."""
        self.jobs = {}
        self.stages = {}
        self.executions = {}
        self.answers = {}
        self.requests = []
        self.truth = Counter(dict.fromkeys(SUMS, 0))
        self.jobs_ended = Counter()
        self.stages_ended = Counter()
        self._job = self._stage = 0
        self._attempted = Counter()

    def get(self, url, params=None):
        """Answer as Fetcher.get does."""
        path = urlsplit(url).path.partition("/api/v1/applications/app-1/")[2]
        found = self._find(path, dict(params or {}))
        body = found if isinstance(found, bytes) else orjson.dumps(found)
        self.requests.append((path, dict(params or {}), len(body)))
        return Answer(body, 0.0)

    def _find(self, path, params):
        if path in self.answers:
            answer = self.answers[path]
            if isinstance(answer, Exception):
                raise answer
            return answer
        resource, _, number = path.partition("/")
        if resource == "jobs":
            return self._find_jobs(number, params.get("status"))
        if resource == "stages" and "/" not in number:
            return self._find_stages(number, params.get("status"))
        if resource == "sql" and self.executions is not None:
            return self._find_executions(number, params)
        return self._missing(path)

    def _missing(self, path):
        self.requests.append((path, {}, 0))
        raise NotFoundError("http_status", f"{path} answers with status 404")

    def _find_jobs(self, number, status):
        if number:
            return self.jobs[int(number)] if int(number) in self.jobs else self._missing(f"jobs/{number}")
        return [job for job in reversed(self.jobs.values()) if status in (None, str(job["status"]).lower())]

    def _find_stages(self, number, status):
        found = self._attempts_of(int(number)) if number else [*self.stages.values()]
        if number and not found:
            return self._missing(f"stages/{number}")
        return [item for item in reversed(found) if status is None or str(item["status"]).lower() in status]

    def _attempts_of(self, stage):
        keys = ((stage, attempt) for attempt in range(self._attempted[stage]))
        return [self.stages[key] for key in keys if key in self.stages]

    def _find_executions(self, number, params):
        brief = params["details"] == "false"
        if number:
            if int(number) not in self.executions:
                return self._missing(f"sql/{number}")
            item = self.executions[int(number)]
            return {**item, "nodes": []} if brief else item
        listed = [self.executions[key] for key in sorted(self.executions)]
        return listed[params["offset"] : params["offset"] + params["length"]]

    def start_job(self, stages, gap=0):
        """Start a job of so many stages, after so many numbers that are given to nothing."""
        job, self._job = self._job + gap, self._job + gap + 1
        ids = list(range(self._stage + gap, self._stage + gap + stages))
        self._stage += gap + stages
        counts = {"numTasks": 4 * stages, "numCompletedIndices": 0, "numSkippedTasks": 0}
        counts["numSkippedStages"] = 0
        self.jobs[job] = {"jobId": job, "name": "job", "status": "RUNNING", "stageIds": ids, **counts}
        self.jobs[job]["submissionTime"] = "2026-11-22T18:00:00.000GMT"
        for stage in ids:
            self._attempt(stage, 0, "PENDING")
        return job

    def _attempt(self, stage, attempt, status):
        item = {"stageId": stage, "attemptId": attempt, "status": status, "numTasks": 4, "numActiveTasks": 0}
        item |= {"name": "stage", "schedulingPool": "default", "numCompletedIndices": 0}
        self.stages[stage, attempt] = item | dict.fromkeys(SUMS, 0)
        self._attempted[stage] = attempt + 1

    def activate(self, stage, attempt):
        """Let a stage begin."""
        self.stages[stage, attempt]["status"] = "ACTIVE"
        self.stages[stage, attempt]["numActiveTasks"] = 2

    def work(self, stage, attempt, amount):
        """Let the tasks of an attempt do something."""
        for offset, name in enumerate(SUMS):
            self.stages[stage, attempt][name] += amount + offset
            self.truth[name] += amount + offset

    def finish(self, stage, attempt, status="COMPLETE", lingering=0):
        """End an attempt; tasks may go on."""
        self.stages[stage, attempt] |= {"status": status, "numActiveTasks": lingering}
        self.stages_ended[status] += 1

    def settle(self, stage, attempt):
        """End the tasks that go on."""
        self.stages[stage, attempt]["numActiveTasks"] = 0

    def retry(self, stage):
        """Attempt a stage again."""
        attempt = self._attempted[stage]
        self._attempt(stage, attempt, "PENDING")
        self.activate(stage, attempt)
        return attempt

    def end_job(self, job, status="SUCCEEDED"):
        """End a job, and what is left of its stages."""
        found = [item for stage in self.jobs[job]["stageIds"] for item in self._attempts_of(stage)]
        for item in found:
            if item["status"] in ("PENDING", "ACTIVE"):
                ended = "SKIPPED" if item["status"] == "PENDING" else "FAILED"
                self.finish(item["stageId"], item["attemptId"], ended)
                self.jobs[job]["numSkippedStages"] += ended == "SKIPPED"
        self.jobs[job] |= {"status": status, "completionTime": f"2026-11-22T18:00:{job % 60:02}.000GMT"}
        self.jobs_ended[status] += 1

    def forget_stage(self, stage, attempt):
        """Evict an attempt from the UI."""
        del self.stages[stage, attempt]

    def execute(self, number, status="RUNNING", nodes=(), duration=10):
        """Start an SQL execution, or change it."""
        item = {"id": number, "status": status, "description": "query", "duration": duration}
        item |= {"runningJobIds": [1], "successJobIds": [], "failedJobIds": [], "nodes": list(nodes)}
        self.executions[number] = item


def values(frame, name):
    """Return the samples of one metric by their labels; a plain number if it has no label."""
    column = frame.columns.get(name)
    if column is None:
        return {}
    found = dict(zip(column.keys, column.values, strict=True))
    return found[()] if set(found) == {()} else found
