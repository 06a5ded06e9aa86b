"""The list of a dashboard's queries, and values in the place of Grafana's variables."""

from __future__ import annotations

import pytest

from dashboards.queries_of import Query, fill, queries_of


def panel(title, expr, **more):
    return {"type": "stat", "title": title, "targets": [{"expr": expr, "legendFormat": "{{a}}", **more}]}


def dashboard(panels=(), variables=(), annotations=()):
    return {
        "title": "T",
        "panels": list(panels),
        "templating": {"list": [{"type": "query", "name": "v", "query": query} for query in variables]},
        "annotations": {"list": list(annotations)},
    }


def test_panels_in_folded_rows_are_listed():
    """A folded row keeps its panels inside."""
    row = {"type": "row", "title": "R", "panels": [panel("Inside", "up")]}
    listed = queries_of(dashboard([panel("Outside", "down", instant=True), row]))
    assert listed == [
        Query("T", "panel Outside", "panel", "down", instant=True, texts=("{{a}}",)),
        Query("T", "panel Inside", "panel", "up", instant=False, texts=("{{a}}",)),
    ]


@pytest.mark.parametrize(
    ("query", "promql"),
    [
        ('label_values(up{job="a,b"}, instance)', 'group by (instance) (up{job="a,b"})'),
        ("query_result(topk(1, up))", "topk(1, up)"),
        ("label_names(spark_custom_$counter)", '{__name__=~".*spark_custom_$counter.*"}'),
    ],
)
def test_queries_of_variables_become_promql(query, promql):
    """They can be run against a Prometheus like all others."""
    assert queries_of(dashboard(variables=[query])) == [
        Query("T", "variable v", "variable", promql, instant=True)
    ]


def test_another_form_of_a_variable_is_an_error():
    """A form that would be left out of the list is refused."""
    with pytest.raises(ValueError, match=r"metrics\(.*\) is no query of a variable"):
        queries_of(dashboard(variables=["metrics(spark_.*)"]))


def test_annotations_are_listed_with_what_they_show():
    """Those of Grafana itself have no query."""
    mark = {"name": "M", "expr": "up", "titleFormat": "{{a}}", "textFormat": "{{b}}"}
    listed = queries_of(dashboard(annotations=[{"name": "built in"}, mark]))
    assert listed == [Query("T", "annotation M", "annotation", "up", instant=False, texts=("{{a}}", "{{b}}"))]


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("rate(x[$__rate_interval])", "rate(x[1m])"),
        ("x_${one}_total $one", "x_a_total a"),
        ('x{a=~"$several"}', 'x{a=~"(b|c)"}'),
        ('x{a=~"$single"}', 'x{a=~"d"}'),
        ("sum by (${several:csv}) (x)", "sum by (b,c) (x)"),
        ("sum by (${none:csv}) (x)", "sum by () (x)"),
        ('label_replace(x, "a", "$1", "$one", "(.*)")', 'label_replace(x, "a", "$1", "a", "(.*)")'),
    ],
)
def test_variables_get_their_values(text, filled):
    """One value as it is, several as a pattern or as a list."""
    values = {"__rate_interval": "1m", "one": "a", "several": ["b", "c"], "single": ["d"], "none": []}
    assert fill(text, values) == filled


def test_a_variable_without_a_value_is_an_error():
    """What was forgotten is named."""
    with pytest.raises(KeyError, match="app_id"):
        fill("$app_id", {})
