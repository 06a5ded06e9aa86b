"""The commands steer a running application on several executors, and the token stays a secret."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from running import until

pytestmark = pytest.mark.spark

TOKEN = "correct-horse-battery"
COMMAND = Path(sys.executable).parent / "spark-exporter"


@pytest.fixture
def steer(start_job, start_daemon, tmp_path):
    """Two tasks on two executors that read a value, a daemon, and the commands."""
    work = tmp_path / "work"
    work.mkdir()
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    job = start_job("steered.py", work, conf={"spark.exporter.token": TOKEN})
    ui = job.hear("ui")
    daemon = start_daemon(ui, arguments=[f"--token-file={file}", "--log.level=debug"])

    def run(*words, token=TOKEN):
        return subprocess.run(
            [COMMAND, *words, "--url", daemon.url],
            env={**os.environ, "SPARK_EXPORTER_TOKEN": token},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    until(lambda: len(list(work.glob("began-*"))) == 2, "both tasks have read the value")
    until(lambda: run("config", "get", "test").returncode == 0, "the daemon has found the plugin")
    run.job, run.daemon, run.ui, run.work = job, daemon, ui, work
    return run


def check_messages(job):
    """Tasks of both executors get what the driver's Python answers, and exceptions that harm nobody else."""
    assert len(set(job.hear("executors"))) == 2
    for number, (answer, raised, missing, slow, last) in enumerate(job.hear("asked")):
        assert (answer, last) == ({"doubled": 2 * number}, {"doubled": 2 * number + 20})
        assert (raised[0][0], raised[1]) == ("HandlerError", f"KeyError: {number}")
        assert (missing[0][0], missing[1]) == ("NoHandlerError", 'no handler for "missing" in the driver')
        assert (slow[0][0], slow[1]) == ("RpcTimeoutError", "no answer to 'slow' within 1 s")
        assert "TimeoutError" in slow[0]
        assert all("RpcError" in kinds for kinds, _ in (raised, missing, slow))


def test_an_application_is_steered(steer):
    """A value and answers reach running tasks, an event the driver's Python; refusals change nothing."""
    done = steer("config", "set", "test", "threshold=25", "--wait=60s")
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(done.stdout.splitlines()[2:]) == ["0       1", "1       1", "driver  1"]

    wrong = steer("config", "set", "test", "threshold=x", "other=1")
    assert (wrong.returncode, wrong.stderr) == (1, 'spark-exporter: threshold: "x" is not an int >= 0\n')
    late = steer("config", "set", "test", "threshold=26", "--if-version=0")
    assert (late.returncode, late.stderr) == (1, "spark-exporter: the configuration has version 1, not 0\n")
    assert steer("config", "get", "test", token="guess").returncode == 3
    found = json.loads(steer("config", "get", "test", "--format=json").stdout)
    assert (found["version"], found["values"]) == (1, {"threshold": 25})

    words = ("events", "send", "test", "reload", "--target=driver", "--wait=60s")
    sent = steer(*words, "table=prices")
    assert sent.returncode == 0
    assert sent.stdout.splitlines()[-1] == 'driver  handled  {"table": "prices"}'
    failed = steer(*words, "fail=no such table")
    assert failed.returncode == 1
    assert "ValueError: no such table" in failed.stdout
    log_level = ("log-level", "level=DEBUG", "logger=org.example", "--wait=60s")
    assert steer("events", "send", "test", *log_level).returncode == 0
    refused = steer("events", "send", "test", "cancel", "job=0")
    assert refused.returncode == 3
    assert "spark.exporter.events.allow" in refused.stderr

    (steer.work / "go").touch()
    check_messages(steer.job)
    assert steer.job.hear("seen") == [[10, 25], [10, 25]]
    applications = f"{steer.ui}/api/v1/applications"
    app_id = requests.get(applications, timeout=60).json()[0]["id"]
    environment = requests.get(f"{applications}/{app_id}/environment", timeout=60).text
    assert dict(json.loads(environment)["sparkProperties"])["spark.exporter.token"].endswith("(redacted)")
    steer.job.tell("stop")
    assert steer.job.wait() == 0
    assert [TOKEN in text for text in (environment, steer.job.errors, steer.daemon.errors)] == [False] * 3
