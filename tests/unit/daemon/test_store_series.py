"""How much of each application is published: budgets, conflicts of names, and what is prepared."""

import io
import json

import orjson
import pytest
from fake_driver import Plugin, executor, metric
from published import TARGET, Clock
from store_rig import application, lines, snapshot

from exporter.daemon import logs
from exporter.daemon.decode import Decoder
from exporter.daemon.exposition import Format, expose
from exporter.daemon.limits import Limits
from exporter.daemon.render import custom
from exporter.daemon.store import Store


@pytest.fixture
def clock():
    return Clock(0.0)


def test_above_the_budget_the_detail_by_executor_goes_first_and_whole(clock):
    """A part of it would add up to a wrong total."""
    store = Store(900.0, Limits(4), clock)
    metrics, executors = (
        [metric("a"), metric("b")],
        [executor("1", [0], [1.0]), executor("2", [0, 1], [1.0, 1.0])],
    )
    store.publish(TARGET, application(), snapshot(metrics, [2.0, 1.0], executors=executors))

    assert lines(store) == [
        'spark_custom_a_total{app_id="app-1",} 2.0',
        'spark_custom_b_total{app_id="app-1",} 1.0',
    ]
    (item,) = store.view().applications
    assert dict(item.dropped) == {"budget": 3, "all_budget": 0, "conflict": 0, "label_truncated": 0}
    assert item.plan.lines == 2


def test_the_budget_is_counted_in_published_series(clock):
    """A histogram is as many as it has lines."""
    store = Store(900.0, Limits(6), clock)
    metrics = [metric("a"), metric("h", "histogram", buckets=[1.0]), metric("b")]
    store.publish(TARGET, application(), snapshot(metrics, [1.0, 1.0, 1.0, 1.0, 1.0]))
    assert len(lines(store)) == 6
    store = Store(900.0, Limits(4), clock)
    store.publish(TARGET, application(), snapshot(metrics, [1.0, 1.0, 1.0, 1.0, 1.0]))

    assert lines(store) == ['spark_custom_a_total{app_id="app-1",} 1.0']
    assert store.view().applications[0].dropped["budget"] == 5


def test_dropped_series_are_counted_once_and_never_less(clock):
    """The count is a counter, also when an executor goes and everything fits again."""
    store = Store(900.0, Limits(2), clock)
    many, few = [executor("1", [0], [1.0]), executor("2", [0], [1.0])], [executor("1", [0], [1.0])]
    for executors in (many, many, few):
        store.publish(TARGET, application(), snapshot([metric("a")], [1.0], executors=executors))

    assert len(lines(store)) == 2
    assert store.view().applications[0].dropped["budget"] == 2


def test_a_name_has_the_type_of_the_application_that_came_first(clock):
    """The other one's series are left out and counted, as long as the first application is there."""
    store = Store(900.0, Limits(1000), clock)
    store.publish(TARGET, application(), snapshot([metric("a"), metric("b")], [1.0, 1.0]))
    second = snapshot([metric("a", "gauge", mode="sum"), metric("c")], [5.0, 6.0], "app-2")
    store.publish("http://two", application("app-2"), second)
    assert lines(store) == [
        'spark_custom_a_total{app_id="app-1",} 1.0',
        'spark_custom_b_total{app_id="app-1",} 1.0',
        'spark_custom_c_total{app_id="app-2",} 6.0',
    ]
    assert [item.dropped["conflict"] for item in store.view().applications] == [0, 1]
    store.publish(TARGET, application(), snapshot([metric("a")], [1.0], final=True))
    clock.now = 901.0

    assert lines(store) == [
        'spark_custom_a{app_id="app-2",} 5.0',
        'spark_custom_c_total{app_id="app-2",} 6.0',
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (metric("a"), metric("a_total", "gauge", mode="sum")),
        (metric("a", "histogram"), metric("a_count", "gauge", mode="sum")),
        (metric("a_bucket", "gauge", mode="sum"), metric("a", "histogram")),
    ],
)
def test_a_name_that_is_a_part_of_another_family_is_a_conflict(clock, first, second):
    """OpenMetrics forbids a family to be called like a sample of another one."""
    store = Store(900.0, Limits(1000), clock)
    cells = {"counter": [1.0], "gauge": [1.0], "histogram": [1.0, 1.0]}
    store.publish(TARGET, application(), snapshot([first], cells[first["type"]]))
    store.publish("http://two", application("app-2"), snapshot([second], cells[second["type"]], "app-2"))

    assert all("app-1" in line for line in lines(store))
    assert store.view().applications[1].dropped["conflict"] > 0


def test_the_same_metric_of_two_applications_is_one_family(clock):
    """With the help of the first, and with each one's own labels."""
    store = Store(900.0, Limits(1000), clock)
    store.publish(TARGET, application(), snapshot([metric("a", help="First.")], [1.0]))
    other = snapshot([metric("a", labels=["x"], help="Second.")], [2.0], "app-2", series=[[0, "y"]])
    store.publish("http://two", application("app-2"), other)
    text = expose(custom(store.view()), Format.TEXT).decode()

    assert text == (
        "# HELP spark_custom_a_total First.\n# TYPE spark_custom_a_total counter\n"
        'spark_custom_a_total{app_id="app-1",app_name="etl"} 1.0\n'
        'spark_custom_a_total{app_id="app-2",app_name="etl",x="y"} 2.0\n'
    )


def test_a_label_of_ours_is_refused(clock):
    """It would be there twice."""
    store = Store(900.0, Limits(1000), clock)
    plugin = snapshot([metric("a", labels=["app_id"]), metric("b")], [1.0, 2.0], series=[[0, "x"], [1]])
    store.publish(TARGET, application(), plugin)

    assert lines(store) == ['spark_custom_b_total{app_id="app-1",} 2.0']


def test_what_is_prepared_stays_while_only_values_change(clock):
    """A scrape then formats numbers and nothing else; new series make a new scope only where they are."""
    store, decoder, plugin = Store(900.0, Limits(1000), clock), Decoder(), Plugin()
    plugin.metrics, plugin.series, plugin.totals = [metric("a", labels=["x"])], [[0, "1"]], [1.0]
    plugin.executors = [executor("1", [0], [1.0])]

    def publish():
        held = decoder.position
        answer = plugin.answer(held.metrics, held.series, held.boot)
        store.publish(TARGET, application(), decoder.decode(orjson.dumps(answer)))
        return store.view().applications[0].plan

    first = publish()
    plugin.totals = [2.0]
    second = publish()
    assert second.total is first.total
    plugin.series, plugin.totals = [*plugin.series, [0, "2"]], [2.0, 3.0]
    third = publish()

    assert third.total is not second.total
    assert third.executors["1"] is first.executors["1"]
    assert len(lines(store)) == 3


def test_a_view_never_changes(clock):
    """A scrape reads one state, however long it takes."""
    store = Store(900.0, Limits(1000), clock)
    store.publish(TARGET, application(), snapshot([metric("a")], [1.0]))
    view = store.view()
    before = expose(custom(view), Format.TEXT)
    store.publish(TARGET, application(), snapshot([metric("a")], [2.0]))

    assert expose(custom(view), Format.TEXT) == before
    assert expose(custom(store.view()), Format.TEXT) != before


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (metric("rows"), metric("rows_total")),
        (metric("rows_bytes"), metric("rows", unit="bytes")),
        (metric("rows", "gauge"), metric("rows_total")),
    ],
)
def test_two_metrics_that_are_published_as_one(clock, first, second):
    """The second is left out: a series that is there twice makes the whole scrape worthless."""
    store = Store(900.0, Limits(1000), clock)
    store.publish(TARGET, application(), snapshot([first, second, metric("b")], [1.0, 2.0, 3.0]))

    assert [line.rpartition(" ")[2] for line in lines(store)] == ["1.0", "3.0"]
    assert store.view().applications[0].dropped["conflict"] == 1


def test_one_name_with_different_labels_is_published_whole(clock):
    """No series is there twice."""
    store = Store(900.0, Limits(1000), clock)
    both = [metric("rows"), metric("rows", labels=["x"])]
    store.publish(TARGET, application(), snapshot(both, [1.0, 2.0], series=[[0], [1, "y"]]))

    assert len(lines(store)) == 2


@pytest.fixture
def said():
    """The store's log lines."""
    stream = io.StringIO()
    logs.configure("info", "json", stream)
    return lambda: [json.loads(line)["msg"].partition(";")[0] for line in stream.getvalue().splitlines()]


def test_a_limit_that_is_exceeded_again_is_said_again(clock, said):
    """And in between that it is not; while it lasts, once."""
    store = Store(900.0, Limits(1), clock)
    for count in (2, 2, 1, 2):
        metrics = [metric(name) for name in "ab"[:count]]
        store.publish(TARGET, application(), snapshot(metrics, [1.0] * count))

    exceeded = "more than 1 series: some are not published"
    assert said() == [exceeded, "all series fit in the limit again", exceeded]


def test_nothing_is_remembered_of_applications_that_are_gone(clock, said):
    """A daemon may see very many of them; one that comes back under its old id is new."""
    store = Store(900.0, Limits(1), clock)
    metrics = [metric("a"), metric("b"), metric("c", labels=["app_id"])]
    more = {"series": [[0], [1], [2, "x"]]}
    for _ in range(2):
        store.publish(TARGET, application(), snapshot(metrics, [1.0] * 3, **more))
        store.publish(TARGET, application(), snapshot(metrics, [1.0] * 3, final=True, **more))
        clock.now += 901.0
        assert store.view().applications == ()
        assert store._dropped._repeats._last == {}
        assert store._planner._repeats._last == {}

    assert len(said()) == 4
