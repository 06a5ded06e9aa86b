"""What the catalogue promises for an application, to hold against what is published of it."""

from __future__ import annotations

import contextlib
import re

from exporter.daemon import catalogue
from machine import container_metrics
from running import CUSTOM, until

EXECUTOR_CUSTOM = "spark_executor_custom_"
# What workload.py does not have: each of these needs another cluster, data source, library or mistake.
WORKLOAD_LACKS = {
    "connect",
    "control",
    "custom_resources",
    "discovery",
    "drops",
    "dstream_receiver_errors",
    "dstream_receivers",
    "dstreams",
    "dynamic_allocation",
    "ended",
    "events",
    "fixed_executors",
    "messages",
    "other_metrics",
    "rest_totals",
    "streaming_metrics",
    "streaming_offsets",
    "web_config",
}
# Of that, what test_truth.py gives it.
GIVEN = {"custom_resources", "other_metrics", "streaming_metrics", "streaming_offsets"}
# What every application with the plugin meets, as Spark's defaults are since 4.0.
USUAL = {"app_status", "plugin"}
# What an application uses or does not use from its beginning to its end.
FEATURES = {
    "accumulators",
    "connect",
    "control",
    "custom_resources",
    "discovery",
    "dstream_receiver_errors",
    "dstream_receivers",
    "dstreams",
    "dynamic_allocation",
    "events",
    "fixed_executors",
    "messages",
    "process_tree",
    "storage",
    "streaming",
    "web_config",
}
# Whether these hold is a matter of the machine that the test runs on, and of each metric alone.
MACHINE = {"cgroup_v2", "container", "container_limits", "container_network", "container_tasks"}


def names_of(text):
    """Return the names of all built-in metrics of an exposition, without those of which nobody can say."""
    found = {
        name
        for name in re.findall(r"^# TYPE (\S+) ", text, flags=re.MULTILINE)
        if not name.startswith((CUSTOM, EXECUTOR_CUSTOM))
    }
    _, unclear = container_metrics()
    return found - unclear


def catalogued(conditions):
    """Return the names of the metrics for which one of these conditions must hold, beside others perhaps."""
    return {name for name, entry in catalogue.load().entries.items() if conditions & {*entry.when}}


def newer_than(version):
    """Return the names of the metrics that this version of Spark, such as ``4.0``, does not give."""
    known = catalogue.load().entries.items()
    return {name for name, entry in known if _parts(entry.since) > _parts(version)}


def expected_names(absent):
    """Return what is promised for an application for which these conditions are not met, on this machine."""
    present, _ = container_metrics()
    missing = catalogued(absent - MACHINE) | catalogued(MACHINE) - present
    return {*catalogue.load().entries} - missing


def broken_promises(daemon, *features):
    """Wait for every name that is always promised to an application with the plugin that uses these features.

    Return the names that are missing, and those that are there although their feature is not used or the
    machine does not have them.
    """
    present, _ = container_metrics()
    known = catalogue.load().entries.items()
    wanted = present | {name for name, entry in known if {*USUAL, *features} >= {*entry.when}}
    names = until_complete(daemon, wanted)
    unused = catalogued(FEATURES.difference(features)) | catalogued(MACHINE) - present
    return wanted - names, names & unused


def until_complete(daemon, expected):
    """Wait for a scrape that has every expected name; return the names of that scrape, or of the last one."""
    names = set()

    def complete():
        names.clear()
        names.update(names_of(daemon.text()))
        return names >= expected

    # The caller compares the names, which says more than that it took too long.
    with contextlib.suppress(AssertionError):
        until(complete, "every promised metric")
    return names


def _parts(version):
    return tuple(map(int, version.split(".")))
