"""Streaming queries: what Spark's progress becomes, and what stays over restarts."""

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.daemon import catalogue
from exporter.daemon.frame import DROP_REASONS, FrameBuilder
from exporter.daemon.measured import Query
from exporter.daemon.progress import MAX_LEAVES, backlog, figure, identify_gauge, leaves, short_name, time_of
from exporter.daemon.queries import MAX_DETAILS, MAX_QUERIES, Queries

KNOWN = catalogue.load()
RECORDED = json.loads((Path(__file__).parent / "data" / "progress-4.3.0.json").read_text("utf-8"))
ID = "24c38775-9796-4776-aa88-ecb26bbe85f0"
KAFKA = {
    "description": "KafkaV2[Subscribe[clicks, views]]",
    "startOffset": {"clicks": {"0": 10, "1": 20}, "views": {"0": 5}},
    "endOffset": {"clicks": {"0": 15, "1": 20}, "views": {"0": 5}},
    "latestOffset": {"clicks": {"0": 18, "1": 27, "2": 4}, "views": {"0": 5}},
    "numInputRows": 5,
    "metrics": {
        "avgOffsetsBehindLatest": "3.3",
        "estimatedTotalBytesBehindLatest": "2048.0",
        "maxOffsetsBehindLatest": "7",
        "minOffsetsBehindLatest": "0",
        "consumerLag": "12.5",
        "state": "fine",
    },
}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def query(run="r1", progress=None, name="joined", **more):
    """Return a run of a query."""
    given = {
        "id": ID,
        "run_id": run,
        "name": name,
        "started": 1000.0,
        "terminated": None,
        "exception": None,
        "idle": None,
    }
    ended = more.get("terminated") is not None
    failed = ended and more.get("exception") is not None
    counts = {"stopped": int(ended and not failed), "failed": int(failed)}
    return Query(**{**given, **counts, "totals": {}, "progress": progress or {}, **more})


def frame_of(*queries, follower=None):
    """Return the frame of what one answer says of queries."""
    builder = FrameBuilder(KNOWN)
    (follower or Queries(KNOWN)).add_to(builder, queries)
    return builder.frame()


def values(frame, name):
    """Return the values of a metric by its own labels without the query's name and id."""
    column = frame.columns.get(f"spark_streaming_{name}")
    return {} if column is None else {key[2:]: value for key, value in zip(*column, strict=True)}


def test_a_recorded_progress_is_published_whole():
    """A join of two sources with its state in RocksDB, as Spark 4.3.0 has told it."""
    frame = frame_of(query(progress=RECORDED[0]))

    keys = {key[:2] for column in frame.columns.values() for key in column.keys}
    assert keys == {("joined", ID)}
    assert frame.drops == {}
    assert {
        name: values(frame, name)[()]
        for name in (
            "batch_id",
            "input_rows_per_second",
            "processed_rows_per_second",
            "last_batch_input_rows",
            "last_batch_output_rows",
            "last_trigger_duration_seconds",
            "last_progress_timestamp_seconds",
            "watermark_timestamp_seconds",
            "query_active",
        )
    } == {
        "batch_id": 21.0,
        "input_rows_per_second": 30.1,
        "processed_rows_per_second": 54.2,
        "last_batch_input_rows": 30.0,
        "last_batch_output_rows": 0.0,
        "last_trigger_duration_seconds": 0.553,
        "last_progress_timestamp_seconds": 1795372227.001,
        "watermark_timestamp_seconds": 1795372222.426,
        "query_active": 1.0,
    }
    assert values(frame, "watermark_lag_seconds") == {(): pytest.approx(4.575)}
    assert values(frame, "last_batch_duration_seconds") == {
        ("addBatch",): 0.412,
        ("commitOffsets",): 0.035,
        ("getBatch",): 0.0,
        ("latestOffset",): 0.0,
        ("queryPlanning",): 0.071,
        ("walCommit",): 0.032,
    }
    assert values(frame, "source_input_rows_per_second") == {
        ("0", "RateStreamV2"): 20.0,
        ("1", "RateStreamV2"): 10.0,
    }
    assert values(frame, "state_rows") == {("0", "symmetricHashJoin"): 221.0}
    assert values(frame, "state_store_instances") == {("0", "symmetricHashJoin"): 8.0}
    own = values(frame, "state_metric_value")
    assert own["0", "symmetricHashJoin", "rocksdbBytesCopied"] == 5823.0
    assert not [key for key in own if key[2].startswith("SnapshotLastUploaded")]
    assert values(frame, "observed_value") == {("seen", "rows"): 0.0}
    assert values(frame, "query_info") == {("r1", "MemorySink"): 1.0}


def test_a_kafka_source_says_how_far_it_is_behind():
    """Lag, bytes, what it calls a metric itself, and the backlog over all partitions it has read from."""
    frame = frame_of(query(progress={"sources": [KAFKA]}))
    labels = ("0", "KafkaV2")

    assert values(frame, "source_offsets_behind_latest") == {
        (*labels, "max"): 7.0,
        (*labels, "min"): 0.0,
        (*labels, "avg"): 3.3,
    }
    assert values(frame, "source_behind_latest_bytes") == {labels: 2048.0}
    assert values(frame, "source_metric_value") == {(*labels, "consumerLag"): 12.5}
    assert values(frame, "source_backlog_offsets") == {labels: 10.0}
    assert values(frame, "source_info") == {(*labels, "KafkaV2[Subscribe[clicks, views]]"): 1.0}
    assert frame.drops == {}


@pytest.mark.parametrize(
    ("end", "latest", "expected"),
    [
        (3, 10, 7.0),
        ("3", "10", 7.0),
        (10, 3, 0.0),
        (None, 10, None),
        (3, None, None),
        ({}, {"0": 1}, None),
        ({"a": "x"}, {"a": "y"}, None),
        ({"a": {"0": 1}}, {"a": 5}, None),
        (True, 5, None),
        ("not an offset", 5, None),
        (1, 10**400, None),
    ],
)
def test_a_backlog_needs_numbers_on_both_sides(end, latest, expected):
    """What a source's offsets look like is its own affair."""
    assert backlog({"endOffset": end, "latestOffset": latest}) == expected


def test_sums_become_counters_with_the_names_of_the_parts():
    """In seconds, and by source and operator."""
    totals = {
        "batches": 3.0,
        "input_rows": 10.0,
        "output_rows": 4.0,
        "duration_ms.triggerExecution": 1500.0,
        "duration_ms.addBatch": 500.0,
        "source.1.input_rows": 10.0,
        "state.0.commit_ms": 250.0,
        "state.0.rows_dropped_by_watermark": 2.0,
        "something.of.a.newer.plugin": 1.0,
    }
    frame = frame_of(query(progress=RECORDED[0], totals=totals))

    assert values(frame, "batches_total") == {(): 3.0}
    assert values(frame, "trigger_duration_seconds_total") == {(): 1.5}
    assert values(frame, "batch_duration_seconds_total") == {("addBatch",): 0.5}
    assert values(frame, "source_input_rows_total") == {("1", "RateStreamV2"): 10.0}
    assert values(frame, "state_commit_duration_seconds_total") == {("0", "symmetricHashJoin"): 0.25}
    assert values(frame, "state_dropped_by_watermark_rows_total") == {("0", "symmetricHashJoin"): 2.0}


def test_counters_go_on_when_a_query_is_restarted():
    """Also when the driver has taken earlier runs together; gauges are those of the run that is there."""
    ended = query("r2", totals={"input_rows": 12.0}, terminated=1010.0, exception="boom")
    again = query("r3", RECORDED[0], totals={"input_rows": 1.0}, started=1020.0)
    first = query("r1", totals={"input_rows": 4.0}, terminated=1005.0, started=990.0)
    earlier = query("r2", totals={"input_rows": 16.0}, terminated=1010.0, stopped=1, failed=1)

    apart = frame_of(first, ended, again)
    together = frame_of(earlier, again)

    for frame in (apart, together):
        assert values(frame, "input_rows_total") == {(): 17.0}
        assert values(frame, "query_terminations_total") == {("stopped",): 1.0, ("failed",): 1.0}
        assert values(frame, "query_active") == {(): 1.0}
        assert values(frame, "query_started_timestamp_seconds") == {(): 1020.0}
        assert [key[0] for key in values(frame, "query_info")] == ["r3"]


def test_a_run_without_a_batch_has_the_names_of_the_run_before():
    """Its counters must not begin anew under other labels."""
    totals = {"source.1.input_rows": 3.0}
    earlier = query("r1", RECORDED[0], totals=totals, terminated=1010.0)
    frame = frame_of(earlier, query("r2", totals={}, started=1020.0))

    assert values(frame, "source_input_rows_total") == {("1", "RateStreamV2"): 3.0}


def test_a_query_that_has_ended_keeps_its_counters_only():
    """Its last rates say nothing any more."""
    frame = frame_of(query(progress=RECORDED[0], totals={"batches": 2.0}, terminated=1010.0))

    assert values(frame, "query_active") == {(): 0.0}
    assert values(frame, "query_terminated_timestamp_seconds") == {(): 1010.0}
    assert values(frame, "query_terminations_total") == {("stopped",): 1.0, ("failed",): 0.0}
    assert values(frame, "batches_total") == {(): 2.0}
    assert values(frame, "input_rows_per_second") == {}
    assert values(frame, "state_rows") == {}


def test_the_idle_time_between_two_triggers():
    """Known as soon as two batches in a row were seen."""
    follower = Queries(KNOWN)
    first = frame_of(query(progress=RECORDED[0]), follower=follower)
    again = frame_of(query(progress=RECORDED[0]), follower=follower)
    second = frame_of(query(progress=RECORDED[1]), follower=follower)
    skipped = copy.deepcopy(RECORDED[2])
    skipped["batchId"] += 5
    third = frame_of(query(progress=skipped), follower=follower)

    assert values(first, "last_trigger_idle_seconds") == values(again, "last_trigger_idle_seconds") == {}
    assert values(second, "last_trigger_idle_seconds") == {(): pytest.approx(1.0 - 0.553)}
    assert values(third, "last_trigger_idle_seconds") == {}


def test_the_work_of_a_query():
    """Tasks of all its runs, jobs of the one that is active; an older plugin says neither."""
    ended = query("r1", terminated=1500.0, jobs=0.0, tasks=7.0)
    frame = frame_of(ended, query("r2", started=2000.0, jobs=2.0, tasks=3.0))
    assert values(frame, "query_tasks_total") == {(): 10.0}
    assert values(frame, "query_jobs_active") == {(): 2.0}
    frame = frame_of(ended)
    assert values(frame, "query_tasks_total") == {(): 7.0}
    assert values(frame, "query_jobs_active") == {}
    frame = frame_of(query())
    assert values(frame, "query_tasks_total") == values(frame, "query_jobs_active") == {}


@pytest.mark.parametrize(
    ("runs", "failed"),
    [
        ((("r1", 1000.0, 1500.0, "boom"),), 1.0),
        ((("r1", 1000.0, 1500.0, None),), 0.0),
        ((("r1", 1000.0, None, None),), 0.0),
        ((("r1", 1000.0, 1500.0, "boom"), ("r2", 2000.0, None, None)), 0.0),
        ((("r1", 1000.0, 1500.0, "boom"), ("r2", 2000.0, 2500.0, None)), 0.0),
        ((("r1", 1000.0, 1500.0, None), ("r2", 2000.0, 2500.0, "")), 1.0),
    ],
    ids=["failed", "stopped", "runs", "runs again", "ran again and was stopped", "stopped once, then failed"],
)
def test_a_query_has_failed_if_its_last_run_has(runs, failed):
    """Also with an exception that says nothing."""
    frame = frame_of(
        *(query(run, started=began, terminated=end, exception=why) for run, began, end, why in runs)
    )
    assert values(frame, "query_failed") == {(): failed}


def test_a_query_without_a_name_goes_by_its_id():
    """The same as where only Spark's own gauges tell of it."""
    frame = frame_of(query(name=None))

    assert frame.columns["spark_streaming_query_active"].keys == (("unnamed-24c38775", ID),)
    assert identify_gauge(ID) == identify_gauge(ID.replace("-", "_")) == ("unnamed-24c38775", ID)
    assert identify_gauge("clicks.by-user") == ("clicks.by-user", "")


def test_what_is_not_known_yet_is_not_published():
    """No watermark, a sink that does not count, and a query before its first batch."""
    progress = {"eventTime": {"watermark": "1970-01-01T00:00:00.000Z"}, "sink": {"numOutputRows": -1},
                "timestamp": "2026-11-22T18:03:53.000Z"}  # fmt: skip
    frame = frame_of(query(progress=progress), query("r2", name="new", id="new", started=None))

    assert {*frame.columns} == {
        "spark_streaming_query_info",
        "spark_streaming_query_active",
        "spark_streaming_query_failed",
        "spark_streaming_query_terminations_total",
        "spark_streaming_query_started_timestamp_seconds",
        "spark_streaming_last_progress_timestamp_seconds",
    }
    assert frame.drops == {}


def test_queries_and_their_details_are_bounded():
    """What is more is counted."""
    many = [query(f"r{n}", id=f"{n}", name=f"q{n}", started=float(n)) for n in range(MAX_QUERIES + 5)]
    operators = [{"operatorName": "op", "customMetrics": {f"m{n}": n for n in range(MAX_DETAILS + 9)}}]

    frame = frame_of(*many)
    assert len(frame.columns["spark_streaming_query_active"].keys) == MAX_QUERIES
    assert ("q0", "0") not in frame.columns["spark_streaming_query_active"].keys
    assert frame.drops == {"limit": 5}
    frame = frame_of(query(progress={"stateOperators": operators}))
    assert len(values(frame, "state_metric_value")) == MAX_DETAILS
    assert frame.drops == {"limit": 9}


SMALL = {
    "sources": [KAFKA, KAFKA | {"inputRowsPerSecond": 5.0}],
    "sink": {"description": "Sink", "numOutputRows": 7},
    "stateOperators": [{"operatorName": "agg", "numRowsTotal": 9, "customMetrics": {"kept": 1}}],
    "observedMetrics": {"seen": {"rows": 3}},
}


@pytest.mark.parametrize("where", ["left out", "operator", "observed", "source", "sink"])
def test_what_there_is_much_of_hides_nothing_else(where):
    """Spark tells of each store of each partition, which is left out; what is users' comes last."""
    progress = json.loads(json.dumps(SMALL))
    operator = progress["stateOperators"][0]["customMetrics"]
    much = {f"SnapshotLastUploaded.partition_{n}_default": n for n in range(MAX_LEAVES + 500)}
    if where == "left out":
        operator |= much
    else:
        much = {f"own{n}": n for n in range(MAX_LEAVES + 500)}
        places = {"operator": operator, "observed": progress["observedMetrics"]["seen"]}
        places |= {"source": progress["sources"][1]["metrics"]}
        places |= {"sink": progress["sink"].setdefault("metrics", {})}
        places[where] |= much
    frame = frame_of(query(progress=progress))

    lag = values(frame, "source_offsets_behind_latest")
    assert lag["0", "KafkaV2", "max"] == lag["1", "KafkaV2", "max"] == 7.0
    assert values(frame, "source_input_rows_per_second") == {("1", "KafkaV2"): 5.0}
    assert values(frame, "last_batch_output_rows") == {(): 7.0}
    assert values(frame, "state_rows") == {("0", "agg"): 9.0}
    assert bool(frame.drops) == (where != "left out")


def test_what_is_not_looked_at_is_counted():
    """Exactly: what is beyond all limits, and sources beyond those that are published."""
    less = {f"m{n}": n for n in range(MAX_LEAVES - 1)}
    assert leaves({"sink": 1, "observedMetrics": {"o": less}}, "progress", nothing).cut == 0
    more = less | {"one": 1, "two": 2}
    found = leaves({"observedMetrics": {"o": more}, "sink": 1}, "progress", nothing)
    assert (found.found[0], len(found.found), found.cut) == (("progress.sink", 1), MAX_LEAVES, 2)
    deep = leaves({"a": {"b": {"c": {"d": {"e": {"f": {"g": 1, "h": 2}}}}}}}, "progress", nothing)
    assert (deep.found, deep.cut) == ([], 2)
    frame = frame_of(query(progress={"sources": [{"description": f"s{n}"} for n in range(MAX_DETAILS + 6)]}))

    assert len(values(frame, "source_info")) == MAX_DETAILS
    assert frame.drops == {"limit": 6}
    assert frame.culprits == {"limit": "spark_streaming_source_info"}


def nothing(_name):
    return False


def test_what_is_no_number_where_one_belongs_is_counted():
    """And the rest is there."""
    frame = frame_of(query(progress={"batchId": "x", "numInputRows": 3, "durationMs": {"addBatch": "long"}}))

    assert frame.drops == {"not_a_number": 2}
    assert values(frame, "last_batch_input_rows") == {(): 3.0}


@pytest.mark.parametrize(
    ("description", "name"),
    [
        ("KafkaV2[Subscribe[a.b.c]]", "KafkaV2"),
        ("FileStreamSource[file:/data/in.d]", "FileStreamSource"),
        ("org.apache.spark.sql.execution.datasources.noop.NoopTable$@5e83dca8", "NoopTable"),
        ("org.apache.spark.sql.execution.streaming.ConsoleTable$@1f", "ConsoleTable"),
        ("ForeachBatchSink", "ForeachBatchSink"),
        ("", ""),
        (None, ""),
        ("x" * 10_000_000, "x" * 1000),
    ],
)
def test_a_description_is_shortened(description, name):
    """Without package, settings and the address of the object, which changes with every start."""
    assert short_name(description) == name


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-22T18:03:53.000Z", 1795370633.0),
        ("1.5E3", 1500.0),
        ("-7", -7.0),
        (True, 1.0),
        ("9999-99-99T99:99:99.999Z", None),
        ("abc", None),
        ("", None),
        (None, None),
    ],
)
def test_numbers_and_times(value, expected):
    """As Spark writes them."""
    assert figure(value) == expected
    assert time_of(value) in (None, expected)


def paths(document, path=()):
    """Return the way to everything in a document."""
    children = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in children:
        yield (*path, key)
        if isinstance(value, (dict, list)):
            yield from paths(value, (*path, key))


@given(st.data())
def test_a_progress_of_any_shape_is_borne(data):
    """Whatever a source, a sink or a later Spark puts there: lawful samples, the rest counted or ignored."""
    progress = copy.deepcopy({**RECORDED[0], "sources": [KAFKA]})
    for _ in range(data.draw(st.integers(1, 3))):
        at = progress
        way = data.draw(st.sampled_from(list(paths(progress)) or [("x",)]))
        for key in way[:-1]:
            at = at[key]
        at[way[-1]] = data.draw(VALUES)
    progress |= data.draw(st.dictionaries(st.text(max_size=4), VALUES, max_size=3))

    frame = frame_of(query(progress=progress))

    assert values(frame, "query_active") == {(): 1.0}
    assert {*frame.drops} <= {*DROP_REASONS}
