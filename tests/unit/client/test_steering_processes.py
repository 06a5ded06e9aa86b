"""Configuration, events and messages in whole processes: other Pythons, forks, drivers, exits."""

import json

import pytest
from control_file import ControlFiles
from forking import FORKING

from requirements import require_python

VERSIONS = ["3.9", "3.10", "3.11", "3.12", "3.13"]

DRIVER = """
import json, os, sys, threading, types

class SparkContext:
    _active_spark_context = _gateway = None

    def __init__(self, directory):
        self._do_init(directory)

    def _do_init(self, directory):
        conf = types.SimpleNamespace(get=lambda key, default: directory)
        self._jsc = types.SimpleNamespace(sc=lambda: types.SimpleNamespace(conf=lambda: conf))
        SparkContext._active_spark_context = self

    def stop(self):
        SparkContext._active_spark_context = None

sys.modules["pyspark"] = types.SimpleNamespace(SparkContext=SparkContext)
"""
# What makes a process a driver and not a worker.
DRIVER_ENVIRONMENT = {"PYTHON_WORKER_FACTORY_SECRET": None, "SPARK_LOCAL_DIRS": None}

WORKER = """
import os, sys, threading
from exporter import config, events, rpc
assert config.get("threshold", 10) == 25
assert config.get("limits") == [1]
(event,) = events.poll()
event.done({"pid": 1})
assert rpc.ask("echo", {"a": 1}, 60) == {"a": 1}
rpc.send("echo", b"x")
try:
    rpc.ask("slow", timeout=0.1)
except TimeoutError as error:
    assert isinstance(error, rpc.RpcTimeoutError)
else:
    raise AssertionError

answers = []
threads = [threading.Thread(target=lambda n=n: answers.append(rpc.ask("echo", n, 60) == n)) for n in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert answers == [True] * 8
"""
EVENT = {"event": "1", "type": "t", "payload": {}, "time": 1.0, "expires": 2.0}


def answer(_session, header, body):
    """Answer an ask, but for one topic."""
    return None if header["topic"] == "slow" else ({"encoding": header["encoding"]}, body)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_worker_of_each_python(run_python, start_hop, version):
    """Everything works on each supported version, and the process ends without a word or a wait."""
    hop = start_hop(run_python.directory)
    ControlFiles(run_python.directory, claimable=1).set(1, threshold=25, limits=[1])
    hop.answers.update(ask=answer, claim=lambda *_: ({"events": [EVENT]}, b""))
    done = run_python(WORKER, python=require_python(version))
    assert (done.stdout, done.stderr) == ("", "")
    assert hop.noted("outcome")[0][1] == b'{"pid":1}'


@pytest.mark.parametrize("version", VERSIONS)
def test_a_driver_of_each_python(run_python, start_hop, tmp_path, version):
    """What is imported and registered before pyspark is known is told when the application begins."""
    directory = tmp_path / "driver"
    directory.mkdir()
    hop = start_hop(directory)
    ControlFiles(directory).set(1, threshold=25)
    script = f"""
from exporter import config, events, rpc
config.declare("threshold", type=int, default=3)
rpc.handler("topic")(len)
assert config.get("threshold") == 3
{DRIVER}
context = SparkContext(sys.argv[1])
events.on("reload")(len)
assert config.get("threshold") == 25
assert rpc.ask("echo", 5, 60) == 5
context.stop()
assert config.get("threshold") == 25
try:
    rpc.ask("echo")
except rpc.UnavailableError as error:
    assert "no plugin to talk to" in str(error)
"""
    done = run_python(script, directory, python=require_python(version), **DRIVER_ENVIRONMENT)
    assert (done.stdout, done.stderr) == ("", "")
    assert hop.until("handle")[0]["topics"] == ["topic"]
    assert hop.until("declare")[0]["key"] == "threshold"


def test_a_session_that_runs_already(run_python, start_hop, tmp_path):
    """The first use in a driver finds the application that runs."""
    directory = tmp_path / "driver"
    directory.mkdir()
    hop = start_hop(directory)
    ControlFiles(directory).set(1, threshold=25)
    script = f"""{DRIVER}
context = SparkContext(sys.argv[1])
from exporter import config, rpc
assert config.get("threshold", 10) == 25
assert rpc.ask("echo", 5, 60) == 5
rpc.handler("topic")(len)
"""
    run_python(script, directory, **DRIVER_ENVIRONMENT)
    assert hop.noted("handle")


FORK = f"""{FORKING}
from exporter import config, rpc

def ask():
    for number in range(20):
        assert rpc.ask("echo", [os.getpid(), number], 60) == [os.getpid(), number]
    assert config.get("threshold") == 25
"""


def test_forked_workers_have_connections_of_their_own(run_python, start_hop):
    """Parent and children ask at the same time; nobody gets another's answer, and none disturbs the other."""
    hop = start_hop(run_python.directory)
    ControlFiles(run_python.directory).set(1, threshold=25)
    script = f"""{FORK}
ask()
children = [child(ask) for _ in range(4)]
ask()
for pid in children: wait(pid)
ask()
"""
    run_python(script)
    pids = [hello["pid"] for hello, _ in hop.noted("hello")]
    assert len(pids) == len(set(pids)) == 5


def test_forks_while_threads_ask(run_python, start_hop):
    """A fork in the middle of requests, with locks held, leaves a child that works."""
    hop = start_hop(run_python.directory)
    ControlFiles(run_python.directory).set(1, threshold=25)
    script = f"""{FORK}
ending = threading.Event()
failures = []

def keep_asking():
    try:
        while not ending.is_set():
            ask()
    except BaseException as error:
        failures.append(error)

sys.setswitchinterval(1e-5)
threads = [threading.Thread(target=keep_asking) for _ in range(4)]
for thread in threads: thread.start()
for _ in range(15):
    wait(child(ask))
ending.set()
for thread in threads: thread.join()
assert failures == []
"""
    run_python(script)
    assert len(hop.noted("hello")) == 16


def test_a_child_of_the_driver(run_python, start_hop, tmp_path):
    """It may ask, on a connection of its own, and serves nothing: the handlers are its parent's."""
    directory = tmp_path / "driver"
    directory.mkdir()
    hop = start_hop(directory)
    ControlFiles(directory).set(1, threshold=25)
    script = f"""{DRIVER}{FORK}
rpc.handler("topic")(len)
context = SparkContext(sys.argv[1])
SparkContext._gateway = "the parent's"
ask()
wait(child(lambda: (ask(), rpc.handler("another")(len))))
print(os.getpid())
"""
    parent = int(run_python(script, directory, **DRIVER_ENVIRONMENT).stdout)
    assert [hello["pid"] == parent for hello, _ in hop.noted("hello")] == [True, False]
    assert {tuple(header["topics"]) for header, _ in hop.noted("handle")} == {("topic",)}


EXITS = {
    "idle": "rpc.ask('echo', 1, 60)",
    "somebody still asks": "threading.Thread(target=rpc.ask, args=('slow', 1, 600), daemon=True).start()",
    "an event is open": "assert events.poll()",
    "by sys.exit": "rpc.ask('echo', 1, 60); sys.exit()",
}


@pytest.mark.parametrize("version", ["3.9", "3.13"])
@pytest.mark.parametrize("statement", EXITS.values(), ids=EXITS)
def test_exit(run_python, start_hop, statement, version):
    """The end of a process is neither delayed nor commented, whatever is still open."""
    hop = start_hop(run_python.directory)
    hop.answers.update(ask=answer, claim=lambda *_: ({"events": [EVENT]}, b""))
    ControlFiles(run_python.directory, claimable=1)
    script = f"import sys, threading\nfrom exporter import events, rpc\n{statement}"
    done = run_python(script, python=require_python(version))
    assert (done.stdout, done.stderr) == ("", "")


def test_exit_of_a_driver_whose_handler_runs(run_python, start_hop, tmp_path):
    """A handler in the middle of its work does not keep the driver alive."""
    directory = tmp_path / "driver"
    directory.mkdir()
    hop = start_hop(directory)
    hop.answers["handle"] = lambda session, *_: (
        session.push(
            {"kind": "message", "call": 1, "topic": "topic", "encoding": "json", "reply": True}, b"1"
        ),
        ({}, b""),
    )[1]
    script = f"""{DRIVER}
from exporter import rpc
begun = threading.Event()

@rpc.handler("topic")
def hang(payload):
    begun.set()
    threading.Event().wait()

context = SparkContext(sys.argv[1])
assert begun.wait(60)
"""
    done = run_python(script, directory, **DRIVER_ENVIRONMENT)
    assert (done.stdout, done.stderr) == ("", "")


def test_no_thread_can_be_started(run_python, start_hop):
    """A process at its limit of threads gets an error from ask(), and defaults from everything else."""
    start_hop(run_python.directory)
    script = """
import threading
from exporter import config, events, rpc
def refuse(self):
    raise RuntimeError("can't start new thread")
threading.Thread.start = refuse
try:
    rpc.ask("echo", timeout=60)
except rpc.UnavailableError as error:
    print(error)
assert config.get("threshold", 10) == 10 and events.poll() == []
"""
    assert run_python(script).stdout == "the JVM does not take the connection: can't start new thread\n"


LAZY = """
import json, sys
import exporter
loaded = lambda: sorted(name for name in sys.modules if name.startswith("exporter.client."))
before = loaded()
names = [name for name in exporter.__all__ if hasattr(exporter, name)]
print(json.dumps([before, loaded(), names == exporter.__all__]))
"""


@pytest.mark.parametrize("version", VERSIONS)
def test_only_who_uses_them_imports_them(run_python, version):
    """A worker with metrics alone loads nothing of configuration, events and messages."""
    before, after, complete = json.loads(run_python(LAZY, python=require_python(version)).stdout)
    new = {"config", "events", "rpc", "live", "link", "connection", "stream", "wire"}
    assert not {f"exporter.client.{name}" for name in new} & set(before)
    assert {f"exporter.client.{name}" for name in new} <= set(after)
    assert complete


def test_functions_that_use_them_can_be_shipped(run_python):
    """Modules and functions travel by name, as cloudpickle ships them with a user's function."""
    pytest.importorskip("pyspark")
    script = """
from pyspark import cloudpickle
from exporter import config, events, rpc
def work():
    return config.get("a", 1), events.poll(), rpc.RpcError
get = config.get
print(len(cloudpickle.dumps(work)) < 2000, cloudpickle.loads(cloudpickle.dumps(get)) is get)
"""
    assert run_python(script).stdout == "True True\n"
