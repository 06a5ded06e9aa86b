"""Many Spark drivers in one process, as the daemon sees them: each a real HTTP server on loopback.

They answer what a driver with the plugin answers. The snapshots hold readings that the catalogue knows, and
two thirds of their values change from one report to the next, as those of a busy executor do. The REST API
is what a real driver has answered, with its executor multiplied. Prints the URLs of all drivers as one line
of JSON, then serves until its standard input ends.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import sys
from urllib.parse import parse_qs, urlsplit

import orjson
from fleet_rest import Rest

from exporter.daemon import catalogue

REPORT_INTERVAL = 2.0
PLUGIN = "io.sparkexporter.ExporterPlugin"
POOLS = ("G1-Eden-Space", "G1-Old-Gen", "G1-Survivor-Space", "Metaspace", "CodeCache")
STATS = {"samples": 20, "sample_seconds": 0.004, "sample_failures": 0, "series": 0, "segments": 2}
STARTED = 1_763_800_000


def readings() -> list[str]:
    """Return the names that a plugin reports of an executor."""
    known = catalogue.load()
    fields = [origin.field for name, origin in known.origins("reading") if known[name].scope == "executor"]
    plain = [field for field in dict.fromkeys(fields) if "{" not in field]
    return plain + [f"jvm.pools.{pool}.{part}" for pool in POOLS for part in ("used", "committed", "max")]


class Driver:
    """One application with its executors."""

    def __init__(self, number: int, executors: int, names: list[str]) -> None:
        """Make up the first values."""
        self.id = f"app-20261122{number:06d}-0001"
        self.name = f"etl {'abcdefgh'[number % 8]} of team {number // 8 + 1}"
        self.url = ""
        self._number = number
        self._names = names
        self._random = random.Random(number)
        ids = ["driver", *(str(index) for index in range(1, executors + 1))]
        self._values = {name: [self._random.random() * 1e9 for _ in names] for name in ids}
        self._sequence = 0
        self._rest: Rest | None = None

    def applications(self) -> list[dict[str, object]]:
        """Return what ``/api/v1/applications`` says."""
        attempt = {"startTimeEpoch": STARTED * 1000, "endTimeEpoch": -1, "sparkUser": "spark"}
        attempt |= {"completed": False, "appSparkVersion": "4.3.0"}
        return [{"id": self.id, "name": self.name, "attempts": [attempt]}]

    def rest(self, path: str, query: dict[str, list[str]]) -> object | None:
        """Return what Spark's REST API says below the application."""
        if self._rest is None:
            properties = {"spark.plugins": PLUGIN, "spark.exporter.endpoint": self.url}
            self._rest = Rest(len(self._values) - 1, properties)
        return self._rest.find(path, query)

    def snapshot(self, held: int) -> dict[str, object]:
        """Return the next answer of the plugin, for a client that knows so many names of readings."""
        self._sequence += 1
        for values in self._values.values():
            self._change(values)
        application = {"id": self.id, "name": self.name, "attempt_id": None, "spark_version": "4.3.0"}
        application |= {"user": "spark", "start_time": float(STARTED), "report_interval": REPORT_INTERVAL}
        return {
            "protocol": 1,
            "plugin_version": "0.1.0",
            "boot": self.id,
            "sequence": self._sequence,
            "final": False,
            "time": STARTED + self._sequence * REPORT_INTERVAL,
            "application": {**application, "waiting": False, "outcome": None},
            "base": {"metrics": 0, "series": 0, "readings": held},
            "metrics": [],
            "series": [],
            "totals": [],
            "readings": self._names[held:],
            "application_readings": [[], []],
            "queries": [],
            "executors": [self._executor(name, values) for name, values in self._values.items()],
        }

    def _change(self, values: list[float]) -> None:
        for index in range(0, len(values), 3):
            values[index] += float(self._random.randrange(10**6))
        for index in range(1, len(values), 3):
            values[index] = self._random.random() * 1e9

    def _executor(self, name: str, values: list[float]) -> dict[str, object]:
        return {
            "id": name,
            "host": f"10.0.{self._number % 250}.7",
            "state": "live",
            "reason": None,
            "added": STARTED + 1.0,
            "removed": None,
            "reported": STARTED + self._sequence * REPORT_INTERVAL,
            "reports": self._sequence,
            "tasks_ended": self._sequence * 3,
            "stats": {**STATS, "report_failures": 0, "dropped": {"series_limit": 0}},
            "series": [],
            "values": [],
            "readings": list(range(len(values))),
            "reading_values": values,
        }

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until the client closes it."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                url = urlsplit(head.split(b" ", 2)[1].decode())
                document = await self._document(url.path, parse_qs(url.query))
                status = b"200 OK" if document is not None else b"404 Not Found"
                body = orjson.dumps(document)
                writer.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            writer.close()

    async def _document(self, path: str, query: dict[str, list[str]]) -> object | None:
        if path == "/v1/snapshot":
            if float(query["wait"][0]):
                await asyncio.sleep(max(float(query.get("gap", ["0"])[0]), REPORT_INTERVAL))
            return self.snapshot(int(query.get("readings", ["0"])[0]))
        if path == "/api/v1/applications":
            return self.applications()
        prefix = f"/api/v1/applications/{self.id}/"
        return self.rest(path.removeprefix(prefix), query) if path.startswith(prefix) else None


async def serve(count: int, executors: int, limit: int) -> None:
    """Serve ``count`` drivers."""
    names = readings()[:limit]
    drivers = [Driver(number, executors, names) for number in range(count)]
    for driver in drivers:
        server = await asyncio.start_server(driver.answer, "127.0.0.1", 0, backlog=64)
        driver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    print(orjson.dumps([driver.url for driver in drivers]).decode(), flush=True)
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    given = itertools.islice(map(int, sys.argv[1:]), 3)
    asyncio.run(serve(*given))
