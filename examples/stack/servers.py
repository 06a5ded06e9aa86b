"""Starts Prometheus and Alertmanager, and asks them."""

from __future__ import annotations

import contextlib
import shutil
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests

from stack import provisioned
from stack.programs import StackError, free_port, program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANSWER_SECONDS = 60


class Prometheus:
    """A Prometheus at ``url``."""

    def __init__(self, url: str) -> None:
        """Ask the one at this URL."""
        self.url = url

    def query(self, expr: str, time: float | None = None) -> list[dict[str, Any]]:
        """Return the series of an expression, each with ``metric`` and ``value``; a scalar has no labels.

        Args:
            expr: PromQL.
            time: seconds since the epoch; None is now.

        Raises:
            StackError: Prometheus refuses the expression.

        """
        data = self._data("query", query=expr, time=time)
        if data["resultType"] == "scalar":
            return [{"metric": {}, "value": data["result"]}]
        return data["result"]

    def query_range(self, expr: str, start: float, end: float, step: float) -> list[dict[str, Any]]:
        """Return the series of an expression between two times, each with ``metric`` and ``values``.

        Args:
            expr: PromQL.
            start: seconds since the epoch.
            end: seconds since the epoch.
            step: seconds.

        Raises:
            StackError: Prometheus refuses the expression.

        """
        return self._data("query_range", query=expr, start=start, end=end, step=step)["result"]

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts that are pending or firing."""
        return self._data("alerts")["alerts"]

    def rules(self) -> list[dict[str, Any]]:
        """Return the groups of rules, each rule with its health and its last error."""
        return self._data("rules")["groups"]

    def _data(self, what: str, **parameters: Any) -> dict[str, Any]:
        # Queries may be longer than a URL may be; the lists have GET alone.
        method = "POST" if parameters else "GET"
        url = f"{self.url}/api/v1/{what}"
        answer = requests.request(method, url, data=parameters, timeout=ANSWER_SECONDS)
        if not answer.headers.get("content-type", "").startswith("application/json"):
            raise StackError(f"{url} answers {answer.status_code}: {answer.text[:200]}")
        body = answer.json()
        if body["status"] != "success":
            raise StackError(f"Prometheus refuses {parameters.get('query', what)}: {body['error']}")
        return body["data"]


class Alertmanager:
    """An Alertmanager at ``url``."""

    def __init__(self, url: str) -> None:
        """Ask the one at this URL."""
        self.url = url

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts that it knows, those that another one inhibits among them."""
        answer = requests.get(f"{self.url}/api/v2/alerts", timeout=ANSWER_SECONDS)
        answer.raise_for_status()
        return answer.json()


@contextlib.contextmanager
def start_prometheus(
    directory: Path,
    daemon_address: str,
    *,
    rules: Path | None = None,
    alertmanager: Alertmanager | None = None,
    scrape_interval: str = "5s",
) -> Iterator[Prometheus | None]:
    """Run Prometheus from dashboards/provisioning/prometheus.yml; None where it is not on the PATH.

    Args:
        directory: for its configuration, its data and prometheus.log; a folder of its own is made in it.
        daemon_address: host and port of the daemon.
        rules: directory with recording.yaml and alerts.yaml; None is no rules.
        alertmanager: who gets the alerts.
        scrape_interval: also of the rules; as Prometheus writes it.

    Raises:
        StackError: it does not start.

    """
    binary = shutil.which("prometheus")
    if binary is None:
        yield None
        return
    own = directory / "prometheus"
    manager = urlsplit(alertmanager.url).netloc if alertmanager else None
    values = provisioned.prometheus(daemon_address, manager, scrape_interval)
    config = provisioned.write(own / "provisioning/prometheus.yml", values)
    if rules is not None:
        # Beside the folder of prometheus.yml, which names them by a relative path.
        (own / "rules").symlink_to(rules.resolve(), target_is_directory=True)
    listen = f"127.0.0.1:{free_port()}"
    command = [binary, f"--config.file={config}", f"--storage.tsdb.path={own / 'data'}"]
    command += [f"--web.listen-address={listen}", f"--web.external-url=http://{listen}/"]
    with program("Prometheus", command, own / "prometheus.log") as running:
        server = Prometheus(f"http://{listen}")
        running.wait_until_answers(f"{server.url}/-/ready")
        yield server


@contextlib.contextmanager
def start_alertmanager(
    directory: Path,
    config: Path = provisioned.ALERTMANAGER,
    webhook_url: str | None = None,
    *,
    wait: str | None = None,
) -> Iterator[Alertmanager | None]:
    """Run Alertmanager; None where neither `alertmanager` nor `prometheus-alertmanager` is on the PATH.

    Args:
        directory: for its configuration, its data and alertmanager.log; a folder of its own is made in it.
        config: its configuration.
        webhook_url: where all its webhooks go: URL in the place of their scheme and host, their path stays.
            With None they are left out: its page and its API show the alerts.
        wait: how long alerts of a group wait for each other, and until later ones are told; as Prometheus
            writes it. None leaves what the configuration says.

    Raises:
        StackError: it does not start.

    """
    binary = shutil.which("alertmanager") or shutil.which("prometheus-alertmanager")
    if binary is None:
        yield None
        return
    own = directory / "alertmanager"
    values = provisioned.alertmanager(config, webhook_url, wait)
    path = provisioned.write(own / "alertmanager.yml", values)
    listen = f"127.0.0.1:{free_port()}"
    command = [binary, f"--config.file={path}", f"--storage.path={own / 'data'}", "--cluster.listen-address="]
    command += [f"--web.listen-address={listen}", f"--web.external-url=http://{listen}/"]
    with program("Alertmanager", command, own / "alertmanager.log") as running:
        server = Alertmanager(f"http://{listen}")
        running.wait_until_answers(f"{server.url}/-/ready")
        yield server
