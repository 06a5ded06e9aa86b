"""Which metrics of a container there are for a process that a test starts, by /proc and /sys of the machine.

The rules are those of docs/protocol.md: of each controller the cgroup that the process is in, of version 1
or 2; the root of a hierarchy is the whole machine, and gives nothing. Files and keys are the kernel's.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

UNIFIED = ""
"""What /proc/self/cgroup has instead of controllers for version 2."""
# A metric is there if all of one list is: a controller's file with a number, with one by a key, or any (*).
FILES = {
    "memory_usage_bytes": [["memory/memory.usage_in_bytes"], ["/memory.current"]],
    "memory_working_set_bytes": [
        ["memory/memory.usage_in_bytes", "memory/memory.stat total_inactive_file"],
        ["/memory.current", "/memory.stat inactive_file"],
    ],
    "memory_rss_bytes": [["memory/memory.stat total_rss"], ["/memory.stat anon"]],
    "memory_cache_bytes": [["memory/memory.stat total_cache"], ["/memory.stat file"]],
    "memory_swap_bytes": [["memory/memory.stat total_swap"], ["/memory.swap.current"]],
    "memory_limit_hits_total": [["/memory.events oom"]],
    "oom_kills_total": [["memory/memory.oom_control oom_kill"], ["/memory.events oom_kill"]],
    "cpu_usage_seconds_total": [["cpuacct/cpuacct.usage"], ["/cpu.stat usage_usec"]],
    "cpu_mode_seconds_total": [["cpuacct/cpuacct.stat user"], ["/cpu.stat user_usec"]],
    "cpu_periods_total": [["cpu/cpu.stat nr_periods"], ["/cpu.stat nr_periods"]],
    "cpu_throttled_periods_total": [["cpu/cpu.stat nr_throttled"], ["/cpu.stat nr_throttled"]],
    "cpu_throttled_seconds_total": [["cpu/cpu.stat throttled_time"], ["/cpu.stat throttled_usec"]],
    "tasks": [["pids/pids.current"], ["/pids.current"]],
    "io_bytes_total": [["blkio/blkio.throttle.io_service_bytes *"], ["/io.stat *"]],
    "io_operations_total": [["blkio/blkio.throttle.io_serviced *"], ["/io.stat *"]],
    # Where the kernel was told not to look, the files are there, but cannot be read.
    "pressure_stalled_seconds_total": [["/cpu.pressure *"], ["/memory.pressure *"], ["/io.pressure *"]],
}
# A limit is there if one of these is a number, in the cgroup or in one above. No limit is a word, -1 or huge.
LIMITS = {
    "memory_limit_bytes": [
        "memory/memory.limit_in_bytes",
        "memory/memory.stat hierarchical_memory_limit",
        "/memory.max",
    ],
    "cpu_limit_cores": ["cpu/cpu.cfs_quota_us", "/cpu.max"],
    "tasks_limit": ["pids/pids.max", "/pids.max"],
}
UNLIMITED = 1 << 62
NETWORK = {f"network_{kind}_total" for kind in ("bytes", "packets", "errors", "dropped_packets")}
CONTROLLERS = {UNIFIED, "memory", "cpu", "cpuacct", "pids", "blkio"}


class Unclear(Exception):  # noqa: N818 - no error: there is no rule for what the machine has
    """The cgroup of a controller cannot be seen where it should be."""


class Mount(NamedTuple):
    """A line of /proc/self/mountinfo."""

    root: str
    """Which cgroup is seen at the point."""
    point: Path
    controllers: set[str]


def container_metrics(root=Path("/")):
    """Return the names that a process has which is where this one is, and those of which nobody can say."""
    unclear = set()
    try:
        known = _of_cgroups(_directories(root))
    except Unclear:
        known, unclear = set(), _full({*FILES, *LIMITS})
    network = NETWORK if _text(root / "proc/self/net/dev") is not None else set()
    return _full(known | network), unclear


def _full(names):
    return {f"spark_container_{name}" for name in names}


def _of_cgroups(directories):
    used = {
        name
        for name, alternatives in FILES.items()
        if any(all(_has(directories, file) for file in files) for files in alternatives)
    }
    return used | {
        name for name, files in LIMITS.items() if any(_limits(directories, file) for file in files)
    }


def _has(directories, file):
    """Say whether a cgroup has a file, and what it should have in it."""
    # Use is that of the cgroup itself, which comes first.
    return any(key == "*" or _number(text, key) is not None for key, text in _read(directories, file, 1))


def _limits(directories, file):
    """Say whether there is a limit in a file of a cgroup or of one above it."""
    numbers = [_number(text, key) for key, text in _read(directories, file)]
    return any(number is not None and 0 <= number < UNLIMITED for number in numbers)


def _read(directories, file, most=None):
    controller, _, rest = file.partition("/")
    name, _, key = rest.partition(" ")
    texts = [_text(level / name) for level in directories.get(controller, [])[:most]]
    return [(key, text) for text in texts if text is not None]


def _number(text, key):
    """Return the number that the text begins with, or that of a key; None if there is none."""
    found = re.search(rf"^{key} *(-?\d+)\b", text, re.MULTILINE)
    return int(found[1]) if found else None


def _directories(root):
    """Return by controller the cgroup of this process and those above it that can be seen."""
    mounts = _mounts(root)
    found = {}
    for line in (_text(root / "proc/self/cgroup") or "").splitlines():
        _, controllers, path = line.split(":", 2)
        for controller in CONTROLLERS.intersection(controllers.split(",")):
            shown = [mount for mount in mounts if controller in mount.controllers]
            levels = _levels(shown, path) if shown else []
            if levels and not _is_machine(controller, levels[0]):
                found[controller] = levels
    return found


def _mounts(root):
    mounts = []
    for line in (_text(root / "proc/self/mountinfo") or "").splitlines():
        mount, dash, system = line.partition(" - ")
        kind = system.split()[0] if dash else ""
        if kind in ("cgroup", "cgroup2"):
            shown, point = mount.split()[3:5]
            controllers = {UNIFIED} if kind == "cgroup2" else {*system.split()[-1].split(",")}
            mounts.append(Mount(shown.rstrip("/"), root / point.lstrip("/"), controllers))
    return mounts


def _levels(mounts, path):
    """Return the directory of a cgroup, and those above it up to the mount point."""
    for mount in mounts:
        if path.rstrip("/") == mount.root or path.startswith(mount.root + "/"):
            own = mount.point / path[len(mount.root) :].lstrip("/")
            if ".." not in own.parts and own.is_dir():
                return [level for level in (own, *own.parents) if level.is_relative_to(mount.point)]
            break
    raise Unclear(path)


def _is_machine(controller, directory):
    """Say whether it is the root of a hierarchy: one of these files is only there, one only elsewhere."""
    if controller == UNIFIED:
        return not (directory / "cgroup.type").exists()
    return (directory / "release_agent").exists()


def _text(file):
    """Return the text of a file; None if it cannot be read."""
    try:
        return file.read_text(errors="replace")
    except OSError:
        return None
