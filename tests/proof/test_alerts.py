"""Real failures fire their alerts in Prometheus, which arrive at Alertmanager; what is well fires none."""

from types import MappingProxyType

import pytest

from dashboards.config import load
from dashboards.rules.alerts import GROUPS

pytestmark = [pytest.mark.spark, pytest.mark.timeout(900)]

BATCH, STREAMS, IMPORT, REPORT, PLAIN = (
    "orders-batch",
    "orders-stream",
    "orders-import",
    "orders-report",
    "orders-plain",
)
RECEIVERS = MappingProxyType({"critical": {"/on-call"}, "warning": {"/tickets"}, "info": set()})

# What each application suffers, and so what must be said of it: alert, application, query or collector.
MUST = {
    ("SparkApplicationFailed", IMPORT, ""),
    ("SparkJobsFailing", IMPORT, ""),
    ("SparkTaskFailureRateHigh", IMPORT, ""),
    ("SparkListenerBusDroppingEvents", IMPORT, ""),
    ("SparkHeapNearLimit", IMPORT, ""),
    ("SparkApplicationWaiting", REPORT, ""),
    ("SparkExecutorsMissing", REPORT, ""),
    ("SparkApplicationLost", REPORT, ""),
    ("SparkExecutorsLost", BATCH, ""),
    ("SparkFetchFailures", BATCH, ""),
    ("SparkStageSkewed", BATCH, ""),
    ("SparkStageStraggling", BATCH, ""),
    ("SparkDiskSpillHigh", BATCH, ""),
    ("SparkCustomMetricStalled", BATCH, ""),
    ("SparkExporterReportStale", BATCH, ""),
    ("SparkExporterConfigurationLagging", BATCH, ""),
    ("SparkExporterValuesRefused", BATCH, ""),
    ("SparkExporterSeriesDropped", IMPORT, ""),
    ("SparkStreamingFallingBehind", STREAMS, "behind"),
    ("SparkStreamingBacklogGrowing", STREAMS, "backlog"),
    ("SparkStreamingStalled", STREAMS, "stalled"),
    ("SparkStreamingTerminated", STREAMS, "failing"),
    ("SparkStreamingRestarting", STREAMS, "failing"),
    ("SparkStreamingStateGrowing", STREAMS, "without-clock"),
    ("SparkStreamingWatermarkStuck", STREAMS, "without-clock"),
    ("SparkDstreamFallingBehind", STREAMS, ""),
    ("SparkExporterSourceFailing", "", "sink"),
    ("SparkExporterDown", "", ""),
}
# What depends on how fast the machine is, and why it would be right.
MAY = {
    ("SparkTaskFailureRateHigh", BATCH, ""): "tasks of it do fail, for a while more than others succeed",
    (
        "SparkExporterSourceFailing",
        "",
        "application",
    ): "it has waited for drivers, longer than the alert waits here",
    (
        "SparkCustomMetricStalled",
        STREAMS,
        "",
    ): "a batch of its slow query takes longer than the alert waits here",
    ("SparkApplicationNotProgressing", BATCH, ""): "nothing has ended yet",
    ("SparkApplicationNotProgressing", STREAMS, ""): "nothing has ended yet",
    ("SparkExecutorsIdle", STREAMS, ""): "it has begun, but not its queries",
    ("SparkStageStraggling", STREAMS, ""): "a slow machine",
    ("SparkStreamingFallingBehind", STREAMS, "without-clock"): "a slow machine",
    ("SparkStreamingStalled", STREAMS, "behind"): "its batches take longer and longer",
    ("SparkExecutorsIdle", IMPORT, ""): "it pauses between its jobs",
    ("SparkGarbageCollectionHigh", IMPORT, ""): "its heap is nearly full",
    ("SparkExecutorsIdle", BATCH, ""): "it rests",
    ("SparkExecutorsMissing", BATCH, ""): "a lost executor takes some seconds to be replaced",
    ("SparkApplicationWaiting", BATCH, ""): "so does its first one",
    ("SparkJobsFailing", BATCH, ""): "some of its jobs fail",
    ("SparkDriverOverloaded", BATCH, ""): "a slow machine",
    ("SparkDriverOverloaded", STREAMS, ""): "a slow machine",
    ("SparkDriverOverloaded", REPORT, ""): "a slow machine",
    ("SparkDriverOverloaded", IMPORT, ""): "its heap is nearly full",
}


def who(labels):
    """Return the alert, the application and the query or the collector of an alert's labels."""
    part = labels.get("query_name") or labels.get("collector", "")
    return labels["alertname"], labels.get("app_name", ""), part


@pytest.fixture(scope="module")
def rules():
    """The alerts as they are written, by their names."""
    return {alert.name: alert for group in GROUPS.values() for alert in group}


@pytest.mark.parametrize("expected", sorted(MUST), ids=" ".join)
def test_a_failure_fires_its_alert_and_it_arrives(proof, rules, expected):
    """It fires in Prometheus; Alertmanager has it with its labels and annotations."""
    name, app_name, part = expected
    fired = proof.values(f'ALERTS{{alertname="{name}", alertstate="firing"}}')
    assert expected in {who(one["metric"]) for one in fired}
    arrived = [one for one in proof.watch.seen(name) if who(one["labels"]) == expected]
    assert arrived != []
    config = load(proof.showcase.directory / "config.yaml")
    for alert in arrived:
        assert alert["labels"]["severity"] == config.alerts[name].severity
        notes = alert["annotations"]
        assert notes["summary"] == rules[name].summary
        assert notes["runbook_url"] == f"{config.runbook_url_base}/{name}.md"
        assert "<no value>" not in notes["description"]
        assert app_name in notes["description"]
        assert part in notes["description"]


@pytest.mark.parametrize("expected", sorted(MUST), ids=" ".join)
def test_who_is_told(proof, expected):
    """Critical alerts go to who is on call, warnings to the tickets, and of the others nobody hears."""
    name = expected[0]
    config = load(proof.showcase.directory / "config.yaml")
    told = proof.webhook.told(name)
    if any(alert["inhibitors"] for alert in proof.watch.seen(name)):
        assert told <= RECEIVERS[config.alerts[name].severity]
    else:
        assert told == RECEIVERS[config.alerts[name].severity]


def test_nothing_else_fires(proof):
    """No alert fires about what is well; of the application without the plugin, none at all."""
    fired = {who(one["metric"]) for one in proof.values('ALERTS{alertstate="firing"}')}
    assert fired - MUST - MAY.keys() == set()
    assert PLAIN not in {app_name for _, app_name, _ in fired}
    assert "well" not in {part for _, _, part in fired}


def test_an_application_that_failed_silences_what_is_said_of_its_parts(proof):
    """Its failed tasks and jobs are inhibited by its failure, and by nothing else."""
    (failed,) = proof.watch.seen("SparkApplicationFailed", app_name=IMPORT)
    for name in ("SparkTaskFailureRateHigh", "SparkJobsFailing"):
        (alert,) = proof.watch.seen(name, app_name=IMPORT)
        assert alert["inhibitors"] == {failed["fingerprint"]}
        assert alert["states"] >= {"suppressed"}
    assert failed["inhibitors"] == set()
