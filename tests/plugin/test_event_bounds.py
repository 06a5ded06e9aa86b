"""Events are bounded, whatever is sent; and they are counted."""

import json

from plugin.steering import Steered, ended
from running import until

HOLD = {"do": "hold"}


def test_a_thousand_events_are_remembered(control):
    """Those that have ended go first; while none has, no more are accepted."""
    Steered(control.store, "1")
    first = ended(control, control.send(target="driver", idempotency_key="k"))["id"]
    open_ones = [control.send(target="executors") for _ in range(999)]
    latest = control.send(target="executors")
    assert control.event(first) is None
    assert control.refused(target="driver", idempotency_key="k") == (
        f"the idempotency key is that of event {first}, which is forgotten by now"
    )
    assert control.refused() == "too many events have not ended; 1000 are waited for"
    control.store.event("removed", id="1", reason="lost")
    newest = control.send(target="driver")
    assert control.event(open_ones[0]) is None
    assert [event["id"] for event in control.events()[:2]] == [newest, latest]
    assert len(control.events()) == 100


def test_results_take_a_bounded_space(control):
    """Events that have ended make room; where none has, the result goes, and the event says so."""
    payload = HOLD | {"x": "y" * 60_400}
    names = [control.send("reload", payload, target="driver") for _ in range(138)]
    until(lambda: len(control.begun()) == len(names), "all are begun", 60)
    result = json.dumps("z" * 65_000)
    for name in names[:20]:
        control.release(name, result)
    assert control.recipient(names[19], "driver")["result"] == "z" * 65_000
    kept = [name for name in names if control.event(name)]
    assert 118 < len(kept) < 138
    assert kept[-118:] == names[20:]
    sent = [control.send("reload", payload, target="driver") for _ in range(20)]
    assert control.refused("reload", payload).startswith("too many events have not ended; ")
    control.release(names[20], result)
    one = control.recipient(names[20], "driver")
    assert (one["state"], one["result"]) == ("handled", None)
    assert one["error"] == "the result was dropped: those of all events are too large"
    assert all(control.event(name) for name in sent)


def test_a_large_backlog_comes_in_parts_and_in_order(control):
    """No reply grows beyond all bounds."""
    executor = Steered(control.store, "1")
    names = [control.send("reload", {"x": "y" * 60_000}, target="executors") for _ in range(40)]
    assert executor.report()
    executor.settle()
    assert executor.begun() == names[: len(executor.begun())]
    assert 10 < len(executor.begun()) < 20
    while executor.report():
        executor.settle()
    executor.settle()
    while executor.report():
        pass
    assert executor.begun() == names
    assert all(control.event(name)["succeeded"] for name in names)


def test_large_outcomes_come_in_parts(control):
    """And all of them come."""
    executor = Steered(control.store, "1")
    names = [control.send("reload", HOLD, target="executors") for _ in range(40)]
    executor.report()
    until(lambda: len(executor.begun()) == 40, "all are begun", 30)
    for name in names:
        executor.release(name, json.dumps("z" * 60_000))
    assert executor.report()
    handled = [control.event(name)["succeeded"] for name in names]
    assert handled == sorted(handled, reverse=True)
    assert 10 < sum(handled) < 20
    while executor.report():
        pass
    assert all(control.event(name)["succeeded"] for name in names)


def test_the_snapshot_counts(control):
    """Recipients by type and state, deliveries to executors, versions."""
    executor = Steered(control.store, "1")
    control.patch({"a": 1})
    control.send("reload")
    control.send("gc", {"do": "fail", "text": "no"}, target="driver")
    executor.report()
    control.store.event("passes", seconds=2)
    executor.report()
    executor.settle()
    executor.report()
    control.send("late", target="executors", ttl_seconds=1)
    control.store.event("passes", seconds=3)
    executor.report("lost")

    def counts():
        control.events()
        snapshot = json.loads(control.store.raw())
        events = {(kind, state): count for kind, state, count in snapshot["control"]["events"]}
        expected = {
            ("reload", "accepted"): 2, ("reload", "handled"): 2, ("gc", "accepted"): 1, ("gc", "failed"): 1,
            ("late", "accepted"): 1, ("late", "expired"): 1,
        }  # fmt: skip
        return snapshot if events == expected else None

    snapshot = until(counts, "the counts", 30)
    assert snapshot["control"]["version"] == 1
    assert snapshot["control"]["delivery"] == {
        "bounds": [0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0],
        "counts": [0, 0, 0, 0, 1, 0, 0, 0, 0, 0],
        "sum": 2.0,
    }
    assert [one["config_version"] for one in snapshot["executors"]] == [1]


def test_the_snapshot_has_a_bounded_number_of_types(control):
    """A hundred, then other."""
    for number in range(102):
        control.send(f"type-{number}", target="driver")
    rows = json.loads(control.store.raw())["control"]["events"]
    accepted = {kind: count for kind, state, count in rows if state == "accepted"}
    assert len(accepted) == 101
    assert accepted["other"] == 2


def test_a_waiting_client_hears_of_events(control):
    """The sequence of the snapshot rises with them."""
    before = control.store.poll()["sequence"]
    control.send(target="driver")
    assert control.store.poll()["sequence"] > before
