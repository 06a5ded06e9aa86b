"""Dynamic allocation with shuffle tracking: executors come when there is work, and go when there is none."""

import pytest

import event_log
from counters import Counters
from promised import broken_promises
from running import until

pytestmark = [pytest.mark.spark, pytest.mark.timeout(420)]
ROUNDS, ROWS = 2, 1_000
ALLOCATED = "spark_driver_dynamic_allocation_executors"
REMOVALS = "spark_driver_dynamic_allocation_executors_removed_total"


def removals(daemon):
    """Return how many executors have gone, as the application's totals have it."""
    return daemon.totals().get("executors_removed_total")


def test_executors_that_come_and_go_are_counted(start_job, start_daemon, tmp_path):
    """Every promised name; each removal counts once; no counter ever falls; totals equal the event log."""
    job = start_job("allocation.py")
    daemon = start_daemon(job.hear("ui"), arguments=["--poll.interval=200ms"])
    counters = Counters(daemon)
    counters.start()
    job.hear("started")
    for done in range(1, ROUNDS + 1):
        job.tell("round")
        until(lambda: daemon.samples_of("spark_app_executors") == [2.0], "the executors have come")
        if done == ROUNDS:
            assert broken_promises(daemon, "dynamic_allocation", "removals") == (set(), set())
        (tmp_path / "job-0" / f"go-{done}").touch()
        assert job.hear("done") == done
        daemon.until_custom({"rows_total": float(done * ROWS)})
        until(lambda: daemon.samples_of("spark_app_executors") == [0.0], "no executor is left")
        until(lambda done=done: removals(daemon) == 2 * done, "the removals are counted")
        daemon.until_custom({"rows_total": float(done * ROWS)})

    # Spark's own figures come with the driver's next sample.
    until(lambda: daemon.samples_of(ALLOCATED) == [0.0], "Spark says that none is left")
    until(lambda: sum(daemon.samples_of(REMOVALS)) == removals(daemon), "Spark has counted the removals")
    reasons = [labels["reason"] for labels in daemon.labels_of(REMOVALS)]
    gone = dict(zip(reasons, daemon.samples_of(REMOVALS), strict=True))
    assert gone["exited_unexpectedly"] == 0
    counters.stop()
    job.tell("stop")
    assert job.wait() == 0
    until(lambda: daemon.samples_of("spark_app_up") == [0.0], "the application has ended")

    (log,) = (tmp_path / "job-0").glob("app-*")
    assert event_log.differences(daemon.totals(), log) == {}
    assert event_log.replay(log)["executors_removed_total"] == 2 * ROUNDS
    daemon.until_custom({"rows_total": float(ROUNDS * ROWS)})
    assert counters.fallen == []
