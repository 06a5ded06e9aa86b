"""A real history server, over the event logs of real applications, as target."""

import re

import pytest
import requests

import event_log
from running import Program, spark_environment, until

pytestmark = [pytest.mark.spark, pytest.mark.timeout(420)]
# REST does not know reasons of failures.
UNKNOWN = ("task_failures_total",)


class HistoryServer(Program):
    """Spark's own, on a free port, over one directory of event logs."""

    def __init__(self, directory, logs):
        """Start it and wait until it listens."""
        directory.mkdir()
        options = {"fs.logDirectory": f"file://{logs}", "ui.port": 0, "fs.update.interval": "1s"}
        # It is no less a history server under another name.
        options["ui.title"] = "Prod"
        environment = spark_environment(directory) | {
            "SPARK_HISTORY_OPTS": " ".join(
                f"-Dspark.history.{key}={value}" for key, value in options.items()
            ),
            "SPARK_DAEMON_MEMORY": "512m",
        }
        command = [
            f"{environment['SPARK_HOME']}/bin/spark-class",
            "org.apache.spark.deploy.history.HistoryServer",
        ]
        super().__init__(command, directory / "log", env=environment, cwd=directory)
        pattern = r"Bound HistoryServer to \S+, and started at http://\S+:(\d+)"
        found = until(lambda: re.search(pattern, self.errors), "the history server listens")
        self.url = f"http://127.0.0.1:{found[1]}"


def test_completed_applications_and_their_totals(start_job, start_daemon, tmp_path):
    """State and totals as in the event log; an application that still runs is not there."""
    logs = tmp_path / "logs"
    logs.mkdir()
    conf = {"spark.master": "local[2,4]", "spark.eventLog.dir": f"file://{logs}"}
    apps = {}
    for words in (("spill", "query", "fail", "abandon"), ("again", "reuse")):
        job = start_job("paced.py", conf=conf)
        apps[job.hear("app")] = words
        for word in words:
            job.tell(word)
            job.hear("done")
        job.tell("stop")
        assert job.wait() == 0
    running = start_job("paced.py", conf=conf)
    alive = running.hear("app")
    server = HistoryServer(tmp_path / "history", logs)
    try:
        listed = f"{server.url}/api/v1/applications"
        until(lambda: len(requests.get(listed, timeout=30).json()) == 3, "three applications are listed")
        daemon = start_daemon(server.url)
        until(lambda: daemon.samples_of("spark_app_up") == [0.0, 0.0], "two applications", 60)
        failed, completed = apps
        expected = {failed: "failed", completed: "completed"}
        until(lambda: states(daemon) == expected, f"states {expected}")
        assert alive not in daemon.text()
        for app in apps:
            log = next(logs.glob(f"{app}*"))
            assert event_log.differences(daemon.totals(app), log, without=UNKNOWN) == {}
            assert event_log.replay(log)["tasks_total{status=succeeded}"] > 5
    finally:
        server.kill_group()


def states(daemon):
    """Return the state of every application."""
    return {
        dict(labels)["app_id"]: dict(labels)["state"]
        for (name, labels), value in daemon.samples().items()
        if name == "spark_app_state" and value == 1
    }
