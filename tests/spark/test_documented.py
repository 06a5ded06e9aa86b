"""The Java of docs/steer.md as an application of its own, steered as the document says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from documented import compile_java
from running import Program, spark_environment, until
from steered import TOKEN, command, finished, table

pytestmark = pytest.mark.spark

BIN = Path(sys.executable).parent


@pytest.fixture
def application(tmp_path):
    """The application, started by spark-submit with the settings that the document names."""
    (tmp_path / "java").mkdir()
    classes = compile_java(tmp_path / "java")
    jar = tmp_path / "score.jar"
    subprocess.run(["jar", "cf", jar, "-C", classes, "."], check=True)
    (tmp_path / "token").write_text(TOKEN + "\n")
    printed = subprocess.run(
        [BIN / "spark-exporter", "spark-conf"], capture_output=True, text=True, check=True
    )
    settings = {
        "spark.ui.port": "0",
        "spark.exporter.port": "0",
        "spark.exporter.interval": "200ms",
        "spark.exporter.tokenFile": str(tmp_path / "token"),
        "spark.exporter.eventListeners": "org.example.Reload",
        "spark.exporter.messageHandlers": "org.example.Offsets",
    }
    options = [word for key, value in settings.items() for word in ("--conf", f"{key}={value}")]
    start = [BIN / "spark-submit", "--master", "local-cluster[2,1,1024]", *printed.stdout.split(), *options]
    home = tmp_path / "home"
    home.mkdir()
    program = Program(
        [*start, "--class", "org.example.Score", jar],
        tmp_path / "log",
        env=spark_environment(home),
        cwd=home,
    )
    yield program
    program.kill_group()


def ui_of(program):
    """Return the address of an application's UI, from its log."""

    def found():
        assert program.process.poll() is None, program.errors[-3000:]
        return re.search(r"Successfully started service 'SparkUI' on port (\d+)", program.errors)

    return f"http://127.0.0.1:{until(found, 'the UI is there')[1]}"


def test_the_documented_application_is_steered(application, start_daemon, tmp_path):
    """Its listener answers in every JVM, its handlers answer tasks, its values change while it runs."""
    daemon = start_daemon(ui_of(application), arguments=[f"--token-file={tmp_path / 'token'}"])

    def run(*words):
        return finished(command(daemon, *words))

    until(lambda: run("config", "get", "score")[0] == 0, "the daemon has found the plugin")
    until(lambda: application.lines.get(timeout=120).startswith("score 920"), "the tasks have asked")
    code, output, errors = run("events", "send", "score", "reload", "path=/data/prices", "--wait=60s")
    assert (code, errors) == (0, "")
    assert table(output) == dict.fromkeys(("driver", "0", "1"), "handled")
    assert output.count('{"loaded": "/data/prices"}') == 3

    code, _, errors = run("config", "set", "score", "threshold=-1")
    assert (code, errors) == (1, "spark-exporter: threshold: -1 is not an int >= 0\n")
    assert run("config", "set", "score", "threshold=25", "--wait=60s")[0] == 0
    until(lambda: application.lines.get(timeout=120) == "score 950\n", "the tasks have the value")
    assert run("config", "set", "score", "stop=true")[0] == 0
    assert application.wait() == 0, application.errors[-3000:]
