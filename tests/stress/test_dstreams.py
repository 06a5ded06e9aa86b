"""An application of DStreams with a receiver, which loses its connection and gets another one."""

import pytest

from promised import broken_promises
from running import until

pytestmark = [pytest.mark.spark, pytest.mark.timeout(600)]
LINES = 200.0
FEATURES = ("dstreams", "dstream_receivers", "dstream_receiver_errors")
ERROR = "spark_dstream_receiver_last_error_timestamp_seconds"


def by_label(daemon, name, label):
    """Return the values of a metric by one of its labels."""
    return {
        dict(labels)[label]: value for (found, labels), value in daemon.samples().items() if found == name
    }


def test_batches_and_receivers_are_published(start_job, start_daemon):
    """Every promised name; each line that came counts once, before and after the receiver's restart."""
    job = start_job("dstreams.py")
    daemon = start_daemon(job.hear("ui"), arguments=["--poll.interval=200ms"])
    counted = {"lines_total{connection=first}": LINES / 2, "lines_total{connection=second}": LINES / 2}

    daemon.until_custom({"lines_total{connection=first}": LINES / 2})
    until(lambda: daemon.samples_of(ERROR), "the error of the receiver is published")
    job.tell("again")
    daemon.until_custom(counted)
    for name in ("received", "processed"):
        until(
            lambda name=name: daemon.samples_of(f"spark_dstream_{name}_records_total") == [LINES],
            f"all lines are {name}",
        )
    assert broken_promises(daemon, *FEATURES) == (set(), set())
    until(
        lambda: by_label(daemon, "spark_dstream_receivers", "state") == {"active": 1.0, "inactive": 0.0},
        "the receiver is active",
    )
    (receiver,) = by_label(daemon, "spark_dstream_receiver_records_per_second", "receiver")
    assert by_label(daemon, ERROR, "receiver").keys() == {receiver}
    assert daemon.samples_of("spark_dstream_batch_interval_seconds") == [1.0]
    job.tell("stop")
    assert job.wait() == 0
    until(lambda: daemon.samples_of("spark_app_up") == [0.0], "the application has ended")

    assert daemon.samples_of("spark_dstream_received_records_total") == [LINES]
    daemon.until_custom(counted)
