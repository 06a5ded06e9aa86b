"""Grafana's command line, environment and provisioned files, as a stand-in sees them."""

import json
from pathlib import Path

import pytest
import yaml

import grafana_stand_in
from stack import DASHBOARDS, StackError, free_port, start_grafana

PROMETHEUS = "http://127.0.0.1:9999"
ALERTMANAGER = "http://127.0.0.1:9998"


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Put a stand-in for Grafana onto the PATH, by its name, with its home where archives have it."""
    monkeypatch.delenv("GF_PATHS_HOME", raising=False)
    folder = tmp_path / "installed/bin"
    monkeypatch.setenv("PATH", str(folder))
    home = tmp_path / "installed"

    def install(name, home=home):
        if home is not None:
            grafana_stand_in.add_home(home)
        seen = tmp_path / "seen.json"
        grafana_stand_in.install(folder / name, seen)
        return lambda: json.loads(seen.read_text())

    return install


@pytest.mark.parametrize(("name", "command"), [("grafana", ["server"]), ("grafana-server", [])])
def test_it_starts_with_everything_provisioned(name, command, install, tmp_path, monkeypatch):
    """Both names of the program: settings of this run in the environment, all others in grafana.ini."""
    monkeypatch.setenv("GF_SERVER_ROOT_URL", "http://somewhere.else/")
    seen = install(name)
    run = tmp_path / "run"
    with start_grafana(run, PROMETHEUS, alertmanager_url=ALERTMANAGER, scrape_interval="2s") as grafana:
        given = seen()

    *start, _home, home, _config, config = given["arguments"]
    assert start == command
    assert [_home, _config] == ["--homepath", "--config"]
    assert Path(home) == tmp_path / "installed"
    assert Path(config) == DASHBOARDS.parent / "provisioning/grafana/grafana.ini"
    own = run / "grafana"
    host, port = grafana.url.removeprefix("http://").split(":")
    assert given["environment"] == {
        "GF_SERVER_HTTP_ADDR": host,
        "GF_SERVER_HTTP_PORT": port,
        "GF_PATHS_DATA": str(own / "data"),
        "GF_PATHS_LOGS": str(own / "logs"),
        "GF_PATHS_PLUGINS": str(own / "plugins"),
        "GF_PATHS_PROVISIONING": str(own / "provisioning"),
        "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH": str(DASHBOARDS / "fleet.json"),
    }
    prometheus, alertmanager = yaml.safe_load(given["files"]["datasources/spark-exporter.yaml"])[
        "datasources"
    ]
    assert (prometheus["type"], prometheus["url"], prometheus["isDefault"]) == (
        "prometheus",
        PROMETHEUS,
        True,
    )
    assert prometheus["jsonData"]["timeInterval"] == "2s"
    assert (alertmanager["type"], alertmanager["url"]) == ("alertmanager", ALERTMANAGER)
    (provider,) = yaml.safe_load(given["files"]["dashboards/spark-exporter.yaml"])["providers"]
    assert provider["options"]["path"] == str(DASHBOARDS)
    assert len(given["files"]) == 2


def test_it_shows_the_dashboards_that_it_is_told(install, tmp_path):
    """Such as those of a configuration of one's own; the first page is one of them."""
    seen = install("grafana")
    with start_grafana(tmp_path / "run", PROMETHEUS, dashboards=tmp_path / "mine"):
        given = seen()
    (provider,) = yaml.safe_load(given["files"]["dashboards/spark-exporter.yaml"])["providers"]
    assert provider["options"]["path"] == str(tmp_path / "mine")
    first = given["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert first == str(tmp_path / "mine/fleet.json")


def test_it_listens_where_it_is_told(install, tmp_path):
    install("grafana")
    address = f"127.0.0.1:{free_port()}"
    with start_grafana(tmp_path, PROMETHEUS, address) as grafana:
        assert grafana.url == f"http://{address}"


def test_without_an_alertmanager_there_is_one_data_source(install, tmp_path):
    seen = install("grafana")
    with start_grafana(tmp_path, PROMETHEUS):
        sources = yaml.safe_load(seen()["files"]["datasources/spark-exporter.yaml"])["datasources"]
    assert [one["type"] for one in sources] == ["prometheus"]


def test_the_home_of_homebrew_is_found(install, tmp_path):
    """Beside bin, in share/grafana."""
    home = tmp_path / "installed/share/grafana"
    seen = install("grafana", home)
    with start_grafana(tmp_path, PROMETHEUS):
        assert str(home) in seen()["arguments"]


def test_a_home_that_is_given_goes_first(install, tmp_path, monkeypatch):
    home = tmp_path / "elsewhere"
    seen = install("grafana", home)
    monkeypatch.setenv("GF_PATHS_HOME", str(home))
    with start_grafana(tmp_path, PROMETHEUS):
        assert str(home) in seen()["arguments"]


def test_a_home_that_is_missing_is_named(install, tmp_path, monkeypatch):
    """Grafana cannot start without its defaults and its pages."""
    install("grafana", None)
    monkeypatch.setenv("GF_PATHS_HOME", str(tmp_path / "elsewhere"))
    sentence = (
        f"no conf/defaults.ini of {tmp_path}/installed/bin/grafana in {tmp_path}/elsewhere: "
        "set GF_PATHS_HOME to the folder that has it"
    )
    with pytest.raises(StackError, match=f"^{sentence}$"), start_grafana(tmp_path, PROMETHEUS):
        pytest.fail("it started")


def test_without_grafana_there_is_none(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with start_grafana(tmp_path, PROMETHEUS) as grafana:
        assert grafana is None
