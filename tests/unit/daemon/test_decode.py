"""Answers of the plugin become snapshots, or nothing at all."""

import copy
import json
import math

import pytest
from fake_driver import executor, metric, query
from hypothesis import given
from hypothesis import strategies as st
from strategies import plugins
from wire import encode, plugin

from exporter.daemon.decode import Decoder
from exporter.daemon.errors import SourceError
from exporter.daemon.model import Application


def refusal(document):
    with pytest.raises(SourceError) as caught:
        Decoder().decode(document if isinstance(document, bytes) else encode(document))
    assert caught.value.reason == "invalid"
    return str(caught.value)


def changed(path, value):
    """Return the answer of a good plugin with one thing in it changed."""
    document = plugin().answer()
    at = document
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return document


def test_a_first_answer_is_taken_whole():
    """Definitions, totals and executors come out as they went in."""
    snapshot = Decoder().decode(encode(plugin().answer()))

    assert [definition.name for definition in snapshot.layout.metrics] == ["rows", "depth", "latency"]
    assert snapshot.layout.series[0] == (0, ("kafka",))
    assert list(snapshot.totals) == [3.0, 8.0, 2.0, 1.0, 2.0, 3.0, 4.5]
    (only,) = snapshot.executors
    assert snapshot.application == Application("app-1", "etl", "", "4.3.0", "spark", 1000.0)
    assert (only.id, only.host, only.live, only.shape.series) == ("1", "10.0.0.7", True, (0, 2))
    assert list(only.values) == [3.0, 1.0, 2.0, 3.0, 4.5]
    assert (snapshot.application.id, snapshot.report_interval, snapshot.final) == ("app-1", 2.0, False)


def test_the_words_for_what_json_cannot_write():
    """NaN and the infinities arrive as numbers, beside numbers with and without a fraction."""
    source = plugin(
        metrics=[metric("g", "gauge", ["l"])], series=[[0, sign] for sign in "abcde"], executors=[]
    )
    body = json.dumps({**source.answer(), "totals": ["NaN", "+Inf", "-Inf", 1, 2.5]}).encode()

    totals = Decoder().decode(body).totals

    assert math.isnan(totals[0])
    assert totals[1:] == [math.inf, -math.inf, 1.0, 2.5]
    assert set(map(type, totals)) == {float}


def test_later_answers_continue_the_definitions():
    """Only what is new is sent, and an executor without values keeps the ones it had."""
    source, decoder = plugin(), Decoder()
    before = decoder.decode(encode(source.answer()))
    assert decoder.position == ("boot-1", 1, 3, 3, 3)
    source.series = [*source.series, [0, "files"]]
    source.totals = [*source.totals, 9.0]
    source.sequence = 7
    answer = source.answer(3, 3, "boot-1", 3)
    del answer["executors"][0]["series"], answer["executors"][0]["values"]
    answer["executors"].append(executor("2", [3], [9.0]))

    after = decoder.decode(encode(answer))

    assert decoder.position == ("boot-1", 7, 3, 4, 3)
    assert after.layout.series == (*before.layout.series, (0, ("files",)))
    assert after.executors[0].shape is before.executors[0].shape
    assert after.executors[0].values is before.executors[0].values
    assert after.executors[1].shape.series == (3,)
    assert len(before.layout.series) == 3


def test_a_layout_without_news_stays_the_same_object():
    """What is prepared for printing hangs on the identity of layout and shape."""
    source, decoder = plugin(), Decoder()
    before = decoder.decode(encode(source.answer()))
    after = decoder.decode(encode(source.answer(3, 3, "boot-1", 3)))

    assert after.layout is before.layout
    assert after.shape is before.shape
    assert after.executors[0].shape is before.executors[0].shape


def test_an_executor_that_never_reported():
    """Spark has announced it, and nothing more is known."""
    silent = executor("2", reported=None, added=None, reports=0, host=None, stats={"dropped": {}})
    snapshot = Decoder().decode(encode(plugin(executors=[silent]).answer()))

    (only,) = snapshot.executors
    assert (only.host, only.added, only.reported, only.reports) == ("", None, None, 0.0)
    assert (only.stats.samples, only.stats.segments, dict(only.stats.dropped)) == (None, None, {})


def test_another_boot_starts_afresh():
    """A restarted driver defines everything anew, also what the old one had defined."""
    decoder = Decoder()
    decoder.decode(encode(plugin().answer()))

    snapshot = decoder.decode(encode(plugin(boot="boot-2").answer()))

    assert snapshot.boot == "boot-2"
    assert len(snapshot.layout.series) == 3


BREACHES = {
    "another protocol": (["protocol"], 2, "speaks protocol 2 and this daemon 1"),
    "protocol as text": (["protocol"], "1", "speaks protocol '1'"),
    "no boot": (["boot"], "", "answer.boot: expected a string that is not empty"),
    "sequence below zero": (["sequence"], -1, "answer.sequence: expected a whole number, zero or more"),
    "final as number": (["final"], 0, "answer.final: expected true or false"),
    "base beyond": (["base", "series"], 1, "answer.base.series: expected 0"),
    "no application": (["application"], None, "answer.application: expected an object"),
    "metrics as object": (["metrics"], {}, "answer.metrics: expected an array"),
    "unknown type": (
        ["metrics", 0, "type"],
        "summary",
        "expected counter, gauge or histogram, found 'summary'",
    ),
    "no name": (["metrics", 0, "name"], "", "answer.metrics[0].name: expected a name"),
    "bad name": (["metrics", 0, "name"], "a-b", "answer.metrics[0].name: expected a name"),
    "name twice": (["metrics", 1, "name"], "latency", "metrics[2].name: expected a metric that is not"),
    "unknown mode": (["metrics", 1, "mode"], "median", "answer.metrics[1].mode: expected 'sum' or"),
    "mode of a counter": (["metrics", 0, "mode"], "sum", "answer.metrics[0].mode: expected ''"),
    "label le": (["metrics", 2, "labels"], ["le"], "no label called le"),
    "label twice": (["metrics", 0, "labels"], ["a", "a"], "each label once"),
    "label with a line end": (["metrics", 0, "labels"], ["a\n"], "answer.metrics[0].labels: expected names"),
    "internal label": (["metrics", 0, "labels"], ["__name__"], "without a leading __"),
    "buckets of a gauge": (["metrics", 1, "buckets"], [1.0], "none for a gauge"),
    "buckets in disorder": (["metrics", 2, "buckets"], [1.0, 0.1], "finite upper bounds in ascending order"),
    "endless bucket": (["metrics", 2, "buckets"], [0.1, math.inf], "finite upper bounds in ascending order"),
    "unit with a space": (["metrics", 0, "unit"], "a b", "answer.metrics[0].unit: expected letters"),
    "metric beyond": (["series", 0, 0], 3, "answer.series[0][0]: expected a metric from 0 to 2"),
    "metric below": (["series", 0, 0], -1, "answer.series[0][0]: expected a metric from 0 to 2"),
    "metric as true": (["series", 1, 0], True, "answer.series[1][0]: expected a metric from 0 to 2"),
    "label missing": (["series", 0], [0], "expected 1 label values as strings"),
    "label as number": (["series", 0], [0, 1], "expected 1 label values as strings"),
    "series empty": (["series", 1], [], "answer.series[1][0]: expected a metric"),
    "series twice": (["series", 1], [0, "kafka"], "a series that is not defined yet"),
    "totals short": (["totals"], [3.0], "answer.totals: expected 7 values, found '1 values'"),
    "totals as text": (["totals", 0], "3", 'answer.totals[0]: expected a number, "NaN", "+Inf" or "-Inf"'),
    "totals null": (["totals", 0], None, "answer.totals[0]: expected a number"),
    "totals true": (["totals", 0], True, "answer.totals[0]: expected a number"),
    "counter below zero": (["totals", 0], -1.0, "answer.totals, counter rows: expected a finite count"),
    "counter not a number": (["totals", 0], math.nan, "answer.totals, counter rows: expected a finite count"),
    "endless counter": (["totals", 0], math.inf, "answer.totals, counter rows: expected a finite count"),
    "bucket below zero": (["totals", 5], -3.0, "answer.totals, histogram latency: expected a finite count"),
    "executor without id": (["executors", 0, "id"], None, "answer.executors[0].id: expected a string"),
    "unknown state": (["executors", 0, "state"], "dead", 'expected "live" or "removed"'),
    "index beyond": (["executors", 0, "series"], [0, 3], "executors[0].series: expected numbers from 0 to 2"),
    "index below": (["executors", 0, "series"], [0, -1], "executors[0].series: expected numbers from 0 to 2"),
    "index as fraction": (
        ["executors", 0, "series"],
        [0, 2.0],
        "executors[0].series: expected whole numbers",
    ),
    "index twice": (["executors", 0, "series"], [0, 0], "executors[0].series: expected each series once"),
    "values short": (["executors", 0, "values"], [3.0], "executors[0].values: expected 5 values"),
    "values missing": (["executors", 0, "values"], None, "executors[0].values: expected an array"),
    "reports as text": (["executors", 0, "reports"], "17", "executors[0].reports: expected a finite number"),
    "samples below zero": (
        ["executors", 0, "stats", "samples"],
        -1,
        "stats.samples: expected a number, zero or more",
    ),
    "no stats": (["executors", 0, "stats"], None, "executors[0].stats: expected an object"),
    "waiting as number": (["application", "waiting"], 0, "application.waiting: expected true or false"),
    "unknown outcome": (
        ["application", "outcome"],
        "lost",
        'outcome: expected "completed", "failed" or null',
    ),
    "readings beyond": (["base", "readings"], 1, "answer.base.readings: expected 0, found 1"),
    "readings as object": (["readings"], {}, "answer.readings: expected an array"),
    "reading without a base": (
        ["base"],
        {"metrics": 0, "series": 0},
        "base.readings: expected a whole number",
    ),
    "reading as number": (["readings", 0], 1, "answer.readings: expected strings"),
    "reading twice": (["readings", 0], "executor.runTime", "answer.readings: expected names that are not"),
    "one array of readings": (["application_readings"], [[0]], "application_readings: expected two arrays"),
    "reading beyond": (
        ["application_readings", 0],
        [3],
        "application_readings: expected numbers from 0 to 2",
    ),
    "reading below": (
        ["executors", 0, "readings"],
        [1, -1],
        "executors[0].readings: expected numbers from 0",
    ),
    "reading as fraction": (["executors", 0, "readings"], [1, 2.0], "readings: expected whole numbers"),
    "reading as true": (["executors", 0, "readings"], [1, True], "readings: expected whole numbers"),
    "reading listed twice": (["executors", 0, "readings"], [1, 1], "readings: expected each reading once"),
    "reading values short": (
        ["executors", 0, "reading_values"],
        [1.0],
        "readings, values: expected 2 values",
    ),
    "reading value null": (["executors", 0, "reading_values", 1], None, "values[1]: expected a number"),
    "no reading values": (["executors", 0, "reading_values"], None, "readings, values: expected an array"),
    "queries as object": (["queries"], {}, "answer.queries: expected an array"),
    "query without an id": (["queries", 0, "id"], None, "answer.queries[0].id: expected a string"),
    "query without a run": (["queries", 0, "run_id"], 5, "answer.queries[0].run_id: expected a string"),
    "query name as number": (["queries", 0, "name"], 5, "answer.queries[0].name: expected a string"),
    "query totals": (["queries", 0, "totals"], None, "answer.queries[0].totals: expected an object"),
    "query total below zero": (
        ["queries", 0, "totals", "batches"],
        -1,
        "batches: expected a number, zero or",
    ),
    "query progress": (["queries", 0, "progress"], [], "answer.queries[0].progress: expected an object"),
    "query start": (["queries", 0, "started"], "now", "answer.queries[0].started: expected a finite number"),
    "drop reason": (["executors", 0, "stats", "dropped"], {"a b": 1}, "at most 32 reasons in snake_case"),
}


@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_of_the_contract_is_named(breach):
    """The error says where, what was expected and what was found."""
    path, value, expected = BREACHES[breach]
    message = refusal(changed(path, value))

    assert expected in message


def test_an_executor_listed_twice_is_refused():
    """Its series would be, too."""
    assert "an executor that is not listed yet" in refusal(
        changed(["executors"], [executor("1"), executor("1")])
    )


def test_a_run_listed_twice_is_refused():
    """Its sums would count twice."""
    assert "a run that is not listed yet" in refusal(changed(["queries"], [query(), query("other")]))


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"<html>", b"{", b'{"protocol": 1}', b"\xff\xfe", b"[" * 5000]
)
def test_garbage_is_refused(body):
    """Whatever does not even look like an answer."""
    assert refusal(body)


def paths(document, path=()):
    yield path
    children = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in children:
        if isinstance(value, (dict, list)):
            yield from paths(value, (*path, key))
        else:
            yield (*path, key)


def refusal_reason(decoder, document):
    """Return the reason for which the document is refused, or None."""
    try:
        decoder.decode(encode(document))
    except SourceError as error:
        return error.reason
    return None


JUNK = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats()
    | st.text(max_size=3)
    | st.just([])
    | st.just({})
)


@given(plugins(), st.data())
def test_a_damaged_answer_is_refused_or_harmless_and_never_half_applied(source, data):
    """After any damage the decoder goes on as if the damaged answer had never come."""
    decoder, reference = Decoder(), Decoder()
    first = encode(source.answer())
    decoder.decode(first)
    reference.decode(first)
    held = (len(source.metrics), len(source.series))
    good = source.answer(*held, source.boot, len(source.readings))
    damaged = copy.deepcopy(source.answer() if data.draw(st.booleans()) else good)
    path = data.draw(st.sampled_from([path for path in paths(damaged) if path]))
    at = damaged
    for key in path[:-1]:
        at = at[key]
    if data.draw(st.booleans()):
        del at[path[-1]]
    else:
        at[path[-1]] = data.draw(JUNK)

    position = decoder.position
    reason = refusal_reason(decoder, damaged)
    assert reason in (None, "invalid")
    if reason is not None:
        assert decoder.position == position
        mine, theirs = decoder.decode(encode(good)), reference.decode(encode(good))
        assert mine.layout.series == theirs.layout.series
        assert repr(mine.totals) == repr(theirs.totals)
        assert [e.shape.series for e in mine.executors] == [e.shape.series for e in theirs.executors]
        assert mine.frame == theirs.frame


@given(plugins())
def test_every_lawful_answer_is_taken(source):
    """Whatever the plugin may say is understood."""
    snapshot = Decoder().decode(encode(source.answer()))

    assert len(snapshot.layout.series) == len(source.series)
    assert repr(list(snapshot.totals)) == repr(source.totals)
