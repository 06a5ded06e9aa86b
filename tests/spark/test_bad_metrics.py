"""Somebody else's gauges are all that they should not be: /metrics stays whole, every oddity is counted."""

import pytest
import requests
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from running import until

pytestmark = pytest.mark.spark
OTHERS = "spark_executor_dropwizard_value"


def strict(daemon):
    """Return a scrape as a strict OpenMetrics parser reads it, as ``{(name, labels): value}``."""
    answer = requests.get(
        f"{daemon.url}/metrics", headers={"Accept": "application/openmetrics-text"}, timeout=30
    )
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def others(samples):
    """Return what the plugin of the test has registered and is published, by executor and name."""
    found = {}
    for (name, labels), value in samples.items():
        known = dict(labels)
        if name == OTHERS and "BadGauges" in known["name"]:
            found[known["executor_id"], known["name"].split("BadGauges.", 1)[1][:40]] = value
    return found


def dropped(samples, name):
    """Return how many samples were dropped for each reason."""
    counts = {}
    for (found, labels), value in samples.items():
        if found == name:
            reason = dict(labels)["reason"]
            counts[reason] = counts.get(reason, 0) + value
    return counts


GOOD = {
    "good": 42.0,
    "twin.name": 1.0,
    "twin_name": 2.0,
    'signs "\\\n\t\x00\u202e': 3.0,
    "x" * 40: 4.0,
    "falling": -7.0,
}


@pytest.mark.parametrize("plugin", ["on", "off"])
def test_bad_gauges_are_counted_and_harm_nothing(start_job, start_daemon, guests, plugin):
    """With the plugin in every JVM, without it in the driver alone: numbers are there, the rest counted."""
    conf = {"spark.plugins": "guest.BadGauges", "spark.jars": guests}
    job = start_job("guest.py", conf=conf, env={"PLUGIN": plugin})
    daemon = start_daemon(job.hear("ui"), arguments=["--poll.interval=1s"])
    job.hear("output")
    whom = ["driver", "0", "1"] if plugin == "on" else ["driver"]
    expected = {(who, name): value for who in whom for name, value in GOOD.items()}

    until(lambda: others(strict(daemon)) == expected, f"{expected}, not {others(strict(daemon))}")

    if plugin == "on":
        counted = dropped(strict(daemon), "spark_exporter_plugin_dropped_total")
        assert counted["invalid_reading"] == 7 * len(whom)
    else:
        counted = dropped(strict(daemon), "spark_exporter_samples_dropped_total")
        assert counted["not_a_number"] > 0
    assert dropped(strict(daemon), "spark_exporter_samples_dropped_total")["label_truncated"] > 0
    job.tell("stop")
    assert job.wait() == 0
