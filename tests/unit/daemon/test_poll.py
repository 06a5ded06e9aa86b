"""Sources are asked one after another, each in its own rhythm, and never more than a driver can bear."""

import threading
from dataclasses import replace

import pytest
from fake_driver import until

from exporter.daemon import logs
from exporter.daemon.asking import SHARE
from exporter.daemon.catalogue import load
from exporter.daemon.errors import SourceError
from exporter.daemon.frame import FrameBuilder
from exporter.daemon.limits import Limits
from exporter.daemon.model import Application
from exporter.daemon.poll import KEPT, Poller, Schedule
from exporter.daemon.sources import Facts, Update
from exporter.daemon.sources.runner import Runner
from exporter.daemon.state.memory import Memory
from exporter.daemon.status import Status, TargetStatus
from exporter.daemon.store import Store

TARGET = "http://driver:4040"
APP = Application("app-1", "etl", "", "4.3.0", "spark", 1000.0)
OTHER = Application("app-2", "etl", "", "4.3.0", "spark", 2000.0)


class Scripted:
    """A source that does what the test says, and counts how often it was asked."""

    def __init__(self, name, every=1, error=None, facts=None):
        self.name, self.every, self.error = name, every, error
        self.facts = facts or Facts()
        self.asked = 0
        self.gate = threading.Event()
        self.gate.set()

    def update(self):
        self.asked += 1
        assert self.gate.wait(30)
        if self.error is not None:
            raise self.error
        builder = FrameBuilder(load())
        builder.add("spark_app_jobs_active", self.asked)
        return Update(builder.frame(), facts=self.facts)


class Adding(Scripted):
    """One that adds up how often it was asked."""

    total = 0

    def update(self):
        self.total += 1
        builder = FrameBuilder(load())
        builder.add("spark_app_jobs_total", self.total, "succeeded")
        return Update(builder.frame())

    def remember(self):
        return {"total": self.total}

    def recall(self, kept):
        self.total = kept["total"]


class Killed(BaseException):
    """The process is gone."""


class Bench:
    """A poller of some sources, with its store and status."""

    def __init__(self, *sources, interval=0.01, clock=None, **more):
        self.store = Store(900.0, Limits(1000))
        self.status = Status()
        self.made = []
        options = {"clock": clock} if clock is not None else {}
        self.poller = Poller(
            TARGET,
            interval=interval,
            sources=lambda application: self.made.append(application.id) or sources,
            store=self.store,
            runner=Runner(TARGET, self.status, logs.Repeats(), **options),
            **more,
        )
        self.store.publish(TARGET, APP)

    def record(self):
        return self.store.run_of(TARGET, APP)

    def collector(self, name):
        return self.status.view().get(TARGET, TargetStatus()).collectors[name]


@pytest.fixture
def bench():
    benches = []

    def make(*sources, **options):
        benches.append(Bench(*sources, **options))
        benches[-1].poller.start()
        return benches[-1]

    yield make
    for item in benches:
        item.poller.stop()
        item.poller.join(30)


def turns(schedule, polls):
    """Return the names that are due in each poll."""
    result = []
    for _ in range(polls):
        schedule.begin()
        names = []
        while (source := schedule.take()) is not None:
            names.append(source.name)
            schedule.done(source, failed=source.error is not None)
        result.append("".join(names))
    return result


def test_each_source_has_its_own_rhythm():
    """Often, seldom, once."""
    schedule = Schedule([Scripted("a"), Scripted("b", 3), Scripted("c", 0)])

    assert turns(schedule, 7) == ["abc", "a", "a", "ab", "a", "a", "ab"]


def test_a_source_that_failed_is_asked_again_with_the_next_poll():
    """Also the one that is asked once only."""
    once = Scripted("c", 0, SourceError("http_status", "not yet"))
    schedule = Schedule([once, Scripted("b", 3)])
    assert turns(schedule, 2) == ["cb", "c"]
    once.error = None

    assert turns(schedule, 3) == ["c", "b", ""]


def test_frames_and_facts_reach_the_store(bench):
    """Under the name of their source."""
    source = Scripted("jobs", facts=Facts(waiting=True, failed=True))
    item = bench(source)
    item.poller.follow(APP)
    until(lambda: "jobs" in item.record().frames, "a frame in the store")

    record = item.record()
    assert record.frames["jobs"].columns["spark_app_jobs_active"].values[0] >= 1
    assert (record.waiting, record.failed) == (True, True)
    assert item.collector("jobs").success is True


def test_a_failing_source_takes_nobody_with_it(bench):
    """Its failures are counted by reason, a defect among them."""
    bad, broken, good = (
        Scripted("jobs", error=SourceError("invalid", "no")),
        Scripted("stages", error=ZeroDivisionError("oops")),
        Scripted("executors"),
    )
    item = bench(bad, broken, good)
    item.poller.follow(APP)
    until(lambda: good.asked >= 3 and bad.asked >= 3, "three polls")

    assert item.collector("jobs").failures["invalid"] >= 2
    assert item.collector("stages").failures["internal"] >= 2
    assert item.collector("executors").success is True


@pytest.mark.parametrize("reason", ["connect", "timeout"])
def test_a_driver_that_does_not_answer_is_not_asked_by_the_others(bench, reason):
    """They come first in the next poll."""
    first, second = Scripted("jobs", error=SourceError(reason, "silence")), Scripted("stages", every=1000)
    item = bench(first, second)
    item.poller.follow(APP)
    until(lambda: second.asked == 1, "the second source's turn")

    assert first.asked in {1, 2}
    until(lambda: first.asked >= 3, "the first source's next turns")


def test_whoever_answers_slowly_is_asked_less_often():
    """At most a tenth of the time is spent asking in the long run; one slow answer is forgiven."""
    now = [0.0]
    slow = Scripted("jobs")
    update = slow.update

    def late():
        now[0] += 8.0
        return update()

    slow.update = late
    item = Bench(slow, interval=5.0, clock=lambda: now[0])
    assert item.poller._step(APP) == 0.0
    start, asked = now[0], slow.asked
    for _ in range(20):
        now[0] += item.poller._step(APP)
    assert 8.0 * (slow.asked - asked) / (now[0] - start) == pytest.approx(SHARE, rel=0.05)

    slow.update = update
    now[0] += 1000.0
    assert item.poller._step(APP) == 5.0


def test_nothing_is_asked_without_an_application(bench):
    """And nothing any more when it is gone; its collectors have nothing to say then."""
    source = Scripted("jobs")
    item = bench(source)
    assert item.made == []
    item.poller.follow(APP)
    until(lambda: source.asked, "a poll")
    item.poller.follow(None)
    until(lambda: item.collector("jobs").success is None, "an idle collector")
    asked = source.asked
    item.poller.follow(OTHER)
    until(lambda: source.asked > asked, "a poll of the next application")

    assert item.made == ["app-1", "app-2"]


def test_a_run_that_is_back_has_its_sources_again(bench):
    """They hold what was counted; so it is for the last runs only."""
    source = Scripted("jobs")
    item = bench(source)
    others = [replace(OTHER, id=f"app-{number}") for number in range(2, 2 + KEPT)]

    def follow(application):
        item.poller.follow(application)
        asked = source.asked
        until(lambda: source.asked > asked + 1, "a poll of it")
        item.poller.follow(None)
        until(lambda: item.collector("jobs").success is None, "its end")

    for application in (APP, APP, *others, others[-1], APP):
        follow(application)

    assert item.made == ["app-1", *[application.id for application in others], "app-1"]


def test_what_a_source_says_too_late_is_not_kept(bench):
    """The application may have ended while its driver was asked."""
    source = Scripted("jobs")
    source.gate.clear()
    item = bench(source)
    item.poller.follow(APP)
    until(lambda: source.asked == 1, "the question")
    item.poller.follow(None)
    source.gate.set()
    until(lambda: item.collector("jobs").attempts == 1, "the answer")
    until(lambda: item.collector("jobs").success is None, "an idle collector")

    assert item.record().frames == {}


def test_an_application_with_the_plugin_is_left_alone_at_first(bench):
    """The plugin says enough, and a short job has no time to spare."""
    source = Scripted("jobs")
    item = bench(source, interval=3600.0)
    item.poller.follow(APP, patient=True)
    until(lambda: item.made == ["app-1"], "the sources")
    item.poller.follow(OTHER)
    until(lambda: source.asked == 1, "a poll of the other one at once")

    assert item.made == ["app-1", "app-2"]


def test_a_defect_does_not_end_the_polls(bench):
    """It is counted, and the next poll is tried."""
    source = Scripted("jobs")
    item = bench(source)
    item.store.put = lambda *_arguments, **_options: 1 // 0
    item.poller.follow(APP)
    until(lambda: source.asked >= 2, "a second poll")

    assert item.collector("application").failures["internal"] >= 1


def memory_in(directory):
    memory = Memory(directory)
    memory.open()
    return memory


def published(item, source="jobs"):
    return item.record().frames[source].columns["spark_app_jobs_total"].values[0]


def test_what_was_published_is_never_lower_after_a_restart(tmp_path):
    """Wherever the process is killed: before a frame is kept, before it is published, or after that."""
    highest = 0
    for killed in ("keep", "put", "nothing", "put", "keep", "nothing"):
        item = Bench(Adding("jobs"), memory=memory_in(tmp_path))
        item.poller._step(APP)
        assert published(item) > highest
        highest = published(item)
        part = {"keep": item.poller._memory, "put": item.store, "nothing": Killed}[killed]
        setattr(part, killed, kill)
        if killed != "nothing":
            with pytest.raises(Killed):
                item.poller._step(APP)
        assert published(item) == highest


def kill(*_arguments, **_options):
    raise Killed


@pytest.mark.parametrize(("name", "after"), [("jobs", 1), ("connect", 2), ("process", 2)])
def test_what_the_plugin_counts_is_not_kept(tmp_path, name, after):
    """It knows better. What Spark's REST API or the machine alone tells is kept all the same."""
    for expected in (1, after):
        item = Bench(Adding(name), memory=memory_in(tmp_path), served=lambda _: True)
        item.poller._step(APP)
        assert published(item, name) == expected


def test_a_run_that_the_store_forgets_leaves_no_file(tmp_path):
    """When its retention is over, or another run has taken its place."""
    memory = memory_in(tmp_path)
    now = [0.0]
    item = Bench(Adding("jobs"), memory=memory)
    item.store = item.poller._store = Store(900.0, clock=lambda: now[0], forget=memory.forget)
    for application in (APP, replace(APP, attempt_id="2")):
        item.store.publish(TARGET, application)
        item.poller._step(application)
        assert len(list(tmp_path.iterdir())) == 1
    item.store.lost(TARGET)
    now[0] = 899.0
    item.store.view()
    assert len(list(tmp_path.iterdir())) == 1
    now[0] = 901.0
    item.store.view()

    assert list(tmp_path.iterdir()) == []


def test_it_stops_while_it_waits():
    """At once, whatever the interval."""
    item = Bench(Scripted("jobs"), interval=3600.0)
    item.poller.start()
    item.poller.stop()
    item.poller.join(30)

    assert not item.poller._thread.is_alive()
