"""The reporting thread: it survives a driver that does not listen, and never holds anybody up."""

import pytest

from plugin.applications import Store
from plugin.steering import Control, held
from running import until

HOUR = 3_600_000


class Reporter:
    """A reporter that samples nothing."""

    def __init__(self, jvm, driver, interval, **arguments):
        """Start it."""
        self.jvm = jvm
        self.number = jvm("reporter_new", driver=driver, interval=interval, **arguments)

    def state(self):
        """Return how often it asked and sampled, and what it warned of."""
        return self.jvm("reporter_state", reporter=self.number)

    def stop(self, patience=60_000):
        """Stop it; return its state."""
        return self.jvm("reporter_stop", reporter=self.number, patience=patience)


def test_the_driver_hears_of_an_executor_and_of_its_tasks_before_the_interval(jvm):
    """One report at the start, one soon after a task, one at the end; an hour has not passed."""
    store = Store(jvm)
    reporter = Reporter(jvm, "answers", HOUR, store=store.number)
    until(lambda: "1" in store.executors(), "the first report")
    jvm("reporter_task_ended", reporter=reporter.number)
    until(lambda: store.executors()["1"]["tasks_ended"] == 1, "the report of the task")
    jvm("reporter_task_ended", reporter=reporter.number)
    assert reporter.stop()["warnings"] == []
    assert store.executors()["1"]["tasks_ended"] == 2
    assert store.executors()["1"]["stats"]["report_failures"] == 0


def test_it_reports_every_interval(jvm):
    """Without any task."""
    store = Store(jvm)
    reporter = Reporter(jvm, "answers", 20, store=store.number)
    until(lambda: "1" in store.executors() and store.executors()["1"]["reports"] >= 5, "five reports")
    reporter.stop()


@pytest.mark.parametrize(
    ("driver", "reason"), [("fails", "no such endpoint"), ("silent", "the driver takes no reports")]
)
def test_a_driver_that_does_not_listen_is_asked_less_and_less_often(jvm, driver, reason):
    """Sampling goes on for Spark's sinks at the same pace."""
    reporter = Reporter(jvm, driver, 5)
    until(lambda: reporter.state()["samples"] >= 100, "a hundred samples")
    state = reporter.stop()
    assert 2 <= state["asked"] < state["samples"] / 2
    assert set(state["warnings"]) == {
        f"the driver could not be told; trying again, less and less often: {reason}"
    }


def test_a_driver_that_hangs_does_not_hold_up_the_stop(jvm):
    """The executor's shutdown returns although the last report never will."""
    reporter = Reporter(jvm, "hangs", 5)
    until(lambda: reporter.state()["asked"] == 1, "the report that hangs")
    assert reporter.stop(patience=50)["asked"] == 1


def test_the_first_reply_is_waited_for(jvm):
    """It has the present configuration, so the first task finds it."""
    control = Control(Store(jvm))
    control.patch({"threshold": 25})
    reporter = Reporter(jvm, "answers", HOUR, store=control.store.number)
    copy = jvm("reporter_await_first", reporter=reporter.number, millis=60_000)
    assert held(copy) == (1, {"threshold": 25})
    until(lambda: control.config()["complete"], "the driver knows that it has it")
    assert reporter.stop()["warnings"] == []


@pytest.mark.parametrize("driver", ["hangs", "fails", "silent"])
def test_the_first_reply_is_not_waited_for_for_ever(jvm, driver):
    """A driver that is busy does not hold up an executor's start."""
    reporter = Reporter(jvm, driver, HOUR)
    assert held(jvm("reporter_await_first", reporter=reporter.number, millis=50)) == (0, {})
    reporter.stop(patience=50)


def test_outcomes_go_out_before_the_interval(jvm):
    """What a reply brought is confirmed at once, and its outcome follows as soon as it is there."""
    control = Control(Store(jvm))
    reporter = Reporter(jvm, "answers", HOUR, store=control.store.number)
    until(lambda: len(control.config()["executors"]) == 2, "the first report")
    name = control.send(target="executors")
    jvm("reporter_task_ended", reporter=reporter.number)
    until(lambda: control.states(name) == {"1": "handled"}, "the outcome")
    reporter.stop()


def test_a_listener_that_fails_takes_nobody_with_it(jvm):
    """Spark would stop the application upon an error in a listener."""
    assert jvm("listener_guards") == ["java.lang.NoSuchMethodError: a method of another version", "event"]


def test_a_plugin_that_cannot_start_does_nothing(fresh_jvm):
    """Each side says so once; every method of the plugin API still returns."""
    assert fresh_jvm("plugins_without_spark") is True
    log = fresh_jvm.log()
    assert log.count("the plugin could not start in the driver and does nothing") == 1
    assert log.count("the plugin could not start in this executor and does nothing") == 1
