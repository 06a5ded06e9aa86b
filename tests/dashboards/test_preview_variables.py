"""Values of variables in previews: what Grafana chooses when somebody opens the dashboard."""

from __future__ import annotations

import pytest

from dashboards.preview.prometheus import Prometheus
from dashboards.preview.variables import resolve
from prometheus_stand_in import prometheus

START, END = 1_700_000_000, 1_700_003_600


def resolved(variables, answers, **given):
    with prometheus(answers) as (url, _):
        dashboard = {"templating": {"list": variables}}
        return resolve(dashboard, Prometheus(url, START, END), given)


def variable(query, **more):
    return {"name": "v", "type": "query", "query": query, "includeAll": False, **more}


def found(*labels):
    return [(one, [(END, 7.0)]) for one in labels]


def test_a_variable_with_all_has_its_pattern_for_all():
    """It is not asked for."""
    everything = variable("label_values(up, job)", includeAll=True, allValue=".*")
    assert resolved([everything], {})["v"] == ".*"


def test_all_without_a_pattern_is_every_value():
    """They become a list, each value once."""
    everything = variable("label_values(up, job)", includeAll=True, sort=7)
    answers = {"up": found({"job": "b"}, {"job": "a"}, {"job": "b"}, {"other": "c"})}
    assert resolved([everything], answers)["v"] == ["a", "b"]


def test_a_variable_without_all_has_the_first_value():
    """In the order that the dashboard asks for: natural, 2 before 10."""
    answers = {"up": found({"job": "x10"}, {"job": "x2"})}
    assert resolved([variable("label_values(up, job)", sort=7)], answers)["v"] == "x2"


def test_a_regular_expression_takes_its_part_of_a_sample():
    """A query's result is text, as Grafana writes it."""
    query = variable("query_result(topk(1, up))", regex='/app_id="([^"]+)"/')
    answers = {"topk(1, up)": found({"__name__": "up", "app_id": "app-1"})}
    assert resolved([query], answers)["v"] == "app-1"


def test_names_of_labels_are_found_of_metrics_that_have_the_text_in_their_names():
    """A regular expression leaves some of them out."""
    query = variable("label_names(rows)", includeAll=True, regex="/^(?!__)(.+)$/", sort=5)
    answers = {'{__name__=~".*rows.*"}': found({"__name__": "rows", "source": "a"})}
    assert resolved([query], answers)["v"] == ["source"]


def test_a_variable_sees_those_before_it():
    """Its query has their values."""
    first = variable("label_values(up, job)") | {"name": "job"}
    second = variable('label_values(up{job="$job"}, instance)')
    answers = {"up": found({"job": "a"}), 'up{job="a"}': found({"instance": "i"})}
    assert resolved([first, second], answers)["v"] == "i"


def test_a_value_that_is_given_is_taken():
    """Whatever the server has."""
    assert resolved([variable("label_values(up, job)")], {}, v="mine")["v"] == "mine"


def test_a_variable_without_values_is_empty():
    """An empty Prometheus is no error."""
    assert resolved([variable("label_values(up, job)")], {})["v"] == ""


@pytest.mark.parametrize(("samples", "rate"), [(1800, "14s"), (240, "60s")])
def test_a_rate_sees_at_least_four_samples(samples, rate):
    """Grafana's rule: the step and one scrape, or four scrapes, whichever is longer."""
    answers = {"max(count_over_time(spark_exporter_build_info[3600s]))": [({}, [(END, float(samples))])]}
    values = resolved([], answers)
    assert (values["__interval"], values["__range"]) == ("12s", "3600s")
    assert values["__rate_interval"] == rate
