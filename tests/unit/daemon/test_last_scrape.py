"""A daemon beside a driver stays until the end of its application was scraped."""

import asyncio
import contextlib
import signal

import pytest
from fake_driver import PATIENCE, until

from exporter.daemon.last_scrape import SETTLING, LastScrape

SCOPE = {"type": "http", "method": "GET", "path": "/metrics"}


class Waiting:
    """A wait, with what it depends on."""

    def __init__(self, clock, patience=20.0, status=200):
        self.settled = True
        self.clock = clock
        self.wait = LastScrape(patience, lambda: self.settled, clock)
        self.during = lambda: None
        self.status = status
        self.app = self.wait.watch(self.answer, "/metrics")

    async def answer(self, _scope, _receive, send):
        await send({"type": "http.response.start", "status": self.status})
        self.during()
        await send({"type": "http.response.body", "body": b""})

    def scrape(self, **scope):
        async def send(_message):
            assert not self.wait.over()

        asyncio.run(self.app({**SCOPE, **scope}, None, send))
        return self.wait.over()


@pytest.fixture
def waiting(clock):
    return Waiting(clock)


def test_no_patience_waits_for_nothing(clock):
    """The default."""
    wait = Waiting(clock, 0.0).wait
    assert not wait.begin()
    assert not wait.begun


def test_it_is_over_with_the_first_scrape_that_begins_after_the_signal(waiting, said):
    """Not before it is answered whole."""
    assert not waiting.scrape()
    assert waiting.wait.begin()
    assert waiting.wait.begun
    assert not waiting.wait.over()
    assert waiting.scrape()
    assert [line["msg"] for line in said()] == ["waiting for a last scrape", "scraped for the last time"]


def test_a_scrape_under_way_does_not_count(waiting):
    """It may show what was before."""
    waiting.during = waiting.wait.begin
    assert not waiting.scrape()
    waiting.during = lambda: None
    assert waiting.scrape()


@pytest.mark.parametrize(
    ("status", "scope"),
    [(200, {"path": "/"}), (200, {"method": "HEAD"}), (500, {}), (200, {"type": "websocket"})],
)
def test_what_is_no_scrape_does_not_count(clock, status, scope):
    """Another path, another method, or no success."""
    waiting = Waiting(clock, status=status)
    waiting.wait.begin()
    assert not waiting.scrape(**scope)


def test_nobody_is_waited_for_longer_than_was_said(waiting, said):
    """Whoever ends the pod gave it so much time."""
    waiting.wait.begin()
    waiting.clock.now += 19.9
    assert not waiting.wait.over()
    waiting.clock.now += 0.1
    assert waiting.wait.over()
    assert said()[-1] == {
        "ts": said()[-1]["ts"],
        "level": "info",
        "msg": "no last scrape came",
        "seconds": 20.0,
    }


def test_a_second_signal_does_not_wait(waiting):
    """And the first one does only once."""
    assert waiting.wait.begin()
    assert not waiting.wait.begin()


def test_the_end_of_the_driver_is_waited_for_first(waiting):
    """It ended a moment ago, and a scrape that shows it running is not the last one."""
    waiting.settled = False
    waiting.wait.begin()
    assert not waiting.scrape()
    waiting.settled = True
    assert waiting.scrape()

    still = Waiting(waiting.clock)
    still.settled = False
    still.wait.begin()
    waiting.clock.now += SETTLING
    assert still.scrape()


def test_a_sidecar_is_scraped_with_the_end_of_its_application(start_daemon, driver):
    """Then it ends, with exit code 0."""
    daemon = start_daemon(f"--target={driver.url}", "--sidecar.last-scrape=60s")
    driver.until_polled()
    assert 'spark_app_state{app_id="app-1",app_name="etl",state="running"} 1.0' in daemon.get().text
    driver.die()
    daemon.process.send_signal(signal.SIGTERM)
    until(lambda: daemon.get("/-/ready").status_code == 503, "it is to end")
    assert daemon.get("/-/ready").text == "Spark Exporter is stopping.\n"
    assert daemon.get("/-/healthy").status_code == 200

    texts = []

    def ended():
        # Between two answers it may have stopped listening.
        with contextlib.suppress(OSError):
            texts.append(daemon.get().text)
        return daemon.process.poll() is not None

    until(ended, "the daemon ends")
    assert daemon.process.wait(PATIENCE) == 0
    assert 'spark_app_state{app_id="app-1",app_name="etl",state="running"} 0.0' in texts[-1]
    assert "scraped for the last time" in daemon.process.stderr.read()


def test_it_ends_in_time_without_a_scrape(start_daemon, driver):
    """As if there had been one."""
    daemon = start_daemon(f"--target={driver.url}", "--sidecar.last-scrape=200ms")
    code, log = daemon.end()
    assert code == 0
    assert 'msg="waiting for a last scrape" seconds=0.2' in log
    assert 'msg="no last scrape came" seconds=0.2' in log


def test_a_second_signal_ends_it_at_once(start_daemon, driver):
    """Whoever is in a hurry says so twice."""
    daemon = start_daemon(f"--target={driver.url}", "--sidecar.last-scrape=1h")
    daemon.process.send_signal(signal.SIGTERM)
    until(lambda: daemon.get("/-/ready").status_code == 503, "it is to end")
    code, log = daemon.end(signal.SIGINT)
    assert code == 0
    assert "msg=stopped" in log
