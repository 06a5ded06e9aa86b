"""A Spark driver as the daemon sees it: its UI's REST API and its plugin's endpoint, over real HTTP.

One server plays both. The test changes what it serves, and waits for requests as for events.
"""

from __future__ import annotations

import contextlib
import json
import math
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PATIENCE = 60
PLUGIN = "io.sparkexporter.ExporterPlugin"


def metric(name, kind="counter", labels=(), **more):
    """Return a metric definition of the wire."""
    mode = "sum" if kind == "gauge" else ""
    given = {"name": name, "type": kind, "help": f"Help of {name}", "unit": "", "labels": list(labels)}
    return {**given, "mode": mode, "buckets": [], **more}


def executor(name="1", series=(), values=(), **more):
    """Return an executor of the wire."""
    stats = {
        "samples": 20,
        "sample_seconds": 0.004,
        "sample_failures": 1,
        "series": len(series),
        "segments": 2,
        "readings": 250,
        "reading_seconds": 0.03,
        "report_failures": 0,
    }
    given = {
        "id": name,
        "host": "10.0.0.7",
        "state": "live",
        "reason": None,
        "added": 1000.0,
        "removed": None,
    }
    given |= {
        "reported": 1009.0,
        "reports": 17,
        "tasks_ended": 8,
        "stats": {**stats, "dropped": {"series_limit": 0}},
    }
    return {**given, "series": list(series), "values": list(values), **more}


def query(name="orders", run="run-1", **more):
    """Return a run of a streaming query of the wire."""
    given = {"id": f"id of {name}", "run_id": run, "name": name, "started": 1004.0, "terminated": None}
    return {**given, "exception": None, "idle": None, "totals": {}, "progress": {}, **more}


class Plugin:
    """What one driver's plugin knows. Set the attributes, then call ``changed``."""

    def __init__(self, app_id="app-1", boot="boot-1"):
        """Know no metric."""
        self.app_id = app_id
        self.boot = boot
        self.version = "0.1.0"
        self.sequence = 1
        self.final = False
        self.started = 1000.0
        self.metrics = []
        self.series = []
        self.totals = []
        self.executors = []
        self.readings = []
        self.application_readings = [[], []]
        self.queries = []
        self.waiting = False
        self.outcome = None
        self.control = None
        self.messages = None

    def answer(self, metrics=0, series=0, boot="", readings=0):
        """Return the document for a client that holds so many definitions."""
        if boot != self.boot:
            metrics = series = readings = 0
        application = {"id": self.app_id, "name": "etl", "attempt_id": None, "spark_version": "4.3.0"}
        application |= {"user": "spark", "start_time": self.started, "report_interval": 2.0}
        application |= {"waiting": self.waiting, "outcome": self.outcome}
        return {
            "protocol": 1,
            "plugin_version": self.version,
            "boot": self.boot,
            "sequence": self.sequence,
            "final": self.final,
            "time": 1010.0,
            "application": application,
            "base": {"metrics": metrics, "series": series, "readings": readings},
            "metrics": self.metrics[metrics:],
            "series": self.series[series:],
            "totals": self.totals,
            "readings": self.readings[readings:],
            "application_readings": self.application_readings,
            "queries": self.queries,
            "control": self.control,
            "messages": self.messages,
            "executors": self.executors,
        }


def words(value):
    """Replace floats that JSON cannot write by the words of the protocol."""
    if isinstance(value, dict):
        return {key: words(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [words(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    return value


class FakeDriver:
    """The server. ``overrides[path]`` is a function that answers instead: ``handler -> None``.

    ``control`` is one that answers whatever else is asked of the plugin.
    """

    def __init__(self, port=0, host="127.0.0.1"):
        """Listen on a free port, or on the one of an earlier driver."""
        self.changes = threading.Condition()
        self.plugin = Plugin()
        self.app = {"id": "app-1", "name": "etl", "attempt": None, "version": "4.3.0", "started": 1_000_000}
        self.completed = False
        self.live_executors = ["driver", "1"]
        self.conf = {"spark.plugins": PLUGIN}
        self.gauges = {}
        self.overrides = {}
        self.control = None
        self.requests = []
        self.waiting = 0
        self.stopping = threading.Event()
        self.server = ThreadingHTTPServer((host, port), type("Handler", (Handler,), {"driver": self}))
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.url = f"http://{host}:{self.server.server_address[1]}"
        self.conf["spark.exporter.endpoint"] = self.url
        self.connections = set()
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()

    def changed(self, **attributes):
        """Set attributes of the plugin and answer who waits."""
        with self.changes:
            for key, value in attributes.items():
                setattr(self.plugin, key, value)
            self.plugin.sequence += 1
            self.changes.notify_all()

    def until(self, condition):
        """Wait until ``condition()`` holds; it is looked at after every request."""
        with self.changes:
            assert self.changes.wait_for(condition, PATIENCE), [path for path, _, _ in self.requests]

    def until_polled(self):
        """Wait until a client waits here for news."""
        self.until(lambda: self.waiting > 0)

    def count(self, path):
        """Return how many requests for ``path`` have come."""
        return sum(found.startswith(path) for found, _, _ in self.requests)

    def until_asked(self, path, times=1):
        """Wait until ``times`` more requests for ``path`` have come."""
        before = self.count(path)
        self.until(lambda: self.count(path) >= before + times)

    def die(self):
        """Close the port and all connections at once, as a killed process does."""
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()
        with self.changes:
            self.changes.notify_all()
            for connection in list(self.connections):
                connection.close_now()

    def rest(self, path):
        """Return the document of a REST path, or None."""
        app = self.app
        attempt = {"attemptId": app["attempt"]} if app["attempt"] else {}
        attempt |= {"startTimeEpoch": app["started"], "endTimeEpoch": -1, "sparkUser": "spark"}
        attempt |= {"completed": self.completed, "appSparkVersion": app["version"]}
        prefix = f"/api/v1/applications/{app['id']}"
        return {
            "/api/v1/applications": [{"id": app["id"], "name": app["name"], "attempts": [attempt]}],
            f"{prefix}/environment": {"sparkProperties": [list(item) for item in self.conf.items()]},
            "/metrics/json/": {"version": "4.0.0", "gauges": self.gauges} if self.gauges else None,
            f"{prefix}/executors": [{"id": name, "isActive": True} for name in self.live_executors],
        }.get(path)


class Handler(BaseHTTPRequestHandler):
    """One connection to a driver."""

    driver: FakeDriver
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        self.driver.connections.add(self)

    def finish(self):
        self.driver.connections.discard(self)
        super().finish()

    def close_now(self):
        """Close it under the feet of whoever uses it."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(2)

    def log_message(self, *_):
        """Say nothing."""

    def do_GET(self):
        """Note the request and answer it."""
        driver = self.driver
        url = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        with driver.changes:
            driver.requests.append((url.path, query, dict(self.headers)))
            driver.changes.notify_all()
        if url.path in driver.overrides:
            driver.overrides[url.path](self)
        elif url.path == "/v1/snapshot":
            self.snapshot(query)
        elif url.path.startswith("/v1/") and driver.control is not None:
            driver.control(self)
        else:
            document = driver.rest(url.path)
            self.send(200 if document is not None else 404, json.dumps(document).encode())

    def do_PATCH(self):
        """Do as for GET; whoever answers reads the body."""
        self.do_GET()

    def do_POST(self):
        """Do as for GET; whoever answers reads the body."""
        self.do_GET()

    def snapshot(self, query):
        """Answer as the plugin does: when there is news, when the time is over, or at the end."""
        driver = self.driver
        with driver.changes:
            plugin = driver.plugin
            after = int(query["after"]) if query.get("boot") == plugin.boot else -1
            driver.waiting += 1
            driver.changes.notify_all()
            driver.changes.wait_for(
                lambda: driver.plugin.sequence > after or plugin.final or driver.stopping.is_set(),
                float(query["wait"]),
            )
            driver.waiting -= 1
            if driver.stopping.is_set():
                self.close_connection = True
                return
            held = (
                int(query["metrics"]),
                int(query["series"]),
                query.get("boot", ""),
                int(query["readings"]),
            )
            body = json.dumps(words(driver.plugin.answer(*held))).encode()
        self.send(200, body)

    def send(self, status, body, **headers):
        """Send a whole answer; underscores in header names stand for hyphens."""
        self.send_response(status)
        for key, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def until(condition, what="the condition"):
    """Wait for something that no event announces; return what ``condition`` gives."""
    deadline = time.monotonic() + PATIENCE
    while not (result := condition()):
        assert time.monotonic() < deadline, f"not within {PATIENCE} s: {what}"
        threading.Event().wait(0.005)
    return result
