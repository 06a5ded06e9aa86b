"""Forked processes start from zero in files of their own, whenever the fork happens."""

import pytest
from forking import FORKING

import segment_reader

PRELUDE = f"""{FORKING}
from exporter import Counter, Gauge, Histogram
from exporter.client.registry import REGISTRY
c, l = Counter("c", "d"), Counter("l", "d", ["a"])
g, h = Gauge("g", "d"), Histogram("h", "d", buckets=[1])
"""


def by_pid(directory):
    """Return the values of each process."""
    return {found.pid: found.values() for found in segment_reader.read_directory(directory)}


def test_child_starts_from_zero(run_python):
    """Counters and histograms from zero, gauges unset, labelled series when used; the parent's stay."""
    done = run_python(
        PRELUDE
        + """
c.inc(5); l.labels("x").inc(5); l.labels("unused").inc(); g.set(5); h.observe(0.5); c.inc(-1)
def work():
    assert REGISTRY.refused()["invalid_value"] == 0
    l.labels("x").inc()
    h.observe_many([2.0])
    c.labels("wrong")
pid = child(work)
wait(pid)
c.inc()
print(os.getpid(), pid)
"""
    )
    parent, child = map(int, done.stdout.split())
    found = by_pid(run_python.directory)

    assert found[parent] == {
        ("c",): [6.0],
        ("l", "x"): [5.0],
        ("l", "unused"): [1.0],
        ("g",): [5.0],
        ("h",): [1.0, 0.0, 0.5],
    }
    gauge = found[child].pop(("g",))
    assert gauge[0] != gauge[0]
    assert found[child] == {("c",): [0.0], ("l", "x"): [1.0], ("h",): [0.0, 1.0, 2.0]}
    refused = {
        found.pid: found.refused["invalid_value"]
        for found in segment_reader.read_directory(run_python.directory)
    }
    assert refused == {parent: 1.0, child: 1.0}


def test_child_without_metrics_makes_no_file(run_python):
    """A child that records nothing leaves nothing."""
    done = run_python(PRELUDE + "c.inc(); wait(child(lambda: None)); print(os.getpid())")
    assert list(by_pid(run_python.directory)) == [int(done.stdout)]


def test_grandchildren_and_descriptors(run_python):
    """Generations of forks each have their own file, and hold no descriptor of their parents'."""
    done = run_python(
        PRELUDE
        + """
counts = []
def generation(depth):
    c.inc(depth)
    print(os.getpid(), depth, len(os.listdir("/dev/fd")), flush=True)
    if depth < 4:
        wait(child(lambda: generation(depth + 1)))
generation(1)
"""
    )
    rows = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    assert {pid: values["c",] for pid, values in by_pid(run_python.directory).items()} == {
        pid: [float(depth)] for pid, depth, _ in rows
    }
    assert len({descriptors for _, _, descriptors in rows}) == 1


@pytest.mark.parametrize("force_lock", [False, True])
def test_fork_under_load(run_python, force_lock):
    """Forks while threads record and make series: no deadlock, nothing lost, nothing counted twice."""
    environment = {"SPARK_EXPORTER_FORCE_LOCK": "1"} if force_lock else {}
    done = run_python(
        PRELUDE
        + """
stop = threading.Event()
done = [0, 0, 0]
def record(index):
    while not stop.is_set():
        c.inc()
        h.observe(0.5)
        l.labels(f"{index} {done[index] % 500}").inc()
        done[index] += 1
threads = [threading.Thread(target=record, args=(index,)) for index in range(3)]
for thread in threads: thread.start()
def work():
    for number in range(50):
        c.inc()
        l.labels(f"0 {number}").inc()
        h.observe_many([0.5, 2.0])
pids = []
for _ in range(40):
    pids.append(child(work))
    wait(pids[-1])
stop.set()
for thread in threads: thread.join()
print(os.getpid(), sum(done), *pids)
""",
        **environment,
    )
    parent, total, *children = map(int, done.stdout.split())
    values = {}
    for segment in segment_reader.read_directory(run_python.directory):
        for key, cells in segment.values().items():
            assert values.setdefault(segment.pid, {}).setdefault(key, cells) is cells

    assert values[parent]["c",] == [total]
    assert values[parent]["h",] == [total, 0.0, total / 2]
    assert sum(cells[0] for key, cells in values[parent].items() if key[0] == "l") == total
    assert len(children) == 40
    for pid in children:
        assert values[pid]["c",] == [50.0]
        assert values[pid]["h",] == [50.0, 50.0, 125.0]
        assert {key: cells for key, cells in values[pid].items() if key[0] == "l"} == {
            ("l", f"0 {number}"): [1.0] for number in range(50)
        }


def test_multiprocessing(run_python):
    """Pools, forked or spawned, record like any process."""
    script = run_python.directory.parent / "pool.py"
    script.write_text(
        """
import multiprocessing, sys
from exporter import Counter
rows = Counter("rows", "d", ["worker"])
def work(number):
    rows.labels(number).inc(number)
if __name__ == "__main__":
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        pool.map(work, range(10))
        pool.close()
        pool.join()
"""
    )
    for method in ("fork", "spawn"):
        start = "import sys, runpy; runpy.run_path(sys.argv.pop(1), run_name='__main__')"
        run_python(start, script, method)
    sums = {}
    for values in by_pid(run_python.directory).values():
        for key, (value,) in values.items():
            sums[key] = sums.get(key, 0.0) + value
    assert sums == {("rows", str(number)): 2.0 * number for number in range(10)}
