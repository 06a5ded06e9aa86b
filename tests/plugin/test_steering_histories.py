"""Random histories of changes, events, reports, losses and removals: what must hold in all of them."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)

from plugin.applications import Store
from plugin.parts import JavaError
from plugin.steering import Control, Steered

FATES = st.sampled_from(
    ["arrives", "lost", "reply_lost", "twice", "delayed", "late", "reply_twice", "reply_kept", "reply_late"]
)
STAGE = {"accepted": 0, "delivered": 1, "handled": 2, "failed": 2, "expired": 2}


def machine(jvm):  # noqa: C901 - the rules of one state machine
    """Return a state machine whose applications live in this JVM."""

    class Application(RuleBasedStateMachine):
        """Somebody steers an application whose network is bad."""

        executors = Bundle("executors")

        def __init__(self):
            """Start an application."""
            super().__init__()
            self.control = Control(Store(jvm))
            self.live = {}
            self.all = []
            self.names = 0
            self.sent = {}
            self.keys = {}
            self.states = {}
            self.values = {0: {}}
            self.versions = {}

        @rule(target=executors)
        def come(self):
            """A new executor registers."""
            self.names += 1
            return self._start(str(self.names))

        def _start(self, name):
            executor = Steered(self.control.store, name, known=name not in self.live)
            self.live[name] = executor
            self.all.append(executor)
            return executor

        @rule(executor=executors, fate=FATES)
        def report(self, executor, fate):
            """A report, what becomes of it, and the handling of what came with the reply."""
            executor.report(fate)
            executor.settle()

        @rule(executor=consumes(executors))
        def go(self, executor):
            """An executor is lost."""
            del self.live[executor.name]
            self.control.store.event("removed", id=executor.name, reason="lost")

        @rule(target=executors, executor=consumes(executors))
        def come_again(self, executor):
            """Another JVM takes the place of an executor."""
            replaced = self._start(executor.name)
            replaced.report()
            replaced.settle()
            return replaced

        @rule(changes=st.dictionaries(st.sampled_from("abc"), st.none() | st.integers(0, 2), max_size=2))
        def change(self, changes):
            """Somebody changes the configuration."""
            self.control.patch(changes)
            config = self.control.config()
            assert self.values.setdefault(config["version"], config["values"]) == config["values"]

        def _is_refused(self, whom, key, content):
            if key in self.keys:
                return self.keys[key][0] != content
            if whom == "executors":
                return not self.live
            return whom.startswith("executor:") and whom.removeprefix("executor:") not in self.live

        @rule(
            whom=st.sampled_from(["all", "driver", "executors", "executor:1", "executor:2"]),
            key=st.none() | st.sampled_from(["k", "l"]),
            seconds=st.sampled_from([1, 60]),
        )
        def send(self, whom, key, seconds):
            """Somebody sends an event, or the same once more."""
            content = (whom, seconds)
            given = {"target": whom, "ttl_seconds": seconds} | ({"idempotency_key": key} if key else {})
            if self._is_refused(whom, key, content):
                with pytest.raises(JavaError):
                    self.control.send(**given)
                return
            name = self.control.send(**given)
            if key in self.keys:
                assert self.keys[key] == (content, name)
                return
            assert name not in self.sent
            if key:
                self.keys[key] = (content, name)
            groups = {"all": {"driver", *self.live}, "driver": {"driver"}, "executors": set(self.live)}
            self.sent[name] = groups.get(whom, {whom.removeprefix("executor:")})
            self.states[name] = dict.fromkeys(self.sent[name], "accepted")

        @rule(seconds=st.sampled_from([0.5, 2, 100]))
        def time_passes(self, seconds):
            """The driver's clock goes on."""
            self.control.store.event("passes", seconds=seconds)

        @invariant()
        def each_event_is_handled_at_most_once_and_in_order(self):
            """In every JVM, whatever is lost and comes twice, and only where it was sent to."""
            order = list(self.sent)
            for executor in self.all:
                begun = [order.index(name) for name in executor.begun()]
                assert begun == sorted(set(begun))
                assert all(executor.name in self.sent[order[place]] for place in begun)

        @invariant()
        def states_only_go_on(self):
            """The recipients stay, and an end is only replaced by what really happened."""
            for name, before in self.states.items():
                now = self.control.states(name)
                assert now.keys() == before.keys()
                for who, state in now.items():
                    assert STAGE[state] >= STAGE[before[who]]
                    assert state == "handled" or before[who] != "handled"
                self.states[name] = now

        @invariant()
        def versions_never_go_back(self):
            """And each stands for the values that the driver had then."""
            for executor in self.all:
                version, values = executor.copy()
                assert version >= self.versions.get(executor, 0)
                assert values == self.values[version]
                self.versions[executor] = version

        @invariant()
        def nobody_is_believed_to_have_more_than_he_has(self):
            """So that a version that is complete is everywhere."""
            for one in self.control.config()["executors"]:
                if one["id"] in self.live:
                    assert one["version"] <= self.live[one["id"]].copy()[0]

        def teardown(self):
            """Once the network is good again, every live JVM has everything, and nothing stays open."""
            for executor in self.live.values():
                for _ in range(3):
                    executor.report()
                    executor.settle()
            config = self.control.config()
            assert config["complete"]
            for executor in self.live.values():
                assert executor.copy() == (config["version"], config["values"])
            for executor in self.live.values():
                executor.report()
                assert {self.control.states(name)[executor.name] for name in executor.begun()} <= {"handled"}
            for name in self.sent:
                for who, state in self.control.states(name).items():
                    assert who == "driver" or STAGE[state] == 2

    return Application


def test_random_histories(shared_jvm):
    """At most once, in order, never back, and in the end everybody has the same."""
    run_state_machine_as_test(
        machine(shared_jvm), settings=settings(max_examples=60, stateful_step_count=30, deadline=None)
    )
