"""A driver's metrics follow its SparkContext, without ever disturbing it."""

import os
import pickle
import sys
import threading
import types

import pytest

import segment_reader
from exporter import Counter, spark_conf
from exporter.client import attach, spark
from exporter.client.attach import Follower
from exporter.client.registry import REGISTRY


class Conf(dict):
    """A configuration in the JVM."""

    def get(self, key, default):
        """Look a key up, as by py4j."""
        self.asked = getattr(self, "asked", 0) + 1
        value = super().get(key, default)
        if isinstance(value, Exception):
            raise value
        return value


def context(directory, *, ready=True):
    """Return a SparkContext as the follower sees it."""
    conf = Conf() if directory is None else Conf({"spark.exporter.directory": directory})
    scala = types.SimpleNamespace(conf=lambda: conf)
    return types.SimpleNamespace(_jsc=types.SimpleNamespace(sc=lambda: scala) if ready else None, conf=conf)


@pytest.fixture
def pyspark(monkeypatch):
    """Return the class attributes of pyspark's SparkContext."""
    # The thread of this process would follow it as well, whichever test has started it or does.
    monkeypatch.setattr(attach._State, "started", True)
    if attach._State.follower is not None:
        monkeypatch.setattr(attach._State.follower, "step", lambda: None)
    state = types.SimpleNamespace(_active_spark_context=None, _gateway=None)
    monkeypatch.setitem(sys.modules, "pyspark", types.SimpleNamespace(SparkContext=state))
    return state


@pytest.fixture
def directories(tmp_path):
    """Return two applications' directories."""
    found = [tmp_path / "one", tmp_path / "two"]
    for directory in found:
        directory.mkdir()
    return found


def values(directory):
    """Return what a directory's only segment holds."""
    (found,) = segment_reader.read_directory(directory)
    return found.values()


def test_one_application_after_another(pyspark, directories):
    """Each application gets what was recorded since the one before ended."""
    counter, follower = Counter("c", "d"), Follower(REGISTRY)
    counter.inc()
    follower.step()
    for number, directory in enumerate(directories):
        pyspark._active_spark_context = running = context(str(directory))
        follower.step()
        counter.inc(10)
        follower.step()
        follower.step()
        assert values(directory) == {("c",): [11.0]}
        assert running.conf.asked == 1
        pyspark._active_spark_context = None
        if number == 0:
            follower.step()
            counter.inc()
    assert values(directories[0]) == {("c",): [11.0]}


def test_segments_say_that_they_are_a_driver_s(pyspark, tmp_path):
    """A reader must know the driver's process from a forked child, whose gauges end with it."""
    Counter("c", "d").inc()
    pyspark._gateway = object()
    pyspark._active_spark_context = context(str(tmp_path))
    Follower(REGISTRY).step()
    (segment,) = segment_reader.read_directory(tmp_path)

    child = os.fork()
    if child == 0:
        Counter("c", "d").inc()
        os._exit(0)
    os.waitpid(child, 0)

    assert segment.role == 1
    roles = {found.pid: found.role for found in segment_reader.read_directory(tmp_path)}
    assert roles == {os.getpid(): 1, child: 0}


def test_new_context_between_two_looks(pyspark, directories):
    """A context that replaced another one is a new application."""
    counter, follower = Counter("c", "d"), Follower(REGISTRY)
    for directory in directories:
        pyspark._active_spark_context = context(str(directory))
        follower.step()
        counter.inc()
    assert [values(directory) for directory in directories] == [{("c",): [1.0]}] * 2


def test_a_context_takes_the_metrics_along(run_python):
    """Starts and stops are noticed at once, and what they return or raise is theirs."""
    done = run_python(
        """
import sys, tempfile, types
one, two = tempfile.mkdtemp(), tempfile.mkdtemp()

class SparkContext:
    _active_spark_context = _gateway = None

    def __init__(self, directory):
        self._do_init(directory)

    def _do_init(self, directory):
        if directory is None:
            raise RuntimeError("no cluster")
        SparkContext._active_spark_context = self
        scala = types.SimpleNamespace(conf=lambda: types.SimpleNamespace(get=lambda key, default: directory))
        self._jsc = types.SimpleNamespace(sc=lambda: scala)

    def stop(self):
        SparkContext._active_spark_context = None
        return "stopped"

sys.modules["pyspark"] = types.SimpleNamespace(SparkContext=SparkContext)
from exporter import Counter
from exporter.client import attach
attach._INTERVAL_SECONDS = 1e6
c = Counter("c", "d")
for number, directory in enumerate([one, two], 1):
    c.inc(number)
    try:
        SparkContext(None)
    except RuntimeError as error:
        assert str(error) == "no cluster"
    context = SparkContext(directory)
    c.inc(10)
    assert context.stop() == "stopped"
print(one, two)
""",
        PYTHON_WORKER_FACTORY_SECRET=None,
        SPARK_LOCAL_DIRS=None,
    )
    one, two = done.stdout.split()
    assert values(one) == {("c",): [11.0]}
    assert values(two) == {("c",): [12.0]}


def test_waits_for_the_jvm(pyspark, directories):
    """A context that is still starting is looked at again; its metrics are not lost."""
    counter, follower = Counter("c", "d"), Follower(REGISTRY)
    counter.inc()
    pyspark._active_spark_context = starting = context(str(directories[0]), ready=False)
    follower.step()
    del starting._jsc
    follower.step()
    starting._jsc = context(str(directories[0]))._jsc
    follower.step()

    assert values(directories[0]) == {("c",): [1.0]}


@pytest.mark.parametrize("directory", [None, RuntimeError("gateway gone")])
def test_without_plugin(pyspark, directory):
    """Without the plugin, or without an answer, the JVM is asked once and values stay local."""
    counter, follower = Counter("c", "d"), Follower(REGISTRY)
    pyspark._active_spark_context = running = context(directory)
    for _ in range(3):
        try:
            follower.step()
        except RuntimeError:
            continue
        counter.inc()

    assert running.conf.asked == 1
    assert counter._value > 0


def test_foreign_gateway(pyspark, directories):
    """A forked child leaves its parent's connection alone, and uses one of its own."""
    pyspark._gateway = parents = object()
    pyspark._active_spark_context = inherited = context(str(directories[0]))
    follower = Follower(REGISTRY, parents)
    follower.step()
    assert not hasattr(inherited.conf, "asked")

    pyspark._gateway = object()
    follower.step()
    assert inherited.conf.asked == 1


def test_pyspark_half_imported(monkeypatch):
    """A pyspark in the middle of its import has no context yet."""
    monkeypatch.setitem(sys.modules, "pyspark", types.ModuleType("pyspark"))
    assert spark.active_context() is None
    assert spark.gateway() is None


THREAD = """
import sys, threading, types
{before}
from exporter import Counter, spark_conf
{after}
print(sorted(thread.name for thread in threading.enumerate() if thread.daemon))
"""
PYSPARK = "sys.modules['pyspark'] = types.ModuleType('pyspark')"


@pytest.mark.parametrize(
    ("before", "after", "environment", "threads"),
    [
        ("", "Counter('c', 'd')", {}, 0),
        (PYSPARK, "", {}, 1),
        ("", "", {"PYSPARK_GATEWAY_PORT": "1"}, 1),
        ("", "", {}, 0),
        (PYSPARK, "", {"PYTHON_WORKER_FACTORY_SECRET": "x"}, 0),
        (PYSPARK, "Counter('c', 'd'); Counter('e', 'd')", {}, 1),
        ("", "Counter('c', 'd')", {"PYSPARK_GATEWAY_PORT": "1"}, 1),
        ("", f"c = Counter('c', 'd'); {PYSPARK}; import pickle; pickle.dumps(c)", {}, 1),
        ("", f"c = Counter('c', 'd', ['a']); {PYSPARK}; c.labels(1)", {}, 1),
        (PYSPARK, "Counter('c', 'd')", {"PYTHON_WORKER_FACTORY_SECRET": "x"}, 0),
        (PYSPARK + "\nthreading.Thread.start = None", "Counter('c', 'd')", {}, 0),
    ],
)
def test_when_the_thread_runs(run_python, before, after, environment, threads):
    """One daemon thread, in a process that may be a driver, from the import on; and none in any other."""
    environment = {"PYTHON_WORKER_FACTORY_SECRET": None, **environment}
    done = run_python(THREAD.format(before=before, after=after), **environment)
    assert done.stdout.strip() == str(["spark-exporter-attach"] * threads)


def test_the_thread_survives_everything(monkeypatch):
    """Whatever a look ends with, there is a next one."""
    looked = threading.Event()
    looks = []

    class Failing:
        def step(self):
            looks.append(1)
            if len(looks) == 3:
                looked.set()
            raise RuntimeError("any")

    class Over(BaseException):
        pass

    def sleep(_):
        if looked.is_set():
            raise Over

    monkeypatch.setattr(attach.time, "sleep", sleep)
    with pytest.raises(Over):
        attach._follow(Failing())
    assert len(looks) == 3


def test_spark_conf_starts_it(monkeypatch, tmp_path):
    """Asking for the settings announces a driver."""
    started = []
    monkeypatch.setattr(attach, "ensure_started", lambda: started.append(1))
    monkeypatch.setattr("exporter.client.install._ARTIFACTS", str(tmp_path))
    for name in ("plugin-0.1.0.jar", "client-0.1.0.zip"):
        (tmp_path / f"spark-exporter-{name}").touch()
    monkeypatch.setattr("exporter.client.install.__version__", "0.1.0")
    spark_conf()
    assert started


def test_forked_child_has_no_thread(run_python):
    """A child of a driver does not watch the connection that it shares with its parent."""
    script = f"""
import os, sys, types
{PYSPARK}
sys.modules["pyspark"].SparkContext = types.SimpleNamespace(_active_spark_context=None, _gateway="parent's")
from exporter import Counter
from exporter.client import attach
Counter("c", "d")
assert attach._State.started
if os.fork() == 0:
    assert not attach._State.started
    assert attach._State.foreign_gateway == "parent's"
    os._exit(0)
assert os.wait()[1] == 0
"""
    run_python(script, PYTHON_WORKER_FACTORY_SECRET=None)


def test_pickling_is_a_driver_s_sign(monkeypatch):
    """Shipping a metric announces a driver, too."""
    counter = Counter("c", "d")
    started = []
    monkeypatch.setattr(attach, "ensure_started", lambda: started.append(1))
    pickle.dumps(counter)
    assert started


def test_exit_is_not_delayed(run_python):
    """The thread looks for a context until the very end, and does not keep the process alive."""
    script = f"""
import sys, threading, types
{PYSPARK}
from exporter import Counter
Counter("c", "d")
print([thread.is_alive() for thread in threading.enumerate() if thread.name == "spark-exporter-attach"])
"""
    assert run_python(script, PYTHON_WORKER_FACTORY_SECRET=None).stdout == "[True]\n"


def test_listeners_hear_of_each_application(pyspark, directories, monkeypatch):
    """Now, at each beginning and each end; one that fails keeps nothing from the others."""
    monkeypatch.setattr(attach._Directory, "listeners", ())
    monkeypatch.setattr(attach._Directory, "current", None)
    heard, follower = [], Follower(REGISTRY)
    monkeypatch.setattr(attach._State, "started", True)
    monkeypatch.setattr(attach._State, "follower", follower)

    def failing(directory):
        if directory is not None:
            raise RuntimeError("any")

    attach.listen(failing)
    attach.listen(heard.append)
    for directory in directories:
        pyspark._active_spark_context = context(str(directory))
        follower.step()
    late = []
    attach.listen(late.append)
    pyspark._active_spark_context = None
    follower.step()

    one, two = map(str, directories)
    assert heard == [None, one, None, two, None]
    assert late == [two, None]


def test_a_listener_hears_of_the_application_that_runs_already(pyspark, directories, monkeypatch):
    """Whoever listens first, long after the session has started, need not wait for the thread."""
    monkeypatch.setattr(attach._Directory, "listeners", ())
    monkeypatch.setattr(attach._Directory, "current", None)
    monkeypatch.setattr(attach._State, "started", True)
    monkeypatch.setattr(attach._State, "follower", Follower(REGISTRY))
    pyspark._active_spark_context = context(str(directories[0]))
    heard = []
    attach.listen(heard.append)
    assert heard[-1] == str(directories[0])
