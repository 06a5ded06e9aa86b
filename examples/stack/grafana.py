"""Starts Grafana with data sources and dashboards in it."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from stack import provisioned
from stack.programs import StackError, free_port, program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stack.servers import Alertmanager, Prometheus

ABSENT = "not on the PATH, so not started"
PACKAGED_HOME = Path("/usr/share/grafana")


class Grafana:
    """A Grafana at ``url``."""

    def __init__(self, url: str) -> None:
        """Keep where it is."""
        self.url = url


@contextlib.contextmanager
def start_grafana(  # noqa: PLR0913 - all but two have defaults
    directory: Path,
    prometheus_url: str,
    address: str | None = None,
    *,
    alertmanager_url: str | None = None,
    scrape_interval: str = "5s",
    dashboards: Path = provisioned.DASHBOARDS,
) -> Iterator[Grafana | None]:
    """Run Grafana from dashboards/provisioning/grafana; None where it is not on the PATH.

    Args:
        directory: for its configuration, its data and grafana.log; a folder of its own is made in it.
        prometheus_url: the data source of the dashboards.
        address: its host and port; by default a free one.
        alertmanager_url: a second data source; None is none.
        scrape_interval: of Prometheus, and as it writes it; Grafana computes the range of rates from it.
        dashboards: the folder with their files.

    Raises:
        StackError: it does not start.

    """
    command = _command()
    if command is None:
        yield None
        return
    own = directory / "grafana"
    sources = provisioned.datasources(prometheus_url, alertmanager_url, scrape_interval)
    provisioned.write(own / "provisioning/datasources/spark-exporter.yaml", sources)
    provider = provisioned.dashboards(dashboards)
    provisioned.write(own / "provisioning/dashboards/spark-exporter.yaml", provider)
    address = address or f"127.0.0.1:{free_port()}"
    command += ["--homepath", str(_home(Path(command[0]))), "--config", str(provisioned.GRAFANA_INI)]
    environment = _environment(own, address, dashboards)
    with program("Grafana", command, own / "grafana.log", env=environment, cwd=own) as running:
        server = Grafana(f"http://{address}")
        running.wait_until_answers(f"{server.url}/api/health")
        yield server


def add_grafana(  # noqa: PLR0913 - all but four have defaults
    stack: contextlib.ExitStack,
    directory: Path,
    prometheus: Prometheus | None,
    manager: Alertmanager | None,
    *,
    scrape_interval: str,
    dashboards: Path = provisioned.DASHBOARDS,
) -> str:
    """Start Grafana until ``stack`` is left, if it is there; return where it is, or why it is not.

    Whatever Grafana is installed here, the rest of a run is worth a look without it.
    """
    if prometheus is None:
        return "wants Prometheus, so not started"
    grafana = start_grafana(
        directory,
        prometheus.url,
        alertmanager_url=manager.url if manager else None,
        scrape_interval=scrape_interval,
        dashboards=dashboards,
    )
    try:
        server = stack.enter_context(grafana)
    except StackError as error:
        return f"not started: {error}"
    return server.url if server else ABSENT


def _command() -> list[str] | None:
    """Return how to start the server: `grafana server`, or `grafana-server` of older installations."""
    newer = shutil.which("grafana")
    older = shutil.which("grafana-server")
    if newer:
        return [newer, "server"]
    return [older] if older else None


def _home(binary: Path) -> Path:
    """Return the folder with Grafana's defaults and pages, which it does not find by itself."""
    given = os.environ.get("GF_PATHS_HOME")
    # Of an archive, of Homebrew, of a package.
    installed = binary.resolve().parent.parent
    places = [Path(given)] if given else [installed, installed / "share/grafana", PACKAGED_HOME]
    for place in places:
        if (place / "conf/defaults.ini").is_file():
            return place
    looked = ", ".join(map(str, places))
    raise StackError(
        f"no conf/defaults.ini of {binary} in {looked}: set GF_PATHS_HOME to the folder that has it"
    )


def _environment(own: Path, address: str, dashboards: Path) -> dict[str, str]:
    """Return the environment, in which the settings of this run go before those of the file."""
    host, port = address.rsplit(":", 1)
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("GF_")}
    return inherited | {
        "GF_SERVER_HTTP_ADDR": host,
        "GF_SERVER_HTTP_PORT": port,
        "GF_PATHS_DATA": str(own / "data"),
        "GF_PATHS_LOGS": str(own / "logs"),
        "GF_PATHS_PLUGINS": str(own / "plugins"),
        "GF_PATHS_PROVISIONING": str(own / "provisioning"),
        "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH": str(dashboards / "fleet.json"),
    }
