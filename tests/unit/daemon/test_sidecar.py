"""A daemon that cannot work does not keep the driver beside it from starting."""

import contextlib
import os
import signal
import socket
import subprocess
import sys

import pytest
from fake_driver import PATIENCE

from exporter.daemon.sidecar import is_sidecar, outlast

TARGET = "--target=http://127.0.0.1:4040"
SIDECAR = "--sidecar.last-scrape=20s"
STAYS = (
    "spark-exporter serve: nothing is served; stays until it is told to end, "
    "as a sidecar that ends keeps its driver from starting\n"
)


@contextlib.contextmanager
def started(*arguments, **environment):
    """Run ``spark-exporter``."""
    given = {key: value for key, value in os.environ.items() if not key.startswith("SPARK_EXPORTER_")}
    command = [sys.executable, "-P", "-m", "exporter", *arguments]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env={**given, **environment}
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def until_it_stays(process):
    """Return what it says before it says that it stays."""
    lines = []
    for line in process.stderr:
        if line == STAYS:
            return "".join(lines)
        lines.append(line)
    raise AssertionError("".join(lines))


@pytest.mark.parametrize(
    ("arguments", "environment", "says"),
    [
        ((SIDECAR, TARGET), {"SPARK_EXPORTER_TOKEN": "two words"}, "SPARK_EXPORTER_TOKEN: holds no token"),
        ((SIDECAR, TARGET, "--kubernetes.shards=a=b"), {}, "--kubernetes.shards says nothing without"),
        ((SIDECAR, TARGET, "--retentoin=1m"), {}, "did you mean --retention"),
        ((SIDECAR, TARGET, "--retention"), {}, "expected one argument"),
        ((SIDECAR, TARGET, "--web.config.file=/nowhere"), {}, "/nowhere"),
        (("--sidecar.last-scrape", "soon", TARGET), {}, "'soon' is not a duration"),
        ((TARGET, "--retention=x"), {"SPARK_EXPORTER_SIDECAR_LAST_SCRAPE": "0s"}, "'x' is not a duration"),
    ],
)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_sidecar_stays_whatever_is_wrong_with_its_settings(arguments, environment, says, number):
    """It says what, serves nothing, and fails when it is told to end."""
    with started("serve", *arguments, **environment) as process:
        assert says in until_it_stays(process)
        assert process.poll() is None
        process.send_signal(number)
        assert process.wait(PATIENCE) == 2


def test_a_sidecar_stays_where_another_listens():
    """As in a pod with its host's network."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"--web.listen-address=127.0.0.1:{other.getsockname()[1]}"
        with started("serve", SIDECAR, TARGET, address, "--state.directory=") as process:
            assert "cannot listen on" in until_it_stays(process)
            process.terminate()
            assert process.wait(PATIENCE) == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("serve", TARGET, "--retention=x"), 2),
        (("serve", SIDECAR, "--help"), 0),
        (("check", "nonsense"), 2),
        (("healthcheck", "--web.listen-address=x"), 2),
    ],
)
def test_anything_else_ends_with_its_error(arguments, code):
    """Also what is run in the container of a sidecar."""
    variable = {} if arguments[0] == "serve" else {"SPARK_EXPORTER_SIDECAR_LAST_SCRAPE": "20s"}
    with started(*arguments, **variable) as process:
        assert STAYS not in process.stderr.read()
        assert process.wait(PATIENCE) == code


@pytest.mark.parametrize("fault", [RuntimeError("boom"), SystemExit(3)])
def test_a_defect_of_the_start_counts_as_well(fault, tmp_path):
    """And is shown whole."""
    script = (
        f"from exporter.daemon.sidecar import outlast\ndef run():\n    raise {fault!r}\nexit(outlast(run))"
    )
    code = 3 if isinstance(fault, SystemExit) else 1
    command = [sys.executable, "-P", "-c", script]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        said = until_it_stays(process)
        assert ("RuntimeError: boom" in said) is (code == 1)
        process.terminate()
        assert process.wait(PATIENCE) == code


@pytest.mark.parametrize("code", [0, 128 + signal.SIGINT])
def test_a_sidecar_that_was_told_to_end_ends(code):
    """Also before it has begun."""
    assert outlast(lambda: code) == code


def test_a_daemon_that_fails_after_it_has_begun_ends(tmp_path):
    """Kubernetes starts another, and the driver runs all the while."""
    script = (
        "import signal\nfrom exporter.daemon.sidecar import outlast\n"
        "def run():\n    signal.signal(signal.SIGTERM, print)\n    raise RuntimeError('boom')\noutlast(run)"
    )
    command = [sys.executable, "-P", "-c", script]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.wait(PATIENCE) == 1
        said = process.stderr.read()
    assert said.endswith("RuntimeError: boom\n")
    assert STAYS not in said


@pytest.mark.parametrize(
    ("words", "environment", "sidecar"),
    [
        (["serve", "--sidecar.last-scrape=0s"], {}, True),
        (["serve", "--sidecar.last-scrape", "20s"], {}, True),
        (["serve"], {"SPARK_EXPORTER_SIDECAR_LAST_SCRAPE": "20s"}, True),
        (["serve"], {"SPARK_EXPORTER_SIDECAR_LAST_SCRAPE": ""}, False),
        (["serve", "--sidecar.last-scrapes=0s"], {}, False),
        (["top", "--sidecar.last-scrape=0s"], {}, False),
        ([], {"SPARK_EXPORTER_SIDECAR_LAST_SCRAPE": "20s"}, False),
    ],
)
def test_what_a_sidecar_is(words, environment, sidecar):
    """A daemon with the flag that is for sidecars, or its variable."""
    assert is_sidecar(words, environment) is sidecar
