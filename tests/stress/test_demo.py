"""`make demo` ends in order, whatever ends it, and leaves nothing behind."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import requests

import grafana_stand_in
from requirements import require_program
from running import SHORT_LIVED, Program, until

pytestmark = [pytest.mark.spark, pytest.mark.timeout(300)]
RUN = Path(__file__).resolve().parent.parent.parent / "examples" / "demo" / "run.py"


@pytest.fixture
def start_demo(tmp_path):
    """Start the demo as make does, with a temporary directory of its own."""
    demos = []

    def start(**environment):
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        own = {"DEMO_LISTEN": "127.0.0.1:0", "TMPDIR": str(scratch), "JDK_JAVA_OPTIONS": SHORT_LIVED}
        environment = os.environ | own | environment
        demos.append(Program([sys.executable, str(RUN)], tmp_path / "log", env=environment))
        return demos[-1], scratch

    yield start
    for demo in demos:
        # Whatever it started has a group of its own.
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in psutil.Process(demo.process.pid).children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
        demo.kill_group()


def wait_for(demo, pattern):
    """Read its output up to a line with the pattern; return all of it."""
    lines = []
    while not (lines and re.search(pattern, lines[-1])):
        line = demo.lines.get(timeout=120)
        assert line is not None, "".join(lines) + demo.errors
        lines.append(line)
    return "".join(lines)


def nothing_is_left(family, scratch):
    """Say whether all processes of the demo and all its files are gone."""
    alive = [process for process in family if process.is_running() and process.status() != "zombie"]
    return not alive and list(scratch.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_a_comparison(number, start_demo):
    """Ctrl-C in the middle: the job ends in order, the figures are compared, nothing is left."""
    demo, scratch = start_demo()
    wait_for(demo, r"^rounds_total +[\d,]*[1-9]")
    family = psutil.Process(demo.process.pid).children(recursive=True)

    os.kill(demo.process.pid, number)

    wait_for(demo, "^/metrics says what the job did")
    assert demo.wait() == 0
    until(lambda: nothing_is_left(family, scratch), "nothing is left")


def test_prometheus_alertmanager_and_grafana_are_set_up(start_demo, tmp_path):
    """What is on the PATH starts, knows the others, and ends with the demo; Grafana is a stand-in."""
    for program in ("prometheus", "prometheus-alertmanager"):
        require_program(program, "install it with: tools/install.sh")
    grafana_stand_in.install(tmp_path / "grafana/bin/grafana-server", tmp_path / "seen.json")
    grafana_stand_in.add_home(tmp_path / "grafana")
    path = os.pathsep.join([str(tmp_path / "grafana/bin"), os.environ["PATH"]])
    demo, scratch = start_demo(PATH=path)
    said = wait_for(demo, "^Grafana")
    family = psutil.Process(demo.process.pid).children(recursive=True)
    at = dict(
        re.findall(r"^(Prometheus|Alertmanager|Grafana) +(http://127\.0\.0\.1:\d+)$", said, re.MULTILINE)
    )

    def prometheus(what, **parameters):
        answer = requests.get(f"{at['Prometheus']}/api/v1/{what}", parameters, timeout=60)
        answer.raise_for_status()
        return answer.json()["data"]

    until(lambda: prometheus("query", query="spark_app_up == 1")["result"], "the job is scraped")
    (manager,) = until(lambda: prometheus("alertmanagers")["activeAlertmanagers"], "Alertmanager is known")
    assert manager["url"] == f"{at['Alertmanager']}/api/v2/alerts"
    assert len(prometheus("rules")["groups"]) > 1
    requests.get(f"{at['Alertmanager']}/api/v2/status", timeout=60).raise_for_status()
    seen = json.loads((tmp_path / "seen.json").read_text())
    assert at["Prometheus"] in seen["files"]["datasources/spark-exporter.yaml"]
    assert seen["environment"]["GF_SERVER_HTTP_PORT"] == at["Grafana"].rsplit(":", 1)[1]

    os.kill(demo.process.pid, signal.SIGINT)

    assert demo.wait() == 0
    until(lambda: nothing_is_left(family, scratch), "nothing is left")


def test_a_grafana_that_cannot_start_does_not_end_the_demo(start_demo, tmp_path):
    """It is said why; the rest goes on."""
    require_program("prometheus", "install it with: tools/install.sh")
    grafana_stand_in.install(tmp_path / "grafana/bin/grafana", tmp_path / "seen.json")
    path = os.pathsep.join([str(tmp_path / "grafana/bin"), os.environ["PATH"]])
    demo, scratch = start_demo(PATH=path, GF_PATHS_HOME=str(tmp_path))

    said = wait_for(demo, "^rounds_total")
    family = psutil.Process(demo.process.pid).children(recursive=True)

    assert re.search(
        r"^Grafana +not started: no conf/defaults\.ini of .*: set GF_PATHS_HOME", said, re.MULTILINE
    )
    os.kill(demo.process.pid, signal.SIGINT)
    assert demo.wait() == 0
    until(lambda: nothing_is_left(family, scratch), "nothing is left")


def test_a_closed_terminal_leaves_nothing(start_demo):
    """SIGHUP, and nobody reads any more."""
    demo, scratch = start_demo()
    wait_for(demo, "^Prometheus")
    family = psutil.Process(demo.process.pid).children(recursive=True)

    demo.process.stdout.close()
    os.kill(demo.process.pid, signal.SIGHUP)

    demo.wait()
    until(lambda: nothing_is_left(family, scratch), "nothing is left")


def test_a_second_signal_ends_it_at_once(start_demo):
    """Impatience while Spark starts."""
    demo, scratch = start_demo()
    wait_for(demo, "^Starting Spark")
    family = until(lambda: psutil.Process(demo.process.pid).children(recursive=True), "the job starts")

    os.kill(demo.process.pid, signal.SIGINT)
    wait_for(demo, "^The demo ends; the same again ends it at once")
    os.kill(demo.process.pid, signal.SIGINT)

    assert demo.wait() == 1
    until(lambda: nothing_is_left(family, scratch), "nothing is left")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DEMO_SECONDS", "abc", "DEMO_SECONDS='abc' is not a number of seconds such as 30"),
        ("DEMO_SECONDS", "-1", "DEMO_SECONDS='-1' is not a number of seconds such as 30"),
        ("DEMO_LISTEN", "4060", "DEMO_LISTEN='4060' is not an address such as 127.0.0.1:4060"),
    ],
)
def test_bad_settings_are_named(name, value, sentence):
    """Nothing starts."""
    done = subprocess.run(
        [sys.executable, str(RUN)],
        env=os.environ | {name: value},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert done.stderr.strip() == sentence
