"""The client on every supported Python, lock-free or not: threads lose nothing, all that it offers works."""

import pytest

import segment_reader
from requirements import require_python

VERSIONS = ["3.9", "3.10", "3.11", "3.12", "3.13"]
LOCK_FREE = {"3.10", "3.11", "3.12", "3.13"}

THREADS = """
import sys, threading
from exporter import Counter, Gauge, Histogram
from exporter.client.locking import LOCK_FREE
counter, labelled = Counter("counter", "d"), Counter("labelled", "d", ["a"])
gauge, histogram = Gauge("gauge", "d"), Histogram("histogram", "d", buckets=[1, 2, 3])
rounds = int(sys.argv[1])
sys.setswitchinterval(1e-5)
started = threading.Barrier(8)

def work(number):
    started.wait()
    for _ in range(rounds):
        counter.inc()
    for n in range(rounds // 20):
        labelled.labels(n % 100).inc(2)
        counter.inc(0.5)
        gauge.inc(3)
        gauge.dec()
        histogram.observe(n % 4 + 0.5)
        histogram.observe_many([1, 3.5])

threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(LOCK_FREE)
"""


def check_threads(run_python, rounds, **options):
    """Run eight threads of ``rounds`` increments and check each sum; return whether it took no lock."""
    done = run_python(THREADS, rounds, **options)
    (found,) = segment_reader.read_directory(run_python.directory)
    n = 8 * (rounds // 20)
    values = found.values()
    assert values.pop(("counter",)) == [8.0 * rounds + n / 2]
    assert values.pop(("gauge",)) == [2.0 * n]
    assert values.pop(("histogram",)) == [n / 4 + n, n / 4, n / 4, n / 4 + n, n * 2 + n * 4.5]
    assert values == {("labelled", str(k)): [2.0 * n / 100] for k in range(100)}
    return done.stdout.strip() == "True"


@pytest.mark.parametrize("version", VERSIONS)
def test_threads(run_python, version):
    """Eight threads of a million increments each lose none; where a lock is needed it is taken."""
    # A lock makes it eight times slower; a tenth of the rounds switch threads just as often.
    rounds = 1_000_000 if version in LOCK_FREE else 100_000
    assert check_threads(run_python, rounds, python=require_python(version)) == (version in LOCK_FREE)


@pytest.mark.parametrize("version", ["3.10", "3.13"])
def test_threads_with_lock(run_python, version):
    """The variants with a lock, for free-threaded builds and other implementations, lose nothing either."""
    assert not check_threads(
        run_python, 40_000, python=require_python(version), SPARK_EXPORTER_FORCE_LOCK="1"
    )


SURFACE = """
import decimal, os, pickle, sys
from exporter import Counter, Gauge, Histogram, spark_conf, __version__
c = Counter("c_total", "d", ["a"], namespace="n", unit="bytes")
c.labels("x").inc(); c.labels(a="x").inc(2); c.labels("x").inc(decimal.Decimal("0.5")); c.labels("x").inc(-1)
c.inc()
g = Gauge("g", "d"); g.set(3); g.inc(); g.dec(0.5); g.set(float("nan"))
r = Gauge("r", "d", multiprocess_mode="mostrecent"); r.set(1); r.inc(); r.dec(5)
h = Histogram("h", "d", buckets=[1, 2]); h.observe(1); h.observe(2.5); h.observe_many([2, None, "x"])
t = Histogram("t", "d", buckets=[1000])
@t.time()
@Counter("e", "d").count_exceptions(KeyError)
@Gauge("p", "d").track_inprogress()
def work(): raise KeyError
try: work()
except KeyError: pass
with t.time(): pass
for metric in (c, g, r, h, t, c.labels("x")): assert pickle.loads(pickle.dumps(metric)) is metric
pid = os.fork()
if pid == 0:
    c.labels("x").inc(); h.observe(1); r.set(4)
    os._exit(0)
assert os.waitpid(pid, 0)[1] == 0
print(pid)
"""


@pytest.mark.parametrize("force_lock", [False, True])
@pytest.mark.parametrize("version", VERSIONS)
def test_surface(run_python, version, force_lock):
    """Everything that the client offers gives the same values on each version."""
    environment = {"SPARK_EXPORTER_FORCE_LOCK": "1"} if force_lock else {}
    child = int(run_python(SURFACE, python=require_python(version), **environment).stdout)

    parent, forked = sorted(
        segment_reader.read_directory(run_python.directory), key=lambda found: found.pid == child
    )
    values = parent.values()
    assert values.pop(("t",))[:2] == [2.0, 0.0]
    assert values.pop(("r",))[0] == -3.0
    assert values == {
        ("n_c_bytes", "x"): [3.5],
        ("g",): [3.5],
        ("h",): [1.0, 1.0, 1.0, 5.5],
        ("e",): [1.0],
        ("p",): [0.0],
    }
    assert parent.refused["invalid_value"] == 4.0
    values = forked.values()
    assert values["n_c_bytes", "x"] == [1.0]
    assert values["h",] == [1.0, 0.0, 0.0, 1.0]
    assert values["r",][0] == 4.0
    assert values["e",] == [0.0]


@pytest.mark.parametrize("version", VERSIONS)
def test_imports(run_python, version):
    """Importing the client brings in none of the slow modules, and of the package the client only."""
    script = "import sys; before = set(sys.modules); import exporter; print(*(set(sys.modules) - before))"
    done = run_python(script, python=require_python(version), PYTHONNOUSERSITE="1")
    imported = set(done.stdout.split())
    slow = {
        "asyncio",
        "ctypes",
        "dataclasses",
        "inspect",
        "json",
        "logging",
        "multiprocessing",
        "pathlib",
        "re",
        "socket",
    }
    slow |= {
        "subprocess",
        "tempfile",
        "threading",
        "typing",
        "urllib",
        "uuid",
        "zipfile",
        "mmap",
        "fcntl",
        "struct",
    }
    assert not imported & slow
    ours = {name for name in imported if name.startswith("exporter.")}
    assert all(name == "exporter._version" or name.startswith("exporter.client") for name in ours)
