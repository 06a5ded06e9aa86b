"""A Spark history server over real HTTP."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

STAGE = {"stageId": 0, "attemptId": 0, "status": "COMPLETE", "numActiveTasks": 0, "executorRunTime": 1500}
STAGE |= {"numCompleteTasks": 4, "numFailedTasks": 1, "numKilledTasks": 0}


def page(title="History Server", base=""):
    """Return the first page, as far as it is the same for all; ``base`` is the path of a proxy before it."""
    script = f'<script type="module" src="{base}/static/historypage-common.js"></script>'
    return f"<!DOCTYPE html><html><title>{title}</title><body>{script}</body></html>"


class FakeHistory:
    """The server. ``apps`` holds one document for each application, ``jobs`` the status of each one's job."""

    def __init__(self):
        """Listen on a free port."""
        self.apps = {}
        self.jobs = {}
        self.broken = set()
        self.requests = []
        self.page = page()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"history": self}))
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()

    def add(self, name, end, status="SUCCEEDED", attempt=None):
        """Add an application that ended ``end`` seconds after 1970; -1 for one that runs."""
        about = {"startTimeEpoch": 1_000, "endTimeEpoch": int(end * 1000), "sparkUser": "spark"}
        about |= {"completed": end >= 0, "appSparkVersion": "4.3.0"}
        about |= {"attemptId": attempt} if attempt else {}
        self.apps[name] = {"id": name, "name": "etl", "attempts": [about]}
        self.jobs[name] = status

    def count(self, part):
        """Return how many requests had this text in their path."""
        return sum(part in path for path, _ in self.requests)

    def find(self, path, query):
        """Return a document, or None."""
        if path == "/api/v1/applications" and self.apps is None:
            return {}
        if path == "/api/v1/applications":
            listed = [app for app in self.apps.values() if "status" not in query or _ended(app)]
            listed.sort(key=lambda app: app["attempts"][0]["endTimeEpoch"], reverse=True)
            return listed[: int(query.get("limit", ["1000"])[0])]
        name, _, resource = path.removeprefix("/api/v1/applications/").partition("/")
        if name not in self.apps or name in self.broken:
            return None
        attempt = self.apps[name]["attempts"][0].get("attemptId")
        if attempt:
            first, _, resource = resource.partition("/")
            if first != attempt:
                return None
        job = {"jobId": 0, "status": self.jobs[name], "stageIds": [0]}
        job["completionTime"] = "2026-11-22T18:00:00.000GMT"
        return {
            "environment": {"runtime": {"javaVersion": "17"}, "sparkProperties": []},
            "allexecutors": [{"id": "1", "hostPort": "h:1", "isActive": True, "totalCores": 2}],
            "jobs": [] if "status" in query else [job],
            "stages": [] if "status" in query else [STAGE],
            "sql": [],
            "storage/rdd": [],
        }.get(resource)

    def die(self):
        """Close the port."""
        self.server.shutdown()
        self.server.server_close()


def _ended(app):
    return app["attempts"][0]["completed"]


class _Handler(BaseHTTPRequestHandler):
    history: FakeHistory

    def log_message(self, *_):
        """Say nothing."""

    def do_GET(self):
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        self.history.requests.append((url.path, query))
        if not url.path.startswith("/api/"):
            self.answer(200, self.history.page.encode())
            return
        document = self.history.find(url.path, query)
        self.answer(200 if document is not None else 404, json.dumps(document).encode())

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
