"""The daemon as a process: what it serves, when it starts to, and how it ends."""

import gzip
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading

import pytest
import requests
from fake_driver import PATIENCE, executor, metric, until
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from starlette.requests import Request

from exporter.daemon import web

SERVE = (sys.executable, "-P", "-m", "exporter", "serve", "--state.directory=")


@pytest.fixture
def daemon(start_daemon, driver):
    """A daemon that watches one driver with one counter."""
    driver.changed(
        metrics=[metric("rows")], series=[[0]], totals=[4.0], executors=[executor("1", [0], [4.0])]
    )
    return start_daemon(f"--target={driver.url}")


def test_the_first_scrape_is_whole(daemon):
    """The port opens only after every target was asked."""
    assert 'spark_custom_rows_total{app_id="app-1",app_name="etl"} 4.0\n' in daemon.get().text


def test_text_for_whoever_does_not_ask_for_more(daemon):
    """With the content type of the format, plain."""
    answer = requests.get(daemon.url + "/metrics", headers={"Accept-Encoding": "identity"}, timeout=PATIENCE)

    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["Vary"] == "Accept, Accept-Encoding"
    assert "Content-Encoding" not in answer.headers
    assert {family.name for family in parse_text(answer.text)} >= {"spark_app_info", "spark_custom_rows"}


def test_openmetrics_for_whoever_asks(daemon):
    """And accepted by the strict parser."""
    answer = daemon.get(Accept="application/openmetrics-text; version=1.0.0")

    assert answer.headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert {family.name for family in parse_openmetrics(answer.text)} >= {"spark_app", "spark_custom_rows"}


def test_gzip_for_whoever_asks(daemon):
    """The same exposition, smaller."""
    headers = {"Accept-Encoding": "gzip"}
    with requests.get(daemon.url + "/metrics", headers=headers, timeout=PATIENCE, stream=True) as answer:
        body = answer.raw.read(decode_content=False)

    assert answer.headers["Content-Encoding"] == "gzip"
    assert b"spark_custom_rows_total" in gzip.decompress(body)


def test_health_readiness_and_what_is_not_there(daemon):
    """The usual paths, and 404 or 405 for the rest."""
    assert daemon.get("/-/healthy").text == "Spark Exporter is healthy.\n"
    assert daemon.get("/-/ready").text == "Spark Exporter is ready.\n"
    assert daemon.get("/nothing").status_code == 404
    assert requests.post(daemon.url + "/metrics", timeout=PATIENCE).status_code == 405


def test_the_landing_page_tells_how_the_targets_are(daemon, driver):
    """In plain words, and with whatever a name holds escaped."""
    page = daemon.get("/").text
    assert '<a href="/metrics">Metrics</a>' in page
    assert f'<a href="{driver.url}">{driver.url}</a>: etl (app-1) runs with the plugin' in page
    driver.app = driver.app | {"id": "app-2", "name": "<script>"}
    driver.conf = {}
    driver.changed(final=True)
    driver.until_asked("/api/v1/applications/app-2/environment")
    driver.until_asked("/api/v1/applications")

    page = daemon.get("/").text
    assert "&lt;script&gt; (app-2) runs without the plugin" in page
    assert "<script>" not in page


def test_the_landing_page_has_charts(daemon):
    """Of whatever the daemon has looked at so far; browsers are told to load nothing."""
    answer = until(lambda: found if "<figure>" in (found := daemon.get("/")).text else None, "a chart")

    assert "rows per second" in answer.text
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Refresh" not in answer.headers
    assert daemon.get("/?refresh=1").headers["Refresh"] == "10"
    assert daemon.get("/?application=app-1").status_code == 200
    assert daemon.get("/?application=nothing").status_code == 404
    assert "spark_exporter_uncharted_series 0.0\n" in daemon.get().text


def test_another_path_for_the_metrics(start_daemon, driver):
    """The landing page links to it."""
    daemon = start_daemon(f"--target={driver.url}", "--web.telemetry-path=/m/x")

    assert daemon.get("/m/x").status_code == 200
    assert daemon.get("/metrics").status_code == 404
    assert '<a href="/m/x">' in daemon.get("/").text


def test_scrapes_do_not_wait_for_a_driver(start_daemon, driver):
    """One that hangs holds up its own source only."""
    driver.changed(metrics=[metric("rows")], series=[[0]], totals=[4.0])
    daemon = start_daemon(f"--target={driver.url}", "--scrape.timeout=30s")
    driver.until_polled()
    driver.overrides["/v1/snapshot"] = lambda _: driver.stopping.wait(60)
    driver.changed(totals=[5.0])
    driver.until_asked("/v1/snapshot")

    found = []
    scrapes = [threading.Thread(target=lambda: found.append(daemon.get().text)) for _ in range(8)]
    for scrape in scrapes:
        scrape.start()
    for scrape in scrapes:
        scrape.join(PATIENCE)
    assert len(found) == 8
    assert all('spark_custom_rows_total{app_id="app-1",app_name="etl"} 5.0\n' in text for text in found)


def test_one_bad_target_does_not_harm_the_others(start_daemon, start_driver):
    """Each has its own thread and its own failures."""
    good, bad = start_driver(), start_driver()
    good.changed(metrics=[metric("rows")], series=[[0]], totals=[4.0])
    bad.overrides["/api/v1/applications"] = lambda handler: handler.send(200, b"garbage")
    text = start_daemon(f"--target={good.url}", f"--target={bad.url}").get().text

    assert 'spark_custom_rows_total{app_id="app-1",app_name="etl"} 4.0\n' in text
    assert f'spark_exporter_target_up{{target="{bad.url}"}} 0.0\n' in text
    assert re.search(
        f'failures_total{{target="{bad.url}",collector="application",reason="invalid"}} [1-9]', text
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_while_a_driver_is_waited_for(daemon, driver, number):
    """With exit code 0, whatever requests are open."""
    driver.until_polled()
    code, log = daemon.end(number)

    assert code == 0
    assert log.splitlines()[-1].endswith("level=info msg=stopped")
    assert "Traceback" not in log


def test_a_signal_ends_it_before_it_listens(driver):
    """Also while the first attempt hangs."""
    driver.overrides["/api/v1/applications"] = lambda _: driver.stopping.wait(60)
    with subprocess.Popen(
        [*SERVE, f"--target={driver.url}", "--scrape.timeout=60s", "--web.listen-address=127.0.0.1:0"],
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        driver.until(lambda: driver.count("/api/v1/applications") > 0)
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=PATIENCE)

    assert process.returncode == 0
    assert "listening" not in log


def test_a_successor_is_whole_at_its_first_scrape(daemon, start_daemon, driver):
    """A killed daemon takes nothing with it."""
    driver.until_polled()
    driver.changed(totals=[11.0])
    daemon.process.kill()

    assert (
        'spark_custom_rows_total{app_id="app-1",app_name="etl"} 11.0\n'
        in start_daemon(f"--target={driver.url}").get().text
    )


def test_a_daemon_without_a_place_for_its_state_serves_all_the_same(start_daemon, driver):
    """One line in the log, one count in the metrics."""
    daemon = start_daemon(f"--target={driver.url}", "--state.directory=/dev/null/state")

    assert 'spark_exporter_state_failures_total{reason="directory"} 1.0\n' in daemon.get().text
    assert 'spark_exporter_state_failures_total{reason="write"} 0.0\n' in daemon.get().text
    (line,) = [line for line in daemon.lines if "--state.directory" in line]
    assert "level=warning" in line
    assert "/dev/null/state cannot be used: Not a directory" in line


def test_nobody_needs_a_home_directory(start_daemon, driver, tmp_path):
    """Users' state is where the variable says, and that is made if it is not there."""
    environment = {"HOME": "/nowhere", "XDG_STATE_HOME": str(tmp_path / "xdg")}
    variable = {"SPARK_EXPORTER_STATE_DIRECTORY": str(tmp_path / "given")}
    for expected, more in (("xdg/spark-exporter", {}), ("given", variable)):
        daemon = start_daemon(f"--target={driver.url}", state=None, **environment, **more)
        assert (tmp_path / expected).is_dir()
        assert not any("--state.directory" in line for line in daemon.lines)


def test_a_taken_port_is_an_error_with_a_sentence(start_daemon, driver):
    """Exit code 1, nothing is asked of any driver."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        process = start_daemon(
            f"--target={driver.url}", f"--web.listen-address={address}", "--log.format=json"
        )
        assert process.process.wait(PATIENCE) == 1

    (line,) = map(json.loads, process.lines)
    expected = f"cannot listen on {address}: Address already in use; choose another address with --web."
    assert line["level"] == "error"
    assert line["msg"].startswith(expected)
    assert driver.requests == []


def test_bad_usage_starts_nothing(start_daemon, driver):
    """Exit code 2 and a sentence that names what is wrong."""
    process = start_daemon(f"--target={driver.url}", "--retentoin=1m")

    assert process.process.wait(PATIENCE) == 2
    assert "".join(process.lines).startswith(
        "spark-exporter serve: unknown argument --retentoin=1m; did you mean --retention?"
    )
    assert driver.requests == []


def test_a_misspelt_variable_is_said_at_the_start(driver):
    """With the one that was meant; the daemon runs all the same."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"--web.listen-address=127.0.0.1:{other.getsockname()[1]}"
        command = [*SERVE, f"--target={driver.url}", address]
        environment = {**os.environ, "SPARK_EXPORTER_RETENTOIN": "1m"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    expected = "SPARK_EXPORTER_RETENTOIN is unknown; did you mean SPARK_EXPORTER_RETENTION?"
    assert f'level=warning msg="{expected}"' in done.stderr.splitlines()[0]
    assert done.returncode == 1


def test_few_expositions_are_made_at_a_time():
    """Each takes its memory; the others wait for their turn and get theirs."""
    lock, release = threading.Lock(), threading.Event()
    active, most = [], []

    def render(_form):
        with lock:
            active.append(1)
            most.append(len(active))
        release.wait(PATIENCE)
        with lock:
            active.pop()
        return [b"bo", b"dy"]

    (metrics, *_) = web.make_app("/metrics", render, dict, str).routes
    request = Request({"type": "http", "headers": [(b"accept-encoding", b"gzip")]})
    bodies = []
    scrapes = [
        threading.Thread(target=lambda: bodies.append(metrics.endpoint(request).body)) for _ in range(8)
    ]
    for scrape in scrapes:
        scrape.start()
    until(lambda: len(active) == 2, "two at work")
    release.set()
    for scrape in scrapes:
        scrape.join(PATIENCE)

    assert [gzip.decompress(body) for body in bodies] == [b"body"] * 8
    assert max(most) == 2
