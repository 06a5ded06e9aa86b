"""What /metrics says while tasks run, and after a process was killed in the middle of one."""

import contextlib
import os
import re
import signal

import psutil
import pytest

from running import until

pytestmark = pytest.mark.spark


def counted(directory, tasks):
    """Wait until that many tasks hold; return the pids of their Python workers."""
    found = until(
        lambda: sorted(files) if len(files := list(directory.glob("counted-*"))) >= tasks else None,
        f"{tasks} tasks have counted",
    )
    return [int(file.read_text()) for file in found]


def executor_of(pid):
    """Return the executor JVM that owns a Python worker."""
    process = psutil.Process(pid)
    return next(parent for parent in process.parents() if "java" in parent.name())


def executor_id(jvm):
    """Return Spark's id of an executor JVM."""
    command = jvm.cmdline()
    return command[command.index("--executor-id") + 1]


@pytest.fixture
def held(start_job, start_daemon, tmp_path):
    """Two tasks on two executors, each with 1,000 rows counted and not finished; and a daemon."""
    work = tmp_path / "work"
    work.mkdir()
    job = start_job("held.py", work, 2, conf={"spark.task.maxFailures": "4"})
    daemon = start_daemon(job.hear("ui"))
    pids = counted(work, 2)
    yield job, daemon, work, pids
    (work / "go").touch()


def test_an_unfinished_task_is_visible(held):
    """Increments of a task that has not ended are on /metrics; how fast is measured in benchmarks/."""
    _job, daemon, _work, _pids = held

    daemon.until_custom({"held_total{half=first}": 2_000.0, "running": 2.0})

    assert "held_total{half=second}" not in daemon.custom()


def test_nothing_counted_by_a_killed_python_worker_is_lost(held):
    """SIGKILL of a worker in its task: its count stays, and the attempt that replaces it adds its own."""
    job, daemon, work, pids = held

    os.kill(pids[0], signal.SIGKILL)
    counted(work, 3)
    daemon.until_custom({"held_total{half=first}": 3_000.0})
    (work / "go").touch()

    assert job.hear("done") == [0, 1]
    daemon.until_custom(
        {"held_total{half=first}": 3_000.0, "held_total{half=second}": 2_000.0, "running": 0.0}
    )


def test_a_killed_executor_keeps_its_counts_and_shows_its_reason(held):
    """SIGKILL of an executor JVM: what it had reported stays in the total, and Spark's reason is visible."""
    job, daemon, work, pids = held
    daemon.until_custom({"held_total{half=first}": 2_000.0})
    jvm = executor_of(pids[0])
    name = executor_id(jvm)
    lowest = []

    jvm.send_signal(signal.SIGKILL)

    def replaced():
        lowest.append(daemon.custom()["held_total{half=first}"])
        return len(list(work.glob("counted-*"))) >= 3

    until(replaced, "the task runs again on another executor")
    daemon.until_custom({"held_total{half=first}": 3_000.0})
    assert min(lowest) >= 2_000.0
    assert lowest == sorted(lowest)
    reasons = {
        labels["executor_id"]: labels["reason"] for labels in daemon.labels_of("spark_executor_removed_info")
    }
    assert re.search(r"137|SIGKILL|lost|exited", reasons[name]), reasons
    (work / "go").touch()
    assert job.hear("done") == [0, 1]
    daemon.until_custom(
        {"held_total{half=first}": 3_000.0, "held_total{half=second}": 2_000.0, "running": 0.0}
    )


def test_a_restarted_daemon_is_whole_at_its_first_scrape(held, start_daemon):
    """The daemon holds nothing that its successor needs."""
    _job, daemon, _work, _pids = held
    daemon.until_custom({"held_total{half=first}": 2_000.0})
    target = re.search(r"--target=(\S+)", " ".join(daemon.process.args))[1]

    daemon.process.kill()
    daemon.wait()
    successor = start_daemon(target)

    assert successor.custom()["held_total{half=first}"] == 2_000.0


def test_every_process_and_directory_is_gone_afterwards(held):
    """The segments go away with the application."""
    job, daemon, work, pids = held
    (work / "go").touch()
    job.hear("done")
    daemon.until_custom({"held_total{half=second}": 2_000.0})

    job.tell("stop")

    assert job.wait() == 0
    local = work.parent / "job-0" / "local"
    until(lambda: not any(local.rglob("*.seg")), "no segment is left")
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(pid).wait(30)
