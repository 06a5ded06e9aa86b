"""Reads the files in dashboards/provisioning, and puts the addresses and intervals of one run into them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCES = Path(__file__).resolve().parents[2] / "dashboards"
PROVISIONING = SOURCES / "provisioning"
RULES = SOURCES / "rules"
"""The directory of the recording rules and the alerts."""
ALERTMANAGER = SOURCES / "alertmanager.yaml"
"""The example for Alertmanager."""
GRAFANA_INI = PROVISIONING / "grafana/grafana.ini"
DASHBOARDS = SOURCES / "generated"
"""The directory of the dashboards."""


def prometheus(daemon: str, alertmanager: str | None, interval: str) -> dict[str, Any]:
    """Return prometheus.yml for a daemon and an Alertmanager, or none, by their hosts and ports."""
    config = _read(PROVISIONING / "prometheus.yml")
    config["global"] |= {"scrape_interval": interval, "evaluation_interval": interval}
    (scrape,) = config["scrape_configs"]
    scrape["static_configs"][0]["targets"] = [daemon]
    if alertmanager is None:
        del config["alerting"]
    else:
        (manager,) = config["alerting"]["alertmanagers"]
        manager["static_configs"][0]["targets"] = [alertmanager]
    return config


def alertmanager(source: Path, webhook: str | None, wait: str | None) -> dict[str, Any]:
    """Return a configuration of Alertmanager whose webhooks go to one server, or nowhere.

    Args:
        source: the file.
        webhook: URL in the place of scheme and host of every webhook; its path stays. None removes
            the webhooks.
        wait: how long every route waits before the first message of a group and between two of them; None
            leaves what the file says.

    """
    config = _read(source)
    for receiver in config["receivers"]:
        hooks = receiver.pop("webhook_configs", [])
        if webhook is not None and hooks:
            url = webhook.rstrip("/")
            receiver["webhook_configs"] = [
                {**hook, "url": url + urlsplit(hook["url"]).path} for hook in hooks
            ]
    if wait is not None:
        for route in _routes(config["route"]):
            route |= {"group_wait": wait, "group_interval": wait}
    return config


def _routes(route: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield route
    for child in route.get("routes", ()):
        yield from _routes(child)


def datasources(prometheus: str, alertmanager: str | None, interval: str) -> dict[str, Any]:
    """Return Grafana's data sources for a Prometheus and an Alertmanager, or none, by their URLs."""
    config = _read(PROVISIONING / "grafana/datasources.yaml")
    urls = {"prometheus": prometheus, "alertmanager": alertmanager}
    found = [{**one, "url": urls[one["type"]]} for one in config["datasources"] if urls[one["type"]]]
    for one in found:
        if one["type"] == "prometheus":
            one["jsonData"] = {**one["jsonData"], "timeInterval": interval}
    return {**config, "datasources": found}


def dashboards(directory: Path) -> dict[str, Any]:
    """Return Grafana's provider of the dashboards in a directory."""
    config = _read(PROVISIONING / "grafana/dashboards.yaml")
    (provider,) = config["providers"]
    provider["options"]["path"] = str(directory)
    return config


def write(path: Path, config: dict[str, Any]) -> Path:
    """Write a configuration and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    return path


def _read(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text())
