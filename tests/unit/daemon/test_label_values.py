"""Closed sets of label values: each is of metrics that the catalogue has, and is found by their names."""

from __future__ import annotations

import pytest

from exporter.daemon.catalogue import load
from exporter.daemon.label_values import CLOSED, Closed, values_of
from exporter.daemon.model import STATES


def _metrics(closed: Closed) -> list[str]:
    names = [name for name, entry in load().entries.items() if closed.label in entry.own_labels]
    return [name for name in names if closed.values == values_of(name, closed.label)]


@pytest.mark.parametrize("closed", CLOSED, ids=lambda closed: f"{closed.label}-{closed.metric}")
def test_each_set_is_of_a_label_that_the_catalogue_has(closed: Closed) -> None:
    assert any(name.startswith(closed.metric) for name in _metrics(closed))
    assert len(closed.values) == len(set(closed.values)) > 1


def test_values_are_those_of_the_metric_and_of_no_other_one() -> None:
    assert values_of("spark_app_state", "state") == STATES
    assert values_of("spark_app_state_timestamp_seconds", "state") == ()
    assert values_of("spark_app_state", "app_id") == ()
    assert values_of("spark_executor_jvm_gc_time_seconds_total", "collector") == ()
    assert values_of("spark_exporter_source_failures_total", "collector")[0] == "application"


def test_what_the_catalogue_fixes_is_among_the_values() -> None:
    for name, entry in load().entries.items():
        for origin in entry.origins:
            for label, value in origin.labels:
                assert value in (values_of(name, label) or (value,)), name
