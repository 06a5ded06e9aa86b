"""A real history server, over the event logs of real applications, as target."""

import json
import re

import pytest
import requests

import event_log
import local_spark
from running import Program, until

pytestmark = [pytest.mark.spark, pytest.mark.timeout(420)]


class HistoryServer(Program):
    """Spark's own, on a free port, over one directory of event logs."""

    def __init__(self, directory, logs):
        """Start it and wait until it listens."""
        directory.mkdir()
        options = {"fs.logDirectory": f"file://{logs}", "ui.port": 0, "fs.update.interval": "1s"}
        environment = local_spark.environment(directory) | {
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


def totals(daemon, app_id):
    """Return an application's totals in the words of the event log's replay."""
    result = {}
    for (name, labels), value in daemon.samples().items():
        own = dict(labels)
        if own.pop("app_id", None) == app_id:
            own.pop("app_name")
            shown = ",".join(f"{k}={v}" for k, v in sorted(own.items()))
            result[name.removeprefix("spark_app_") + (f"{{{shown}}}" if shown else "")] = value
    return result


def test_completed_applications_and_their_totals(start_job, start_daemon, tmp_path):
    """State and totals as in the event log; an application that still runs is not there."""
    logs = tmp_path / "logs"
    logs.mkdir()
    conf = {"spark.master": "local[2,4]", "spark.eventLog.dir": f"file://{logs}"}
    apps = {}
    for words in (("spill", "query", "fail"), ("again", "reuse")):
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
            compare(totals(daemon, app), next(logs.glob(f"{app}*")))
    finally:
        server.kill_group()


def states(daemon):
    """Return the state of every application."""
    return {
        dict(labels)["app_id"]: dict(labels)["state"]
        for (name, labels), value in daemon.samples().items()
        if name == "spark_app_state" and value == 1
    }


def compare(published, log):
    """Hold an application's totals against its event log."""
    assert json.loads(log.read_text().splitlines()[0])["Event"] == "SparkListenerLogStart"
    tally = event_log.replay(log)
    wrong = {
        name: (published.get(name), value)
        for name, value in tally.items()
        if not name.startswith("task_failures") and published.get(name) != pytest.approx(value, rel=1e-9)
    }
    assert wrong == {}
    assert tally["tasks_total{status=succeeded}"] > 5
