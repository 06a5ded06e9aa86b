"""What a store publishes of applications, and what sources tell it."""

from dataclasses import replace
from types import MappingProxyType

import orjson
from fake_driver import Plugin, words

from exporter.daemon.catalogue import load
from exporter.daemon.decode import Decoder
from exporter.daemon.exposition import Format
from exporter.daemon.frame import FrameBuilder
from exporter.daemon.limits import Limits
from exporter.daemon.model import STATES, Application
from exporter.daemon.render import Scrape, render

TARGET = "http://driver:4040"


class Clock:
    """Seconds, monotonic and of the day, that pass when they are told to."""

    def __init__(self, now=5000.0):
        self.now = now

    def __call__(self):
        return self.now


def application(**more):
    given = {"id": "app-1", "name": "etl", "attempt_id": "", "spark_version": "4", "user": "u"}
    return Application(**{**given, "start_time": 1000.0, **more})


def frame(samples, last=None):
    """Return a frame of ``{"name": value}`` or ``{("name", label, ...): value}``."""
    builder = FrameBuilder(load(), last)
    for key, value in samples.items():
        builder.add(*([key, value] if isinstance(key, str) else [key[0], value, *key[1:]]))
    return builder.frame()


def snapshot(samples=MappingProxyType({}), final=False, metrics=(), executors=(), **facts):
    """Return what a plugin says, with built-in samples of the test's choice."""
    plugin = Plugin()
    plugin.final, plugin.metrics, plugin.executors = final, list(metrics), list(executors)
    plugin.series, plugin.totals = [[index] for index in range(len(metrics))], [1.0] * len(metrics)
    found = Decoder().decode(orjson.dumps(words(plugin.answer())))
    return replace(found, frame=frame(samples), application=replace(found.application, **facts))


def page(store):
    return render(Scrape(store.view(), {}, 900.0, Limits()), load(), Format.TEXT).decode()


def samples(store, prefix):
    """Return the samples of applications whose name begins so, without the labels of the application."""
    found = {}
    for line in page(store).splitlines():
        if line.startswith(prefix) and "app_id=" in line:
            name, _, rest = line.partition("{")
            labels, _, value = rest.rpartition("} ")
            own = labels.split(",")[2:]
            found[name + ("{" + ",".join(own) + "}" if own else "")] = float(value)
    return found


def state(store):
    """Return the one state that is 1, and when it began."""
    found = samples(store, "spark_app_state")
    (now,) = [name for name in STATES if found[f'spark_app_state{{state="{name}"}}'] == 1.0]
    assert sum(value for name, value in found.items() if "{" in name) == 1.0
    return now, found["spark_app_state_timestamp_seconds"]
