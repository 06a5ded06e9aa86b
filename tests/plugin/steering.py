"""What comes from outside, in the JVM: a driver that is steered, and executors that hear of it."""

from __future__ import annotations

import http.client
import json
import math
import struct
import threading
from contextlib import closing
from urllib.parse import urlsplit

from plugin.applications import Executor
from plugin.parts import JavaError
from running import until

TOKEN = "correct-horse"
ALLOWED = "config,custom,log-level,gc"
JSON = {"Content-Type": "application/json"}
CELLS = struct.Struct("<8sdd40s")


class Control:
    """The control of a store, without HTTP."""

    def __init__(self, store, *, local=False, directory=None):
        """Make one in which nothing was set and sent."""
        self.store = store
        self._do("new", local=local, directory=str(directory) if directory else None)

    def _do(self, command, **arguments):
        return self.store.jvm(f"control_{command}", store=self.store.number, **arguments)

    def send(self, type_="reload", payload=None, **fields):
        """Accept an event; return its id."""
        request = {"type": type_, "payload": payload or {}, **fields}
        return self._do("accept", request=json.dumps(request))

    def refused(self, *arguments, **fields):
        """Return the sentence with which an event is refused."""
        try:
            name = self.send(*arguments, **fields)
        except JavaError as refusal:
            return str(refusal).removeprefix("io.sparkexporter.event.EventRefused: ")
        raise AssertionError(f"it was accepted as {name}")

    def event(self, name):
        """Return an event, or None."""
        found = self._do("event", id=name)
        return found and json.loads(found)

    def states(self, name):
        """Return the states of an event's recipients by their ids."""
        return {one["id"]: one["state"] for one in self.event(name)["recipients"]}

    def recipient(self, name, who):
        """Return one recipient of an event."""
        return next(one for one in self.event(name)["recipients"] if one["id"] == who)

    def events(self):
        """Return the newest events."""
        return json.loads(self._do("events"))["events"]

    def patch(self, changes, expected=None):
        """Change the live configuration; return its version."""
        return self._do("patch", changes=json.dumps(changes), expected=expected)

    def config(self):
        """Return the live configuration as clients get it."""
        return json.loads(self._do("config"))

    def declare(self, key, **rule):
        """Declare a key."""
        self._do("declare", key=key, rule=json.dumps(rule))

    def begin(self):
        """Let the application begin in this JVM, for the user's code in it."""
        self._do("begin")

    def end(self):
        """Let it end."""
        self._do("end")

    def warnings(self):
        """Return what the driver warned of."""
        return self._do("copy")["warnings"]

    def copy(self):
        """Return version and values in the driver's JVM."""
        return held(self._do("copy"))

    def begun(self):
        """Return the ids of the events whose handling has begun in the driver."""
        return self._do("begun")

    def release(self, name, result=None):
        """End an event that the driver holds."""
        self._do("release", id=name, result=result)

    def finish(self):
        """End the application."""
        self._do("finish")


class Steered(Executor):
    """An executor that takes part."""

    def __init__(self, store, name, *, known=True, directory=None, patience=None):
        """Make one; whoever reads its configuration waits for the first report, or so many milliseconds."""
        super().__init__(store, name, known=known)
        self._do("steer", directory=str(directory) if directory else None, patience=patience)

    def _do(self, command, **arguments):
        return self.store.jvm(f"executor_{command}", executor=self._number, **arguments)

    def copy(self):
        """Return version and values in its JVM."""
        return held(self._do("copy"))

    def warnings(self):
        """Return what it warned of."""
        return self._do("copy")["warnings"]

    def read(self, key, thread="task"):
        """Let code in its JVM read a key; return whether that waits."""
        return self._do("read", key=key, thread=thread)

    def has_read(self):
        """Return what the code has read, or "unset"."""
        return self._do("has_read")

    def close(self):
        """End the executor."""
        self._do("close")

    def begun(self):
        """Return the ids of the events whose handling has begun here."""
        return self._do("begun")

    def settle(self):
        """Wait until everything that has arrived here was handled."""
        self._do("settle")

    def release(self, name, result=None):
        """End an event that is held here."""
        self._do("release", id=name, result=result)

    def handle(self):
        """Get what is new, handle it, and have that confirmed."""
        self.report()
        self.settle()
        self.report()


def held(copy):
    """Return version and values of a JVM's copy."""
    return copy["version"], json.loads(copy["values"])


def ended(control, name):
    """Wait until an event has ended; return it."""
    until(lambda: control.event(name)["done"], "the event has ended", 30)
    return control.event(name)


def in_background(function, *arguments):
    """Begin to call a function; return what waits for its result."""
    results = []
    thread = threading.Thread(target=lambda: results.append(function(*arguments)))
    thread.start()

    def result():
        thread.join(60)
        return results[0]

    return result


def cells(directory):
    """Return the two numbers of a control file; None for a version that its JVM does not know yet."""
    magic, version, events, rest = CELLS.unpack((directory / "control").read_bytes())
    assert (magic, rest) == (b"SPXCTL1\0", bytes(40))
    return None if math.isnan(version) else version, events


class Client:
    """A client of the endpoint of a store."""

    def __init__(self, store, token=TOKEN, **settings):
        """Serve it on a free port, with this token."""
        self.jvm = store.jvm
        given = {"port": "0"} | ({"token": token} if token else {}) | settings
        prefixed = {f"spark.exporter.{key}": value for key, value in given.items()}
        self.number = self.jvm("http_start", store=store.number, settings=prefixed)
        self.port = urlsplit(self.jvm("http_url", endpoint=self.number, driver_host="")).port
        self.headers = {"Authorization": f"Bearer {token}"}

    def ask(self, method, path, body=None, headers=JSON, **more):
        """Return status, headers and JSON of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=90)
        data = body if body is None or isinstance(body, (bytes, str)) else json.dumps(body)
        with closing(connection):
            connection.request(
                method, path, data, self.headers | (headers if body is not None else {}) | more
            )
            answer = connection.getresponse()
            text = answer.read()
        return answer.status, answer.headers, json.loads(text) if text else None

    def refused(self, *arguments, **more):
        """Return status and sentence of a refusal."""
        status, _, body = self.ask(*arguments, **more)
        assert body.keys() == {"error"}
        return status, body["error"]

    def get(self, path):
        """Return the JSON of a good answer."""
        status, _, body = self.ask("GET", path)
        assert status == 200, body
        return body

    def patch(self, changes, **headers):
        """Return status and JSON."""
        status, _, body = self.ask("PATCH", "/v1/config", changes, **headers)
        return status, body

    def post(self, **event):
        """Return status and JSON."""
        status, _, body = self.ask("POST", "/v1/events", event)
        return status, body

    def close(self):
        """End the endpoint."""
        self.jvm("http_finish", endpoint=self.number, patience=0)
