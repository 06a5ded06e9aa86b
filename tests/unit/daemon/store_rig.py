"""What the tests of the store share: an application, what its plugin says, and what is published of it."""

import re
from dataclasses import replace

import orjson
import published
from fake_driver import Plugin, words

from exporter.daemon.decode import Decoder
from exporter.daemon.exposition import Format, expose
from exporter.daemon.frame import EMPTY
from exporter.daemon.render import custom


def application(app_id="app-1", **more):
    """Return an application."""
    return published.application(**{"id": app_id, "start_time": 1.0} | more)


def snapshot(metrics, totals, app_id="app-1", executors=(), **more):
    """Return a snapshot with one series without labels for each metric, and nothing built-in."""
    plugin = Plugin(app_id)
    plugin.metrics, plugin.totals, plugin.executors = metrics, totals, list(executors)
    plugin.series = [[index] for index in range(len(metrics))]
    for key, value in more.items():
        setattr(plugin, key, value)
    return replace(Decoder().decode(orjson.dumps(words(plugin.answer()))), frame=EMPTY)


def lines(store):
    """Return the sample lines of the custom families."""
    text = expose(custom(store.view()), Format.TEXT).decode()
    return [re.sub(r'app_name="etl",?', "", line) for line in text.splitlines() if line[0] != "#"]


def states(store):
    """Return the state of each application."""
    return {item.record.application.id: item.record.state for item in store.view().applications}
