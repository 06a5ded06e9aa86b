"""Sources give way to scrapes, and to each other."""

import threading

import pytest
from fake_driver import PATIENCE

from exporter.daemon import turns
from exporter.daemon.pace import LEAST, MOST, gap
from exporter.daemon.turns import Turns


def test_a_source_waits_for_the_end_of_a_scrape():
    """And for the end of all of them."""
    found, done = Turns(), threading.Event()

    def work():
        with found.work():
            done.set()

    with found.scrape():
        with found.scrape():
            threading.Thread(target=work, daemon=True).start()
        assert not done.is_set()
    assert done.wait(PATIENCE)


def test_a_source_does_not_wait_for_ever(monkeypatch):
    """Scrapes that follow one another without a pause do not stop the sources."""
    monkeypatch.setattr(turns, "PATIENCE", 0.01)
    found = Turns()

    with found.scrape(), found.work():
        found.pause()


def test_a_scrape_that_fails_is_over():
    """Sources go on."""
    found = Turns()
    with pytest.raises(ZeroDivisionError), found.scrape():
        assert 1 / 0

    assert found._quiet.is_set()


def test_sources_work_one_at_a_time():
    """The others wait without using the processor."""
    found, first, second = Turns(), threading.Event(), threading.Event()

    def work():
        first.set()
        with found.work():
            second.set()

    with found.work():
        threading.Thread(target=work, daemon=True).start()
        assert first.wait(PATIENCE)
        assert not second.is_set()
    assert second.wait(PATIENCE)


def test_the_more_targets_the_longer_the_gap():
    """One is followed closely; 200 are asked no less often than they are scraped."""
    assert gap(0) == gap(1) == LEAST
    assert 4.0 <= gap(200) <= MOST
    assert gap(10_000) == MOST
    assert [gap(count) for count in range(300)] == sorted(gap(count) for count in range(300))
