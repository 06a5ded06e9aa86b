"""A driver that does not answer for a while is not gone yet."""

import pytest

from exporter.daemon.errors import REASONS, SourceError
from exporter.daemon.silence import LONGEST, Silence

LATE = SourceError("timeout", "no answer")


class Clock:
    """Seconds that pass when the test says so."""

    now = 1000.0

    def __call__(self):
        return self.now


def test_timeouts_are_borne_until_they_last():
    """They count from the first one in the row."""
    clock = Clock()
    silence = Silence(clock)
    assert silence.borne(LATE)
    clock.now += LONGEST - 1
    assert silence.borne(LATE)
    clock.now += 1

    assert not silence.borne(LATE)


def test_an_answer_ends_the_row():
    """However many there were before."""
    clock = Clock()
    silence = Silence(clock)
    silence.borne(LATE)
    clock.now += LONGEST
    silence.over()

    assert silence.borne(LATE)


@pytest.mark.parametrize("reason", sorted({*REASONS} - {"timeout"}))
def test_any_other_fault_counts_at_once(reason):
    """Whoever refuses a connection has no driver any more."""
    assert not Silence(Clock()).borne(SourceError(reason, "gone"))
