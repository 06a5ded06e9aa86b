"""Replays the events of Spark SQL in an event log: the independent tally of executions and their operators.

It uses nothing of the package under test.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter, defaultdict

from running import shown

PREFIX = "org.apache.spark.sql.execution.ui.SparkListener"
KIND = re.compile(r"((Scan|Execute) )?\w+", re.ASCII)
# Spark's types of metrics: where they are published, and the unit in seconds or bytes.
OPERATOR = "spark_sql_operator_"
OF_PYTHON = "v2Custom_org.apache.spark.sql.execution.datasources.v2.python.PythonCustomMetric"
FAMILIES = {
    "sum": (f"{OPERATOR}events_total", 1),
    "size": (f"{OPERATOR}size_bytes_total", 1),
    "timing": (f"{OPERATOR}time_seconds_total", 1e-3),
    "nsTiming": (f"{OPERATOR}time_seconds_total", 1e-9),
    # Spark's page shows what data sources in Python measure as sizes.
    OF_PYTHON: (f"{OPERATOR}size_bytes_total", 1),
}
PEAK = f"{OPERATOR}peak_memory_bytes"
# What a stateful operator holds at the end of each batch is no work done in it.
LEVELS = {
    "estimated size of state only on current version",
    "memory used by state",
    "number of shuffle partitions",
    "number of state store instances",
    "number of total state rows",
}
CACHE = "states cache in provider"
EXECUTIONS, TIME = "spark_sql_executions_total", "spark_sql_execution_time_seconds_total"
COMPARED = {EXECUTIONS, TIME, PEAK, *(name for name, _unit in FAMILIES.values())}


class _Replay:
    """What the events have said so far."""

    def __init__(self):
        self.totals = Counter()
        self._started = {}
        self._plans = {}
        self._users = defaultdict(set)
        self._done = set()
        self._updates = defaultdict(list)

    def take(self, event):
        """Take in one event."""
        kind = event["Event"].removeprefix(PREFIX)
        if kind == "SQLExecutionStart":
            self._started[event["executionId"]] = event["time"]
            self._plans[event["executionId"]] = event["sparkPlanInfo"]
        elif kind == "SQLAdaptiveExecutionUpdate":
            self._plans[event["executionId"]] = event["sparkPlanInfo"]
        elif kind == "DriverAccumUpdates":
            for accumulator, update in event["accumUpdates"]:
                self._updates[event["executionId"], accumulator].append(update)
        elif kind == "SQLExecutionEnd":
            self._end(event)
        elif kind == "SparkListenerJobStart" and "spark.sql.execution.id" in event["Properties"]:
            for stage in event["Stage IDs"]:
                self._users[stage].add(int(event["Properties"]["spark.sql.execution.id"]))
        elif kind == "SparkListenerTaskEnd":
            self._task(event)

    def _task(self, event):
        info = event["Task Info"]
        task = (event["Stage ID"], event["Stage Attempt ID"], info["Index"])
        if event["Task End Reason"]["Reason"] != "Success" or task in self._done:
            return
        self._done.add(task)
        for one in info["Accumulables"]:
            if one.get("Metadata") == "sql":
                for execution in self._users[event["Stage ID"]]:
                    self._updates[execution, one["ID"]].append(int(one["Update"]))

    def _end(self, event):
        execution = event["executionId"]
        result = "failed" if event["errorMessage"] else "completed"
        self.totals[f"{EXECUTIONS}{{result={result}}}"] += 1
        self.totals[f"{TIME}{{result={result}}}"] += (event["time"] - self._started[execution]) / 1000
        seen = set()
        nodes = [self._plans[execution]]
        while nodes:
            node = nodes.pop()
            nodes += node["children"]
            for metric in node["metrics"]:
                if metric["accumulatorId"] not in seen:
                    seen.add(metric["accumulatorId"])
                    updates = self._updates[execution, metric["accumulatorId"]]
                    self._operator(KIND.match(node["nodeName"])[0], metric, updates)

    def _operator(self, kind, metric, updates):
        name = metric["name"]
        if name == "peak memory":
            key = f"{PEAK}{{operator={kind}}}"
            self.totals[key] = max([self.totals[key], *updates])
        elif metric["metricType"] in FAMILIES and name not in LEVELS and not name.endswith(CACHE):
            family, unit = FAMILIES[metric["metricType"]]
            self.totals[f"{family}{{metric={name},operator={kind}}}"] += unit * sum(updates)


def replay(path, growing=False):
    """Return ``{"name{label=value}": value}`` of executions and operators.

    The last line of a log that is ``growing`` may not be there in full.
    """
    state = _Replay()
    lines = path.read_text().split("\n")
    for event in map(json.loads, lines[:-1] if growing else filter(None, lines)):
        state.take(event)
    return state.totals


def differences(samples, path):
    """Return every series that the event log at ``path`` tells otherwise: what is published, what is true."""
    published = {shown(name, labels): value for (name, labels), value in samples.items() if name in COMPARED}
    true = replay(path)
    return {
        name: (published.get(name), true.get(name))
        for name in sorted({*published, *true})
        if not math.isclose(published.get(name, 0), true.get(name, 0), rel_tol=1e-9, abs_tol=1e-9)
    }
