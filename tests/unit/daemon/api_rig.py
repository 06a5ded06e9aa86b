"""The API on a real socket, in front of a plugin that says what the test wants."""

import asyncio
import json
import threading

import requests
import uvicorn
from fake_driver import PATIENCE, Plugin, until
from wire import encode

from exporter.daemon.control.api import Api
from exporter.daemon.control.directory import Directory
from exporter.daemon.decode import Decoder
from exporter.daemon.serve import listen
from exporter.daemon.status import Status
from exporter.daemon.store import Store
from exporter.daemon.values import Address
from exporter.daemon.web import make_app

TOKEN = "tok-en"
CONFIG = "/applications/app-1/config"
EVENTS = "/applications/app-1/events"
EVENT = f"{EVENTS}/9f86d081884c7d65"
JSON = {"Content-Type": "application/json"}
CONTROL = {
    "version": 7,
    "events": [["reload", "accepted", 3], ["reload", "handled", 2]],
    "delivery": {"bounds": [0.1, 1.0], "counts": [2, 1, 0], "sum": 0.7},
}


class Control:
    """The part of a plugin that takes configuration and events: one answer for all that is asked."""

    def __init__(self, driver):
        """Answer with an empty object."""
        self.requests = []
        self.status = 200
        self.headers = {}
        self.body = b"{}"
        driver.control = self

    def __call__(self, handler):
        """Note a request and answer it."""
        length = int(handler.headers.get("Content-Length", 0))
        self.requests.append((handler.command, handler.path, handler.headers, handler.rfile.read(length)))
        handler.send(self.status, self.body, **self.headers)

    @property
    def last(self):
        """The last request: method, path with query, headers, body."""
        return self.requests[-1]


class Server(uvicorn.Server):
    """A server whose event loop is known."""

    async def startup(self, sockets=None):
        """Note it."""
        self.loop = asyncio.get_running_loop()
        await super().startup(sockets)


class Served:
    """A daemon's API."""

    def __init__(self, token, timeout, changes, refused=None):
        """Serve it, knowing no application."""
        self.store, self.status = Store(900.0), Status()
        self._api = Api(Directory(self.store, self.status), token, timeout, changes, refused)
        app = make_app("/metrics", lambda _form: [b""], dict, str, [self._api.route()])
        config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False)
        self._server = Server(config)
        self._listener = listen(Address("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listener]})
        self._thread.start()
        until(lambda: self._server.started, "the server listens")
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def know(self, driver, app_id="app-1", **more):
        """Let the daemon have found an application and its plugin."""
        plugin = Plugin(app_id, f"boot of {app_id}")
        plugin.control = CONTROL
        claimed = more.pop("claimed", False)
        for key, value in more.items():
            setattr(plugin, key, value)
        snapshot = Decoder().decode(encode(plugin.answer()))
        target = f"http://127.0.0.1:4040/{app_id}"
        self.store.publish(target, snapshot.application, snapshot)
        self.status.describe(target, "", up=True, app_id=app_id, endpoint=driver.url, claimed=claimed)
        return target

    def refused(self):
        """Return how many requests were refused, by reason."""
        return dict(self._api.refused.counts)

    def stop(self):
        """Begin to end, as far as the API is concerned, and go on serving."""
        done = threading.Event()
        self._server.loop.call_soon_threadsafe(lambda: (self._api.stop(), done.set()))
        assert done.wait(PATIENCE)

    def ask(self, method, path, token=TOKEN, **options):
        """Send a request below ``/api/v1``."""
        headers = options.pop("headers", {})
        if token is not None:
            headers = {"Authorization": f"Bearer {token}", **headers}
        url = f"{self.url}/api/v1{path}"
        return requests.request(method, url, headers=headers, timeout=PATIENCE, **options)

    def refusal(self, method, path, status, **options):
        """Return the sentence with which a request is refused."""
        answer = self.ask(method, path, **options)
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/json")
        assert answer.headers["Cache-Control"] == "no-store"
        (sentence,) = json.loads(answer.content).values()
        return sentence

    def close(self):
        """End it."""
        self._server.should_exit = True
        self._thread.join(PATIENCE)
        self._listener.close()
