"""The driver's store: totals that never go back, whatever happens to executors and their reports."""

import base64
import json
import math
from collections import Counter as Tally

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)

from plugin.applications import COUNTER, HISTOGRAM, Executor, Store, gauge
from plugin.parts import JavaError

FATES = st.sampled_from(["arrives", "lost", "reply_lost", "twice", "delayed", "late"])


def machine(jvm):  # noqa: C901 - the rules of one state machine
    """Return a state machine whose applications live in this JVM."""

    class Application(RuleBasedStateMachine):
        """Executors come, count, report over a bad network, and go."""

        executors = Bundle("executors")

        def __init__(self):
            """Start an application that remembers a single removed executor."""
            super().__init__()
            self.store = Store(jvm, retainedExecutors="1")
            self.names = 0
            self.counted = {}
            self.arrived = {}
            self.delayed = {}
            self.published = {}

        @rule(target=executors)
        def come(self):
            """A new executor registers."""
            self.names += 1
            return self._start(str(self.names))

        def _start(self, name):
            executor = Executor(self.store, name)
            self.counted[executor] = Tally()
            self.arrived[executor] = Tally()
            self.delayed[executor] = Tally()
            return executor

        @rule(executor=executors, source=st.sampled_from(["kafka", "files", ""]), amount=st.integers(1, 1000))
        def count(self, executor, source, amount):
            """User code counts and observes."""
            tally = self.counted[executor]
            tally["rows", source] += amount
            tally["times", "count"] += 1
            tally["times", "sum"] += amount
            executor.set(COUNTER, [tally["rows", source]], [source])
            executor.set(HISTOGRAM, [0, 0, tally["times", "count"], tally["times", "sum"]])

        @rule(executor=executors, fate=FATES)
        def report(self, executor, fate):
            """A report, and what becomes of it."""
            executor.report(fate)
            if fate == "delayed":
                self.delayed[executor] = self.counted[executor].copy()
            elif fate == "late":
                # Counts only grow, so the union of two states is the later one.
                self.arrived[executor] |= self.delayed[executor]
            elif fate != "lost":
                self.arrived[executor] = self.counted[executor].copy()

        @rule(target=executors, executor=consumes(executors), again=st.booleans())
        def go(self, executor, again):
            """An executor is lost; another one comes, or the same one registers again with a new JVM."""
            executor.report()
            self.arrived[executor] = self.counted[executor].copy()
            if not again:
                self.store.event("removed", id=executor.name, reason="lost")
                return self.come()
            return self._start(executor.name)

        @invariant()
        def totals_are_what_was_reported(self):
            """The totals are those of the tally, and no number ever falls."""
            totals = self.store.totals()
            expected = sum(self.arrived.values(), Tally())
            late = {key: cells for key, cells in totals.items() if key[0] == "rows"}
            for (_, source), cells in late.items():
                assert cells == [expected["rows", source]]
            if ("times",) in totals:
                assert totals["times",] == [0, 0, expected["times", "count"], expected["times", "sum"]]
            for key, cells in self.published.items():
                assert all(new >= old for new, old in zip(totals[key], cells))
            self.published = totals

    return Application


def test_totals_equal_an_independent_tally(shared_jvm):
    """Reports are lost, doubled and delayed, executors vanish: the totals are exact and never fall."""
    run_state_machine_as_test(
        machine(shared_jvm), settings=settings(max_examples=60, stateful_step_count=30, deadline=None)
    )


@given(amounts=st.lists(st.floats(0, 1e6), min_size=2, max_size=6), data=st.data())
@settings(deadline=None)
def test_totals_of_fractions_do_not_fall_by_rounding(shared_jvm, amounts, data):
    """Forgetting an executor adds in another order; the difference must not look like a restart."""
    store = Store(shared_jvm, retainedExecutors="0")
    for number, amount in enumerate(amounts):
        executor = Executor(store, str(number))
        executor.set(COUNTER, [amount], ["a"]).set(HISTOGRAM, [0, 0, 1, amount]).report()
    before = store.totals()
    for number in data.draw(st.permutations(range(len(amounts)))):
        store.event("removed", id=str(number), reason="done")
        after = store.totals()
        for key in before:
            assert all(new >= old for new, old in zip(after[key], before[key]))
            assert after[key] == pytest.approx(before[key])
        before = after


@pytest.mark.parametrize(
    ("mode", "cells", "live", "one_removed", "forgotten"),
    [
        ("sum", ([1.0], [2.0]), [3.0], [2.0], [math.nan]),
        ("max", ([7.0], [2.0]), [7.0], [2.0], [math.nan]),
        ("min", ([-7.0], [2.0]), [-7.0], [2.0], [math.nan]),
        ("mean", ([1.0], [2.0]), [3.0, 2.0], [2.0, 1.0], [0.0, 0.0]),
        ("mostrecent", ([5.0, 20.0], [2.0, 10.0]), [5.0, 20.0], [5.0, 20.0], [5.0, 20.0]),
    ],
)
def test_gauges_of_executors_combine_by_their_mode(jvm, mode, cells, live, one_removed, forgotten):
    """Removed executors count no more, but for the value set last; that one outlives their memory."""
    store = Store(jvm, retainedExecutors="0")
    key = (f"level_{mode}",)
    for name, values in zip("12", cells):
        Executor(store, name).set(gauge(mode), values).report()
    Executor(store, "3").set(gauge(mode), [math.nan, math.nan][: len(cells[0])]).report()
    assert store.totals()[key] == live
    store.event("removed", id="1", reason="gone")
    assert store.totals()[key] == one_removed
    store.event("removed", id="2", reason="gone")
    assert store.totals()[key] == forgotten


def test_a_removed_executor_stays_visible_with_its_reason(jvm):
    """Spark's text, the times, and the values it had."""
    store = Store(jvm)
    Executor(store, "7").set(COUNTER, [5.0], ["kafka"], tasks_ended=2).report()
    store.event("removed", id="7", reason="Command exited with code 137")

    seven = store.executors()["7"]
    assert (seven["state"], seven["reason"], seven["host"]) == (
        "removed",
        "Command exited with code 137",
        "host-7",
    )
    assert (seven["added"], seven["removed"], seven["reported"]) == (1e6, 1e6, 1e6)
    assert (seven["reports"], seven["tasks_ended"]) == (1, 2)
    assert seven["values"] == {("rows", "kafka"): [5.0]}


def test_removed_executors_are_bounded_in_number_and_time(jvm):
    """The oldest go first; what they counted stays."""
    store = Store(jvm, retainedExecutors="2", retainedExecutorsTime="10s")
    for number in range(4):
        Executor(store, str(number)).set(COUNTER, [1.0], ["a"]).report()
    for number in (2, 0, 1):
        store.event("removed", id=str(number), reason="idle")
        store.event("time", seconds=4)
    assert {name: one["state"] for name, one in store.executors().items()} == {
        "3": "live", "0": "removed", "1": "removed",
    }  # fmt: skip
    store.event("time", seconds=3)
    assert sorted(store.executors()) == ["1", "3"]
    assert store.totals() == {("rows", "a"): [4.0]}


def test_a_late_report_of_a_removed_executor_counts(jvm):
    """Its last values may overtake nothing: Spark's event came first."""
    store = Store(jvm)
    executor = Executor(store, "1").set(COUNTER, [1.0], ["a"])
    executor.report()
    store.event("removed", id="1", reason="idle")
    executor.set(COUNTER, [5.0], ["a"]).report()
    assert store.totals() == {("rows", "a"): [5.0]}
    assert store.executors()["1"]["state"] == "removed"


def test_a_report_of_a_forgotten_executor_is_not_counted_twice(jvm):
    """Its counts are in the totals already; it is told that everything is known, and does not come back."""
    store = Store(jvm, retainedExecutors="0")
    executor = Executor(store, "1").set(COUNTER, [5.0], ["a"])
    executor.report()
    store.event("removed", id="1", reason="idle")
    assert executor.set(COUNTER, [6.0], ["a"]).report() is False
    assert store.totals() == {("rows", "a"): [5.0]}
    assert store.executors() == {}


def test_a_report_that_was_overtaken_changes_nothing(jvm):
    """The newer one has arrived; the older one must not bring old values back."""
    store = Store(jvm)
    executor = Executor(store, "1").set(gauge("sum"), [5.0])
    executor.report()
    executor.set(gauge("sum"), [6.0]).report("delayed")
    executor.set(gauge("sum"), [7.0]).report()
    executor.report("late")
    assert store.totals() == {("level_sum",): [7.0]}
    assert store.executors()["1"]["values"] == {("level_sum",): [7.0]}


def test_an_executor_that_reports_before_spark_names_it(jvm):
    """The report counts; the host follows with Spark's event."""
    store = Store(jvm)
    Executor(store, "1", known=False).set(COUNTER, [5.0], ["a"]).report()
    assert store.executors()["1"]["host"] == ""
    store.event("added", id="1")
    assert store.executors()["1"]["host"] == "host-1"
    assert store.totals() == {("rows", "a"): [5.0]}


def test_contradicting_executors_are_dropped_and_counted(jvm):
    """The first definition stays; what the others count under that name is not mixed in."""
    store = Store(jvm)
    Executor(store, "1").set(COUNTER, [1.0], ["a"]).report()
    other = Executor(store, "2").set(COUNTER | {"type": "gauge", "mode": "sum"}, [10.0], ["a"])
    assert other.report() is False
    other.set(HISTOGRAM, [0, 0, 1, 2.0]).report()
    assert store.totals() == {("rows", "a"): [1.0], ("times",): [0.0, 0.0, 1.0, 2.0]}
    assert store.dropped["definition_conflict"] == 1


def test_the_series_of_an_application_are_bounded(jvm):
    """What exceeds the bound is dropped and counted; the rest goes on."""
    store = Store(jvm, maxApplicationSeries="3")
    executor = Executor(store, "1")
    for number in range(5):
        executor.set(COUNTER, [1.0], [str(number)])
    assert executor.report() is False
    executor.set(COUNTER, [9.0], ["0"]).report()
    assert store.totals() == {("rows", "0"): [9.0], ("rows", "1"): [1.0], ("rows", "2"): [1.0]}
    assert store.dropped["series_limit"] == 2


def test_many_definitions_take_several_reports(jvm):
    """A report is bounded; what does not fit follows at once, and all of it arrives."""
    store = Store(jvm)
    executor = Executor(store, "1")
    for number in range(40):
        executor.set(COUNTER, [float(number)], [f"{number} " + "x" * 60_000])
    reports = 1
    while executor.report():
        reports += 1
    assert reports > 1
    assert sorted(cells[0] for cells in store.totals().values()) == list(range(40))


def test_unchanged_values_are_not_sent_again(jvm):
    """A client that has the last state gets no executor values; one report moves one executor only."""
    store = Store(jvm)
    first, second = Executor(store, "1"), Executor(store, "2")
    for executor in (first, second):
        executor.set(COUNTER, [1.0], ["a"]).report()
    store.poll()
    assert all("values" not in one and "series" not in one for one in store.poll()["executors"])
    second.set(COUNTER, [2.0], ["a"]).report()
    shown = {one["id"]: one for one in store.poll()["executors"]}
    assert "values" not in shown["1"]
    assert shown["2"]["values"] == [2.0]


def test_a_report_without_news_wakes_nobody(jvm):
    """The time of the last report moves, the sequence does not."""
    store = Store(jvm)
    executor = Executor(store, "1").set(COUNTER, [1.0], ["a"])
    executor.report()
    before = store.poll()
    store.event("time", seconds=2)
    executor.report()
    after = store.poll()
    assert after["sequence"] == before["sequence"]
    assert after["executors"][0]["reported"] == before["executors"][0]["reported"] + 2


def test_a_client_that_holds_too_much_starts_afresh(jvm):
    """It has its lists from another application."""
    store = Store(jvm)
    Executor(store, "1").set(COUNTER, [1.0], ["a"]).report()
    snapshot = json.loads(store.raw(after=10**9, metrics=5, series=5))
    assert snapshot["base"] == {"metrics": 0, "series": 0, "readings": 0}
    assert snapshot["series"] == [[0, "a"]]
    assert snapshot["executors"][0]["values"] == [1.0]


@given(
    texts=st.lists(st.text(max_size=20), min_size=1, max_size=3),
    name=st.text(max_size=20),
    number=st.one_of(st.floats(), st.integers(-(2**60), 2**60).map(float)),
)
@settings(deadline=None)
def test_a_snapshot_is_json_with_every_text_and_number(shared_jvm, texts, name, number):
    """Two parsers agree; numbers that JSON does not know are text."""
    store = Store(shared_jvm, name=name)
    executor = Executor(store, "1").set(gauge("sum"), [number])
    for text in texts:
        executor.set(COUNTER | {"help": texts[0]}, [1.0], [text])
    executor.report()
    raw = store.raw()
    snapshot = json.loads(raw)
    assert orjson.loads(raw) == snapshot
    assert snapshot["application"]["name"] == name
    values = {
        tuple(snapshot["series"][place][1:]): value
        for place, value in zip(snapshot["executors"][0]["series"], snapshot["executors"][0]["values"])
    }
    expected = {math.inf: "+Inf", -math.inf: "-Inf"}.get(number, "NaN" if math.isnan(number) else number)
    assert values[()] == expected
    assert values.keys() - {()} == {(text,) for text in texts}


def test_a_snapshot_has_the_documented_fields(jvm):
    """Every field of docs/protocol.md, and no other one."""
    store = Store(jvm)
    totals = store.poll()["readings"]
    Executor(store, "1").set(COUNTER, [1.0], ["a"]).read(heap=3.5).report()
    store.query("started", "run", name="orders")
    store.query("progress", "run", json='{"batchId": 7}')
    snapshot = json.loads(store.raw())
    assert snapshot == {
        "protocol": 1,
        "plugin_version": "0.0.0",
        "boot": "b00t",
        "sequence": snapshot["sequence"],
        "final": False,
        "time": 1e6,
        "application": {
            "id": "app-1",
            "name": "etl",
            "attempt_id": None,
            "spark_version": "4.3.0",
            "user": "spark",
            "start_time": 999_999.5,
            "report_interval": 2.0,
            "waiting": True,
            "outcome": None,
        },
        "base": {"metrics": 0, "series": 0, "readings": 0},
        "metrics": [COUNTER],
        "series": [[0, "a"]],
        "totals": [1.0],
        "readings": [*totals, "heap"],
        "application_readings": [list(range(len(totals))), [0.0] * len(totals)],
        "queries": [
            {
                "id": "query",
                "run_id": "run",
                "name": "orders",
                "started": 1e6,
                "terminated": None,
                "exception": None,
                "stopped": 0,
                "failed": 0,
                "jobs": 0,
                "tasks": 0,
                "idle": None,
                "totals": {"batches": 1.0},
                "progress": {"batchId": 7},
            }
        ],
        "control": None,
        "messages": None,
        "executors": [
            {
                "id": "1",
                "host": "host-1",
                "state": "live",
                "reason": None,
                "added": 1e6,
                "removed": None,
                "reported": 1e6,
                "reports": 1,
                "tasks_ended": 0,
                "stats": {"dropped": {}},
                "series": [0],
                "values": [1.0],
                "readings": [len(totals)],
                "reading_values": [3.5],
            }
        ],
    }


@given(message=st.binary(max_size=200).map(lambda data: b"\x01" + data))
@settings(deadline=None)
def test_bytes_that_are_no_report_change_nothing(shared_jvm, message):
    """They are refused, whatever lengths they claim to have."""
    store = Store(shared_jvm)
    with pytest.raises(JavaError, match=r"IOException|EOFException"):
        shared_jvm("store_garbage", store=store.number, bytes=base64.b64encode(message).decode())
    assert store.executors() == {}


def test_a_report_of_another_version_says_what_to_do(jvm):
    """The driver and its executors came with different jars."""
    store = Store(jvm)
    with pytest.raises(
        JavaError, match="a message of version 9; the driver and its executors need the same jar"
    ):
        jvm("store_garbage", store=store.number, bytes=base64.b64encode(b"\x09").decode())
