"""Which applications are kept, in which state, and for how long."""

import pytest
from fake_driver import metric
from published import TARGET, Clock
from store_rig import application, lines, snapshot, states

from exporter.daemon.errors import SourceError
from exporter.daemon.exposition import Format, expose
from exporter.daemon.limits import Limits
from exporter.daemon.model import Place
from exporter.daemon.render import custom
from exporter.daemon.store import Store


@pytest.fixture
def clock():
    return Clock(0.0)


def test_an_application_that_ended_stays_for_its_retention(clock):
    """With its last values, and not a moment longer."""
    store = Store(900.0, Limits(1000), clock)
    store.publish(TARGET, application(), snapshot([metric("rows")], [1.0]))
    store.publish(TARGET, application(), snapshot([metric("rows")], [2.0], final=True))
    clock.now = 899.0
    assert states(store) == {"app-1": "completed"}
    assert lines(store) == ['spark_custom_rows_total{app_id="app-1",} 2.0']
    clock.now = 901.0

    assert states(store) == {}
    assert lines(store) == []


def test_the_end_is_the_time_of_the_last_answer(clock):
    """By the driver's clock."""
    store = Store(900.0, Limits(1000), clock)
    store.publish(TARGET, application(), snapshot([], [], final=True))

    assert store.view().applications[0].record.application.end_time == 1010.0


def test_an_application_that_ended_is_not_revived_by_its_ui(clock):
    """The UI may still show it as running for a moment, and that must not prolong its stay."""
    store = Store(900.0, Limits(1000), clock)
    store.publish(TARGET, application(), snapshot([], [], final=True))
    clock.now = 500.0
    store.publish(TARGET, application())

    assert states(store) == {"app-1": "completed"}
    clock.now = 901.0
    assert states(store) == {}


def test_a_lost_application_keeps_its_values_and_may_come_back(clock):
    """A driver that vanishes may be behind a broken network only."""
    store = Store(900.0, Limits(1000), clock, clock)
    clock.now = 100.0
    store.publish(TARGET, application(), snapshot([metric("rows")], [1.0]))
    clock.now = 200.0
    store.lost(TARGET)
    assert states(store) == {"app-1": "lost"}
    assert lines(store) == ['spark_custom_rows_total{app_id="app-1",} 1.0']
    assert store.view().applications[0].record.application.end_time == 100.0
    clock.now = 800.0
    store.publish(TARGET, application())
    clock.now = 5000.0

    assert states(store) == {"app-1": "running"}
    assert lines(store) == ['spark_custom_rows_total{app_id="app-1",} 1.0']


def test_a_new_application_at_the_same_target_supersedes_the_old_one(clock):
    """Both stay until the old one's retention is over."""
    store = Store(900.0, Limits(1000), clock)
    store.publish(TARGET, application(), snapshot([metric("rows")], [1.0]))
    store.publish(TARGET, application("app-2"), snapshot([metric("rows")], [7.0], "app-2"))

    assert states(store) == {"app-1": "lost", "app-2": "running"}
    assert len(lines(store)) == 2


def test_a_history_server_says_how_a_lost_application_ended(clock):
    """What its driver has said is not replaced."""
    store, history = Store(900.0, Limits(1000), clock), "http://history:18080"
    store.publish(TARGET, application())
    store.lost(TARGET)
    store.publish(history, application(completed=True, end_time=9.0, outcome="failed"))
    assert states(store) == {"app-1": "failed"}
    store.publish(TARGET, application("app-2"), snapshot([metric("rows")], [1.0], "app-2", final=True))
    store.publish(history, application("app-2", completed=True, end_time=9.0, outcome="failed"))

    assert states(store) == {"app-1": "failed", "app-2": "completed"}


def test_what_another_daemon_watches_now_is_dropped(clock):
    """Without an end; what is over is nobody else's, unless a history server tells of it."""
    gone = []
    store = Store(900.0, Limits(1000), clock, forget=lambda *run: gone.append(run))
    store.publish(TARGET, application("app-1"), snapshot([metric("rows")], [1.0], final=True))
    store.publish(TARGET, application("app-2"))
    store.lost(TARGET)
    store.publish(TARGET, application("app-3"))
    store.publish("http://other:4040", application("app-4"))
    ended = {"app-1": "completed", "app-2": "lost"}
    store.moved(TARGET)
    assert states(store) == ended | {"app-4": "running"}
    assert [(target, run.id) for target, run in gone] == [(TARGET, "app-3")]
    store.moved(TARGET, ended=True)

    assert states(store) == {"app-4": "running"}


def test_another_run_under_the_same_id_starts_from_nothing(clock):
    """A cluster manager restarts a driver as another attempt of the same application."""
    store = Store(900.0, Limits(1000), clock)
    store.publish(TARGET, application(), snapshot([metric("rows")], [9.0], final=True))
    store.publish(TARGET, application(attempt_id="2", start_time=50.0))
    assert states(store) == {"app-1": "running"}
    assert lines(store) == []


def test_two_targets_cannot_both_publish_an_application(clock):
    """The series would be there twice; the second target is refused as long as the first one is well."""
    store = Store(900.0, Limits(1000), clock)
    store.publish(TARGET, application())
    with pytest.raises(SourceError, match=f"app-1 is already watched at {TARGET}") as caught:
        store.publish("http://localhost:4040", application())
    assert caught.value.reason == "duplicate"
    store.lost(TARGET)
    store.publish("http://localhost:4040", application())

    assert states(store) == {"app-1": "running"}


def test_applications_are_bounded_in_number(clock):
    """A driver that restarts in a loop does not fill the memory; what goes early is counted."""
    store = Store(900.0, Limits(applications=4), clock)
    for number in range(10):
        clock.now = float(number)
        store.publish(TARGET, application(f"app-{number}"), snapshot([], [], f"app-{number}"))
    view = store.view()

    assert [item.record.application.id for item in view.applications] == ["app-6", "app-7", "app-8", "app-9"]
    assert view.evicted == 6


def test_the_application_before_it_makes_room(clock):
    """A driver that restarts at once is never seen to be gone."""
    store = Store(900.0, Limits(applications=1), clock)
    store.publish(TARGET, application("app-0"), snapshot([], [], "app-0"))
    store.publish(TARGET, application("app-1"))

    assert states(store) == {"app-1": "running"}
    with pytest.raises(SourceError, match="app-2 is not followed"):
        store.publish("http://other", application("app-2"))
    assert states(store) == {"app-1": "running"}


def ended(number, end):
    return application(f"app-{number}", completed=True, end_time=end)


def test_the_application_that_ended_first_gives_way(clock):
    """By its own end, whatever the order in which the applications came and were held."""
    store = Store(900.0, Limits(applications=3), clock)
    for number, end in enumerate((30.0, 10.0, 20.0)):
        clock.now += 1
        store.publish(TARGET, ended(number, end))
    clock.now += 1
    store.hold(TARGET, ["app-0", "app-2", "app-1"])

    assert not store.admits(ended(3, 10.0))
    with pytest.raises(SourceError, match="app-3 is not followed: 3 applications ended later or run still"):
        store.publish(TARGET, ended(3, 9.0))
    assert store.admits(ended(4, 11.0))
    store.publish(TARGET, ended(4, 11.0))
    assert set(states(store)) == {"app-0", "app-2", "app-4"}
    assert store.admits(application("app-5"))
    store.publish("http://other", application("app-5"))
    assert set(states(store)) == {"app-0", "app-2", "app-5"}


def test_all_that_are_held_are_held_for_equally_long():
    """None of them is gone before the others."""
    moments = iter(range(1000))
    store = Store(900.0, Limits(), lambda: float(next(moments)))
    for number in range(3):
        store.publish(TARGET, ended(number, 10.0))
    store.hold(TARGET, ["app-0", "app-1", "app-2"])

    assert len({item.ended_at for item in map(store.find, ("app-0", "app-1", "app-2"))}) == 1


@pytest.mark.parametrize(
    ("located", "place", "labels"),
    [
        (False, Place(), ""),
        (False, Place("spark", "etl"), ',namespace="spark",pod="etl"'),
        (False, Place("spark"), ',namespace="spark",pod=""'),
        (True, Place(), ',namespace="",pod=""'),
        (True, Place("spark", "etl"), ',namespace="spark",pod="etl"'),
    ],
)
def test_where_an_application_is(located, place, labels):
    """Beside Kubernetes, one that is not there says so, or Prometheus says that it is in the daemon's pod."""
    store = Store(900.0, located=located)
    taken = snapshot([metric("a")], [2.0])
    store.publish(TARGET, taken.application, taken, place)

    text = expose(custom(store.view()), Format.TEXT).decode()
    assert f'spark_custom_a_total{{app_id="app-1",app_name="etl"{labels}}} 2.0\n' in text
