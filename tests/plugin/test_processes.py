"""The process tree of a JVM, read from file trees of the test, and from the real one."""

import os
from pathlib import Path

import pytest

from plugin.readings import Reading, write

ROLES = ("jvm", "python", "other")


class Tree:
    """A /proc that the test writes."""

    def __init__(self, jvm, root, *, started_by_python=False):
        """Make one in which the JVM is process 100, a child of 50."""
        self.root = root
        self.children = {}
        self.add(100, "java", 50)
        (root / "proc/self").symlink_to("100")
        self.reading = Reading(jvm, "processes", root, started_by_python=started_by_python)

    def add(self, pid, name, parent, *, cpu=0, waited=0, rss=1, start=None, thread=None, command=""):
        """Add a process: CPU in ticks of its own and of children it has waited for, memory in kB."""
        times = f"{cpu} 1 {waited} 0 20 0 3 0 {start or pid * 7}"
        stat = f"{pid} ({name}) S {parent} 1 1 0 -1 0 0 0 0 0 {times} 9 9\n"
        status = f"Name:\t{name}\nPPid:\t{parent}\nVmRSS:\t {rss} kB\nVmSwap:\t 2 kB\nThreads:\t3\n"
        base = f"proc/{pid}"
        write(self.root, {f"{base}/stat": stat, f"{base}/status": status, f"{base}/cmdline": command})
        write(self.root, {f"{base}/fd/{number}": "" for number in range(4)})
        if not (self.root / f"{base}/task").exists():
            write(self.root, {f"{base}/task/{pid}/children": ""})
        if pid != 100:
            self._link(parent, thread or parent, pid)

    def use_storage(self, pid, read, written):
        """Say how many bytes a process has read and written; until then it does not tell."""
        text = f"rchar: 9\nwchar: 9\nread_bytes: {read}\nwrite_bytes: {written}\ncancelled_write_bytes: 7\n"
        write(self.root, {f"proc/{pid}/io": text})

    def _link(self, parent, thread, pid):
        file = self.root / f"proc/{parent}/task/{thread}/children"
        file.parent.mkdir(parents=True, exist_ok=True)
        before = file.read_text() if file.exists() else ""
        file.write_text(before + (f"{pid} " if str(pid) not in before.split() else ""))

    def end(self, pid, parent):
        """Take a process away."""
        (self.root / f"proc/{pid}/stat").unlink()
        for file in (self.root / f"proc/{parent}/task").glob("*/children"):
            file.write_text(" ".join(word for word in file.read_text().split() if word != str(pid)))

    def read(self):
        """Return the readings: ``{role: {name: value}}``."""
        sample = self.reading.sample()
        assert sample["failures"] == 0, sample["warnings"]
        result = {}
        for name, value in sample["readings"].items():
            _, role, what = name.split(".")
            result.setdefault(role, {})[what] = value
        return result


@pytest.fixture
def tree(jvm, tmp_path):
    """A JVM with a Python daemon and two workers, and a helper."""
    tree = Tree(jvm, tmp_path)
    tree.add(100, "java", 50, cpu=1000, rss=100)
    tree.add(200, "python3.11", 100, cpu=10, rss=20, thread=117)
    tree.add(201, "python3.11", 200, cpu=100, rss=30)
    tree.add(202, "pypy3", 200, cpu=200, rss=40)
    tree.add(300, "tail", 100, rss=5)
    return tree


def test_the_tree_by_role(tree):
    """Children of all threads, and their children."""
    readings = tree.read()
    assert set(readings) == set(ROLES)
    assert {role: readings[role]["count"] for role in ROLES} == {"jvm": 1, "python": 3, "other": 1}
    assert readings["python"] == {
        "count": 3, "rss": 90 * 1024, "swap": 6 * 1024, "threads": 9, "open_files": 12, "cpu": 3.13,
    }  # fmt: skip
    assert readings["jvm"]["cpu"] == pytest.approx(10.01)
    assert readings["jvm"]["rss"] == 100 * 1024


def test_a_worker_that_ends_takes_nothing_back(tree):
    """Whether its parent has waited for it, which makes its time the parent's, or is no Python process."""
    assert tree.read()["python"]["cpu"] == pytest.approx(3.13)
    tree.end(201, 200)
    # The worker used a little more before it ended, and the kernel knows.
    tree.add(200, "python3.11", 100, cpu=10, waited=151, rss=20, thread=117)
    assert tree.read()["python"]["cpu"] == pytest.approx(3.13 + 0.50)
    tree.end(202, 200)
    tree.end(200, 100)
    readings = tree.read()["python"]
    assert readings["count"] == 0
    assert readings["cpu"] >= 3.63
    tree.add(203, "python3.11", 100, cpu=1000, thread=117)
    assert tree.read()["python"]["cpu"] == pytest.approx(readings["cpu"] + 10.01)


def test_bytes_from_and_to_storage(tree):
    """A worker that ends takes nothing back, whether or not there is somebody who inherits from it."""
    for pid in (200, 201, 202):
        tree.use_storage(pid, pid, 1000)
    readings = tree.read()
    assert (readings["python"]["read_bytes"], readings["python"]["written_bytes"]) == (603, 3000)
    tree.end(201, 200)
    tree.use_storage(200, 200 + 201, 2000)
    assert tree.read()["python"]["read_bytes"] == 603
    tree.end(202, 200)
    tree.end(200, 100)
    readings = tree.read()["python"]
    assert readings["count"] == 0
    assert readings["written_bytes"] >= 3000


def test_a_part_of_the_bytes_is_not_said(tree):
    """One process that does not tell would make it too little."""
    tree.use_storage(200, 1, 1)
    readings = tree.read()
    assert "read_bytes" not in readings["python"]
    tree.use_storage(300, 5, 6)
    assert tree.read()["other"]["written_bytes"] == 6


def test_a_number_that_is_used_again_is_another_process(tree):
    """It is told by its start."""
    before = tree.read()["other"]["cpu"]
    tree.add(300, "tail", 100, cpu=50, start=9999)
    assert tree.read()["other"]["cpu"] == pytest.approx(before + 0.51)


def test_an_executor_in_the_drivers_tree_counts_in_its_own(tree):
    """With all its children; another JVM is the driver's."""
    main = "java\0-cp\0/jars/*\0org.apache.spark.executor.CoarseGrainedExecutorBackend\0--driver-url"
    tree.add(400, "java", 100, command=main)
    tree.add(401, "python3.11", 400)
    tree.add(500, "java", 100, command="java\0-jar\0/tools/helper.jar")
    counts = {role: readings["count"] for role, readings in tree.read().items()}
    assert counts == {"jvm": 2, "python": 3, "other": 1}


def test_another_driver_has_a_tree_of_its_own(tree):
    """Such as one that the Python program of this driver has submitted."""
    tree.add(400, "java", 202, command="java\0-cp\0/jars/*\0org.apache.spark.deploy.SparkSubmit\0job.py")
    tree.add(401, "python3.11", 400)
    counts = {role: readings["count"] for role, readings in tree.read().items()}
    assert counts == {"jvm": 1, "python": 3, "other": 1}


def test_what_python_starts_is_pythons(tree):
    """Whatever it is called, for its time becomes that of the Python process that waits for it."""
    tree.add(400, "bash", 201, cpu=30)
    tree.add(401, "java", 400, cpu=70)
    readings = tree.read()
    assert {role: readings[role]["count"] for role in ROLES} == {"jvm": 1, "python": 5, "other": 1}
    before = {role: readings[role]["cpu"] for role in ROLES}
    tree.end(401, 400)
    tree.end(400, 201)
    tree.add(201, "python3.11", 200, cpu=100, waited=102, rss=30)
    after = {role: readings["cpu"] for role, readings in tree.read().items()}
    assert after == pytest.approx(before)


def test_children_of_the_python_that_started_the_jvm_are_not_in_the_tree(jvm, tmp_path):
    """Neither is their time: an earlier JVM of a notebook may be one of them."""
    tree = Tree(jvm, tmp_path, started_by_python=True)
    tree.add(50, "python3", 1, cpu=100, waited=5000)
    assert tree.read()["python"]["cpu"] == pytest.approx(1.01)


@pytest.mark.parametrize(
    ("started", "parent", "count"), [(True, "python3", 4), (False, "python3", 3), (True, "bash", 3)]
)
def test_the_python_process_that_started_the_jvm_belongs_to_it(jvm, tmp_path, started, parent, count):
    """Only that one, and only if Python did start it."""
    tree = Tree(jvm, tmp_path, started_by_python=started)
    tree.add(50, parent, 1)
    tree.add(51, "python3", 50)
    for pid in (200, 201, 202):
        tree.add(pid, "python3", 100)
    assert tree.read()["python"]["count"] == count


def test_a_script_is_known_by_its_interpreter(tree):
    """The kernel calls it by the script's name."""
    tree.add(600, "daily_job.py", 100)
    (tree.root / "proc/600/exe").symlink_to("/usr/bin/python3.11")
    assert tree.read()["python"]["count"] == 4


def test_a_process_that_nobody_has_waited_for_is_not_there(tree):
    """It has ended."""
    tree.add(600, "sh", 100)
    stat = tree.root / "proc/600/stat"
    stat.write_text(stat.read_text().replace(") S ", ") Z "))
    assert tree.read()["other"]["count"] == 1


def test_odd_names_do_not_confuse(tree):
    """A process may be called anything, parentheses and spaces included."""
    tree.add(600, "a) S 1 (b", 100, cpu=7)
    assert tree.read()["other"]["cpu"] == pytest.approx(0.01 + 0.08)


def test_a_kernel_that_tells_no_children_says_nothing_of_python(tree):
    """Zero would be a lie."""
    for file in tree.root.glob("proc/*/task/*/children"):
        file.unlink()
    assert set(tree.read()) == {"jvm"}


def test_without_proc_there_are_no_readings(jvm, tmp_path):
    """As on other systems than Linux."""
    assert Reading(jvm, "processes", tmp_path).read() == {}


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs Linux")
def test_the_real_tree(fresh_jvm):
    """The JVM that the test has started, and the test's own Python as its parent."""
    readings = Reading(fresh_jvm, "processes", started_by_python=True).read()
    assert readings["process.jvm.count"] == 1
    assert readings["process.python.count"] == 1
    status = Path("/proc/self/status").read_text()
    rss = int(status.split("VmRSS:")[1].split()[0]) * 1024
    assert readings["process.python.rss"] == pytest.approx(rss, rel=0.2)
    times = os.times()
    assert readings["process.python.cpu"] == pytest.approx(times.user + times.system, abs=2)
    assert readings["process.jvm.rss"] > 20e6
