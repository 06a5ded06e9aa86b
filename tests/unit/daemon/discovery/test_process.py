"""The daemon as a process that finds its targets by itself."""

import json
import subprocess
import sys

import pytest
from fake_api_server import driver_pod, refuse
from fake_driver import executor, metric, until

ALLOWED = "--kubernetes.allowed-addresses=127.0.0.0/8"
WHOLE = 'spark_custom_rows_total{app_id="app-1",app_name="etl",namespace="spark",pod="driver"} 4.0\n'


@pytest.fixture
def application(driver):
    """A driver with one counter."""
    driver.changed(
        metrics=[metric("rows")], series=[[0]], totals=[4.0], executors=[executor("1", [0], [4.0])]
    )
    return driver


@pytest.fixture
def flags(api, tmp_path):
    """What makes the daemon watch pods here."""
    path = api.kubeconfig(tmp_path / "config")
    return ("--kubernetes.discovery=true", f"--kubernetes.kubeconfig={path}", ALLOWED)


def test_the_first_scrape_has_the_pods_that_there_are(api, flags, application, start_daemon):
    """Without any target given, and it is ready."""
    api.put(driver_pod(application.url))
    daemon = start_daemon(*flags)
    text = daemon.get().text

    assert WHOLE in text
    assert 'spark_exporter_discovery_targets{discovery="kubernetes"} 1.0\n' in text
    assert 'spark_exporter_discovery_errors_total{discovery="kubernetes",reason="expired"} 0.0\n' in text
    assert 'spark_exporter_discovery_last_success_timestamp_seconds{discovery="kubernetes"} ' in text
    assert "spark_exporter_discovery_shard 0.0\n" in text
    assert daemon.get("/-/ready").status_code == 200
    assert daemon.end()[0] == 0


def test_it_is_ready_after_the_first_list(api, flags, application, start_daemon):
    """And healthy before; whatever refuses the list until then is said."""
    api.put(driver_pod(application.url))
    api.stop()
    daemon = start_daemon(*flags)
    answer = daemon.get("/-/ready")
    assert (answer.status_code, answer.text) == (503, "Spark Exporter does not know all targets yet.\n")
    assert daemon.get("/-/healthy").status_code == 200
    api.faults["list"].append(refuse(403))
    api.restart()
    until(lambda: daemon.get("/-/ready").status_code == 200, "ready")
    until(lambda: WHOLE in daemon.get().text, "the application")

    assert 'errors_total{discovery="kubernetes",reason="forbidden"} 1.0\n' in daemon.get().text


def test_targets_in_files_are_followed(application, start_daemon, tmp_path):
    """With their labels, and without Kubernetes."""
    file = tmp_path / "targets.json"
    labels = {"namespace": "spark", "pod": "driver"}
    file.write_text(json.dumps([{"targets": [application.url], "labels": labels}]))
    daemon = start_daemon(f"--file-sd.path={file}")
    assert WHOLE in daemon.get().text
    file.write_text("[")
    failed = 'spark_exporter_discovery_errors_total{discovery="file",reason="invalid"} 1.0\n'
    until(lambda: failed in daemon.get().text, "the error")
    assert WHOLE in daemon.get().text
    file.write_text("[]")

    until(lambda: f'target_up{{target="{application.url}"}}' not in daemon.get().text, "it goes")
    assert (
        'spark_app_up{app_id="app-1",app_name="etl",namespace="spark",pod="driver"} 0.0\n'
        in daemon.get().text
    )


def test_a_target_that_is_given_and_found_is_watched_once(api, flags, application, start_daemon):
    """As it was given: outside Kubernetes, which it says, or it would seem to be in the daemon's own pod."""
    api.put(driver_pod(application.url))
    daemon = start_daemon(*flags, f"--target={application.url}")
    text = daemon.get().text

    assert 'spark_custom_rows_total{app_id="app-1",app_name="etl",namespace="",pod=""} 4.0\n' in text
    assert text.count("spark_exporter_target_up{") == 1


def test_without_a_service_account_it_does_not_start(start_daemon):
    """Exit code 2, and what to do."""
    daemon = start_daemon("--kubernetes.discovery=true")

    assert daemon.process.wait(60) == 2
    said = "".join(daemon.lines)
    assert "--kubernetes.discovery finds no service account here (Service host/port is not set.)" in said
    assert "or give it --kubernetes.kubeconfig FILE" in said


@pytest.mark.parametrize(
    ("content", "expected"),
    [(None, "Invalid kube-config file"), ("{}", "Invalid kube-config"), ("[", "kubeconfig")],
)
def test_a_kubeconfig_that_is_none(start_daemon, tmp_path, content, expected):
    """Exit code 2, and its name."""
    file = tmp_path / "config"
    if content is not None:
        file.write_text(content)
    daemon = start_daemon("--kubernetes.discovery=true", f"--kubernetes.kubeconfig={file}")

    assert daemon.process.wait(60) == 2
    said = "".join(daemon.lines)
    assert f"--kubernetes.kubeconfig {file}: " in said
    assert expected in said
    assert "Traceback" not in said


def test_without_the_client_it_says_how_to_install_it():
    """Exit code 2; nothing else of the daemon needs it."""
    script = (
        "import sys; sys.modules['kubernetes'] = None\n"
        "from exporter.cli import main\n"
        "main(['serve', '--kubernetes.discovery=true', '--web.listen-address=127.0.0.1:0'])"
    )
    done = subprocess.run([sys.executable, "-P", "-c", script], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "needs the Python package kubernetes: pip install 'spark-exporter[kubernetes]'" in done.stderr


def test_the_client_is_not_imported_unless_it_is_wanted():
    """Neither by the flags nor by the parts of the daemon."""
    script = "import sys, exporter.cli, exporter.daemon.serve; print('kubernetes' in sys.modules)"
    done = subprocess.run([sys.executable, "-P", "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"
