"""The streaming context of DStreams: its statistics, its receivers, and the batch that completed last."""

import json
from pathlib import Path

import pytest
from fake_spark import TARGET, FakeSpark, values

from exporter.daemon.catalogue import load
from exporter.daemon.frame import INVALID_VALUE, TRUNCATED
from exporter.daemon.sources.dstreams import DStreamsSource
from exporter.daemon.sources.rest import Api, instant

DATA = Path(__file__).parent / "data" / "rest"
RECORDS = "spark_dstream_last_batch_records"
ERROR = "spark_dstream_receiver_last_error_timestamp_seconds"
INTERVAL = 1_000


class Streaming(FakeSpark):
    """A driver with a streaming context, which has run batches from 1,000,000 on, each with its own size."""

    def __init__(self):
        super().__init__()
        self.first, self.completed, self.asked = 1_000_000, 0, []
        self.answers["streaming/statistics"] = {"batchDuration": INTERVAL, "numTotalCompletedBatches": 0}
        self.answers["streaming/receivers"] = []

    def get(self, url, params=None):
        _, _, path = url.partition("/app-1/")
        if path == "streaming/batches":
            status = (params or {}).get("status")
            listed = self.batches() if status == "COMPLETED" else []
            self.asked += ["list"] if status == "COMPLETED" else []
            self.answers[path] = listed
        return super().get(url, params)

    def batches(self):
        """Return what has completed, the newest first, as Spark does."""
        numbers = range(self.first, self.first + self.completed * INTERVAL, INTERVAL)
        return [
            {"batchId": batch, "status": "COMPLETED", "inputSize": index}
            for index, batch in reversed([*enumerate(numbers, 1)])
        ]

    def complete(self, count):
        """Run batches."""
        self.completed += count
        self.answers["streaming/statistics"]["numTotalCompletedBatches"] = self.completed
        self.answers |= {f"streaming/batches/{item['batchId']}": item for item in self.batches()}


@pytest.fixture
def spark():
    """The driver."""
    return Streaming()


@pytest.fixture
def source(spark):
    """The source that reads it."""
    return DStreamsSource(Api(spark, TARGET, "app-1"), load())


@pytest.mark.parametrize("version", ["3.5.9", "4.3.0"])
def test_what_a_real_driver_has_answered(version):
    """Statistics in seconds; batches that wait and run; the last completed one."""
    spark = FakeSpark()
    for name in ("statistics", "receivers", "batches"):
        spark.answers[f"streaming/{name}"] = json.loads((DATA / version / f"{name}.json").read_text("utf-8"))
    batches = spark.answers["streaming/batches"]
    completed = next(item for item in batches if item["status"] == "COMPLETED")
    spark.answers["streaming/batches"] = [completed]
    source = DStreamsSource(Api(spark, TARGET, "app-1"), load())
    frame = source.update().value

    statistics = spark.answers["streaming/statistics"]
    assert values(frame, "spark_dstream_batch_interval_seconds") == statistics["batchDuration"] / 1000
    assert values(frame, "spark_dstream_completed_batches_total") == statistics["numTotalCompletedBatches"]
    delay = values(frame, "spark_dstream_last_batch_processing_time_seconds")
    assert delay == completed["processingTime"] / 1000
    spark.answers["streaming/batches"] = batches
    active = values(source.update().value, "spark_dstream_batches")
    assert active == {("waiting",): 1.0, ("processing",): 1.0}
    assert source.every == 3


def test_a_context_that_begins_late_is_found_soon():
    """Most begin with their application, and after Spark's UI; on a slow machine there are few polls."""
    source = DStreamsSource(Api(FakeSpark(), TARGET, "app-1"), load())
    pauses = []
    for _ in range(5):
        source.update()
        pauses.append(source.every)

    assert pauses == [2, 4, 8, 12, 12]


def test_the_last_batch_is_found_although_it_was_never_seen_to_run(spark, source):
    """Batches are faster than polls; the list of all of them is read once."""
    assert values(source.update().value, RECORDS) == {}
    for count in (3, 1, 0, 40):
        spark.complete(count)
        assert values(source.update().value, RECORDS) == spark.completed

    assert spark.asked == ["list"]


def test_a_batch_that_is_not_where_it_should_be_is_looked_for_now_and_then(spark, source):
    """As where Spark runs several at a time: until then the one before stays."""
    spark.complete(2)
    source.update()
    spark.first += INTERVAL // 2
    spark.answers = {path: item for path, item in spark.answers.items() if "batches/" not in path}
    seen = []
    for _ in range(21):
        spark.complete(1)
        spark.answers = {path: item for path, item in spark.answers.items() if "batches/" not in path}
        seen.append(values(source.update().value, RECORDS))

    assert seen == [2.0] * 20 + [float(spark.completed)]
    assert spark.asked == ["list", "list"]


def test_the_last_error_of_a_receiver_outlives_its_restart(spark, source):
    """Spark forgets it then. What is gone with its receiver is gone."""
    receiver = {"streamId": 0, "streamName": "Socket", "avgEventRate": 1.0}
    spark.answers["streaming/receivers"] = [receiver]
    assert values(source.update().value, ERROR) == {}
    failed = "2026-11-22T18:37:17.000GMT"
    for item in (receiver | {"lastErrorTime": failed}, receiver, receiver):
        spark.answers["streaming/receivers"] = [item]
        assert values(source.update().value, ERROR) == {("Socket 0",): instant({"failed": failed}, "failed")}

    spark.answers["streaming/receivers"] = []
    assert values(source.update().value, ERROR) == {}


def test_what_is_not_said_as_spark_does_is_counted():
    """Of the context, of receivers and of batches."""
    spark = FakeSpark()
    spark.answers |= {
        "streaming/statistics": {"startTime": 5, "numTotalCompletedBatches": 3, "avgInputRate": None},
        "streaming/receivers": [
            {"streamId": "0", "streamName": 5, "avgEventRate": "NaN", "lastErrorTime": "then"},
            {"streamId": 1, "streamName": "s", "avgEventRate": None, "lastErrorTime": None},
        ],
        "streaming/batches": [{"status": 5, "batchId": "3", "totalDelay": None, "inputSize": "4"}],
    }
    frame = DStreamsSource(Api(spark, TARGET, "app-1"), load()).update().value

    # The number of the batch is looked for once among all of them, and once more in the one that is found.
    assert frame.drops == {INVALID_VALUE: 9}
    assert frame.culprits == {INVALID_VALUE: "startTime"}


def test_a_long_name_of_a_stream_is_cut_and_counted():
    """It is kept with the time of the last error."""
    spark = FakeSpark()
    receiver = {"streamId": 1, "streamName": "x" * 1_000, "lastErrorTime": "2026-11-22T18:05:24.233GMT"}
    spark.answers |= {"streaming/statistics": {}, "streaming/receivers": [receiver], "streaming/batches": []}
    frame = DStreamsSource(Api(spark, TARGET, "app-1"), load()).update().value

    ((name,),) = values(frame, ERROR)
    assert len(name) == 200
    assert frame.drops == {TRUNCATED: 1}
