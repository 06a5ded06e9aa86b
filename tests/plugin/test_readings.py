"""Readings: from a sample through reports that may be lost to the answer that a client gets."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.applications import COUNTER, Executor, Store
from plugin.readings import Reading


def readings_of(store, snapshot, name):
    """Return the readings of one executor in a snapshot by name; None if they are left out."""
    executor = next(one for one in snapshot["executors"] if one["id"] == name)
    if "readings" not in executor:
        assert "reading_values" not in executor
        return None
    return dict(zip((store.readings[place] for place in executor["readings"]), executor["reading_values"]))


def test_readings_arrive_by_name(jvm):
    """Of each executor its own; names that several have stand in the list once."""
    store = Store(jvm)
    one, two = Executor(store, "1"), Executor(store, "2")
    one.read(runTime=5.0, heap=1e9).report()
    two.read(runTime=6.5).report()
    snapshot = store.poll()
    assert readings_of(store, snapshot, "1") == {"runTime": 5.0, "heap": 1e9}
    assert readings_of(store, snapshot, "2") == {"runTime": 6.5}
    assert [name for name in store.readings if not name.startswith("app.")] == ["runTime", "heap"]


def test_only_executors_with_a_changed_reading_are_in_an_answer(jvm):
    """And then all their readings; series and readings are judged apart."""
    store = Store(jvm)
    one, two = Executor(store, "1"), Executor(store, "2")
    one.read(a=1, b=2).set(COUNTER, [1.0], ["x"]).report()
    two.read(a=3).report()
    store.poll()
    two.read(a=3).report()
    one.read(b=4).report()
    snapshot = store.poll()
    assert readings_of(store, snapshot, "1") == {"a": 1.0, "b": 4.0}
    assert readings_of(store, snapshot, "2") is None
    assert not [executor for executor in snapshot["executors"] if "values" in executor]
    one.set(COUNTER, [2.0], ["x"]).report()
    snapshot = store.poll()
    assert snapshot["executors"][0]["values"] == [2.0]
    assert readings_of(store, snapshot, "1") is None


def test_a_reading_that_is_gone_is_not_there(jvm):
    """It can come back, at its old place."""
    store = Store(jvm)
    executor = Executor(store, "1").read(a=1, b=2)
    executor.report()
    store.poll()
    executor.read(a=None).report()
    assert readings_of(store, store.poll(), "1") == {"b": 2.0}
    executor.read(a=7).report()
    assert readings_of(store, store.poll(), "1") == {"a": 7.0, "b": 2.0}
    assert len(store.readings) == len(set(store.readings))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_not_finite_is_no_reading(jvm, number):
    """Its name does not even get into the list."""
    store = Store(jvm)
    Executor(store, "1").read(odd=number, good=1).report()
    assert readings_of(store, store.poll(), "1") == {"good": 1.0}
    assert "odd" not in store.readings


NAMES = st.sampled_from(["a", "b", "c", "d"])
VALUES = st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False))
FATES = st.sampled_from(["arrives", "lost", "reply_lost", "twice", "delayed", "late"])


@given(steps=st.lists(st.tuples(st.dictionaries(NAMES, VALUES, max_size=3), FATES), max_size=12))
@settings(deadline=None)
def test_whatever_becomes_of_reports_the_next_one_makes_it_good(shared_jvm, steps):
    """A client that follows has, after a report that arrives, exactly what the executor reads."""
    store = Store(shared_jvm)
    executor = Executor(store, "1")
    expected, seen = {}, {}
    for change, fate in [*steps, ({}, "arrives")]:
        executor.read(**change)
        expected |= change
        executor.report(fate)
        now = readings_of(store, store.poll(), "1")
        seen = seen if now is None else now
    final = readings_of(store, json.loads(store.raw()), "1") or {}
    expected = {name: value for name, value in expected.items() if value is not None}
    assert final == expected
    assert seen == expected


def test_a_new_session_of_an_executor_forgets_the_readings_of_the_old_one(jvm):
    """They were another process's."""
    store = Store(jvm)
    Executor(store, "1").read(a=1, b=2).report()
    Executor(store, "1", known=False).read(b=3).report()
    assert readings_of(store, store.poll(), "1") == {"b": 3.0}


def test_a_removed_executor_keeps_its_last_readings_while_it_is_visible(jvm):
    """As its series."""
    store = Store(jvm)
    Executor(store, "1").read(a=1).report()
    store.event("removed", id="1", reason="lost")
    snapshot = store.poll()
    assert snapshot["executors"][0]["state"] == "removed"
    assert readings_of(store, snapshot, "1") == {"a": 1.0}


def test_a_client_that_holds_too_many_names_starts_afresh(jvm):
    """It has its list from another application."""
    store = Store(jvm)
    Executor(store, "1").read(a=1).report()
    count = len(json.loads(store.raw())["readings"])
    again = json.loads(store.raw(after=1, readings=count + 1))
    assert (again["base"]["readings"], len(again["readings"])) == (0, count)


def test_the_most_readings_are_bounded(jvm):
    """What exceeds the bound is counted once a name, however often it is sampled."""
    reading = Reading(jvm, "registries", max_readings=2)
    reading.registry("x", a=1, b=2, c=3, d=4)
    reading.sample()
    sample = reading.sample()
    own = {name for name in sample["readings"] if name.startswith("x.")}
    assert sample["present"] == len(sample["readings"]) == 2
    assert own <= {"x.a", "x.b", "x.c", "x.d"}
    assert sample["dropped"]["reading_limit"] >= 2
    assert reading.sample()["dropped"] == sample["dropped"]


def test_a_source_that_fails_leaves_what_it_had_set(jvm):
    """It is counted and warned of; nothing is thrown."""
    sample = Reading(jvm, "failing").sample()
    assert sample["readings"] == {"before": 1.0}
    assert sample["failures"] == 1
    assert "a failure in a reading" in sample["warnings"][0]


def test_a_paced_source_is_not_read_more_often_than_it_should(jvm):
    """In between its readings stay as they were."""
    hour = Reading(jvm, "paced", millis=3_600_000)
    assert [hour.read()["reads"] for _ in range(3)] == [1.0, 1.0, 1.0]
    never = Reading(jvm, "paced", millis=0)
    assert [never.read()["reads"] for _ in range(3)] == [1.0, 2.0, 3.0]


def test_the_jvm_reads_itself(jvm):
    """Threads by state add up to the threads, and nothing is negative."""
    readings = Reading(jvm, "jvm").read()
    states = [value for name, value in readings.items() if name.startswith("jvm.threads.state.")]
    assert len(states) == 6
    assert math.isclose(sum(states), readings["jvm.threads.count"], abs_tol=3)
    assert 0 < readings["jvm.threads.daemon"] <= readings["jvm.threads.count"] <= readings["jvm.threads.peak"]
    assert readings["jvm.classes.loaded"] <= readings["jvm.classes.total"]
    assert readings["jvm.processors"] >= 1
    assert 0 <= readings.get("jvm.cpu.load", 0) <= 1
    assert min(readings.values()) >= 0
