"""What reading the live configuration costs, beside other ways to read a value.

Ours and the peers in turn, in one process that is a Python worker with the plugin's files.
"""

from __future__ import annotations

import json
import os
import pickle
import struct
import subprocess
import sys
import tempfile
import timeit
from pathlib import Path
from typing import Any

ROUNDS = 400
CALLS = 5_000
BOUND_NS = 150.0
LIMITS = {"places": ["a", "b"], "least": {"rows": 10, "bytes": 2.5}}
VALUES = {
    "threshold": 25,
    "name": "etl",
    "list": [LIMITS] * 20,
    "dict": LIMITS,
    **{f"key-{number}": number for number in range(100)},
}


def write_files(directory: Path) -> None:
    """Write what the plugin shows to its workers."""
    (directory / "config.json").write_text(json.dumps({"version": 1, "values": VALUES}))
    (directory / "control").write_bytes(struct.pack("<8sdd", b"SPXCTL1\0", 1, 0).ljust(64, b"\0"))


def least(**statements: timeit.Timer) -> dict[str, float]:
    """Return the nanoseconds per call of each statement, measured in turn.

    The least of many short rounds: whatever else the machine does can only add to it.
    """
    times: dict[str, list[float]] = {name: [] for name in statements}
    for _ in range(ROUNDS):
        for name, statement in statements.items():
            times[name].append(statement.timeit(CALLS) / CALLS * 1e9)
    return {name: min(found) for name, found in times.items()}


def measure(directory: str) -> list[dict[str, Any]]:
    """Time the reads."""
    from pyspark.broadcast import Broadcast  # noqa: PLC0415 - the parent process needs neither

    from exporter import config, events  # noqa: PLC0415

    if config.get("threshold") != VALUES["threshold"]:
        sys.exit("the configuration was not found")
    config.declare("declared", type=int, default=10)
    config.declare("declared-list", type=list, default=[LIMITS] * 20)
    path = Path(directory) / "broadcast"
    path.write_bytes(pickle.dumps(25))
    names = {"config": config, "events": events, "values": VALUES, "environ": os.environ}
    names["broadcast"] = Broadcast(path=str(path))
    os.environ["THRESHOLD"] = "25"

    def timer(statement: str) -> timeit.Timer:
        return timeit.Timer(statement, globals=names)

    found = least(
        present=timer("config.get('threshold', 10)"),
        missing=timer("config.get('missing', 10)"),
        list=timer("config.get('list')"),
        mapping=timer("config.get('dict')"),
        declared=timer("config.get('declared')"),
        declared_list=timer("config.get('declared-list')"),
        poll=timer("events.poll()"),
        dict=timer("values.get('threshold', 10)"),
        environ=timer("environ.get('THRESHOLD', '10')"),
        broadcast=timer("broadcast.value"),
    )
    peers = f"dict.get {found['dict']:.0f}, os.environ.get {found['environ']:.0f}"
    peers += f", Broadcast.value {found['broadcast']:.0f} ns"
    return [
        result(f"config.get(), unchanged ({peers})", found["present"]),
        result("config.get() of a key that nobody has set", found["missing"]),
        result("config.get() of a list", found["list"]),
        result("config.get() of a dict", found["mapping"]),
        result("config.get() of a declared default", found["declared"]),
        result("config.get() of a declared default that is a list", found["declared_list"]),
        result("events.poll() while nothing waits", found["poll"]),
    ]


def result(name: str, figure: float) -> dict[str, Any]:
    """Return a figure beside the bound."""
    return {"name": name, "figure": figure, "bound": BOUND_NS, "unit": "ns", "ok": figure <= BOUND_NS}


def main() -> list[dict[str, Any]]:
    """Measure everything, in a process that is a worker."""
    import exporter  # noqa: PLC0415 - as in measure()

    with tempfile.TemporaryDirectory(prefix="spark-exporter-bench-") as directory:
        files = Path(directory) / "spark-exporter"
        files.mkdir()
        write_files(files)
        worker = {
            "PYTHONPATH": str(Path(exporter.__file__).parent.parent),
            "SPARK_LOCAL_DIRS": directory,
            "PYTHON_WORKER_FACTORY_SECRET": "benchmark",
        }
        command = [sys.executable, __file__, directory]
        done = subprocess.run(command, env={**os.environ, **worker}, stdout=subprocess.PIPE, check=True)
    results: list[dict[str, Any]] = json.loads(done.stdout)
    return results


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1])))
