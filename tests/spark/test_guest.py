"""Whatever is wrong with the plugin, the job's output is the same as without it, and a warning says why."""

import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

from exporter import spark_conf
from requirements import missing
from running import Job, until

pytestmark = pytest.mark.spark
HERE = Path(__file__).resolve().parent
CONFIGURATION = HERE.parent.parent / "docs" / "configuration.md"
EXPORTER = "io.sparkexporter.ExporterPlugin"


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The output of the job without the plugin."""
    job = Job(tmp_path_factory.mktemp("undisturbed"), "guest.py", env={"PLUGIN": "off"})
    try:
        output = job.hear("output")
        job.tell("stop")
        assert job.wait() == 0
    finally:
        job.kill_group()
    return output


def run(job, undisturbed, settled=lambda: True):
    """Run the guest job to its end; its output must be the undisturbed one.

    ``settled`` says when everything that the test looks for has been logged.
    """
    assert job.hear("output") == undisturbed
    until(settled, "the expected warnings")
    job.tell("stop")
    assert job.hear("stopped")
    assert job.wait() == 0


def logs(job):
    """Return what each JVM logged: the driver, then the executors."""
    executors = (job.log.parent / "spark-home" / "work").glob("*/*/stderr")
    return [job.errors, *(path.read_text(errors="replace") for path in executors)]


def warnings_in(text):
    """Return the warnings of the exporter's plugin and client in a log."""
    lines = [line for line in text.splitlines() if re.search(r"\bWARN(ING)?\b", line)]
    return [line for line in lines if re.search(r"spark-exporter|sparkexporter", line)]


def warning_counts(job):
    """Return how many warnings each executor logged."""
    return [len(warnings_in(text)) for text in logs(job)[1:]]


def test_a_healthy_plugin_warns_of_nothing(start_job, undisturbed):
    """No warning without a reason."""
    job = start_job("guest.py")
    run(job, undisturbed)
    assert [warnings_in(text) for text in logs(job)] == [[], [], []]


def test_a_taken_port_moves_the_endpoint(start_job, start_daemon, undisturbed):
    """Another port is taken and published, and the daemon finds it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        job = start_job("guest.py", conf={"spark.exporter.port": str(taken.getsockname()[1])})
        daemon = start_daemon(job.hear("ui"))
        assert job.hear("output") == undisturbed
        daemon.until_custom({"guests_total": 2_000.0})
        job.tell("stop")
        assert job.wait() == 0


def test_nonsense_in_every_setting(start_job, undisturbed):
    """Each key gets one warning that names it and the expected form; the default is used."""
    keys = re.findall(r"^\| `(spark\.exporter\.\w+)`", CONFIGURATION.read_text(), re.MULTILINE)
    assert len(keys) >= 8
    job = start_job(
        "guest.py", conf=dict.fromkeys([*keys, "spark.exporter.unheardOf"], "\x01 no such thing ü")
    )

    run(job, undisturbed)

    warned = warnings_in(logs(job)[0])
    for key in [*keys, "spark.exporter.unheardOf"]:
        assert len([line for line in warned if re.search(rf"{re.escape(key)}\b", line)]) == 1, (key, warned)


@pytest.mark.parametrize("order", ["before", "after"])
def test_a_file_where_the_segments_should_go(order, start_job, undisturbed, guests):
    """The directory cannot be made, or disappears later: counts stay local, one warning says so."""
    classes = ["guest.BlockDirectory", EXPORTER]
    plugins = ",".join(classes if order == "before" else reversed(classes))
    conf = spark_conf({"spark.jars": guests}) | {"spark.plugins": plugins}
    job = start_job("guest.py", conf=conf, env={"PLUGIN": "given"})

    run(job, undisturbed, lambda: warning_counts(job) == [1, 1])

    assert warning_counts(job) == [1, 1], logs(job)


def test_a_full_disk(start_job, undisturbed, guests, tmp_path):
    """No block is left for a segment: counts stay in the worker, one warning says so."""
    if os.geteuid() != 0:
        missing("permission to mount a tmpfs", "run the tests as root")
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(small)], check=True)
    try:
        conf = spark_conf({"spark.jars": guests}) | {"spark.plugins": f"{EXPORTER},guest.FillDisk"}
        # One executor, because a second one that comes later could not even be made on the full disk.
        conf |= {"spark.master": "local-cluster[1,2,1024]"}
        job = start_job("guest.py", conf=conf, env={"PLUGIN": "given", "SPARK_LOCAL_DIRS": str(small)})
        run(job, undisturbed, lambda: all("No space left on device" in text for text in logs(job)[1:]))
    finally:
        umount = ["umount", "-l", str(small)]
        until(lambda: subprocess.run(umount, check=False).returncode == 0, "the tmpfs is gone")


@pytest.mark.parametrize("half", ["guest.DriverOnly", "guest.ExecutorsOnly"])
def test_half_a_plugin(half, start_job, undisturbed, guests):
    """The plugin in the driver only, or in the executors only."""
    conf = spark_conf({"spark.jars": guests}) | {"spark.plugins": half}
    job = start_job("guest.py", conf=conf, env={"PLUGIN": "given"})

    expected = [1, 1] if half == "guest.ExecutorsOnly" else [0, 0]

    run(job, undisturbed, lambda: warning_counts(job) == expected)

    assert warning_counts(job) == expected, logs(job)
    assert warnings_in(logs(job)[0]) == []
