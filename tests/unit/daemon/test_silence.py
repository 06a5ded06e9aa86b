"""A driver that does not answer for a while is not gone yet."""

import pytest
from published import Clock

from exporter.daemon.errors import REASONS, SourceError
from exporter.daemon.silence import LONGEST, TOLD, Silence

LATE = SourceError("timeout", "no answer")
CLOSED = SourceError("connect", "nothing listens there", transient=True)


def test_timeouts_are_borne_until_they_last():
    """They count from the first one in the row."""
    clock = Clock(1000.0)
    silence = Silence(clock)
    assert silence.borne(LATE)
    clock.now += LONGEST - 1
    assert silence.borne(LATE)
    clock.now += 1

    assert not silence.borne(LATE)


def test_an_answer_ends_the_row():
    """However many there were before."""
    clock = Clock(1000.0)
    silence = Silence(clock)
    silence.borne(LATE)
    clock.now += LONGEST
    silence.over()

    assert silence.borne(LATE)


@pytest.mark.parametrize("reason", sorted({*REASONS} - {"timeout"}))
def test_any_other_fault_counts_at_once(reason):
    """Whoever refuses a connection has no driver any more."""
    assert not Silence(Clock(1000.0)).borne(SourceError(reason, "gone"))


def test_a_closed_connection_is_borne_where_somebody_tells_how_it_ended():
    """For the time that this takes, whatever came before."""
    clock = Clock(1000.0)
    silence = Silence(clock, closed=TOLD)
    assert silence.borne(CLOSED)
    clock.now += TOLD - 1
    assert silence.borne(CLOSED)
    assert silence.borne(LATE)
    clock.now += 1
    assert not silence.borne(CLOSED)
    silence.over()

    assert silence.borne(CLOSED)
