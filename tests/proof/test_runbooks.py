"""Every query of the runbooks, asked as somebody with the trouble would, of a Prometheus that has seen it."""

from __future__ import annotations

import pytest

import runbooks
from dashboards.rules.alerts import GROUPS

pytestmark = [pytest.mark.spark, pytest.mark.timeout(900)]

NAMES = [alert.name for group in GROUPS.values() for alert in group]
CUSTOM = "rows_parsed"


@pytest.mark.parametrize("name", NAMES)
def test_prometheus_takes_each_query(proof, name):
    """None is refused at any moment of the run, whichever application it is about."""
    asked = {
        runbooks.asked(query, app_id, CUSTOM) for query in runbooks.queries(name) for app_id in proof.app_ids
    }
    assert asked
    for query in sorted(asked):
        proof.values(query)


@pytest.mark.parametrize(
    "name",
    [
        "SparkApplicationFailed",
        "SparkCustomMetricStalled",
        "SparkExecutorsLost",
        "SparkHeapNearLimit",
        "SparkStageSkewed",
        "SparkStreamingBacklogGrowing",
        "SparkStreamingTerminated",
        "SparkTaskFailureRateHigh",
    ],
)
def test_the_page_of_what_has_happened_shows_something(proof, name):
    """Whoever follows the runbook sees more than the alert says."""
    pages = [
        [runbooks.asked(query, app_id, CUSTOM) for query in runbooks.queries(name)]
        for app_id in proof.app_ids
    ]
    assert any(proof.values(query) for page in pages for query in page)
