"""The course of an application: how it goes on, ends, is lost and comes again."""

from dataclasses import replace
from unittest.mock import ANY

import pytest
from fake_driver import metric
from published import TARGET, application, frame, page, samples, snapshot, state

from exporter.daemon.frame import EMPTY
from exporter.daemon.runs import MAX_NAMES, MAX_OVER, Runs


def test_an_application_waits_runs_and_completes(store, clock):
    """Each state with the time at which it began."""
    store.publish(TARGET, application(), snapshot(waiting=True))
    assert state(store) == ("waiting", 1000.0)
    assert samples(store, "spark_app_up") == {"spark_app_up": 1.0}
    clock.now = 5010.0
    store.publish(TARGET, application(), snapshot(waiting=False))
    clock.now = 5020.0
    store.publish(TARGET, application(), snapshot(waiting=False))
    assert state(store) == ("running", 5010.0)
    store.publish(TARGET, application(), snapshot(final=True, outcome="completed"))

    assert state(store) == ("completed", 1010.0)
    assert samples(store, "spark_app_up") == {"spark_app_up": 0.0}
    assert samples(store, "spark_app_end") == {"spark_app_end_timestamp_seconds": 1010.0}


def test_the_plugin_says_how_it_ended(store):
    """Its last word is definite."""
    store.publish(TARGET, application(), snapshot(outcome="failed"))
    assert state(store)[0] == "running"
    store.publish(TARGET, application(), snapshot(final=True, outcome="failed"))

    assert state(store) == ("failed", 1010.0)


def test_rest_says_it_where_there_is_no_plugin(store, clock):
    """What it last knew counts, and a source that cannot tell changes nothing."""
    store.publish(TARGET, application())
    store.put(TARGET, application(), "executors", EMPTY, waiting=True)
    assert state(store) == ("waiting", 1000.0)
    clock.now = 5010.0
    store.put(TARGET, application(), "executors", EMPTY, waiting=False)
    store.put(TARGET, application(), "jobs", EMPTY, failed=True)
    store.put(TARGET, application(), "stages", EMPTY)
    assert state(store) == ("running", 5010.0)
    store.publish(TARGET, application(completed=True, end_time=2000.0))

    assert state(store) == ("failed", 2000.0)


def test_a_completed_application_turns_out_to_have_failed(store):
    """A history server is read one resource after the other."""
    store.publish(TARGET, application(completed=True, end_time=2000.0))
    assert state(store) == ("completed", 2000.0)
    store.put(TARGET, application(), "jobs", EMPTY, failed=True)

    assert state(store) == ("failed", 2000.0)


def test_the_plugin_knows_better_than_rest_whether_it_waits(store):
    """It hears of executors at once."""
    store.publish(TARGET, application(), snapshot(waiting=False))
    store.put(TARGET, application(), "executors", EMPTY, waiting=True)

    assert state(store)[0] == "running"


def test_a_driver_that_died_without_a_word(store, clock):
    """Is lost since it was missed, has ended when it was last heard of, and runs again when it comes back."""
    store.publish(TARGET, application(), snapshot({"spark_app_executors": 2.0}))
    clock.now = 5100.0
    store.lost(TARGET)
    assert state(store) == ("lost", 5100.0)
    assert samples(store, "spark_app_end") == {"spark_app_end_timestamp_seconds": 5000.0}
    assert samples(store, "spark_app_executors") == {}
    clock.now = 5200.0
    store.publish(TARGET, application(), None)

    assert state(store) == ("running", 5200.0)
    assert samples(store, "spark_app_end") == {}
    assert samples(store, "spark_app_executors") == {"spark_app_executors": 2.0}


@pytest.mark.parametrize("outcome", ["completed", "failed"])
def test_somebody_else_says_how_a_driver_ended(store, clock, outcome):
    """When it was heard of last; a late answer of a source changes nothing, and it does not come again."""
    store.publish(TARGET, application(), snapshot())
    clock.now = 5100.0
    store.gone(TARGET, application(), outcome)
    store.put(TARGET, application(), "jobs", EMPTY, failed=True)
    store.gone(TARGET, application(), "")
    store.publish(TARGET, application())

    assert state(store) == (outcome, 5000.0)
    assert samples(store, "spark_app_up") == {"spark_app_up": 0.0}
    assert samples(store, "spark_app_end") == {"spark_app_end_timestamp_seconds": 5000.0}


def test_what_somebody_else_says_of_an_application_that_was_lost_before(store):
    """Counts as well."""
    store.publish(TARGET, application())
    store.lost(TARGET)
    store.gone(TARGET, application(), "completed")

    assert state(store)[0] == "completed"


def test_the_drivers_own_word_is_the_better_one(store):
    """A program may fail after its application has ended well."""
    store.publish(TARGET, application(), snapshot(final=True, outcome="completed"))
    store.gone(TARGET, application(), "failed")

    assert state(store) == ("completed", 1010.0)


def test_what_is_said_of_another_run_or_another_target(store):
    """Changes nothing: the application is lost."""
    store.publish(TARGET, application())
    store.gone("http://other:4040", application(), "failed")
    assert state(store)[0] == "running"
    store.gone(TARGET, application(attempt_id="2"), "failed")

    assert state(store)[0] == "lost"


def test_every_source_hears_of_an_application(store, clock):
    """One that fails does not."""
    store.publish(TARGET, application())
    clock.now = 5003.0
    store.put(TARGET, application(), "jobs", EMPTY)
    clock.now = 5006.0
    store.falter(TARGET, application(), "jobs")
    store.lost(TARGET)
    store.put(TARGET, application(), "stages", EMPTY)

    assert samples(store, "spark_app_end") == {"spark_app_end_timestamp_seconds": 5003.0}


def test_what_stays_after_the_end_of_an_application(store):
    """Counters stay, levels go, and what would be wrong otherwise becomes 0."""
    given = {"spark_app_executors": 2.0, "spark_app_executors_added_total": 3.0}
    given |= {("spark_executor_up", "1"): 1.0, ("spark_executor_added_timestamp_seconds", "1"): 7.0}
    store.publish(TARGET, application(), snapshot(given))
    assert samples(store, "spark_app_executors") | samples(store, "spark_executor") == {
        "spark_app_executors": 2.0,
        "spark_app_executors_added_total": 3.0,
        'spark_executor_up{executor_id="1"}': 1.0,
        'spark_executor_added_timestamp_seconds{executor_id="1"}': 7.0,
    }
    store.publish(TARGET, application(), snapshot(given, final=True))

    assert samples(store, "spark_app_executors") | samples(store, "spark_executor") == {
        "spark_app_executors_added_total": 3.0,
        'spark_executor_up{executor_id="1"}': 0.0,
        'spark_executor_added_timestamp_seconds{executor_id="1"}': 7.0,
    }


def test_attempts_are_counted(store):
    """By the list of REST, which the plugin does not know, or by the attempt's own number."""
    store.publish(TARGET, application(attempts=3))
    store.publish(TARGET, application(), snapshot())
    assert samples(store, "spark_app_attempts") == {"spark_app_attempts": 3.0}
    store.publish(TARGET, application(attempt_id="5"))
    assert samples(store, "spark_app_attempts") == {"spark_app_attempts": 5.0}
    store.publish(TARGET, application(attempt_id="\u0664"))

    assert samples(store, "spark_app_attempts") == {"spark_app_attempts": 1.0}


def test_another_run_under_the_same_id_has_nothing_of_the_old_one(store, clock):
    """No sample, no state, no drop, and no word of what its sources said."""
    bad = [metric("rows", labels=["app_id"])]
    store.publish(TARGET, application(), snapshot({"spark_app_executors_added_total": 3.0}))
    store.put(TARGET, application(), "jobs", frame({"spark_app_executors_removed_total": 1.0}), failed=True)
    clock.now = 5100.0
    again = application(start_time=4000.0)
    store.publish(TARGET, again)

    assert bad
    assert samples(store, "spark_app_executors") == {}
    assert state(store) == ("running", 4000.0)
    store.put(TARGET, application(), "jobs", frame({"spark_app_executors_removed_total": 1.0}))
    assert samples(store, "spark_app_executors") == {}
    store.publish(TARGET, replace(again, completed=True, end_time=4500.0))
    assert state(store) == ("completed", 4500.0)


def test_restarts_under_a_name_are_counted(store):
    """A run that goes on is one, whatever is said of it; dates in a name make no other one."""
    for number, name in enumerate(["etl-2026-11-21", "etl-2026-11-22", "load"]):
        for _ in range(3):
            store.publish(TARGET, application(id=f"app-{number}", name=name))

    counts = [line for line in page(store).splitlines() if line.startswith("spark_app_name_runs_total")]
    assert counts == [
        'spark_app_name_runs_total{app_name="etl"} 2.0',
        'spark_app_name_runs_total{app_name="load"} 1.0',
    ]


def test_the_names_of_runs_are_bounded():
    """Those that were not seen for longest go."""
    runs = Runs()
    for number in range(MAX_NAMES + 5):
        runs.count("daily", run(f"daily {number}"))
        runs.count(f"once {number}", run(f"once {number}"))

    assert len(runs.view()) == MAX_NAMES
    assert runs.view()["daily"] == MAX_NAMES + 5
    assert "once 0" not in runs.view()


def test_a_run_is_counted_once():
    """Also if it was away: a history server shows again what was let go. Only so many are remembered then."""
    runs = Runs()
    runs.count("etl", run("stays"))
    for number in range(MAX_OVER + 1):
        runs.count("etl", run(number))
        runs.over(run(number))
    runs.count("etl", run(1))
    assert runs.view() == {"etl": MAX_OVER + 2}
    runs.over(run("stays"))
    runs.count("etl", run("stays"))
    assert runs.view() == {"etl": MAX_OVER + 2}
    runs.count("etl", run(0))

    assert runs.view() == {"etl": MAX_OVER + 3}


def test_what_is_counted_is_kept_when_it_has_changed():
    """What could not be kept is tried again; a run that goes on is no news."""
    works, written = [False, True], []
    runs = Runs(lambda content: written.append(content) or works.pop(0))
    runs.keep()
    assert written == []
    runs.count("etl", run("app-1"))
    for _ in range(3):
        runs.keep()

    assert written == [{"counts": {"etl": 1}, "seen": [ANY]}] * 2


def run(name):
    return (str(name), "", 1.0)
