"""Daemons that follow each other's pods: how many shards there are, at every moment."""

import threading
import time

import pytest
from fake_api_server import pod
from fake_driver import until
from hypothesis import given
from hypothesis import strategies as st
from published import Clock

from exporter.daemon.discovery import peers as peers_module
from exporter.daemon.discovery.cluster import Cluster
from exporter.daemon.discovery.health import DiscoveryError
from exporter.daemon.discovery.peers import ABSENCE, Peer, Peers, Roll, read_peer
from exporter.daemon.discovery.sharding import Shard, Sharing
from exporter.daemon.model import Place

SELECTOR = "app=exporter"
KEYS = [f"spark/{number}" for number in range(50)]


@pytest.fixture
def clock():
    """A clock of the test's own."""
    return Clock(100.0)


def peers(*ready, absent=(), waiting=()):
    """Return the pods of shards: those that are ready, and those that are not."""
    states = [(number, True) for number in ready] + [(number, False) for number in waiting]
    return [
        Peer(f"u-{number}", Place("n", f"x-{number}"), number, state)
        for number, state in states
        if number not in absent
    ]


def member(name, **more):
    """Return the document of a daemon's pod."""
    conditions = [
        {"type": "Initialized", "status": "True"},
        {"type": "Ready", "status": more.get("ready", "True")},
    ]
    document = pod(name, labels={"app": "exporter"}, uid=f"u-{name}")
    document["status"]["conditions"] = conditions
    if more.get("deleted"):
        document["metadata"]["deletionTimestamp"] = "2026-11-23T08:00:00Z"
    return document


def test_one_more_counts_when_it_is_ready(clock):
    """Before, its part would be nobody's."""
    roll = Roll(0, clock)
    assert roll.count(peers(0, 1)) == (2, None)
    assert roll.count(peers(0, 1, waiting=[2])) == (2, None)
    assert roll.count(peers(0, 1, 2)) == (3, None)
    # It has a part now, also while it starts again.
    assert roll.count(peers(0, 1, waiting=[2])) == (3, None)


def test_several_more_count_in_their_order(clock):
    """The last one's part depends on those before."""
    roll = Roll(0, clock)
    assert roll.count(peers(0, 2, waiting=[1])) == (3, None), "at the beginning the highest one is believed"
    roll = Roll(0, clock)
    assert roll.count(peers(0)) == (1, None)
    assert roll.count(peers(0, 2, waiting=[1])) == (1, None)
    assert roll.count(peers(0, 1, 2)) == (3, None)


def test_the_last_one_counts_no_more_when_its_pod_stays_away(clock):
    """One that is only made anew keeps its part."""
    roll = Roll(0, clock)
    assert roll.count(peers(0, 1, 2)) == (3, None)
    clock.now += 60
    assert roll.count(peers(0, 1, 2)) == (3, None)
    clock.now += 1
    assert roll.count(peers(0, 1)) == (3, ABSENCE - 1)
    assert roll.count(peers(0, 1, waiting=[2])) == (3, None)
    clock.now += 1
    assert roll.count(peers(0, 1)) == (3, ABSENCE - 1)
    clock.now += ABSENCE
    assert roll.count(peers(0, 1)) == (2, None)


def test_two_that_go_at_once(clock):
    """Both count no more at the same moment."""
    roll = Roll(0, clock)
    assert roll.count(peers(0, 1, 2)) == (3, None)
    clock.now += ABSENCE
    assert roll.count(peers(0)) == (1, None)


def test_another_one_that_is_away_keeps_its_part(clock):
    """It is restarted, or its node is gone; its counters are its own."""
    roll = Roll(2, clock)
    assert roll.count(peers(0, 1, 2)) == (3, None)
    clock.now += 3600
    assert roll.count(peers(2)) == (3, None)


def test_a_new_daemon_believes_those_that_are_ready(clock):
    """A third one has nothing before the others know that it is there."""
    assert Roll(2, clock).count(peers(0, 1, waiting=[2])) == (2, None)
    assert Roll(1, clock).count(peers(0, 2, waiting=[1])) == (3, None)
    assert Roll(1, clock).count(peers(waiting=[0, 1, 2])) == (3, None), "all begin at once"


def test_numbers_that_never_were_are_given_up_together(clock):
    """A daemon that begins while many go is not longer at it."""
    roll = Roll(0, clock)
    assert roll.count(peers(0, 40)) == (41, None)
    clock.now += 1
    assert roll.count(peers(0)) == (41, ABSENCE - 1)
    clock.now += ABSENCE
    assert roll.count(peers(0)) == (1, None)


def test_pods_that_are_no_shards_do_not_count(clock):
    """However ready they are: at the change from a Deployment its last pod is still there."""
    old = Peer("u", Place("n", "x-7f9c-24956"), -1, ready=True)
    assert Roll(0, clock).count([old, *peers(waiting=[0])]) == (1, None)
    assert Roll(1, clock).count([*peers(0, 1), old]) == (2, None)


def test_pods_among_which_this_daemon_is_not(clock):
    """The selector is wrong; nobody can say what part is whose."""
    with pytest.raises(DiscoveryError, match=r"--kubernetes\.shards is shard 1") as caught:
        Roll(1, clock).count(peers(0, 5))
    assert caught.value.reason == "invalid"


@given(st.lists(st.sets(st.integers(0, 4)), min_size=1, max_size=20), st.integers(1, 5))
def test_daemons_that_see_the_same_count_the_same(states, total):
    """Whatever comes and goes, no target has two owners among those that began together."""
    clock = Clock(100.0)
    rolls = [Roll(number, clock) for number in range(total)]
    everybody = peers(*range(total))
    assert {roll.count(everybody) for roll in rolls} == {(total, None)}
    for ready in states:
        clock.now += ABSENCE / 2
        seen = peers(*ready | {*range(total)}, waiting={3, 4} - ready - {*range(total)})
        counts = [roll.count(seen)[0] for roll in rolls]
        assert len({*counts}) == 1
        shards = [Shard(number, counts[0]) for number in range(counts[0])]
        assert all(sum(shard.owns(key) for shard in shards) == 1 for key in KEYS)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (member("exporter-2"), (2, True)),
        (member("exporter-2", ready="False"), (2, False)),
        (member("exporter-2", deleted=True), (2, False)),
        (member("exporter-x7k2p"), (-1, True)),
        (member("exporter-7f9c-24956"), (-1, True)),
        (member("other-1"), (-1, True)),
        (member("exporter-02"), (-1, True)),
        (member("1"), (-1, True)),
        (pod("exporter-1"), (1, False)),
    ],
)
def test_what_a_daemons_pod_says(document, expected):
    """Its number, and whether it takes its part."""
    found = read_peer(document, "exporter")
    assert (found.number, found.ready) == expected


@pytest.mark.parametrize("document", [{}, {"metadata": {}}, {"metadata": None, "status": {}}])
def test_what_is_no_pod(document):
    """The stream says so and lists again."""
    with pytest.raises(ValueError, match="not a pod: "):
        read_peer(document, "exporter")


@pytest.fixture
def join(api, tmp_path):
    """Follow daemons until the test's end."""
    started = []

    def start(number, changed=lambda: None):
        sharing = Sharing(Shard(number, number + 1), settled=False)
        assert not any(sharing.owns(key) for key in KEYS)
        one = Peers(Cluster(api.kubeconfig(tmp_path / "config")), "spark", SELECTOR, sharing, "exporter")
        one.start(changed)
        started.append(one)
        return one, sharing

    yield start
    for one in started:
        one.stop()


def test_daemons_follow_each_other(api, join):
    """One more, and one less, without a restart, whoever else has their labels."""
    api.put(member("exporter-7f9c-24956"))
    api.put(member("exporter-0"), member("exporter-1"))
    (one, first), (other, second) = join(0), join(1)
    assert one.ready.wait(60)
    assert other.ready.wait(60)
    assert (first.shard, second.shard) == (Shard(0, 2), Shard(1, 2))
    api.put(member("exporter-2"))
    until(lambda: first.shard.total == second.shard.total == 3, "the third one counts")
    assert all(sharing.owns(key) == sharing.shard.owns(key) for sharing in (first, second) for key in KEYS)
    api.delete("exporter-2")
    until(lambda: first.shard.total == second.shard.total == 2, "it counts no more")


def test_shards_that_nobody_changes_are_well(api, join):
    """What the API server says while nothing happens is enough, however long that lasts."""
    api.put(member("exporter-0"))
    one, _ = join(0)
    assert one.ready.wait(60)
    api.until_watched()
    for _ in range(2):
        before = time.time()
        api.bookmark()
        until(lambda before=before: (one.health.last_success or 0) >= before, "the bookmark counts")


def test_without_an_answer_nothing_is_watched_twice(api, join):
    """What part of the targets is this daemon's is not known, and it is not ready."""
    api.put(member("exporter-0"), member("exporter-1"))
    api.stop()
    one, sharing = join(1)
    until(lambda: one.health.errors["connect"] > 0, "the failure")
    assert not one.ready.is_set()
    assert not any(sharing.owns(key) for key in KEYS)
    api.restart()
    assert one.ready.wait(60)
    assert sharing.shard == Shard(1, 2)


def test_labels_of_other_pods(api, join):
    """It is counted and said, and nothing is watched."""
    api.put(member("exporter-0"))
    one, sharing = join(1)
    until(lambda: one.health.errors["invalid"] > 0, "the error")
    assert not one.ready.is_set()
    assert one.health.last_success is None
    api.put(member("exporter-1"))
    assert one.ready.wait(60)
    assert one.health.last_success is not None
    assert sharing.shard == Shard(1, 2)


def test_a_defect_does_not_end_the_count(api, join, monkeypatch):
    """It is counted as one, and the next change is heard."""
    settle = Sharing.settle

    def defective(sharing, total):
        if total == 1:
            raise ZeroDivisionError("oops")
        return settle(sharing, total)

    monkeypatch.setattr(Sharing, "settle", defective)
    api.put(member("exporter-0"))
    one, sharing = join(0)
    until(lambda: one.health.errors["internal"] > 0, "the defect")
    assert not one.ready.is_set()
    api.put(member("exporter-1"))
    assert one.ready.wait(60)
    assert sharing.shard == Shard(0, 2)


def test_a_count_that_could_not_be_told_is_told_again(api, join, monkeypatch):
    """Although the number stays as it is; until then this daemon is not ready, and not well."""
    monkeypatch.setattr(peers_module, "ABSENCE", 0.01)
    known, healths = threading.Event(), []

    def changed():
        assert known.wait(60)
        healths.append((one.ready.is_set(), one.health.last_success))
        if len(healths) < 3:
            raise RuntimeError("can't start new thread")

    api.put(member("exporter-0"))
    one, sharing = join(0, changed)
    known.set()
    assert one.ready.wait(60)

    assert len(healths) == 3
    assert healths[1:] == [(False, None)] * 2
    assert one.health.errors["internal"] == 2
    assert sharing.shard == Shard(0, 1)
    assert one.health.last_success is not None
