"""Queries are checked against the metrics that exist, their labels, and the dashboard's variables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards import promql, vocabulary

WHERE = "spark.json, panel Tasks"
APP = {"app_id", "app_name"}
CATALOGUE = vocabulary.catalogue()


def labels(query: str, **variables: str) -> frozenset[str]:
    return promql.check(query, CATALOGUE, WHERE, variables)


def own(query: str) -> set[str]:
    return set(labels(query)) - vocabulary.TARGET_LABELS


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("spark_app_up", APP),
        ("sum without (status) (rate(spark_app_tasks_total[5m]))", APP),
        (
            "sum by (app_name, reason) (increase(spark_app_executor_removals_total[1h]))",
            {"app_name", "reason"},
        ),
        ("topk(3, spark_app_executors)", APP),
        ("count(spark_app_up == 1)", set()),
        ("(spark_executor_cores) * 2", APP | {"executor_id"}),
        ("2 * -spark_app_up", APP),
        (
            "spark_executor_up * on (app_id, executor_id) group_left (host) spark_executor_info",
            APP | {"executor_id", "host"},
        ),
        ("spark_app_info * on (app_id) spark_app_up", {"app_id"}),
        ("spark_app_up == on (app_id) group_right () spark_executor_up", APP | {"executor_id"}),
        ("spark_app_state and ignoring (state) spark_app_up", APP | {"state"}),
        ("spark_app_state * ignoring (state) group_left () spark_app_up", APP | {"state"}),
        ("spark_app_up or spark_executor_up", APP | {"executor_id"}),
        ('label_replace(spark_app_up, "short", "$1", "app_id", "(.*)")', APP | {"short"}),
        ('label_replace(sum(spark_app_up), "what", "all", "", "")', {"what"}),
        ('label_join(spark_app_up, "both", "/", "app_id", "app_name")', APP | {"both"}),
        ("histogram_quantile(0.9, rate(spark_exporter_event_delivery_seconds_bucket[5m]))", APP),
        ("rate(spark_exporter_event_delivery_seconds_sum[5m])", APP),
        ("max_over_time(rate(spark_app_tasks_total[5m])[1h:1m])", APP | {"status"}),
        ('absent(spark_app_up{app_name="etl"})', {"app_name"}),
        ('absent_over_time(spark_app_up{app_name="etl", app_id!="x"}[5m])', {"app_name"}),
        ("absent(sum(spark_app_up))", set()),
        ('count_values("version", spark_exporter_config_version)', {"version"}),
        ("time() - 5", set()),
        ("vector(1)", set()),
        ("scalar(spark_exporter_series_limit)", set()),
        ('up{job="spark-exporter"}', set()),
    ],
)
def test_labels_are_followed_to_the_result(query: str, kept: set[str]) -> None:
    assert own(query) == kept


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("sum(", "sum( is no PromQL"),
        (
            "spark_app_upp",
            "spark_app_upp is neither in the catalogue nor a recording rule; did you mean spark_app_up?",
        ),
        ("whatever", "whatever is neither in the catalogue nor a recording rule"),
        ('spark_app_up{app="x"}', "there is no label app on spark_app_up"),
        ("sum by (state) (spark_app_up)", "there is no label state on sum ['state'] of spark_app_up"),
        ("sum without (stat) (spark_app_state)", "there is no label stat on sum"),
        ("sum without (stat) (spark_app_state)", "did you mean state?"),
        ("spark_app_up * on (host) spark_app_info", "there is no label host on spark_app_up"),
        ("spark_app_up * on (state) spark_app_state", "there is no label state on spark_app_up"),
        ("spark_app_up * ignoring (host) spark_app_up", "there is no label host on spark_app_up"),
        (
            "spark_app_up * on (app_id) group_left (host) spark_app_info",
            "from which group_left is to bring it",
        ),
        (
            "spark_app_info * on (app_id) group_right (host) spark_app_up",
            "from which group_right is to bring it",
        ),
        (
            "sum by (app_id) (spark_app_up) * on (app_name) spark_app_up",
            "there is no label app_name on sum by (app_id)",
        ),
        ('label_replace(spark_app_up, "a", "$1", "host", "(.*)")', "from which label_replace is to take it"),
        ('label_join(spark_app_up, "a", "/", "app_id", "host")', "from which label_join is to take it"),
        ("histogram_quantile(0.9, spark_app_up)", "there is no label le on spark_app_up"),
        (
            "spark_app_state == spark_app_up",
            "spark_app_state{} == spark_app_up{} never matches: only spark_app_state{} has state; use on",
        ),
        ("spark_app_up unless spark_app_state == 1", "has state; use on or ignoring"),
        (
            "spark_app_up / sum by (app_id) (spark_app_state)",
            "never matches: only spark_app_up",
        ),
        (
            "spark_executor_up * ignoring (host) group_left (host) spark_executor_info > spark_app_up",
            "never matches",
        ),
        ("rate(spark_app_executors[5m])", "rate is for counters, and spark_app_executors is none"),
        ("deriv(spark_app_tasks_total[5m])", "deriv is for gauges, and spark_app_tasks_total is a counter"),
        ("topk(scalar(spark_nothing), spark_app_up)", "spark_nothing is neither"),
        (
            'spark_app_state{state="faild"}',
            "finds nothing: state is never faild; did you mean failed?; its values are completed, failed,",
        ),
        ('spark_app_state{state!="Failed"}', "state is never Failed"),
        ('spark_app_state{state=~"failed|losst"}', "state is never losst; did you mean lost?"),
        ('spark_app_tasks_total{status!~"(fail|kil)"}', "status is never (fail|kil)"),
        (
            'spark_app_state{state="failed"} and spark_app_state{state="lost"}',
            "never matches: state is failed on one side and lost on the other",
        ),
        (
            (
                'sum by (app_id, state) (spark_app_state{state="failed"} > 0)'
                ' * on (app_id, state) max by (app_id, state) (spark_app_state{state="lost"})'
            ),
            "never matches: state is failed on one side and lost on the other",
        ),
        ("rate(spark_app_tasks_total[10s])", "holds too few scrapes for rate; expected 20s at least"),
        ("increase(spark_app_tasks_total[19s])", "holds too few scrapes for increase"),
        ('{app_id="x"}', "a selector without a metric's name looks at every series"),
        ('{__name__=~"spark_.*"}', "names by pattern are for custom metrics: spark_custom_.*"),
        (
            'rate({__name__=~"spark_custom_.*"}[10m])',
            'drops the names of {__name__=~"spark_custom_.*"}[10m]: metrics with equal labels',
        ),
        ('abs({__name__=~"spark_custom_.*"})', "abs drops the names of"),
        ('{__name__="spark_nothing"}', "spark_nothing is neither"),
        ('spark_app_up{app_id=~"$app"}', "$app is no variable of the dashboard; did you mean app_id?"),
        (
            "rate(spark_app_tasks_total[$interval])",
            "$interval is no variable of the dashboard; did you mean __interval?",
        ),
    ],
)
def test_what_does_not_exist_is_an_error_that_names_the_place(query: str, problem: str) -> None:
    with pytest.raises(promql.PromqlError) as caught:
        labels(query, app_id=".*")
    assert str(caught.value).startswith(f"{WHERE}: ")
    assert problem in str(caught.value)


def test_variables_are_found_in_each_form_of_grafana() -> None:
    series = 'spark_custom_rows_total{app_id=~"${app_id:regex}", a=~"[[name]]"}'
    query = f"sum by ($label) (rate({series}[$__rate_interval]))"
    assert labels(query, app_id="a", name="b", label="stage") == {"stage"}


def test_a_custom_metric_may_have_any_label() -> None:
    assert promql.ANY in labels("rate($metric[5m])", metric="spark_custom_rows_total")
    assert "source" in labels("sum by (source) (rate(spark_executor_custom_rows_total[5m]))")
    assert promql.ANY in labels('{__name__=~"spark_custom_.*"}')


@pytest.mark.parametrize(
    "query",
    [
        'spark_app_state{state="failed"} or spark_app_state{state="lost"}',
        'spark_app_state{state="failed"} and ignoring (state) spark_app_state{state="lost"}',
        'spark_app_state{state="failed"} / on (app_id) spark_app_state{state="lost"}',
        'spark_app_state{state=~"fail.*|lost"}',
        'spark_app_state{state=~".*"}',
        'spark_app_state{state!=""}',
        'spark_executor_removed_info{reason="whatever Spark says"}',
        (
            'label_replace(spark_app_state{state="failed"}, "state", "lost", "", "")'
            ' and spark_app_state{state="lost"}'
        ),
    ],
)
def test_values_that_labels_have_and_sides_that_meet_are_no_errors(query: str) -> None:
    assert "app_id" in labels(query)


@pytest.mark.parametrize(
    ("expression", "counter"),
    [
        ("sum without (status) (spark_app_tasks_total)", True),
        ('label_replace(sum by (app_id) ({__name__=~"spark_custom_.+_total"}), "a", "b", "", "")', True),
        ("(max by (app_id) (spark_app_tasks_total))", True),
        ("sum without (status) (rate(spark_app_tasks_total[5m]))", False),
        ("sum without (executor_id) (spark_executor_cores)", False),
        ("spark_app_tasks_total / 2", False),
    ],
)
def test_a_recorded_counter_is_told_from_what_is_recorded_of_one(expression: str, *, counter: bool) -> None:
    known = CATALOGUE.add(
        "app:it:sum", labels(expression), counter=promql.counts(expression, CATALOGUE, WHERE)
    )
    if counter:
        promql.check("rate(app:it:sum[5m])", known, WHERE)
    else:
        with pytest.raises(promql.PromqlError, match="rate is for counters, and app:it:sum is none"):
            promql.check("rate(app:it:sum[5m])", known, WHERE)


def test_a_recording_rule_can_be_queried_with_the_labels_that_it_leaves() -> None:
    expression = "sum without (status) (rate(spark_app_tasks_total[5m]))"
    known = CATALOGUE.add("app:spark_app_tasks:rate5m", labels(expression))
    assert promql.check("app:spark_app_tasks:rate5m > 3", known, WHERE) == labels(expression)
    with pytest.raises(promql.PromqlError, match="there is no label status on app:spark_app_tasks:rate5m"):
        promql.check('app:spark_app_tasks:rate5m{status="failed"}', known, WHERE)
    with pytest.raises(promql.PromqlError, match="app:spark_app_tasks:rate5m is neither"):
        promql.check("app:spark_app_tasks:rate5m", CATALOGUE, WHERE)


@pytest.mark.parametrize(
    "query",
    [
        'label_values(spark_app_info{namespace=~"$namespace"}, app_id)',
        "label_values(sum by (app_id) (spark_app_up == 1), app_id)",
        "query_result(topk(5, spark_app_executors))",
        "metrics(spark_custom_.*)",
    ],
)
def test_queries_of_variables_are_checked(query: str) -> None:
    promql.check_variable(query, CATALOGUE, WHERE, {"namespace": ".*"})


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("label_values(spark_app_inf, app_id)", "spark_app_inf is neither"),
        ("label_values(spark_app_info, host)", "spark_app_info has no label host"),
        ("label_values(app_id)", "looks at every series; name a metric, too"),
        ("query_result(spark_nothing)", "spark_nothing is neither"),
        ('label_values(spark_app_info{namespace=~"$space"}, app_id)', "$space is no variable"),
        ("spark_app_up", "spark_app_up is no query of a variable; expected label_values(metric, label)"),
    ],
)
def test_a_variable_that_finds_nothing_is_an_error(query: str, problem: str) -> None:
    with pytest.raises(promql.PromqlError) as caught:
        promql.check_variable(query, CATALOGUE, WHERE, {})
    assert problem in str(caught.value)


def test_a_legend_shows_only_labels_that_the_query_keeps() -> None:
    kept = labels("sum by (app_id) (spark_app_state)")
    promql.check_legend("of {{app_id}}", kept, WHERE)
    promql.check_legend("{{ anything }}", frozenset({promql.ANY}), WHERE)
    with pytest.raises(
        promql.PromqlError, match="panel Tasks: the legend shows state, which the query does not keep"
    ):
        promql.check_legend("{{ app_id }}: {{ state }}", kept, WHERE)


@given(st.text(max_size=60))
def test_any_text_is_a_query_or_an_error_of_ours(text: str) -> None:
    problem = WHERE
    try:
        labels(text)
    except promql.PromqlError as error:
        problem = str(error)
    assert problem.startswith(WHERE)


@given(st.sets(st.sampled_from(["status", "app_id", "app_name", "job"])))
def test_what_is_summed_away_is_gone_and_the_rest_stays(dropped: set[str]) -> None:
    everything = labels("spark_app_tasks_total")
    listed = ", ".join(sorted(dropped))
    assert labels(f"sum without ({listed}) (spark_app_tasks_total)") == everything - dropped
    assert labels(f"sum by ({listed}) (spark_app_tasks_total)") == dropped
