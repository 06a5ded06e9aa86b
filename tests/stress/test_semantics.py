"""What is counted under each of Spark's ways to run Python workers, and when attempts are repeated."""

import pytest

from running import Cluster

pytestmark = pytest.mark.spark
ROWS = 20_000
PARTITIONS = 8
WORKERS = {
    "reused workers": {},
    "a worker for each task": {"spark.python.worker.reuse": "false"},
    "no worker daemon": {"spark.python.use.daemon": "false"},
    "dynamic allocation": {
        "spark.dynamicAllocation.enabled": "true",
        "spark.dynamicAllocation.shuffleTracking.enabled": "true",
        "spark.dynamicAllocation.minExecutors": "0",
        "spark.dynamicAllocation.initialExecutors": "1",
        "spark.dynamicAllocation.maxExecutors": "2",
        "spark.dynamicAllocation.executorIdleTimeout": "1s",
        "spark.dynamicAllocation.shuffleTracking.timeout": "1s",
    },
}


@pytest.mark.parametrize("conf", WORKERS.values(), ids=WORKERS)
def test_every_row_is_counted_once(conf, start_job, start_daemon):
    """However Spark runs its Python workers, the counts equal Spark's own."""
    job = start_job("rows.py", ROWS, PARTITIONS, conf=conf)
    daemon = start_daemon(job.hear("ui"))
    tally = job.hear("tally")

    daemon.until_custom(tally)

    job.tell("stop")
    assert job.wait() == 0


def test_an_attempt_that_ran_counts(start_job, start_daemon, tmp_path):
    """A failed attempt's rows were parsed, so they are counted: up to and including the row that failed."""
    marks = tmp_path / "marks"
    marks.mkdir()
    job = start_job("rows.py", ROWS, PARTITIONS, env={"FAIL_ONCE": str(marks)})
    daemon = start_daemon(job.hear("ui"))
    tally = job.hear("tally")
    per_partition = ROWS // PARTITIONS
    again = 0
    for mark in marks.iterdir():
        partition, number = map(int, mark.name.split("-"))
        again += number - partition * per_partition + 1

    assert len(list(marks.iterdir())) == PARTITIONS
    daemon.until_custom({"value_count": tally["value_count"] + again})
    parsed = sum(value for key, value in daemon.custom().items() if key.startswith("parsed_total"))
    assert parsed == ROWS + again


@pytest.fixture
def cluster(tmp_path):
    """Two hosts: Spark never runs a speculative copy on the host of the original."""
    started = Cluster(tmp_path / "cluster", "127.0.0.1", "127.0.0.2")
    yield started
    started.kill_group()


def test_a_speculative_copy_counts_too(cluster, start_job, start_daemon, tmp_path):
    """Both copies of a task parse rows, and both are counted."""
    work = tmp_path / "work"
    work.mkdir()
    conf = {
        "spark.master": cluster.url,
        "spark.executor.memory": "512m",
        "spark.speculation": "true",
        "spark.speculation.interval": "100ms",
        "spark.speculation.task.duration.threshold": "1s",
    }
    job = start_job("held.py", work, 1, conf=conf)
    daemon = start_daemon(job.hear("ui"))

    daemon.until_custom({"held_total{half=first}": 2_000.0})
    (work / "go").touch()

    assert job.hear("done") == [0]
    job.tell("stop")
    assert job.wait() == 0
    # Spark kills the copy that comes second, wherever it is in its second half.
    custom = daemon.custom()
    assert custom["held_total{half=first}"] == 2_000.0
    assert 1_000.0 <= custom["held_total{half=second}"] <= 2_000.0
