"""What a plugin says of control and messages, from its answer to the exposition."""

import re

import orjson
import pytest
from fake_driver import Plugin, executor
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from wire import encode, plugin

from exporter.daemon.catalogue import load
from exporter.daemon.decode import Decoder
from exporter.daemon.errors import SourceError
from exporter.daemon.exposition import Format
from exporter.daemon.limits import Limits
from exporter.daemon.render import Scrape, render
from exporter.daemon.store import Store

CONTROL = {
    "version": 7,
    "events": [["reload", "accepted", 3], ["reload", "handled", 2], ["gc", "failed", 1]],
    "delivery": {"bounds": [0.1, 2.5], "counts": [2, 1, 4], "sum": 31.5},
}
MESSAGES = [["initial-config", "asked", 4], ["initial-config", "answered", 3], ["other", "timeout", 1]]
NAMES = re.compile(r"spark_(?:exporter_(?:config|event|messages)|executor_config)")


def lines(source):
    """Return what is published of control and messages."""
    store = Store(900.0, Limits())
    snapshot = Decoder().decode(encode(source.answer()))
    store.publish("http://driver:4040", snapshot.application, snapshot)
    scrape = Scrape(store.view(), {}, 900.0, Limits())
    text = render(scrape, load(), Format.OPENMETRICS).decode()
    assert list(parse_openmetrics(text))
    return [
        line.replace('app_id="app-1",app_name="etl"', "A") for line in text.splitlines() if NAMES.match(line)
    ]


def test_everything_is_published():
    """Counters by two labels, a version for each live executor, and a cumulative histogram."""
    found = plugin(control=CONTROL, messages=MESSAGES)
    gone = {"state": "removed", "removed": 1005.0, "reason": "lost"}
    found.executors = [
        executor("driver", config_version=7),
        executor("1", config_version=6),
        executor("2", config_version=5, **gone),
        executor("3"),
    ]

    assert lines(found) == [
        "spark_exporter_config_version{A} 7.0",
        'spark_executor_config_version{A,executor_id="driver"} 7.0',
        'spark_executor_config_version{A,executor_id="1"} 6.0',
        'spark_exporter_events_total{A,type="reload",state="accepted"} 3.0',
        'spark_exporter_events_total{A,type="reload",state="handled"} 2.0',
        'spark_exporter_events_total{A,type="gc",state="failed"} 1.0',
        'spark_exporter_event_delivery_seconds_bucket{A,le="0.1"} 2.0',
        'spark_exporter_event_delivery_seconds_bucket{A,le="2.5"} 3.0',
        'spark_exporter_event_delivery_seconds_bucket{A,le="+Inf"} 7.0',
        "spark_exporter_event_delivery_seconds_sum{A} 31.5",
        "spark_exporter_event_delivery_seconds_count{A} 7.0",
        'spark_exporter_messages_total{A,topic="initial-config",result="asked"} 4.0',
        'spark_exporter_messages_total{A,topic="initial-config",result="answered"} 3.0',
        'spark_exporter_messages_total{A,topic="other",result="timeout"} 1.0',
    ]


@pytest.mark.parametrize("old", [False, True])
def test_nothing_is_published_of_what_is_off(old):
    """Nor of a plugin that knows nothing of it."""
    source = Plugin()
    answer = source.answer()
    if old:
        del answer["control"], answer["messages"]
    snapshot = Decoder().decode(encode(answer))

    assert not snapshot.control
    assert not [name for name in snapshot.frame.columns if NAMES.match(name)]


def test_messages_need_no_control():
    """They go on without a token."""
    assert lines(plugin(messages=[["x", "sent", 1]])) == [
        'spark_exporter_messages_total{A,topic="x",result="sent"} 1.0'
    ]
    assert Decoder().decode(encode(plugin(control=CONTROL).answer())).control


def with_control(**more):
    return {"control": {**CONTROL, **more}}


def with_delivery(**more):
    return with_control(delivery={**CONTROL["delivery"], **more})


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"control": []}, "answer.control: expected an object, found []"),
        (with_control(version=-1), "answer.control.version: expected a number, zero or more, found -1"),
        (with_control(events=None), "answer.control.events: expected an array, found None"),
        (
            with_control(events=[["x", "handled"]]),
            "answer.control.events[0]: expected two strings and a number, found",
        ),
        (
            with_control(events=[["x", 1, 1]]),
            "answer.control.events[0]: expected two strings and a number, found",
        ),
        (
            with_control(events=[["x", "a b", 1]]),
            "answer.control.events[0][1]: expected a word in snake_case, found 'a b'",
        ),
        (with_control(events=[["x", "failed", "many"]]), "answer.control.events[0][2][0]: expected a number"),
        (
            with_control(events=[["x", "failed", -1]]),
            "answer.control.events[0][2]: expected finite numbers, zero or more",
        ),
        (
            with_control(events=[["x", "failed", "+Inf"]]),
            "answer.control.events[0][2]: expected finite numbers",
        ),
        (
            with_control(events=[["x", "failed", 1]] * 2),
            "answer.control.events: expected each pair once, found",
        ),
        (with_control(events=[[str(n), "failed", 1] for n in range(1001)]), "expected at most 1000 entries"),
        (
            with_delivery(counts=[1, 2]),
            "answer.control.delivery.counts: expected 3 numbers, found (1.0, 2.0)",
        ),
        (
            with_delivery(bounds=[1, 1]),
            "answer.control.delivery.bounds: expected at most 100 numbers that grow",
        ),
        (with_delivery(sum="NaN"), "answer.control.delivery.sum: expected a finite number, found 'NaN'"),
        (
            {"messages": [[1, "sent", 1]]},
            "answer.messages[0]: expected two strings and a number, found [1, 'sent', 1]",
        ),
        (
            {"executors": [executor("1", config_version="x")]},
            "answer.executors[0].config_version: expected a finite number",
        ),
    ],
)
def test_a_malformed_answer(attributes, expected):
    """Is refused as a whole, with the place and what was expected there."""
    body = orjson.dumps(plugin(**attributes).answer())
    with pytest.raises(SourceError) as caught:
        Decoder().decode(body)

    assert caught.value.reason == "invalid"
    assert expected in str(caught.value)
