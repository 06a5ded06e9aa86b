"""Events: to whom they go, how far they are, and what becomes of them."""

import json

import pytest

from plugin.applications import Store
from plugin.steering import Control, Steered, ended
from running import until

HOLD = {"do": "hold"}


def test_an_event_as_it_is_shown(control):
    """All its fields, when the driver alone has handled it."""
    name = control.send(
        "reload", {"do": "return", "result": '{"rows": 3}'}, target="driver", idempotency_key="k"
    )
    assert ended(control, name) == {
        "id": name,
        "type": "reload",
        "payload": {"do": "return", "result": '{"rows": 3}'},
        "target": "driver",
        "idempotency_key": "k",
        "accepted": 1e6,
        "expires": 1e6 + 60,
        "actor": "tester",
        "done": True,
        "succeeded": True,
        "recipients": [
            {
                "id": "driver",
                "state": "handled",
                "result": {"rows": 3},
                "error": None,
                "delivered": 1e6,
                "finished": 1e6,
            }
        ],
    }


@pytest.mark.parametrize(
    ("payload", "state", "result", "error"),
    [
        ({}, "handled", None, None),
        ({"do": "none"}, "handled", None, None),
        ({"do": "return", "result": "[1, 0.1]"}, "handled", [1, 0.1], None),
        ({"do": "return", "result": "{oops"}, "failed", None, "the result is no JSON: not JSON: "),
        (
            {"do": "return", "result": '"' + "x" * 65535 + '"'},
            "failed",
            None,
            "the result has 65537 bytes; at most 65536",
        ),
        ({"do": "fail", "text": "no such table"}, "failed", None, "no such table"),
        ({"do": "throw", "text": "no luck"}, "failed", None, "IllegalStateException: no luck"),
        ({"do": "error"}, "failed", None, "NoSuchMethodError: of another version"),
        ({"do": "expire"}, "expired", None, "nobody began to handle it in time"),
        ({"do": "throw", "text": "x" * 9000}, "failed", None, "IllegalStateException: xxx"),
    ],
)
def test_what_a_handler_does(control, payload, state, result, error):
    """Its result or its error is shown; the event after it is handled all the same."""
    if len(json.dumps(payload)) > 60_000:
        payload = {"do": "hold"}
        name = control.send("reload", payload, target="driver")
        until(lambda: control.begun() == [name], "the handling has begun", 30)
        control.release(name, '"' + "x" * 65535 + '"')
    else:
        name = control.send("reload", payload, target="driver")
    event = ended(control, name)
    (recipient,) = event["recipients"]
    assert (recipient["state"], recipient["result"]) == (state, result)
    assert recipient["error"] == error or (recipient["error"] or "").startswith(error or " ")
    assert len(recipient["error"] or "") <= 4010
    assert event["succeeded"] is (state == "handled")
    assert ended(control, control.send(target="driver"))["succeeded"]


def test_a_handler_that_interrupts_its_thread(control):
    """What the plugin does after it is not interrupted, and the next event is handled all the same."""
    (recipient,) = ended(control, control.send("reload", {"do": "interrupt"}, target="driver"))["recipients"]
    assert (recipient["state"], recipient["result"]) == ("handled", False)
    assert ended(control, control.send(target="driver"))["succeeded"]


def test_events_are_begun_in_order_and_do_not_wait_for_one_another(control):
    """One that takes long does not hold up the next."""
    names = [control.send("reload", HOLD, target="driver") for _ in range(5)]
    until(lambda: len(control.begun()) == 5, "all are begun", 30)
    assert control.begun() == names
    control.release(names[4], "5")
    assert ended(control, names[4])["recipients"][0]["result"] == 5
    assert not control.event(names[0])["done"]


def test_a_handler_that_hangs(control):
    """What is behind it expires in time and never begins, or waits, whatever its type."""
    stuck = control.send("reload", {"do": "block"}, target="driver")
    until(lambda: control.begun() == [stuck], "the handling has begun", 30)
    late = control.send("other", target="driver", ttl_seconds=0.2)
    patient = control.send("other", target="driver")
    (recipient,) = ended(control, late)["recipients"]
    assert (recipient["state"], recipient["error"]) == ("expired", "nobody began to handle it in time")
    own = control.send("gc", target="driver")
    late_own = control.send("gc", target="driver", ttl_seconds=0.2)
    assert ended(control, late_own)["recipients"][0]["state"] == "expired"
    assert {state for name in (stuck, patient, own) for state in control.states(name).values()} == {
        "delivered"
    }
    control.release(stuck)
    assert all(ended(control, name)["succeeded"] for name in (stuck, patient, own))
    assert control.begun() == [stuck, patient, own]


def test_an_executor_whose_handler_hangs(control):
    """It reports what has expired there."""
    executor = Steered(control.store, "1")
    stuck = control.send("reload", {"do": "block"}, target="executors")
    late = control.send("reload", target="executors", ttl_seconds=0.3)
    last = control.send("gc", target="executors")

    def states():
        executor.report()
        return [control.states(name)["1"] for name in (stuck, late, last)]

    until(lambda: states() == ["delivered", "expired", "delivered"], "the second has expired", 30)
    executor.release(stuck)
    until(lambda: states() == ["handled", "expired", "handled"], "the others have ended", 30)
    assert executor.begun() == [stuck, last]


@pytest.mark.parametrize(
    ("target", "recipients"),
    [
        ("all", ["driver", "1", "2"]),
        ("driver", ["driver"]),
        ("executors", ["1", "2"]),
        ("executor:2", ["2"]),
    ],
)
def test_targets(control, target, recipients):
    """Those that are live when the event is accepted, and nobody else later."""
    for name in ("1", "2", "3"):
        Steered(control.store, name)
    control.store.event("removed", id="3", reason="lost")
    name = control.send(target=target)
    late = Steered(control.store, "4")
    late.report()
    assert [one["id"] for one in control.event(name)["recipients"]] == recipients
    assert late.begun() == []


def test_in_local_mode_the_driver_is_the_executor(jvm):
    """All targets mean the only JVM."""
    control = Control(Store(jvm), local=True)
    for target in ("all", "driver", "executors", "executor:driver"):
        event = ended(control, control.send(target=target))
        assert [one["id"] for one in event["recipients"]] == ["driver"]


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("executors", "there is no live executor"),
        ("executor:7", "there is no executor 7"),
        ("executor:1", "executor 1 was removed"),
        ("executor:driver", "there is no executor driver"),
    ],
)
def test_nobody_to_send_it_to(control, target, sentence):
    """It is refused, and nothing is remembered."""
    Steered(control.store, "1")
    control.store.event("removed", id="1", reason="lost")
    assert control.refused(target=target) == sentence
    assert control.events() == []


def test_from_acceptance_to_the_outcome(control):
    """What the driver knows of an executor that gets, handles and reports an event."""
    executor = Steered(control.store, "1")
    executor.report()
    name = control.send("reload", HOLD, target="executors")
    assert control.states(name) == {"1": "accepted"}
    assert executor.report(), "the driver is to hear that it has arrived"
    assert control.states(name) == {"1": "accepted"}
    control.store.event("passes", seconds=2)
    assert not executor.report()
    assert control.recipient(name, "1")["delivered"] == 1e6 + 2
    until(lambda: executor.begun() == [name], "the handling has begun", 30)
    executor.release(name, "[7]")
    executor.report()
    one = control.recipient(name, "1")
    assert (one["state"], one["result"]) == ("handled", [7])
    assert control.event(name)["succeeded"]


def test_a_lost_reply_brings_the_event_again_and_it_is_handled_once(control):
    """Until the driver knows that it has arrived."""
    executor = Steered(control.store, "1")
    names = [control.send(target="executors")]
    for fate in ("reply_lost", "arrives", "lost", "reply_lost", "twice", "arrives"):
        executor.report(fate)
        names.append(control.send(target="executors"))
    executor.handle()
    assert executor.begun() == names
    executor.report()
    assert {tuple(control.states(name).values()) for name in names} == {("handled",)}


def test_outcomes_are_reported_until_they_are_confirmed(control):
    """A report that is lost takes nothing with it."""
    executor = Steered(control.store, "1")
    name = control.send(target="executors")
    executor.report()
    executor.settle()
    executor.report("lost")
    executor.report("delayed")
    assert control.states(name) == {"1": "accepted"}
    executor.report("reply_lost")
    assert control.states(name) == {"1": "handled"}
    executor.report("late")
    executor.report("twice")
    assert control.states(name) == {"1": "handled"}


def test_an_event_that_nobody_fetches_expires(control):
    """At the end of its time, not before."""
    Steered(control.store, "1")
    name = control.send(target="executors", ttl_seconds=0.5)
    control.store.event("passes", seconds=0.49)
    assert control.states(name) == {"1": "accepted"}
    control.store.event("passes", seconds=0.02)
    one = control.recipient(name, "1")
    assert (one["state"], one["error"]) == ("expired", "the recipient did not get it in time")
    assert control.event(name)["done"]


def test_an_expired_event_is_not_delivered(control):
    """The executor never sees it; the one after it, it does."""
    executor = Steered(control.store, "1")
    control.send(target="executors", ttl_seconds=1)
    control.store.event("passes", seconds=2)
    name = control.send(target="executors")
    executor.handle()
    assert executor.begun() == [name]


def test_the_truth_replaces_a_guess(control):
    """The executor had it in time, but could not say so."""
    executor = Steered(control.store, "1")
    name = control.send("reload", {"do": "return", "result": "1"}, target="executors", ttl_seconds=1)
    executor.report()
    executor.settle()
    control.store.event("passes", seconds=2)
    assert control.states(name) == {"1": "expired"}
    executor.report()
    one = control.recipient(name, "1")
    assert (one["state"], one["result"], one["error"]) == ("handled", 1, None)
    assert control.event(name)["succeeded"]


def test_an_event_that_waits_in_the_executor_expires_there(control):
    """Its handling has not begun in the time that was left when it was sent."""
    executor = Steered(control.store, "1")
    name = control.send(target="executors", ttl_seconds=1)
    control.store.event("passes", seconds=0.9999)
    executor.report()
    executor.settle()
    executor.report()
    if executor.begun() == []:
        one = control.recipient(name, "1")
        assert (one["state"], one["error"]) == ("expired", "nobody began to handle it in time")


def test_one_that_was_begun_is_waited_for(control):
    """The time bounds the beginning, not the end."""
    name = control.send("reload", HOLD, target="driver", ttl_seconds=1)
    until(lambda: control.begun() == [name], "the handling has begun", 30)
    control.store.event("passes", seconds=1000)
    assert control.states(name) == {"driver": "delivered"}
    control.release(name)
    assert ended(control, name)["succeeded"]


def test_an_executor_that_is_removed(control):
    """Whatever it had not finished has failed; what it had, stays."""
    executor = Steered(control.store, "1")
    done = control.send(target="executors")
    executor.handle()
    names = [control.send("reload", HOLD, target="executors")]
    executor.report()
    executor.report()
    names.append(control.send(target="executors"))
    control.store.event("removed", id="1", reason="Container killed")
    assert control.states(done) == {"1": "handled"}
    for name in names:
        one = control.recipient(name, "1")
        assert (one["state"], one["error"]) == ("failed", "executor 1 was removed: Container killed")
    assert control.refused(target="executor:1") == "executor 1 was removed"


def test_a_removed_executor_that_reports_all_the_same(control):
    """What it has handled was handled; new events it does not get."""
    executor = Steered(control.store, "1")
    name = control.send(target="executors")
    executor.report()
    executor.settle()
    control.store.event("removed", id="1", reason="heartbeat lost")
    assert control.states(name) == {"1": "failed"}
    executor.report()
    assert control.states(name) == {"1": "handled"}


def test_another_jvm_under_the_same_id(control):
    """What the former one may have had is not handled twice; what it cannot have had, is handled."""
    former = Steered(control.store, "1")
    had = control.send(target="executors")
    former.report("reply_lost")
    new = control.send(target="executors")
    latter = Steered(control.store, "1", known=False)
    latter.handle()
    one = control.recipient(had, "1")
    assert (one["state"], one["error"]) == ("failed", "executor 1 was replaced by another JVM")
    assert latter.begun() == [new]
    assert control.states(new) == {"1": "handled"}


def test_the_end_of_the_application(control):
    """What is open expires, and is counted."""
    Steered(control.store, "1")
    name = control.send("reload", HOLD)
    control.finish()
    assert control.states(name) == {"driver": "expired", "1": "expired"}
    assert control.recipient(name, "1")["error"] == "the application has ended"


def test_idempotency(control):
    """The same key and content is the same event; the order of keys does not matter."""
    name = control.send("reload", {"a": 1, "b": {"c": 2, "d": 3}}, idempotency_key="k")
    assert control.send("reload", {"b": {"d": 3, "c": 2}, "a": 1}, idempotency_key="k", target="all") == name
    assert len(control.events()) == 1
    for fields in ({"payload": {"a": 1.0}}, {"target": "driver"}, {"ttl_seconds": 61}):
        given = {"payload": {"a": 1, "b": {"c": 2, "d": 3}}} | fields
        sentence = control.refused("reload", idempotency_key="k", **given)
        assert sentence == f"the idempotency key was used for another event, {name}"
    assert control.send("reload", {"a": 1}, idempotency_key="K") != name


def test_a_refused_event_does_not_use_up_its_key(control):
    """Tried again with an executor there, it is accepted."""
    assert control.refused(target="executors", idempotency_key="k") == "there is no live executor"
    Steered(control.store, "1")
    assert control.send(target="executors", idempotency_key="k")
