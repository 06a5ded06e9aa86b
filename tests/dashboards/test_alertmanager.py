"""The example for Alertmanager, in a real one: who hears of an alert, and which alert silences which."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

import pytest
import requests
import yaml

from dashboards.config import load
from dashboards.rules.alerts import GROUPS
from requirements import require_program

CONFIGURATION = Path(__file__).resolve().parents[2] / "dashboards/alertmanager.yaml"
HINT = "install it with: tools/install.sh"
PATIENCE = 30
SETTINGS = load().alerts
NAMES = [alert.name for group in GROUPS.values() for alert in group]
OF_EXPORTER = {alert.name for group in ("exporter", "discovery") for alert in GROUPS[group]}
OF_APPLICATIONS = [name for name in NAMES if name not in OF_EXPORTER]
APPLICATION = {"namespace": "data", "app_id": "app-1", "app_name": "etl"}
QUERY = {"query_name": "orders", "query_id": "q-1"}
DAEMON = {"job": "spark-exporter", "instance": "exporter:4060"}
ENDS = {"SparkApplicationFailed", "SparkApplicationLost"}
RECEIVERS = {"critical": "on-call", "warning": "tickets", "info": "nobody"}


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """Run an Alertmanager with the example; return where it is."""
    program = require_program("prometheus-alertmanager", HINT)
    folder = tmp_path_factory.mktemp("alertmanager")
    log = folder / "log"
    command = [program, f"--config.file={CONFIGURATION}", f"--storage.path={folder}"]
    command += ["--web.listen-address=127.0.0.1:0", "--cluster.listen-address="]
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
    try:
        yield _wait(lambda: _address(log, process), "the address of Alertmanager")
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _address(log: Path, process: subprocess.Popen) -> str | None:
    text = log.read_text()
    assert process.poll() is None, text
    found = re.search(r'Listening on"?,? .*?address=(127\.0\.0\.1:\d+)', text)
    return f"http://{found[1]}/api/v2" if found else None


def _wait(look, what):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"no {what} within {PATIENCE} s")


def send(url: str, *alerts: dict[str, str]) -> None:
    body = [{"labels": {"severity": SETTINGS[one["alertname"]].severity, **one}} for one in alerts]
    requests.post(f"{url}/alerts", json=body, timeout=PATIENCE).raise_for_status()


def quiet(url: str, tag: str) -> set[str]:
    """Return the names of the alerts with this tag that another one silences."""
    answer = requests.get(f"{url}/alerts", params={"filter": f'tag="{tag}"'}, timeout=PATIENCE).json()
    return {one["labels"]["alertname"] for one in answer if one["status"]["inhibitedBy"]}


def silenced(
    url: str, tag: str, source: dict[str, str], others: list[dict[str, str]], count: int
) -> set[str]:
    """Send alerts, and return which are silent once as many are as are expected."""
    send(url, *({**one, "tag": tag} for one in [source, *others]))
    _wait(lambda: len(quiet(url, tag)) >= count, f"{count} silent alerts")
    return quiet(url, tag)


@pytest.mark.parametrize("end", sorted(ENDS))
def test_an_application_that_has_ended_badly_silences_all_that_it_explains(url: str, end: str) -> None:
    """Each alert is of an application of its own, or of a daemon, so that no other alert can silence it."""
    names = [name for name in NAMES if name not in ENDS]
    own = {name: {**APPLICATION, "namespace": name, "app_id": f"{end}-{name}"} for name in names}
    ends = [{"alertname": end, **labels, "tag": f"ends-{end}"} for labels in own.values()]
    send(url, *ends)
    daemons = {name: {"job": "spark-exporter", "instance": name} for name in OF_EXPORTER}
    others = [{"alertname": name, **own[name], **daemons.get(name, {})} for name in names]
    expected = set(OF_APPLICATIONS) - ENDS
    assert silenced(url, f"own-{end}", ends[0], others, len(expected)) == expected


@pytest.mark.parametrize("label", ["app_id", "namespace"])
def test_another_application_is_not_silenced(url: str, label: str) -> None:
    application = {**APPLICATION, "app_id": f"failed-{label}"}
    source = {"alertname": "SparkApplicationFailed", **application}
    own = {"alertname": "SparkFetchFailures", **application}
    other = {"alertname": "SparkHeapNearLimit", **application, label: "other"}
    assert silenced(url, f"other-{label}", source, [own, other], 1) == {"SparkFetchFailures"}


def test_a_daemon_that_is_down_silences_what_it_said_last(url: str) -> None:
    source = {"alertname": "SparkExporterDown", **DAEMON}
    stale = ["SparkExporterSourceFailing", "SparkExporterTargetDown", "SparkExporterScrapeSlow"]
    own = [{"alertname": name, **DAEMON} for name in stale]
    other = {"alertname": "SparkExporterConfigurationLagging", **DAEMON, "instance": "other:4060"}
    assert silenced(url, "daemon", source, [*own, other], len(stale)) == set(stale)


def test_a_daemon_that_is_down_silences_that_its_shard_is_missing(url: str) -> None:
    """The alert about shards is about all daemons of a namespace, and has no instance."""
    shards = {"job": "shards", "namespace": "data"}
    source = {"alertname": "SparkExporterDown", **shards, "instance": "exporter-1:4060"}
    own = {"alertname": "SparkExporterShardMissing", **shards}
    other = {"alertname": "SparkExporterTargetsRefused", **shards, "instance": "exporter-2:4060"}
    assert silenced(url, "shard", source, [own, other], 1) == {"SparkExporterShardMissing"}


def test_a_query_that_has_ended_silences_its_own_alerts_only(url: str) -> None:
    query = {**APPLICATION, **QUERY, "app_id": "streams"}
    source = {"alertname": "SparkStreamingTerminated", **query}
    own = [{"alertname": f"SparkStreaming{name}", **query} for name in ("Stalled", "StateGrowing")]
    other = {"alertname": "SparkStreamingWatermarkStuck", **query, "query_id": "q-2"}
    names = {"SparkStreamingStalled", "SparkStreamingStateGrowing"}
    assert silenced(url, "query", source, [*own, other], 2) == names


@pytest.mark.parametrize("severity", RECEIVERS)
def test_alerts_go_to_the_receiver_of_their_severity(url: str, severity: str) -> None:
    name = next(name for name in NAMES if SETTINGS[name].severity == severity)
    send(url, {"alertname": name, "tag": f"route-{severity}"})
    params = {"filter": f'tag="route-{severity}"'}
    [alert] = requests.get(f"{url}/alerts", params=params, timeout=PATIENCE).json()
    assert [one["name"] for one in alert["receivers"]] == [RECEIVERS[severity]]


def test_every_name_that_the_example_matches_is_an_alert() -> None:
    rules = yaml.safe_load(CONFIGURATION.read_text())["inhibit_rules"]
    for rule in rules:
        for matcher in (*rule["source_matchers"], *rule["target_matchers"]):
            pattern = re.fullmatch(r'alertname=~?"(.*)"', matcher)[1]
            assert any(re.fullmatch(pattern, name) for name in NAMES), matcher
            for part in re.search(r"\(([^()]*)\)|$", pattern)[0].strip("()").split("|"):
                alternative = re.sub(r"\([^()]*\)", part, pattern, count=1)
                assert any(re.fullmatch(alternative, name) for name in NAMES), part


def test_amtool_accepts_the_example() -> None:
    program = require_program("amtool", HINT)
    done = subprocess.run(
        [program, "check-config", CONFIGURATION], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
