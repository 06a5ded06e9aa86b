"""What the plugin measures beyond the user's metrics: readings and queries, from the answer to the frame."""

import pytest
from fake_driver import executor, query
from wire import encode, plugin

from exporter.daemon.decode import Decoder
from exporter.daemon.errors import SourceError
from exporter.daemon.operators import MAX_SHOWN


def columns(snapshot):
    """Return the values of a snapshot's frame by metric and key."""
    return {
        (name, *key): value
        for name, column in snapshot.frame.columns.items()
        for key, value in zip(column.keys, column.values, strict=True)
    }


def test_everything_built_in_is_in_the_frame():
    """How executors and the plugin are doing, readings, and streaming queries."""
    gone = executor("2", state="removed", removed=1006.0, reason="Command exited\n\twith code 137")
    source = plugin(waiting=True, outcome="failed")
    source.executors.append(gone)

    snapshot = Decoder().decode(encode(source.answer()))

    assert (snapshot.application.waiting, snapshot.application.outcome) == (True, "failed")
    found = columns(snapshot)
    assert (
        found.items()
        >= {
            ("spark_app_jobs_total", "failed"): 1.0,
            ("spark_executor_run_time_seconds_total", "1"): 1.5,
            ("spark_executor_jvm_memory_used_bytes", "1", "heap"): 64.0,
            ("spark_streaming_batches_total", "orders", "id of orders"): 2.0,
            ("spark_streaming_batch_id", "orders", "id of orders"): 1.0,
            ("spark_executor_info", "1", "10.0.0.7"): 1.0,
            ("spark_executor_up", "1"): 1.0,
            ("spark_executor_up", "2"): 0.0,
            ("spark_executor_removed_timestamp_seconds", "2"): 1006.0,
            ("spark_executor_removed_info", "2", "Command exited with code 137"): 1.0,
            ("spark_executor_tasks_ended_total", "1"): 8.0,
            ("spark_exporter_plugin_info", "0.1.0"): 1.0,
            ("spark_exporter_plugin_report_interval_seconds",): 2.0,
            ("spark_exporter_plugin_reports_total", "1"): 17.0,
            ("spark_exporter_plugin_reading_seconds_total", "1"): 0.03,
            ("spark_exporter_plugin_dropped_total", "1", "series_limit"): 0.0,
        }.items()
    )
    assert snapshot.frame.drops == {}


def test_what_is_not_repeated_stays():
    """Readings of an executor, and the progress of a query; names that are new are added."""
    source, decoder = plugin(), Decoder()
    before = decoder.decode(encode(source.answer()))
    source.readings = [*source.readings, "executor.cpuTime"]
    source.application_readings = [[0], [2.0]]
    answer = source.answer(3, 3, "boot-1", 3)
    del answer["executors"][0]["readings"], answer["executors"][0]["reading_values"]
    del answer["queries"][0]["progress"]
    answer["executors"].append(executor("2", readings=[3], reading_values=[4e9]))

    after = decoder.decode(encode(answer))

    assert decoder.position.readings == 4
    new = {key: value for key, value in columns(after).items() if "2" not in key}
    changed = {("spark_app_jobs_total", "failed"): 2.0}
    assert new == columns(before) | changed
    assert columns(after)["spark_executor_cpu_time_seconds_total", "2"] == 4.0
    name = "spark_executor_run_time_seconds_total"
    assert after.frame.columns[name] is before.frame.columns[name]


def test_a_reading_that_is_gone_is_gone():
    """What an executor does not list any more is no longer measured."""
    source, decoder = plugin(), Decoder()
    decoder.decode(encode(source.answer()))
    source.executors = [executor("1", readings=[1], reading_values=[2000.0])]

    found = columns(decoder.decode(encode(source.answer(3, 3, "boot-1", 3))))

    assert found["spark_executor_run_time_seconds_total", "1"] == 2.0
    assert ("spark_executor_jvm_memory_used_bytes", "1", "heap") not in found


def test_a_counter_of_the_driver_whose_gauge_is_gone_stays():
    """Spark removes those of a StreamingContext that stops; a level goes with its gauge."""
    gauges = "etl.StreamingMetrics.streaming."
    source, decoder = plugin(), Decoder()
    source.readings = [gauges + "totalReceivedRecords", gauges + "waitingBatches"]
    source.application_readings = [[], []]
    source.executors = [executor("driver", readings=[0, 1], reading_values=[200.0, 1.0])]
    before = columns(decoder.decode(encode(source.answer())))
    source.executors = [executor("driver", readings=[], reading_values=[])]

    after = columns(decoder.decode(encode(source.answer(3, 3, "boot-1", 2))))

    received = "spark_dstream_received_records_total"
    level = ("spark_dstream_batches", "waiting")
    assert before[(received,)] == after[(received,)] == 200.0
    assert level in before
    assert level not in after
    source.executors = [executor("driver", readings=[0], reading_values=[3.0])]
    another = columns(decoder.decode(encode(source.answer(3, 3, "boot-1", 2))))
    assert another[(received,)] == 3.0


def test_an_older_plugin_knows_nothing_of_readings():
    """Its answers are as good as they were."""
    answer = plugin().answer()
    for key in ("readings", "application_readings", "queries"):
        del answer[key]
    del answer["base"]["readings"], answer["application"]["waiting"], answer["application"]["outcome"]
    del answer["executors"][0]["readings"], answer["executors"][0]["reading_values"]
    decoder = Decoder()

    snapshot = decoder.decode(encode(answer))

    assert decoder.position == ("boot-1", 1, 3, 3, 0)
    assert (snapshot.application.waiting, snapshot.application.outcome) == (False, "")
    assert columns(snapshot)["spark_executor_up", "1"] == 1.0
    assert not [name for name in snapshot.frame.columns if name.startswith(("spark_app_", "spark_streaming"))]


def rows_of(*rows):
    """Return an answer that says this of operators."""
    return encode(plugin().answer() | {"sql_operators": list(rows)})


def test_operators_become_samples_in_base_units():
    """By their type; peaks are those of a task, averages those of the last execution."""
    decoder = Decoder()
    frame = decoder.decode(
        rows_of(
            ["Sort", "sort time", "timing", 1500.0, 900.0, 900.0],
            ["Exchange", "shuffle write time", "nsTiming", 2.5e6, 2e6, 2e6],
            ["Exchange", "shuffle bytes written", "size", 4097.0, 4097.0, 1.0],
            ["Sort", "peak memory", "size", 300.0, 200.0, 100.0],
            ["Sort", "number of output rows", "sum", 7.0, 4.0, 4.0],
            ["HashAggregate", "avg hash probes per key", "average", 60.0, 30.0, 12.0],
            ["Sort", "of a newer Spark", "parsec", 7.0, 4.0, 4.0],
        )
    )
    found = {key: value for key, value in columns(frame).items() if key[0].startswith("spark_sql_")}

    assert found == {
        ("spark_sql_operator_time_seconds_total", "Sort", "sort time"): 1.5,
        ("spark_sql_operator_time_seconds_total", "Exchange", "shuffle write time"): 0.0025,
        ("spark_sql_operator_size_bytes_total", "Exchange", "shuffle bytes written"): 4097.0,
        ("spark_sql_operator_peak_memory_bytes", "Sort"): 200.0,
        ("spark_sql_operator_events_total", "Sort", "number of output rows"): 7.0,
        ("spark_sql_operator_average", "HashAggregate", "avg hash probes per key"): 1.2,
    }


def test_operators_that_are_not_repeated_stay():
    """And what is left out of them is counted once."""
    decoder = Decoder()
    many = [[f"Kind{n}", "sort time", "timing", 1.0 + n, 1.0, 1.0] for n in range(MAX_SHOWN + 3)]
    first = decoder.decode(rows_of(*many))
    again = decoder.decode(encode(plugin().answer(3, 3, "boot-1", 3)))

    name = "spark_sql_operator_time_seconds_total"
    assert len(first.frame.columns[name].keys) == MAX_SHOWN
    assert again.frame.columns[name] is first.frame.columns[name]
    assert (first.frame.drops, again.frame.drops) == ({"limit": 3}, {})


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (7, "answer.sql_operators[0]: expected an array, found 7"),
        (["Sort"], "answer.sql_operators[0]: expected operator, metric, type, total, largest, last, found"),
        (["Sort", 1, "sum", 1, 1, 1], "answer.sql_operators[0].metric: expected a string, found 1"),
        (["Sort", "m", "sum", -1, 1, 1], "answer.sql_operators[0].total: expected a number, zero or more"),
        (["Sort", "m", "sum", 1, "NaN", 1], "answer.sql_operators[0].largest: expected a finite number"),
    ],
)
def test_a_row_of_operators_that_breaks_the_contract_is_refused(row, sentence):
    """In words that name it."""
    with pytest.raises(SourceError) as error:
        Decoder().decode(rows_of(row))
    assert sentence in str(error.value)


def test_an_older_plugin_says_of_each_run_how_it_ended():
    """By its exception; a newer one by counts."""
    runs = [query(run_id="a", terminated=1.0), query(run_id="b", terminated=2.0, exception="boom")]
    runs += [query(run_id="c", terminated=2.0, stopped=3, failed=2), query(run_id="d")]
    found = columns(Decoder().decode(encode(plugin(queries=runs).answer())))

    assert "spark_streaming_query_tasks_total" not in {key[0] for key in found}
    name = "spark_streaming_query_terminations_total"
    assert {key[-1]: value for key, value in found.items() if key[0] == name} == {"stopped": 4, "failed": 3}
