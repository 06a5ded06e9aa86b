"""What a container uses and may use, read from file trees of both versions of cgroups."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exporter.daemon import catalogue
from exporter.daemon.readings import Vocabulary
from machine import FILES, LIMITS, NETWORK, container_metrics
from plugin.readings import Reading, write

V2_MOUNT = "31 23 0:28 / /sys/fs/cgroup rw,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
V1_MOUNTS = """\
30 23 0:27 / /sys/fs/cgroup ro - tmpfs tmpfs rw,mode=755
35 30 0:31 / /sys/fs/cgroup/memory rw,relatime master:3 - cgroup cgroup rw,memory
36 30 0:32 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
37 30 0:33 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
38 30 0:34 / /sys/fs/cgroup/blkio rw,relatime - cgroup cgroup rw,blkio
39 30 0:35 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd
"""
V1_CGROUPS = """\
12:name=systemd:{path}
9:memory:{path}
8:cpu,cpuacct:{path}
5:pids:{path}
4:blkio:{path}
"""

V2 = {
    "memory.current": "104857600\n",
    "memory.max": "268435456\n",
    "memory.swap.current": "4096\n",
    "memory.stat": "anon 62914560\nfile 31457280\nkernel 100\ninactive_anon 5\ninactive_file 20971520\n",
    "memory.events": "low 0\nhigh 9\nmax 8\noom 3\noom_kill 2\noom_group_kill 0\n",
    "cpu.stat": "usage_usec 5000000\nuser_usec 3500000\nsystem_usec 1500000\nnr_periods 100\n"
    "nr_throttled 25\nthrottled_usec 750000\n",
    "cpu.max": "150000 100000\n",
    "pids.current": "42\n",
    "pids.max": "1000\n",
    "io.stat": "8:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n"
    "8:16 rbytes=100 wbytes=200 rios=3 wios=4 dbytes=0 dios=0\n",
    "memory.pressure": "some avg10=1.00 avg60=0.50 avg300=0.10 total=2500000\n"
    "full avg10=0.00 avg60=0.00 avg300=0.00 total=500000\n",
    "cpu.pressure": "some avg10=0.00 avg60=0.00 avg300=0.00 total=1000000\n",
}
V2_READINGS = {
    "memory.usage": 104857600.0,
    "memory.working_set": 83886080.0,
    "memory.rss": 62914560.0,
    "memory.cache": 31457280.0,
    "memory.swap": 4096.0,
    "memory.limit": 268435456.0,
    "memory.oom_events": 3.0,
    "memory.oom_kills": 2.0,
    "cpu.usage": 5.0,
    "cpu.user": 3.5,
    "cpu.system": 1.5,
    "cpu.periods": 100.0,
    "cpu.throttled_periods": 25.0,
    "cpu.throttled": 0.75,
    "cpu.limit": 1.5,
    "pids.current": 42.0,
    "pids.limit": 1000.0,
    "io.read_bytes": 4196.0,
    "io.written_bytes": 8392.0,
    "io.reads": 4.0,
    "io.writes": 6.0,
    "pressure.memory.some": 2.5,
    "pressure.memory.full": 0.5,
    "pressure.cpu.some": 1.0,
}

V1 = {
    "memory/memory.usage_in_bytes": "104857600\n",
    "memory/memory.limit_in_bytes": "268435456\n",
    "memory/memory.stat": "cache 1\nrss 2\ninactive_file 3\nhierarchical_memory_limit 268435456\n"
    "total_cache 31457280\ntotal_rss 62914560\ntotal_swap 4096\ntotal_inactive_file 20971520\n",
    "memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
    "cpu,cpuacct/cpuacct.usage": "5000000000\n",
    "cpu,cpuacct/cpuacct.stat": "user 350\nsystem 150\n",
    "cpu,cpuacct/cpu.stat": "nr_periods 100\nnr_throttled 25\nthrottled_time 750000000\n",
    "cpu,cpuacct/cpu.cfs_quota_us": "150000\n",
    "cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    "pids/pids.current": "42\n",
    "pids/pids.max": "1000\n",
    "blkio/blkio.throttle.io_service_bytes": "8:0 Read 1\n8:0 Write 1\n",
    "blkio/blkio.throttle.io_service_bytes_recursive": "8:0 Read 4196\n8:0 Write 8392\n8:0 Total 12588\n",
    "blkio/blkio.throttle.io_serviced": "8:0 Read 4\n8:0 Write 6\n8:0 Total 10\nTotal 10\n",
}
ONLY_V2 = {"memory.oom_events", "pressure.memory.some", "pressure.memory.full", "pressure.cpu.some"}
V1_READINGS = {name: value for name, value in V2_READINGS.items() if name not in ONLY_V2}


def unified(root, files, path="/", mount=V2_MOUNT, directory=""):
    """Write a tree of version 2."""
    write(root, {"proc/self/cgroup": f"0::{path}\n", "proc/self/mountinfo": mount})
    write(root / f"sys/fs/cgroup/{directory}", files)


def legacy(root, files, path="/", mounts=V1_MOUNTS, directory=""):
    """Write a tree of version 1."""
    write(root, {"proc/self/cgroup": V1_CGROUPS.format(path=path), "proc/self/mountinfo": mounts})
    for name, text in files.items():
        controller, file = name.split("/")
        write(root / "sys/fs/cgroup" / controller / directory, {file: text})


def hybrid(root, files, beside, directory=""):
    """Write a tree of version 1 with the hierarchy of version 2 beside it."""
    legacy(root, files, f"/{directory}", directory=directory)
    cgroups = (root / "proc/self/cgroup").read_text() + f"0::/{directory}\n"
    mount = "41 30 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
    write(root, {"proc/self/cgroup": cgroups, "proc/self/mountinfo": V1_MOUNTS + mount})
    write(root / "sys/fs/cgroup/unified" / directory, beside)


def container(jvm, root):
    """Return the readings of a tree, without what they all begin with."""
    sample = Reading(jvm, "cgroup", root).sample()
    assert sample["failures"] == 0, sample["warnings"]
    return {name.removeprefix("container."): value for name, value in sample["readings"].items()}


def test_version_2_in_a_namespace_of_its_own(jvm, tmp_path):
    """As in most containers: the cgroup is the root of what can be seen."""
    unified(tmp_path, V2)
    assert container(jvm, tmp_path) == V2_READINGS


def test_version_1_in_a_container(jvm, tmp_path):
    """The same numbers in other files and units."""
    legacy(tmp_path, V1)
    assert container(jvm, tmp_path) == V1_READINGS


def test_a_nested_cgroup_is_bound_by_those_above_it(jvm, tmp_path):
    """Use is its own; a limit is the least on the way up."""
    unified(tmp_path, V2, "/kube/pod/app", directory="kube/pod/app")
    write(tmp_path / "sys/fs/cgroup/kube/pod", {"memory.max": "1000000\n", "cpu.max": "max 100000\n"})
    write(tmp_path / "sys/fs/cgroup/kube", {"memory.max": "max\n", "cpu.max": "50000 100000\n"})
    assert container(jvm, tmp_path) == V2_READINGS | {"memory.limit": 1e6, "cpu.limit": 0.5}


def test_a_nested_cgroup_of_version_1(jvm, tmp_path):
    """A limit above what is mounted is known by the hierarchical one."""
    stat = V1["memory/memory.stat"].replace(
        "hierarchical_memory_limit 268435456", "hierarchical_memory_limit 7"
    )
    legacy(tmp_path, V1 | {"memory/memory.stat": stat}, "/yarn/c1", directory="yarn/c1")
    quota = {"cpu.cfs_quota_us": "-1\n", "cpu.cfs_period_us": "100000\n"}
    write(tmp_path / "sys/fs/cgroup/cpu,cpuacct/yarn", quota)
    write(tmp_path / "sys/fs/cgroup/pids/yarn", {"pids.max": "10\n"})
    assert container(jvm, tmp_path) == V1_READINGS | {"memory.limit": 7.0, "pids.limit": 10.0}


def test_no_limit_is_no_reading(jvm, tmp_path):
    """Neither ``max`` nor version 1's largest number."""
    unified(tmp_path / "2", V2 | {"memory.max": "max\n", "cpu.max": "max 100000\n", "pids.max": "max\n"})
    limits = {"memory.limit", "cpu.limit", "pids.limit"}
    assert container(jvm, tmp_path / "2").keys() == V2_READINGS.keys() - limits
    none = "9223372036854771712"
    stat = V1["memory/memory.stat"].replace("limit 268435456", f"limit {none}")
    unlimited = {
        "memory/memory.limit_in_bytes": none,
        "memory/memory.stat": stat,
        "cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
        "pids/pids.max": "max\n",
    }
    legacy(tmp_path / "1", V1 | unlimited)
    assert container(jvm, tmp_path / "1").keys() == V1_READINGS.keys() - limits


def test_hybrid_takes_controllers_from_version_1(jvm, tmp_path):
    """The hierarchy of version 2 beside it has no controllers; its pressure is all that it adds."""
    beside = {
        "cpu.stat": "usage_usec 9\nuser_usec 9\nsystem_usec 9\n",
        "memory.pressure": V2["memory.pressure"],
    }
    hybrid(tmp_path, V1, beside, "job")
    added = {"pressure.memory.some": 2.5, "pressure.memory.full": 0.5}
    assert container(jvm, tmp_path) == V1_READINGS | added


def test_a_mount_that_shows_only_the_containers_own_cgroup(jvm, tmp_path):
    """Its root is the path that the process has on the host."""
    mount = V2_MOUNT.replace(" / /sys", " /docker/abc /sys")
    unified(tmp_path / "1", V2, "/docker/abc", mount)
    assert container(jvm, tmp_path / "1") == V2_READINGS
    unified(tmp_path / "2", V2, "/docker/abc/inner", mount, "inner")
    assert container(jvm, tmp_path / "2") == V2_READINGS


ROOT_OF_V1 = dict.fromkeys(("cgroup.procs", "cgroup.sane_behavior", "release_agent"), "")
ROOT_OF_V2 = dict.fromkeys(("cgroup.procs", "cgroup.controllers", "cgroup.stat"), "")
BELOW_ROOT_OF_V2 = ROOT_OF_V2 | {"cgroup.events": "populated 1\n", "cgroup.type": "domain\n"}


def at_the_root(root, *controllers):
    """Make the directories of these controllers of version 1 the roots of their hierarchies."""
    for controller in controllers:
        write(root / "sys/fs/cgroup" / controller, ROOT_OF_V1)


def test_the_root_of_a_hierarchy_is_the_machine_and_no_container(jvm, tmp_path):
    """The process may have a cgroup for one controller and for no other, and then only that one counts."""
    hybrid(tmp_path, V1, V2 | ROOT_OF_V2)
    at_the_root(tmp_path, "cpu,cpuacct", "pids", "blkio")
    write(tmp_path / "sys/fs/cgroup/memory", {"cgroup.procs": "", "notify_on_release": ""})

    memory = {name: value for name, value in V1_READINGS.items() if name.startswith("memory.")}
    assert container(jvm, tmp_path) == memory


def test_the_root_of_version_2_is_the_machine(jvm, tmp_path):
    """It has neither the events nor the type that every other cgroup has, a namespace's root among them."""
    unified(tmp_path / "machine", V2 | ROOT_OF_V2)
    assert container(jvm, tmp_path / "machine") == {}
    unified(tmp_path / "namespace", V2 | BELOW_ROOT_OF_V2)
    assert container(jvm, tmp_path / "namespace") == V2_READINGS
    unified(tmp_path / "unseen", V2 | ROOT_OF_V2, "/not/mounted/here")
    assert container(jvm, tmp_path / "unseen") == {}


@pytest.mark.parametrize("path", ["/../../elsewhere", "/not/mounted/here"])
def test_a_path_that_cannot_be_seen_gives_the_mount_point(jvm, tmp_path, path):
    """It never leads out of the mount."""
    unified(tmp_path, V2, path)
    write(tmp_path / "sys/elsewhere", {"memory.current": "1\n"})
    assert container(jvm, tmp_path) == V2_READINGS


def test_a_mount_point_with_odd_characters(jvm, tmp_path):
    """The kernel writes a space as three octal digits."""
    write(
        tmp_path,
        {"proc/self/cgroup": "0::/a b\n", "proc/self/mountinfo": V2_MOUNT.replace("cgroup rw", r"c\040g rw")},
    )
    write(tmp_path / "sys/fs/c g/a b", V2)
    assert container(jvm, tmp_path) == V2_READINGS


@pytest.mark.parametrize("present", ["", "proc/self/cgroup", "proc/self/mountinfo"])
def test_without_cgroups_there_are_no_readings(jvm, tmp_path, present):
    """As on other systems than Linux; nothing fails."""
    unified(tmp_path / "full", V2)
    root = tmp_path / "part"
    root.mkdir()
    if present:
        write(root, {present: (tmp_path / "full" / present).read_text()})
    assert container(jvm, root) == {}


def test_a_missing_file_takes_only_its_own_readings(jvm, tmp_path):
    """As where a controller is not enabled."""
    unified(tmp_path, {name: text for name, text in V2.items() if not name.startswith("memory.")})
    memory = {name for name in V2_READINGS if name.startswith(("memory.", "pressure.memory."))}
    assert container(jvm, tmp_path).keys() == V2_READINGS.keys() - memory


@given(
    garbage=st.dictionaries(st.sampled_from(sorted(V2)), st.text(max_size=60), min_size=1),
    line=st.text(max_size=40),
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_garbage_in_files_is_never_a_failure(shared_jvm, tmp_path_factory, garbage, line):
    """What is left is finite, and what was not touched is right."""
    root = tmp_path_factory.mktemp("garbage")
    unified(root, V2 | garbage, mount=line.replace("\r", "") + "\n" + V2_MOUNT)
    readings = container(shared_jvm, root)
    if "pids.current" not in garbage:
        assert readings["pids.current"] == 42.0
    assert readings.keys() <= V2_READINGS.keys() | {"pressure.cpu.full"}


NETWORK_FILE = """\
Inter-|   Receive                                          |  Transmit
 face |bytes packets errs drop fifo frame compressed multicast|bytes packets errs drop fifo colls carrier
    lo: 1000 10 0 0 0 0 0 0 1000 10 0 0 0 0 0 0
"""
ETH = "  {name}: {count} 2 3 4 0 0 0 0 50 6 7 8 0 0 0 0\n"
NAMES = [
    f"container.network.{way}.{what}"
    for way in ("receive", "transmit")
    for what in ("bytes", "packets", "errors", "drops")
]


def test_the_network_is_all_interfaces_but_loopback(jvm, tmp_path):
    """Also when the name and the first number touch, as the kernel may write them."""
    eth = ETH.format(name="eth0", count=100) + ETH.format(name="eth1", count=1000).replace(": ", ":")
    write(tmp_path, {"proc/self/net/dev": NETWORK_FILE + eth})
    assert Reading(jvm, "network", tmp_path).read() == dict(zip(NAMES, [1100, 4, 6, 8, 100, 12, 14, 16]))


def test_network_counters_never_go_back(jvm, tmp_path):
    """An interface may vanish, and come back from zero."""
    reading = Reading(jvm, "network", tmp_path)
    received = []
    for interfaces in (
        [("eth0", 100)],
        [("eth0", 150), ("eth1", 5)],
        [("eth1", 6)],
        [("eth1", 6), ("eth0", 10)],
        [("eth0", 3)],
    ):
        text = NETWORK_FILE + "".join(ETH.format(name=name, count=count) for name, count in interfaces)
        write(tmp_path, {"proc/self/net/dev": text})
        received.append(reading.read()["container.network.receive.bytes"])
    assert received == [100, 155, 156, 166, 169]


def test_without_a_network_there_are_no_readings(jvm, tmp_path):
    """Nothing fails."""
    assert Reading(jvm, "network", tmp_path).read() == {}


WORDS = Vocabulary(catalogue.load(), "reading")
UNLIMITED_V2 = V2 | {"memory.max": "max\n", "cpu.max": "max 100000\n", "pids.max": "max\n"}
UNLIMITED_V1 = V1 | {
    "memory/memory.limit_in_bytes": "9223372036854771712\n",
    "memory/memory.stat": V1["memory/memory.stat"].replace("limit 268435456", "limit 9223372036854771712"),
    "cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
    "pids/pids.max": "max\n",
}
OTHER = BELOW_ROOT_OF_V2
MACHINES = {
    "none": lambda root: write(root, {}),
    "v2": lambda root: unified(root, V2 | OTHER),
    "v2, nested": lambda root: unified(root, UNLIMITED_V2 | OTHER, "/pod/app", directory="pod/app"),
    "v2, limited above": lambda root: (
        unified(root, UNLIMITED_V2 | OTHER, "/pod/app", directory="pod/app"),
        write(root / "sys/fs/cgroup/pod", {"cpu.max": "50000 100000\n"}),
    ),
    "v2, no controllers": lambda root: unified(root, {"cpu.stat": V2["cpu.stat"]} | OTHER),
    "v2, root": lambda root: unified(root, V2 | ROOT_OF_V2),
    "v1": lambda root: legacy(root, V1),
    "v1, nested": lambda root: legacy(root, UNLIMITED_V1, "/job", directory="job"),
    "v1, memory alone": lambda root: (legacy(root, V1), at_the_root(root, "cpu,cpuacct", "pids", "blkio")),
    "v1, only its own is mounted": lambda root: legacy(
        root, V1, "/docker/abc", V1_MOUNTS.replace(" / /sys", " /docker/abc /sys")
    ),
    "v1, root": lambda root: (
        legacy(root, V1),
        at_the_root(root, "memory", "cpu,cpuacct", "pids", "blkio"),
    ),
    "hybrid": lambda root: hybrid(root, V1, V2 | OTHER, "job"),
    "hybrid, root of v2": lambda root: hybrid(root, UNLIMITED_V1, V2 | ROOT_OF_V2),
}


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_what_tests_expect_of_a_machine_is_what_the_plugin_reads(jvm, tmp_path, machine):
    """Whatever machine they run on: the same metrics, found in another way."""
    machine(tmp_path)
    readings = [f"container.{name}" for name in container(jvm, tmp_path)]
    assert container_metrics(tmp_path) == ({WORDS.meaning(name).metric for name in readings}, set())


@pytest.mark.parametrize("path", ["/../../elsewhere", "/not/mounted/here"])
def test_tests_expect_nothing_of_cgroups_where_they_cannot_be_seen(tmp_path, path):
    """What the network gives is known all the same."""
    unified(tmp_path, V2 | OTHER, path)
    write(tmp_path, {"proc/self/net/dev": NETWORK_FILE})
    known, unclear = container_metrics(tmp_path)
    assert known == {f"spark_container_{name}" for name in NETWORK}
    assert unclear == {f"spark_container_{name}" for name in (*FILES, *LIMITS)}


def test_tests_know_every_metric_of_containers():
    """Of each there is a rule when it is expected."""
    known = {name for name in catalogue.load().entries if name.startswith("spark_container_")}
    assert known == {f"spark_container_{name}" for name in {*FILES, *LIMITS, *NETWORK}}
