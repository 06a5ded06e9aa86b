"""Which processes are an application's, and what is said of them: with real ones that play Spark's."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from afresh import kept_by, succeed
from fake_driver import until

from exporter.daemon import catalogue
from exporter.daemon.errors import SourceError
from exporter.daemon.sources.process import SELDOM, ProcessSource
from exporter.daemon.sources.processtree import Finder, listens, look, port_here
from exporter.daemon.sources.tally import Tally

ACTORS = Path(__file__).parent / "actors"
SUBMIT = "org.apache.spark.deploy.SparkSubmit"
BACKEND = "org.apache.spark.executor.CoarseGrainedExecutorBackend"
RSS = "spark_process_resident_memory_bytes"
RUNNING = "spark_process_running"
CPU = "spark_process_cpu_seconds_total"
BUSY = "import time\nwhile time.process_time() < 1: pass"


class Jvm:
    """A process that looks like a JVM of Spark's."""

    def __init__(self, process):
        told = json.loads(process.stdout.readline())
        self.process = process
        self.port = told["port"]
        self.children = told["pids"]
        self.target = f"http://127.0.0.1:{self.port}"


class Stage:
    """Starts processes that look like Spark's."""

    def __init__(self, directory):
        self.directory = directory
        self.started = []
        for name in ("java", "python3"):
            (directory / name).symlink_to(Path(sys.executable).resolve())
        self.java, self.python = str(directory / "java"), str(directory / "python3")
        self.worker = [self.python, "-m", "pyspark.daemon", "pyspark.worker"]
        self.script = [self.python, str(ACTORS / "script.py")]

    def program(self, name):
        """Return the path of a Python under another name."""
        path = self.directory / "bin" / name
        path.parent.mkdir(exist_ok=True)
        shutil.copy(Path(sys.executable).resolve(), path)
        return str(path)

    def jvm(self, *arguments, children=()):
        """Start one with these arguments, the class first."""
        environment = {"CHILDREN": json.dumps(children), "PYTHONPATH": str(ACTORS)}
        environment |= {"ACTORS": str(self.directory), "PATH": os.environ["PATH"]}
        process = subprocess.Popen(
            [self.java, str(ACTORS / "jvm.py"), *arguments],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return Jvm(process)

    def executor(self, app_id, executor_id, port=1, children=()):
        """Start an executor."""
        driver = f"spark://CoarseGrainedScheduler@127.0.0.1:{port}"
        arguments = ["--driver-url", driver, "--executor-id", executor_id, "--app-id", app_id]
        return self.jvm(BACKEND, *arguments, children=children)

    def fork(self, daemon):
        """Let a daemon of workers start another one, which uses a quarter of a second; return its pid."""
        until((self.directory / "daemon").exists, "the daemon runs")
        before = {*self.directory.iterdir()}
        os.kill(daemon, signal.SIGUSR1)
        (found,) = until(lambda: {*self.directory.iterdir()} - before, "the worker has worked")
        return int(found.name)

    def end(self, jvm):
        """End a JVM and what it started."""
        jvm.process.stdin.close()
        jvm.process.wait()


@pytest.fixture
def stage(tmp_path):
    """Processes end with the test."""
    stage = Stage(tmp_path)
    yield stage
    for process in stage.started:
        with contextlib.suppress(BrokenPipeError, ValueError):
            process.stdin.close()
        process.wait()
        process.stdout.close()


def source(jvm, app_id="app-1", **options):
    return ProcessSource(jvm.target, app_id, catalogue.load(), **options)


def samples(source, name):
    """Return what one more update says of a metric, by labels."""
    column = source.update().value.columns.get(name)
    return dict(zip(column.keys, column.values, strict=True)) if column is not None else {}


def test_a_local_application(stage):
    """The JVM that listens at the port of the UI, its workers, and the script that it runs."""
    jvm = stage.jvm(SUBMIT, "job.py", children=[stage.worker, stage.script])
    stage.jvm(SUBMIT, "other.py", children=[stage.worker])

    assert samples(source(jvm), RUNNING) == {
        ("driver", "jvm"): 1,
        ("driver", "python"): 2,
        ("driver", "other"): 0,
    }


def test_executors_belong_to_the_application_in_their_command_line(stage):
    """Whoever else runs beside them; Kubernetes and YARN have classes of their own."""
    driver = stage.jvm(SUBMIT)
    stage.executor("app-1", "1", children=[stage.worker, stage.worker])
    stage.executor("app-2", "1")
    arguments = ["--executor-id", "2", "--app-id", "app-1"]
    stage.jvm("org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend", *arguments)

    assert samples(source(driver), RUNNING) == {
        ("1", "jvm"): 1,
        ("1", "python"): 2,
        ("1", "other"): 0,
        ("2", "jvm"): 1,
        ("2", "python"): 0,
        ("2", "other"): 0,
        ("driver", "jvm"): 1,
        ("driver", "python"): 0,
        ("driver", "other"): 0,
    }


def test_the_driver_to_which_the_executors_report(stage):
    """It is the driver, also when the UI is behind something else."""
    driver = stage.jvm("com.example.Main")
    stage.executor("app-1", "7", driver.port)
    found = ProcessSource("http://192.0.2.1:4040", "app-1", catalogue.load())

    running = samples(found, RUNNING)
    assert (running["7", "jvm"], running["driver", "jvm"]) == (1, 1)


def test_python_that_started_the_jvm(stage):
    """It is the driver's Python, through whatever shell is between."""
    jvm = stage.jvm(SUBMIT, "pyspark-shell")

    found = source(jvm)
    assert samples(found, RUNNING)["driver", "python"] == 1
    assert samples(found, RSS)["driver", "python"] == pytest.approx(
        psutil.Process().memory_info().rss, rel=0.2
    )


def test_what_the_python_that_started_the_jvm_did_before_is_its_own(stage):
    """Its ended children, other JVMs among them, are no part of the tree."""
    jvm = stage.jvm(SUBMIT, "pyspark-shell")
    own = psutil.Process().cpu_times()
    used = samples(source(jvm), CPU)["driver", "python"]

    subprocess.run([sys.executable, "-c", BUSY], check=True)
    waited = psutil.Process().cpu_times()
    assert waited.children_user + waited.children_system >= 1
    assert used == pytest.approx(own.user + own.system, abs=0.5)
    after = psutil.Process().cpu_times()
    assert samples(source(jvm), CPU)["driver", "python"] == pytest.approx(after.user + after.system, abs=0.5)


def test_other_programs_by_who_started_them(stage):
    """What the JVM starts has a role by its name; what Python starts is Python's, whatever it is called."""
    wait = ["-c", "import sys; sys.stdin.read()"]
    helper, script = stage.program("tail"), [*stage.worker[:1], str(ACTORS / "parent.py")]
    jvm = stage.jvm(SUBMIT, children=[[helper, *wait], [*script, stage.program("sort"), *wait]])
    until((stage.directory / "parent").exists, "the script has started its child")

    assert samples(source(jvm), RUNNING) == {
        ("driver", "jvm"): 1,
        ("driver", "python"): 2,
        ("driver", "other"): 1,
    }


def test_executors_below_the_driver_are_not_the_driver_s(stage):
    """As in local-cluster: each has its own tree."""
    executor = [stage.java, str(ACTORS / "script.py"), BACKEND, "--executor-id", "0", "--app-id", "app-1"]
    driver = stage.jvm(SUBMIT, children=[executor])

    running = samples(source(driver), RUNNING)
    assert (running["driver", "jvm"], running["0", "jvm"]) == (1, 1)


def test_python_that_merely_submitted(stage):
    """Is something else, such as a scheduler."""
    running = samples(source(stage.jvm(SUBMIT, "--class", "com.example.Main")), RUNNING)
    assert (running["driver", "jvm"], running["driver", "python"]) == (1, 0)


def test_every_value_is_what_psutil_says(stage):
    """Of one process; input and output as far as this system tells."""
    jvm = stage.jvm(SUBMIT)
    process = psutil.Process(jvm.process.pid)
    found = source(jvm)
    own = ("driver", "jvm")

    assert samples(found, RSS)[own] == process.memory_info().rss
    assert samples(found, "spark_process_threads")[own] == process.num_threads()
    assert samples(found, "spark_process_open_fds")[own] == process.num_fds()
    times = process.cpu_times()
    assert samples(found, CPU)[own] == times.user + times.system
    io = process.io_counters()
    read = samples(found, "spark_process_io_bytes_total")
    assert (read[(*own, "read")], read[(*own, "write")]) == (io.read_bytes, io.write_bytes)


def test_cpu_time_of_workers_that_ended_stays(stage):
    """Also that of one which nobody saw alive, and that of a daemon which is killed with all of them."""
    jvm = stage.jvm(SUBMIT, children=[stage.worker])
    (daemon,) = jvm.children
    found = source(jvm)
    seen = []

    def spent():
        seen.append(samples(found, CPU)["driver", "python"])
        return seen[-1]

    for alive in (True, False):
        worker = stage.fork(daemon)
        if alive:
            assert spent() >= 0.25
            assert samples(found, RUNNING)["driver", "python"] == 2
        os.kill(worker, signal.SIGKILL)
        until(lambda: not psutil.Process(daemon).children(), "the daemon has noticed")
    assert spent() >= 0.5
    assert spent() < 2
    os.kill(daemon, signal.SIGKILL)
    until(lambda: samples(found, RUNNING)["driver", "python"] == 0, "the daemon is gone")
    assert spent() >= 0.5
    assert seen == sorted(seen)


def test_a_successor_goes_on_with_the_cpu_time_of_workers_that_ended(stage):
    """It never saw them, and counts them all the same."""
    jvm = stage.jvm(SUBMIT, children=[stage.worker])
    (daemon,) = jvm.children
    first = source(jvm)
    worker = stage.fork(daemon)
    before = samples(first, CPU)["driver", "python"]
    os.kill(worker, signal.SIGKILL)
    until(lambda: not psutil.Process(daemon).children(), "the daemon has noticed")
    stage.end(jvm)
    other = stage.jvm(SUBMIT, children=[stage.worker])
    second = succeed(source(other), kept_by(first))

    assert before >= 0.25
    assert samples(second, CPU)["driver", "python"] >= before


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (["driver", "python", "spark_x", [], 1.0, 1.0], "expected a metric of processes, found ('spark_x',)"),
        (["driver", "python", CPU, [], -1.0, 1.0], "ended: expected a number, zero or more, found -1.0"),
        (["driver"], "role: expected a string, found None"),
    ],
)
def test_counts_that_are_none_are_refused(stage, row, expected):
    """With what is wrong about them."""
    with pytest.raises(SourceError) as caught:
        source(stage.jvm(SUBMIT)).recall({"tallies": [row]})

    assert str(caught.value).startswith("process.tallies[0]")
    assert str(caught.value).endswith(expected)


def test_an_executor_takes_its_counts_along(stage):
    """Else they would pile up where executors come and go."""
    driver = stage.jvm(SUBMIT)
    executor = stage.executor("app-1", "1", children=[stage.worker])
    found = source(driver)
    assert {key[0] for key in samples(found, CPU)} == {"driver", "1"}
    stage.end(executor)

    assert {key[0] for key in samples(found, CPU)} == {"driver"}


def test_a_process_that_vanishes_in_the_middle(stage):
    """After it was listed and before it was asked."""
    jvm = stage.jvm(SUBMIT, children=[stage.worker])

    def vanish():
        nodes = look()
        stage.end(jvm)
        return nodes

    frame = source(jvm, processes=vanish).update().value
    assert frame.columns == {}
    assert frame.drops == {}


def test_nothing_to_be_seen_is_no_failure(stage):
    """And there is less reason to look again soon."""
    jvm = stage.jvm(SUBMIT)
    found = source(jvm)
    assert found.update().value.columns
    assert found.every == 1
    stage.end(jvm)

    assert not found.update().value.columns
    assert found.every == SELDOM


def test_another_process_under_the_driver_s_pid(stage):
    """Is another one: the driver is looked for anew."""
    first = stage.jvm(SUBMIT)
    finder = Finder("app-1", first.port)
    assert finder.find(look())
    stage.end(first)
    other = stage.jvm(SUBMIT)
    nodes = {first.process.pid: look()[other.process.pid]}

    assert not finder.find(nodes)


def denied(*_):
    raise psutil.AccessDenied


def test_sockets_of_another_user(stage):
    """The only driver there is must be the one; of two, none is."""
    jvm = stage.jvm(SUBMIT)
    own = {jvm.process.pid: look()[jvm.process.pid]}
    assert Finder("app-1", jvm.port, denied).find(own)["driver", "jvm"]
    other = stage.jvm(SUBMIT)
    both = {pid: node for pid, node in look().items() if pid in (jvm.process.pid, other.process.pid)}

    assert not Finder("app-1", jvm.port, denied).find(both)


def test_a_value_that_may_not_be_looked_at(stage, monkeypatch):
    """Is absent for the whole role; roles without a process have none of it, and other values are there."""
    jvm = stage.jvm(SUBMIT)
    monkeypatch.setattr(psutil.Process, "num_fds", denied)
    frame = source(jvm).update().value

    assert frame.columns["spark_process_open_fds"] == (
        (("driver", "other"), ("driver", "python")),
        (0.0, 0.0),
    )
    assert RSS in frame.columns


def test_a_tally_keeps_what_does_not_pass_to_a_parent():
    """Whatever the process tree looks like."""
    parent, child = psutil.Process(), psutil.Process(os.getppid())
    tally = Tally()

    assert tally.add_up({parent: 1.0, child: 5.0}, {}) == 6
    assert tally.add_up({parent: 2.0}, {}) == 7


def test_a_tally_passes_what_ended_together_to_the_nearest_above(stage):
    """A shell and what it has run end between two looks: a worker has waited for both."""
    worker, shell, command = (psutil.Process(stage.jvm(SUBMIT).process.pid) for _ in range(3))
    parents = {worker: 1, shell: worker.pid, command: shell.pid}
    tally = Tally()

    assert tally.add_up({worker: 1.0, shell: 2.0, command: 4.0}, parents) == 7
    assert tally.add_up({worker: 7.5}, {worker: 1}) == 7.5
    assert tally.add_up({}, {}) == 7.5


def test_a_tally_waits_for_the_parent():
    """A child's count is nowhere between its end and the moment at which its parent takes note of it."""
    parent, child = psutil.Process(), psutil.Process(os.getppid())
    parents = {parent: child.ppid(), child: parent.pid}
    tally = Tally()

    assert tally.add_up({parent: 1.0, child: 5.0}, parents) == 6
    assert tally.add_up({parent: 1.0}, {parent: child.pid}) == 6
    assert tally.add_up({parent: 6.5}, {parent: child.pid}) == 6.5
    assert tally.add_up({}, {}) == 6.5


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("http://127.0.0.1:4040", 4040),
        ("http://localhost:4041/proxy", 4041),
        ("http://127.0.0.1", 80),
        ("http://192.0.2.1:4040", None),
        ("http://no-such-host.invalid:4040", None),
    ],
)
def test_only_a_target_on_this_machine_has_a_port_here(target, expected):
    """The port of another machine says nothing about the processes of this one."""
    assert port_here(target) == expected


def test_who_listens(stage):
    """At that port, and at no other."""
    jvm = stage.jvm(SUBMIT)
    process = psutil.Process(jvm.process.pid)

    assert listens(process, jvm.port)
    assert not listens(process, 1)
