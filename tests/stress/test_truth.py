"""What is published of a whole application, held against Spark's own event log and against the catalogue."""

import contextlib
import re
import subprocess
import threading

import pytest
import requests
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families

import event_log
from exporter.daemon import catalogue
from requirements import require_program
from running import CUSTOM, until

pytestmark = [pytest.mark.spark, pytest.mark.timeout(420)]

EXECUTOR_CUSTOM = "spark_executor_custom_"
# What the workload does not have: each of these needs another cluster, data source, library or mistake.
ABSENT = {
    "accumulators",
    "connect",
    "custom_resources",
    "drops",
    "dstream_receivers",
    "dstreams",
    "dynamic_allocation",
    "ended",
    "other_metrics",
    "streaming_metrics",
    "streaming_offsets",
}
# Whether these are there is a matter of the machine that the test runs on.
MACHINE = {"cgroup_v2", "container", "container_limits", "container_tasks"}


class Counters(threading.Thread):
    """Scrapes again and again, and notes every counter that went back or was lost."""

    def __init__(self, daemon):
        super().__init__(daemon=True)
        self.daemon_under_test = daemon
        self.scrapes = 0
        self.fallen = []
        self._highest = {}
        self._ending = threading.Event()

    def run(self):
        while not self._ending.wait(0.5):
            try:
                text = self.daemon_under_test.text()
            except requests.RequestException:
                # Between two daemons there is none.
                continue
            self.scrapes += 1
            for family in text_string_to_metric_families(text):
                if family.type == "counter" and not family.name.startswith(("spark_exporter", "process")):
                    self._look(family)

    def _look(self, family):
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            if sample.value < self._highest.get(key, 0.0):
                self.fallen.append((key, self._highest[key], sample.value))
            self._highest[key] = sample.value

    def stop(self):
        self._ending.set()
        self.join()


def names_of(text):
    """Return the names of all built-in metrics of an exposition that do not depend on the machine."""
    found = {
        name
        for name in re.findall(r"^# TYPE (\S+) ", text, flags=re.MULTILINE)
        if not name.startswith((CUSTOM, EXECUTOR_CUSTOM))
    }
    return found - catalogued(MACHINE)


def catalogued(conditions):
    """Return the names of the metrics that exist under one of these conditions."""
    return {name for name, entry in catalogue.load().entries.items() if entry.when in conditions}


def expected_names():
    """Return what the catalogue promises for the workload."""
    return {*catalogue.load().entries} - catalogued(ABSENT | MACHINE)


def until_complete(daemon, expected):
    """Wait for a scrape that has every expected name; return the names of that scrape, or of the last one."""
    names = set()

    def complete():
        names.clear()
        names.update(names_of(daemon.text()))
        return names >= expected

    # The caller compares the names, which says more than that it took too long.
    with contextlib.suppress(AssertionError):
        until(complete, "every promised metric", 60)
    return names


def check_exposition(daemon):
    """Let promtool and a strict OpenMetrics parser look at a scrape."""
    promtool = require_program("promtool", "install it with: apt-get install prometheus")
    text = daemon.text()
    found = subprocess.run(
        [promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stdout + found.stderr) == (0, "")
    answer = requests.get(
        f"{daemon.url}/metrics", headers={"Accept": "application/openmetrics-text"}, timeout=30
    )
    assert sum(len(family.samples) for family in openmetrics(answer.text)) > 1_000


def test_with_the_plugin_everything_is_there_and_true(start_job, start_daemon, tmp_path):
    """Every promised name, every total equal to the event log, no counter ever lower, also over a restart."""
    job = start_job("workload.py", conf={"spark.ui.retainedStages": "5", "spark.ui.retainedJobs": "5"})
    target = job.hear("ui")
    daemon = start_daemon(target, arguments=["--poll.interval=1s"])
    counters = Counters(daemon)
    counters.start()
    until(lambda: daemon.totals().get("jobs_total{result=succeeded}", 0) >= 3, "three jobs are published")

    daemon.process.kill()
    daemon.wait()
    daemon = start_daemon(target, arguments=["--poll.interval=1s"])
    counters.daemon_under_test = daemon
    job.hear("ready", 240)
    names = until_complete(daemon, expected_names())
    counters.stop()
    check_exposition(daemon)
    job.tell("stop")
    assert job.wait() == 0
    until(lambda: daemon.samples_of("spark_app_up") == [0.0], "the application has ended")

    (log,) = (tmp_path / "job-0").glob("app-*")
    assert event_log.differences(daemon.totals(), log) == {}
    assert counters.fallen == []
    assert counters.scrapes > 20
    assert names == expected_names()
