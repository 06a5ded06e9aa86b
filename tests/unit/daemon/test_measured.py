"""What the plugin measures beyond the user's metrics: readings and queries, from the answer to the frame."""

from fake_driver import executor
from wire import encode, plugin

from exporter.daemon.decode import Decoder


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
