"""Where values are kept: in a worker's segments, in memory, in the directory of an application."""

import errno
import math
import os
import sys
import types
from pathlib import Path

import pytest

import segment_reader
from exporter import Counter, Gauge, Histogram
from exporter.client import segment, storage
from exporter.client.registry import REGISTRY


def stored(directory):
    """Return the values of the only segment."""
    (found,) = segment_reader.read_directory(directory)
    return found.values()


def test_worker_shows_zero_at_once(worker):
    """Counters and histograms without labels are there at once, gauges unset, labelled metrics known."""
    Counter("c", "Help of c")
    Gauge("g", "d", multiprocess_mode="mean")
    Histogram("h", "d", unit="seconds", buckets=[1, 2])
    Counter("l", "d", ["a", "b"])

    (found,) = segment_reader.read_directory(worker)
    values = found.values()
    assert math.isnan(values.pop(("g",))[0])
    assert values == {("c",): [0.0], ("h_seconds",): [0.0, 0.0, 0.0, 0.0]}
    assert found.metrics == [
        ("counter", "c", "Help of c", "", (), (), ""),
        ("gauge", "g", "d", "", (), (), "mean"),
        ("histogram", "h_seconds", "d", "seconds", (), (1.0, 2.0), ""),
        ("counter", "l", "d", "", ("a", "b"), (), ""),
    ]
    assert found.pid == os.getpid()


@pytest.mark.parametrize("break_", ["no directory", "not writable", "no variable", "not a worker"])
def test_without_plugin(worker, monkeypatch, break_):
    """Without a directory to write to, everything works in memory, and no warning is due."""
    if break_ == "no directory":
        worker.rmdir()
    elif break_ == "not writable":
        monkeypatch.setattr(os, "access", lambda *_: False)
    elif break_ == "no variable":
        monkeypatch.delenv("SPARK_LOCAL_DIRS")
    else:
        monkeypatch.delenv("PYTHON_WORKER_FACTORY_SECRET")
    counter, histogram = Counter("c", "d"), Histogram("h", "d")
    counter.inc()
    histogram.observe(1)

    assert counter._value == 1.0
    assert list(histogram._cells) == histogram._shadow
    assert not list(worker.parent.glob("spark-exporter/*"))
    assert set(REGISTRY.refused().values()) == {0}


def test_plain_process_makes_no_file(worker):
    """A worker that defines no metric leaves no file."""
    assert list(worker.iterdir()) == []


def test_no_space(worker, warnings_logged, monkeypatch):
    """If no segment can be made, values stay in the process; each series counts, one warning says why."""

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    counter = Counter("c", "d", ["a"])
    for label in "xyx":
        counter.labels(label).inc()

    assert counter.labels("x")._value == 2.0
    assert list(worker.iterdir()) == []
    assert REGISTRY.refused()["no_space"] == 2
    (warning,) = warnings_logged()
    assert f"no segment file can be made in {worker}: OSError(28, 'No space left on device')" in warning


@pytest.mark.parametrize("error", [ValueError, MemoryError, RuntimeError])
def test_unexpected_failure(worker, warnings_logged, monkeypatch, error):
    """Whatever else prevents a segment is treated alike: counted, said once, and no exception for the job."""

    def fail(*_):
        raise error("unheard of")

    monkeypatch.setattr(segment.mmap, "mmap", fail)
    Counter("c", "d").inc()

    assert list(worker.iterdir()) == []
    assert REGISTRY.refused()["no_space"] == 1
    assert f"{error.__name__}('unheard of')" in warnings_logged()[0]


def test_no_space_to_grow(worker, monkeypatch):
    """If only a further segment fails, the first one goes on and carries the count."""
    counter = Counter("c", "d", ["a"])
    counter.labels("first").inc()

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    for number in range(2000):
        counter.labels(number).inc()
    counter.labels("first").inc()

    (found,) = segment_reader.read_directory(worker)
    assert found.values()["c", "first"] == [2.0]
    assert found.refused["no_space"] == 2001 - len(found.series) > 0


def test_bytes_of_a_process_are_bounded(worker, warnings_logged, monkeypatch):
    """Segments of one process take no more than the bound together."""
    monkeypatch.setattr(storage, "MAX_BYTES", 200_000)
    histogram = Histogram("h", "d", ["a"], buckets=range(100))
    for number in range(500):
        histogram.labels(number).observe(1)

    assert sum(path.stat().st_size for path in worker.iterdir()) == 65536 + 131072
    assert REGISTRY.refused()["no_space"] > 0
    assert "the series of this process need more than 200000 bytes" in warnings_logged()[0]
    assert all(histogram.labels(number)._shadow[1] == 1.0 for number in range(500))


def test_biggest_series_fits(worker):
    """The longest definition with the longest label values is written like any other."""
    labels = [f"{'l' * 190}{number}" for number in range(20)]
    histogram = Histogram("h" * 200, "d" * 1000, labels, buckets=range(100))
    histogram.labels(*["v" * 256] * 20).observe(5)

    assert next(iter(stored(worker).values()))[5] == 1.0


def test_attach_and_detach(tmp_path):
    """Values so far go to the application that starts; the next one starts from zero, gauges stay."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    counter, gauge = Counter("c", "d"), Gauge("g", "d", multiprocess_mode="mostrecent")
    labelled, histogram = Counter("l", "d", ["a"]).labels("x"), Histogram("h", "d", buckets=[1])
    gauge.set(5)
    when = gauge._cells[1]
    counter.inc(2)
    labelled.inc()
    histogram.observe(0.5)
    counter.inc(-1)

    REGISTRY.attach(str(first))
    assert stored(first) == {("c",): [2.0], ("g",): [5.0, when], ("l", "x"): [1.0], ("h",): [1.0, 0.0, 0.5]}
    assert segment_reader.read_directory(first)[0].refused["invalid_value"] == 1.0
    counter.inc()
    histogram.observe_many([3])
    before = stored(first)
    assert before == {("c",): [3.0], ("g",): [5.0, when], ("l", "x"): [1.0], ("h",): [1.0, 1.0, 3.5]}

    REGISTRY.detach()
    counter.inc(10)
    labelled.inc(10)
    assert stored(first) == before

    REGISTRY.attach(str(second))
    counter.inc()
    assert stored(second) == {
        ("c",): [11.0],
        ("g",): [5.0, when],
        ("l", "x"): [10.0],
        ("h",): [0.0, 0.0, 0.0],
    }
    assert segment_reader.read_directory(second)[0].number == 0
    assert segment_reader.read_directory(second)[0].refused["invalid_value"] == 0.0
    assert stored(first) == before


def test_attach_where_nothing_can_be_written(tmp_path, warnings_logged):
    """A directory that has gone is one warning; values stay."""
    counter = Counter("c", "d")
    counter.inc()
    REGISTRY.attach(str(tmp_path / "gone"))
    counter.inc()

    assert counter._value == 2.0
    assert "no segment file can be made in" in warnings_logged()[0]


def test_attach_under_load(run_python):
    """Threads that record while an application comes and goes lose nothing."""
    run_python(
        """
import sys, threading, os
sys.path.insert(0, sys.argv[2])
import segment_reader
from exporter import Counter, Histogram
from exporter.client.registry import REGISTRY
counter, histogram = Counter("c", "d"), Histogram("h", "d", buckets=[1])
stop = threading.Event()
done = [0, 0, 0]
def work(index):
    while not stop.is_set():
        counter.inc()
        histogram.observe(0.5)
        done[index] += 1
threads = [threading.Thread(target=work, args=(index,)) for index in range(3)]
for thread in threads: thread.start()
for number in range(100):
    directory = f"{sys.argv[1]}/{number}"
    os.mkdir(directory)
    REGISTRY.attach(directory)
stop.set()
for thread in threads: thread.join()
(found,) = segment_reader.read_directory(directory)
total = float(sum(done))
assert found.values() == {("c",): [total], ("h",): [total, 0.0, total / 2]}, found.values()
assert min(done) > 0
""",
        run_python.directory,
        Path(segment_reader.__file__).parent,
    )


@pytest.mark.parametrize(
    ("environment", "main_is_module", "context", "expected"),
    [
        ({"PYTHON_WORKER_FACTORY_SECRET": "x"}, True, None, True),
        ({"PYTHON_WORKER_FACTORY_SECRET": "x"}, False, None, True),
        ({"PYTHON_WORKER_FACTORY_PORT": "1"}, True, None, True),
        ({"PYTHON_WORKER_FACTORY_SOCK_DIR": "/x"}, True, None, True),
        ({"PYTHON_WORKER_FACTORY_SOCK_PATH": "/x"}, True, None, True),
        ({}, True, None, False),
        ({"PYSPARK_GATEWAY_PORT": "1"}, True, None, False),
        ({"PYSPARK_GATEWAY_PORT": "1", "PYTHON_WORKER_FACTORY_SECRET": "x"}, True, None, True),
        ({"PYSPARK_GATEWAY_PORT": "1", "PYTHON_WORKER_FACTORY_SECRET": "x"}, False, None, False),
        ({"PYTHON_WORKER_FACTORY_SECRET": "x"}, True, object(), False),
    ],
)
def test_who_is_a_worker(tmp_path, monkeypatch, environment, main_is_module, context, expected):
    """A process is a worker if Spark's worker factory started it, and never while it has a SparkContext."""
    (tmp_path / "spark-exporter").mkdir()
    monkeypatch.setenv("SPARK_LOCAL_DIRS", str(tmp_path))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    main = types.ModuleType("__main__")
    main.__spec__ = object() if main_is_module else None
    monkeypatch.setitem(sys.modules, "__main__", main)
    pyspark = types.SimpleNamespace(
        SparkContext=types.SimpleNamespace(_active_spark_context=context, _gateway=None)
    )
    monkeypatch.setitem(sys.modules, "pyspark", pyspark)

    Counter("c", "d").inc()

    assert len(list((tmp_path / "spark-exporter").glob("*.seg"))) == expected


def test_interrupted_in_the_middle_of_a_record(worker, monkeypatch):
    """A signal handler that uses metrics while a record is written harms nothing."""
    real, done = segment.series_record, []

    def interrupted(*arguments):
        if not done:
            done.append(1)
            Counter("c", "d", ["a"]).labels("inner").inc(5)
            Counter("other", "d").inc(7)
            Counter("labelled", "d", ["b"])
        return real(*arguments)

    monkeypatch.setattr(segment, "series_record", interrupted)
    Counter("c", "d", ["a"]).labels("outer").inc()
    Counter("other", "d").inc()

    assert stored(worker) == {("c", "outer"): [1.0], ("c", "inner"): [5.0], ("other",): [8.0]}
    assert [metric.name for metric in segment_reader.read_directory(worker)[0].metrics] == [
        "c",
        "labelled",
        "other",
    ]
