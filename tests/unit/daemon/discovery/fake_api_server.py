"""A Kubernetes API server as far as discovery sees it: it lists and watches pods, over real HTTP.

It keeps a history of changes, from which watches are served by their versions, and which can be compacted.
``faults`` holds what answers the next lists or watches instead: ``handler -> None``.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PATIENCE = 60
RESET = struct.pack("ii", 1, 0)


def pod(name="driver", uid=None, **more):
    """Return a driver pod that runs.

    Args:
        name: of the pod.
        uid: unique id; made of the name if it is not given.
        more: namespace, ip, phase, labels, annotations, containers, statuses, application.

    """
    labels = {"spark-role": "driver", "spark-app-selector": more.get("application", f"spark-{name}")}
    return {
        "metadata": {
            "name": name,
            "namespace": more.get("namespace", "spark"),
            "uid": uid or f"uid-{name}",
            "labels": more.get("labels", labels),
            "annotations": more.get("annotations"),
        },
        "spec": {"containers": more.get("containers", [{"name": "spark-kubernetes-driver"}])},
        "status": {
            "phase": more.get("phase", "Running"),
            "podIP": more.get("ip", "10.0.0.1"),
            "containerStatuses": more.get("statuses", []),
        },
    }


def driver_pod(url, name="driver", **more):
    """Return the pod of a driver whose UI is at ``url``."""
    parts = urlsplit(url)
    annotations = {"spark-exporter.io/ui-port": str(parts.port)}
    return pod(name, **{"ip": parts.hostname, "annotations": annotations, **more})


class ApiServer:
    """The server. Pods are put in and deleted; whoever watches is told."""

    def __init__(self):
        """Listen on a free port."""
        self.changes = threading.Condition()
        self.version = 10
        self.compacted = 0
        self.pods = {}
        self.history = []
        self.raw = []
        self.requests = []
        self.faults = {"list": deque(), "watch": deque()}
        self.watching = 0
        self.connections = set()
        self.page = 1000
        self.closing = False
        self.server = None
        self.start()

    def start(self, port=0):
        """Begin to listen."""
        self.closing = False
        handler = type("Handler", (Handler,), {"api": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.port = self.server.server_address[1]
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()

    def stop(self):
        """Close the port and all connections, as at the end of the process."""
        self.server.shutdown()
        self.server.server_close()
        self.reset(closing=True)

    def restart(self):
        """Be the same server again, on the same port."""
        self.start(self.port)

    def kubeconfig(self, path, namespace="spark"):
        """Write how to get here; return the path."""
        context = {"cluster": "here", "user": "me", "namespace": namespace}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "clusters": [{"name": "here", "cluster": {"server": f"http://127.0.0.1:{self.port}"}}],
            "users": [{"name": "me", "user": {"token": "secret"}}],
            "contexts": [{"name": "here", "context": context}],
        }
        path.write_text(json.dumps(document))
        return path

    def put(self, *documents):
        """Make or change pods."""
        with self.changes:
            for document in documents:
                metadata = document["metadata"]
                key = (metadata["namespace"], metadata["name"])
                self._note("MODIFIED" if key in self.pods else "ADDED", key, document)
            self.changes.notify_all()

    def delete(self, *names, namespace="spark"):
        """Delete pods."""
        with self.changes:
            for name in names:
                self._note("DELETED", (namespace, name), self.pods[namespace, name])
            self.changes.notify_all()

    def _note(self, kind, key, document):
        self.version += 1
        metadata = {**document["metadata"], "resourceVersion": str(self.version)}
        known = {**document, "metadata": metadata}
        before = self.pods.pop(key, None)
        if kind != "DELETED":
            self.pods[key] = known
        self.history.append((self.version, kind, known, before))

    def compact(self):
        """Forget the history: whoever wants to know of it has to list."""
        with self.changes:
            self.version += 1
            self.compacted = self.version
            self.history.clear()

    def bookmark(self):
        """Tell all watches the newest version."""
        with self.changes:
            self.version += 1
            metadata = {"resourceVersion": str(self.version)}
            self.send({"type": "BOOKMARK", "object": {"kind": "Pod", "metadata": metadata}})

    def send(self, *parts):
        """Send something to all watches that are open: documents as lines, or bytes as they are."""
        with self.changes:
            self.raw += [part if isinstance(part, bytes) else line(part) for part in parts]
            self.changes.notify_all()

    def reset(self, *, closing=False):
        """Cut all connections off."""
        with self.changes:
            self.closing = closing
            self.changes.notify_all()
            for connection in list(self.connections):
                connection.cut()

    def until(self, condition, what=""):
        """Wait until ``condition()`` holds; it is looked at after every request."""
        with self.changes:
            assert self.changes.wait_for(condition, PATIENCE), (what, self.requests)

    def until_watched(self, watches=1):
        """Wait until so many watches are open."""
        self.until(lambda: self.watching == watches, "watches")

    def count(self, kind):
        """Return how many lists or watches were asked for."""
        return sum(found == kind for found, _, _ in self.requests)

    def asked(self, kind):
        """Return the paths and queries of all lists or watches."""
        return [(path, query) for found, path, query in self.requests if found == kind]


def line(document):
    """Return an event as it is sent."""
    return json.dumps(document).encode() + b"\n"


def refuse(status, retry_after=None, message="no"):
    """Return a fault: an answer with a Status."""

    def answer(handler):
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        handler.answer(status, {"kind": "Status", "code": status, "message": message}, **headers)

    return answer


def expired():
    """Return the event that ends a watch whose version is too old."""
    status = {"kind": "Status", "code": 410, "message": "too old", "reason": "Gone"}
    return {"type": "ERROR", "object": status}


class Handler(BaseHTTPRequestHandler):
    """One connection to the API server."""

    api: ApiServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        self.api.connections.add(self)

    def finish(self):
        self.api.connections.discard(self)
        with contextlib.suppress(OSError):
            super().finish()

    def log_message(self, *_):
        """Say nothing."""

    def cut(self):
        """Reset the connection."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.connection.shutdown(2)

    def do_GET(self):
        """Answer a list or a watch."""
        api, url = self.api, urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        kind = "watch" if query.get("watch") in ("true", "True", "1") else "list"
        with api.changes:
            api.requests.append((kind, url.path, query))
            fault = api.faults[kind].popleft() if api.faults[kind] else None
            api.changes.notify_all()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            if fault is not None:
                fault(self)
            elif kind == "list":
                self.list(url.path, query)
            else:
                self.watch(url.path, query)

    def answer(self, status, document, **headers):
        """Send a whole answer."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def list(self, path, query):
        """Answer with the pods there are, or the next page of them."""
        with self.api.changes:
            fitting = [one for _, one in sorted(self.api.pods.items()) if fits(one, path, query)]
            version = str(self.api.version)
        start, size = int(query.get("continue", 0)), min(int(query.get("limit", 500)), self.api.page)
        metadata = {"resourceVersion": version}
        if start + size < len(fitting):
            metadata["continue"] = str(start + size)
        self.answer(200, {"kind": "PodList", "metadata": metadata, "items": fitting[start : start + size]})

    def begin(self):
        """Begin a stream of events."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def chunk(self, data):
        """Send a part of it."""
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def watch(self, path, query):
        """Send what changes from a version on."""
        api, version = self.api, int(query["resourceVersion"])
        if version < api.compacted:
            refuse(410, message="too old resource version")(self)
            return
        self.begin()
        with api.changes:
            sent = len(api.raw)
            api.watching += 1
            api.changes.notify_all()
        try:
            while True:
                with api.changes:
                    while not (self.close_connection or api.version > version or len(api.raw) > sent):
                        api.changes.wait(PATIENCE)
                    if self.close_connection or api.closing:
                        return
                    raw, sent = api.raw[sent:], len(api.raw)
                    news = [event for event in api.history if event[0] > version]
                    version = api.version
                data = b"".join(filter(None, (event_of(*event[1:], path, query) for event in news)))
                for part in filter(None, [data, *raw]):
                    self.chunk(part)
        finally:
            with api.changes:
                api.watching -= 1
                api.changes.notify_all()


def fits(document, path, query):
    """Say whether a pod is one of those that are asked for."""
    metadata = document["metadata"]
    parts = path.split("/")
    if "namespaces" in parts and metadata["namespace"] != parts[parts.index("namespaces") + 1]:
        return False
    wanted = [part.split("=") for part in query.get("labelSelector", "").split(",") if part]
    return all((metadata["labels"] or {}).get(key) == value for key, value in wanted)


def event_of(kind, document, before, path, query):
    """Return the event as a watch with this selector sees it: a pod that fits no more is gone for it."""
    now = kind != "DELETED" and fits(document, path, query)
    then = before is not None and fits(before, path, query)
    if not now and not then:
        return None
    seen = "DELETED" if not now else "MODIFIED" if then else "ADDED"
    return line({"type": seen, "object": document})
