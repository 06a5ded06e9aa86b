"""A watcher of one target, and what its tests look at."""

import io
import json

from fake_driver import Plugin, executor, metric, until

from exporter.daemon import logs
from exporter.daemon.asking import Asking
from exporter.daemon.catalogue import load
from exporter.daemon.discovery.found import Target
from exporter.daemon.exposition import Format, expose
from exporter.daemon.limits import Limits
from exporter.daemon.render import custom
from exporter.daemon.status import Status
from exporter.daemon.store import Store
from exporter.daemon.watch import Watcher

BAD_PLUGINS = {
    "http_status": lambda handler: handler.send(500, b"oops"),
    "unauthorized": lambda handler: handler.send(401, b""),
    "redirect": lambda handler: handler.send(302, b"", Location="http://127.0.0.1:1/"),
    "invalid": lambda handler: handler.send(200, b"garbage"),
    "too_large": lambda handler: handler.send(200, b" " * (64 * 1024 * 1024 + 1)),
}


class Rig:
    """A watcher with its store, status and log."""

    def __init__(
        self, target, token=None, applications=1000, timeout=2.0, reach=None, retention=900.0, **asking
    ):
        self.log = io.StringIO()
        logs.configure("debug", "json", self.log)
        self.store = Store(retention, Limits(1000, applications=applications))
        self.status = Status()
        self.target = target
        self.watcher = Watcher(
            Target(target, reach=reach),
            Asking(timeout, token, **asking),
            catalogue=load(),
            store=self.store,
            status=self.status,
        )
        self.watcher.start()

    def states(self):
        return {item.record.application.id: item.record.state for item in self.store.view().applications}

    def values(self):
        """Return application-level samples as ``{"app_id name": value}``."""
        text = expose(custom(self.store.view()), Format.TEXT).decode()
        result = {}
        for line in text.splitlines():
            if line.startswith("spark_custom_"):
                name, _, rest = line.partition("{")
                app_id = rest.split('"')[1]
                result[f"{app_id} {name}"] = float(rest.rpartition(" ")[2])
        return result

    def until_values(self, expected):
        until(lambda: self.values() == expected, f"{expected}, not {self.values()}")

    def until_states(self, expected):
        until(lambda: self.states() == expected, f"{expected}, not {self.states()}")

    def collector(self, name):
        return self.status.view()[self.target].collectors[name]

    def until_failed(self, name, reason, times=1):
        until(lambda: self.collector(name).failures.get(reason, 0) >= times, f"{name} fails with {reason}")

    def sentence(self):
        return self.status.view()[self.target].state

    def lines(self, text):
        """Return the log lines with this text in their message."""
        found = [json.loads(line) for line in self.log.getvalue().splitlines()]
        # The watchers of other tests may still be ending, and the log is one.
        mine = [line for line in found if line.get("target", self.target) == self.target]
        return [line for line in mine if text in line["msg"]]


def rows(driver, value):
    """Give the driver's plugin one counter."""
    driver.changed(
        metrics=[metric("rows")], series=[[0]], totals=[value], executors=[executor("1", [0], [value])]
    )


def start_second_application(driver, rig):
    """End the driver's first application, and let another one take its place once that has been seen."""
    driver.changed(final=True)
    rig.until_states({"app-1": "completed"})
    driver.app = driver.app | {"id": "app-2", "started": 2_000_000}
    driver.plugin = Plugin("app-2", "boot-2")
    driver.plugin.started = 2000.0
