"""The processes of a real application: one driver, its Python, two executors and their workers."""

import psutil
import pytest
import requests

from exporter.daemon import catalogue
from exporter.daemon.sources.process import ProcessSource
from running import until

pytestmark = pytest.mark.spark
RUNNING = "spark_process_running"
CPU = "spark_process_cpu_seconds_total"


def application_at(ui):
    """Return the id of the application whose UI this is."""
    (found,) = requests.get(f"{ui}/api/v1/applications", timeout=60).json()
    return found["id"]


def samples(source, name):
    """Return what one more update says of a metric, by labels."""
    column = source.update().value.columns.get(name)
    return dict(zip(column.keys, column.values, strict=True)) if column is not None else {}


def test_the_processes_of_a_cluster(start_job, tmp_path):
    """Each under its role and its executor; the counts of workers stay when the job has ended with them."""
    work = tmp_path / "work"
    work.mkdir()
    job = start_job("held.py", work, 2, conf={"spark.task.maxFailures": "4"})
    ui = job.hear("ui")
    source = ProcessSource(ui, application_at(ui), catalogue.load())
    until(lambda: len(list(work.glob("counted-*"))) == 2, "two tasks hold")

    running = samples(source, RUNNING)
    # An executor has the daemon and the worker that it forked, the driver the program that started it.
    roles = {"jvm": 1, "python": 2, "other": 0}
    assert running == {
        **{("0", role): count for role, count in roles.items()},
        **{("1", role): count for role, count in roles.items()},
        **{("driver", role): count for role, count in (roles | {"python": 1}).items()},
    }
    first = next(iter(work.glob("counted-*"))).read_text()
    jvm = next(parent for parent in psutil.Process(int(first)).parents() if "java" in parent.name())
    executor_id = jvm.cmdline()[jvm.cmdline().index("--executor-id") + 1]
    assert samples(source, "spark_process_resident_memory_bytes")[executor_id, "jvm"] == pytest.approx(
        jvm.memory_info().rss, rel=0.2
    )
    before = samples(source, CPU)
    assert before["driver", "jvm"] > 1
    psutil.Process(int(first)).kill()
    (work / "go").touch()
    job.hear("done")
    after = samples(source, CPU)
    assert after.keys() >= before.keys()
    assert all(after[key] >= before[key] for key in before)
    job.tell("stop")
    job.wait()

    until(lambda: not samples(source, RUNNING), "nothing is left to be seen")
