"""A plugin that says something of everything, and its answers as bytes."""

import orjson
from fake_driver import Plugin, executor, metric, query, words


def encode(document):
    """Return the body of an answer."""
    return orjson.dumps(words(document))


def plugin(**more):
    """Return a plugin with custom metrics, readings and a query, and with other attributes if given."""
    result = Plugin()
    result.metrics = [
        metric("rows", labels=["source"]),
        metric("depth", "gauge", mode="mean"),
        metric("latency", "histogram", buckets=[0.1, 1.0]),
    ]
    result.series = [[0, "kafka"], [1], [2]]
    result.totals = [3.0, 8.0, 2.0, 1.0, 2.0, 3.0, 4.5]
    result.readings = ["app.jobs.failed", "executor.runTime", "jvm.heap.used"]
    result.application_readings = [[0], [1.0]]
    readings = {"readings": [1, 2], "reading_values": [1500.0, 64.0]}
    result.executors = [executor("1", [0, 2], [3.0, 1.0, 2.0, 3.0, 4.5], **readings)]
    result.queries = [query(totals={"batches": 2.0}, progress={"batchId": 1})]
    for key, value in more.items():
        setattr(result, key, value)
    return result
