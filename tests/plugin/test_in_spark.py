"""The plugin in real Spark: what it shows, what it serves until the end, and what is left when it is off."""

import os
import re
import signal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from plugin.following import python_path

pytestmark = pytest.mark.spark
QUIET = Path(__file__).resolve().parent / "jobs" / "quiet.py"
PROBE = Path(__file__).resolve().parent / "jobs" / "probe.py"
MASTERS = ("local[2]", "local-cluster[2,1,1024]")


@pytest.fixture
def probe(start_job):
    """Start the probe job on a master; return it once it has run its Spark job."""

    def start(master, **conf):
        job = start_job(PROBE, conf={"spark.master": master} | conf, env=python_path())
        ui = job.hear("ui")
        assert job.hear("rows") == 1000
        app = requests.get(f"{ui}/api/v1/applications", timeout=30).json()[0]["id"]
        pairs = requests.get(f"{ui}/api/v1/applications/{app}/environment", timeout=30).json()[
            "sparkProperties"
        ]
        return job, ui, app, dict(pairs)

    return start


def snapshots(endpoint):
    """Follow an application to its end; yield each snapshot."""
    boot, after, metrics, series = "", 0, 0, 0
    while True:
        query = {"boot": boot, "after": after, "metrics": metrics, "series": series, "wait": 30}
        snapshot = requests.get(f"{endpoint}/v1/snapshot", params=query, timeout=60).json()
        yield snapshot
        if snapshot["final"]:
            return
        boot, after = snapshot["boot"], snapshot["sequence"]
        metrics += len(snapshot["metrics"])
        series += len(snapshot["series"])


@pytest.mark.parametrize("master", MASTERS)
def test_values_arrive_up_to_the_final_snapshot(probe, master):
    """A client that follows the endpoint from the environment page has every row, and then the end."""
    job, _, app, environment = probe(master)
    follower = snapshots(environment["spark.exporter.endpoint"])
    first = next(follower)
    job.tell("stop")
    last = [first, *follower][-1]

    assert first["application"]["id"] == app
    assert first["application"]["name"] == "test"
    assert [metric["name"] for metric in first["metrics"]] == ["probed"]
    assert last["totals"] == [250.0] * 4
    executors = {executor["id"]: executor for executor in last["executors"]}
    assert sorted(executors) == (["driver"] if master.startswith("local[") else ["0", "1", "driver"])
    assert sum(executor["tasks_ended"] for executor in executors.values()) == 4
    assert all(executor["host"] for executor in executors.values())
    assert not any(sum(executor["stats"]["dropped"].values()) for executor in executors.values())
    assert job.wait() == 0


def test_sparks_own_sinks_show_the_sentinel_and_the_series(probe):
    """On the driver of a local application."""
    job, ui, app, environment = probe("local[2]")
    gauges = requests.get(f"{ui}/metrics/json/", timeout=30).json()["gauges"]
    prefix = f"{app}.driver.plugin.io.sparkexporter.ExporterPlugin."
    shown = {
        name.removeprefix(prefix): one["value"] for name, one in gauges.items() if name.startswith(prefix)
    }
    job.tell("stop")
    expected = {f"custom.probed.Z.partition.{number}": 250.0 for number in range(4)}
    port = urlsplit(environment["spark.exporter.endpoint"]).port
    assert shown == {"exporter.up": 1.0, "exporter.port": port} | expected
    assert job.wait() == 0


def ours(names):
    """Return the names that belong to the plugin."""
    return [name for name in names if re.search("spark-?exporter|HTTP-Dispatcher", name, re.IGNORECASE)]


def test_on_it_has_threads_of_its_own(probe):
    """Its listener's queue among them, so that it cannot be held up by others, nor hold them up."""
    job, *_ = probe("local[2]")
    threads = ours(job.hear("threads"))
    job.tell("stop")
    assert {"spark-exporter-reporter", "spark-listener-group-sparkExporter"} <= set(threads)
    assert job.wait() == 0


def test_off_means_off(probe):
    """No endpoint, no directory, no thread, no listener, no metric; and the job is the same."""
    job, ui, _, environment = probe("local[2]", **{"spark.exporter.enabled": "false"})
    threads = job.hear("threads")
    gauges = requests.get(f"{ui}/metrics/json/", timeout=30).json()["gauges"]
    directories = list(job.log.parent.rglob("spark-exporter"))
    job.tell("stop")
    assert job.wait() == 0
    assert not {"spark.exporter.endpoint", "spark.exporter.directory"} & environment.keys()
    assert threads
    assert (ours(threads), ours(gauges), directories) == ([], [], [])


def test_an_address_that_is_not_ours(start_job):
    """Nothing can listen there: one warning, control is off everywhere, and the job goes on."""
    conf = {"spark.exporter.host": "192.0.2.1", "spark.exporter.token": "correct-horse"}
    job = start_job(PROBE, conf=conf, env=python_path())
    assert job.hear("rows") == 1000
    assert len(list(job.log.parent.rglob("spark-exporter"))) == 3, "one directory for each JVM"
    assert list(job.log.parent.rglob("spark-exporter/control")) == []
    job.tell("stop")
    assert job.wait() == 0
    (warning,) = (line for line in job.errors.splitlines() if "WARN" in line and "sparkexporter" in line)
    assert "nothing is served to the daemon, and control is off; the job and Spark's sinks go on" in warning
    assert "correct-horse" not in job.errors


@pytest.mark.parametrize("end", ["at once", "stop", "exit", "killed"])
def test_an_ordinary_end_is_silent(start_job, end):
    """Also where handlers are registered, and however the driver's JVM goes."""
    job = start_job(QUIET, end, conf={"spark.exporter.token": "correct-horse"}, env=python_path())
    if end != "at once":
        assert job.hear("asked") == 5
        if end == "killed":
            os.kill(job.hear("driver"), signal.SIGTERM)
        job.tell("end")
    assert job.wait() == 0
    ours = [line for line in job.errors.splitlines() if re.search("spark-?exporter", line, re.IGNORECASE)]
    assert ours == []
