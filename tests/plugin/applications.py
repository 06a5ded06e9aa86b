"""An application store in the JVM, the executors that report to it, and an independent tally."""

from __future__ import annotations

import json
import math

COUNTER = {
    "type": "counter", "mode": "", "name": "rows", "help": "Rows", "unit": "", "labels": ["source"],
    "buckets": [],
}  # fmt: skip
HISTOGRAM = {
    "type": "histogram", "mode": "", "name": "times", "help": "Times", "unit": "seconds", "labels": [],
    "buckets": [0.5, 1.0],
}  # fmt: skip


def gauge(mode):
    """Return a gauge's definition."""
    return {
        "type": "gauge", "mode": mode, "name": f"level_{mode}", "help": "Level", "unit": "", "labels": [],
        "buckets": [],
    }  # fmt: skip


def finite_or_text(cells):
    """Return the cells with those that JSON does not know as Java writes them."""
    names = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
    return [cell if math.isfinite(cell) else names[str(cell)] for cell in cells]


class Store:
    """A store in the JVM, and what a client has put together from its answers."""

    def __init__(self, jvm, boot="b00t", name="etl", *, local=False, begins_empty=False, **settings):
        """Make an empty one; settings without their prefix."""
        self.jvm = jvm
        prefixed = {f"spark.exporter.{key}": value for key, value in settings.items()}
        about = {"name": name, "local": local, "begins_empty": begins_empty}
        self.number = jvm("store_new", boot=boot, settings=prefixed, **about)
        self.after = 0
        self.metrics = []
        self.series = []
        self.readings = []
        self.dropped = {}

    def event(self, event, **arguments):
        """Let Spark say something, or the time pass."""
        self.jvm("store_event", store=self.number, event=event, **arguments)

    def query(self, event, run, **arguments):
        """Let a streaming query do something; return how often JSON of a progress was made so far."""
        defaults = {"name": None, "json": "{}", "exception": None}
        return self.jvm("store_query", store=self.number, event=event, run=run, **(defaults | arguments))

    def work(self, *steps):
        """Let jobs, stages and tasks begin and end."""
        self.jvm("store_work", store=self.number, steps=steps)

    def raw(self, after=0, metrics=0, series=0, readings=0):
        """Return one snapshot as the text that a client would get."""
        held = {"metrics": metrics, "series": series, "readings": readings}
        answer = self.jvm("store_snapshot", store=self.number, after=after, **held)
        self.dropped = answer
        return answer["json"]

    def poll(self):
        """Fetch what is new, as a client does; return the snapshot."""
        held = {"metrics": len(self.metrics), "series": len(self.series), "readings": len(self.readings)}
        snapshot = json.loads(self.raw(self.after, **held))
        assert snapshot["base"] == held
        self.metrics += snapshot["metrics"]
        self.series += snapshot["series"]
        self.readings += snapshot["readings"]
        self.after = snapshot["sequence"]
        return snapshot

    def totals(self):
        """Fetch what is new; return all totals by metric and label values."""
        flat = iter(self.poll()["totals"])
        result = {self.key(place): self._cells(place, flat) for place in range(len(self.series))}
        assert list(flat) == []
        return result

    def key(self, place):
        """Return metric name and label values of a series."""
        metric, *values = self.series[place]
        return (self.metrics[metric]["name"], *values)

    def _cells(self, place, flat):
        metric = self.metrics[self.series[place][0]]
        count = len(metric["buckets"]) + 2 if metric["type"] == "histogram" else 1
        count += metric["mode"] in ("mean", "mostrecent")
        cells = [next(flat) for _ in range(count)]
        return [math.nan if cell == "NaN" else cell for cell in cells]

    def executors(self):
        """Fetch everything; return the executors by id, with their values by metric and label values."""
        snapshot = json.loads(self.raw())
        self.metrics, self.series = snapshot["metrics"], snapshot["series"]
        result = {}
        for executor in snapshot["executors"]:
            flat = iter(executor["values"])
            executor["values"] = {self.key(place): self._cells(place, flat) for place in executor["series"]}
            result[executor["id"]] = executor
        return result


class Executor:
    """An executor of a store."""

    _sessions = iter(range(1, 1 << 40))

    def __init__(self, store, name, *, known=True):
        """Make one; Spark knows it unless told otherwise."""
        self.store = store
        self.name = name
        self._number = store.jvm("executor_new", id=name, session=next(self._sessions))
        if known:
            store.event("added", id=name)

    def set(self, definition, cells, labels=(), tasks_ended=0):
        """Set the cells of one series of its only process."""
        self.store.jvm(
            "executor_set",
            executor=self._number,
            definition=definition,
            labels=list(labels),
            cells=finite_or_text(cells),
            tasks_ended=tasks_ended,
        )
        return self

    def read(self, **readings):
        """Set readings; None takes one away."""
        self.store.jvm("executor_readings", executor=self._number, readings=readings)
        return self

    def report(self, fate="arrives"):
        """Report to the driver over a network that may fail; return whether more is to be said at once."""
        return self.store.jvm("executor_report", executor=self._number, store=self.store.number, fate=fate)
