"""Delays between attempts."""

from exporter.daemon.backoff import CAP, FIRST, TRANSIENT_CAP, Backoff


def longest(low, high):
    assert low == high / 2
    return high


def test_delays_double_up_to_a_bound():
    """Quick at first, patient later."""
    backoff = Backoff(longest)

    assert [backoff.delay(transient=False) for _ in range(8)] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, CAP, CAP]


def test_a_driver_that_is_not_there_yet_is_asked_often():
    """A job may be over in three seconds."""
    backoff = Backoff(longest)

    assert [backoff.delay(transient=True) for _ in range(4)] == [0.1, 0.2, 0.4, TRANSIENT_CAP]


def test_many_drivers_that_are_not_there_are_asked_less_often():
    """Up to the delay that a lasting fault has."""
    backoff = Backoff(longest)

    assert [backoff.delay(transient=True, gap=CAP) for _ in range(7)] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, CAP]


def test_after_a_success_it_starts_again():
    """The next fault is another one."""
    backoff = Backoff(longest)
    for _ in range(5):
        backoff.delay(transient=False)
    backoff.reset()

    assert backoff.delay(transient=False) == FIRST


def test_delays_differ_between_daemons():
    """So that they do not ask in step."""
    delays = [Backoff().delay(transient=False) for _ in range(50)]

    assert len(set(delays)) > 1
    assert all(FIRST / 2 <= delay <= FIRST for delay in delays)
