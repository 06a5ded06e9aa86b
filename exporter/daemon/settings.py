"""What the commands run with, checked."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from exporter.daemon import flags
from exporter.daemon.asking import Asking
from exporter.daemon.discovery.driver_pods import Watched
from exporter.daemon.discovery.flags import KUBERNETES
from exporter.daemon.discovery.pods import SELECTOR, Rules
from exporter.daemon.discovery.sharding import Shard
from exporter.daemon.errors import UsageError
from exporter.daemon.limits import Limits
from exporter.daemon.names import Names

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from typing import Any

    from exporter.daemon.values import Address


@dataclass(frozen=True)
class Settings:
    """What ``serve`` runs with. Times are in seconds."""

    targets: tuple[str, ...]
    files: tuple[str, ...]
    """Where more targets are, which may change."""
    pods: Watched | None
    """Which pods are targets, too; None if there is no Kubernetes."""
    shard: Shard
    listen_address: Address
    telemetry_path: str
    web_config: Path | None
    """Who may read what is served; None: everybody."""
    last_scrape: float
    """How long to stay for one more scrape after being told to end."""
    retention: float
    limits: Limits
    names: Names
    asking: Asking
    state_directory: Path | None
    """Where what applications without the plugin have added up is kept; None keeps nothing."""
    log_level: str
    log_format: str


def from_arguments(given: argparse.Namespace, environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of ``serve``.

    Raises:
        UsageError: a flag or variable is wrong, two contradict each other, or there can be no target.

    """
    values = flags.read(flags.SERVE, given, environment)
    targets, files, pods = values["target"], values["file_sd_path"], _pods(values, given, environment)
    if not (targets or files or pods):
        raise UsageError(
            "--target is missing; give the URL of a driver's UI: --target http://127.0.0.1:4040, "
            "or have drivers found with --kubernetes.discovery=true or --file-sd.path FILE"
        )
    _each_once("--target", targets)
    _each_once("--file-sd.path", files)
    return Settings(
        targets=targets,
        files=files,
        pods=pods,
        shard=_shard(values),
        listen_address=values["web_listen_address"],
        telemetry_path=values["web_telemetry_path"],
        web_config=values["web_config_file"],
        last_scrape=values["sidecar_last_scrape"],
        retention=values["retention"],
        limits=Limits(
            application_series=values["limits_application_series"],
            series=values["limits_series"],
            applications=values["limits_applications"],
            label_length=values["limits_label_length"],
        ),
        names=Names(values["app_name_rule"], defaults=values["app_name_default_rules"]),
        asking=Asking(
            timeout=values["scrape_timeout"],
            token=read_token(values["token_file"], environment),
            interval=values["poll_interval"],
            disabled=frozenset(values["collector_disable"]),
            window=values["history_window"],
        ),
        state_directory=state_directory(values["state_directory"], environment),
        log_level=values["log_level"],
        log_format=values["log_format"],
    )


def _pods(
    values: Mapping[str, Any], given: argparse.Namespace, environment: Mapping[str, str]
) -> Watched | None:
    if not values["kubernetes_discovery"]:
        for flag in KUBERNETES:
            if name := flags.is_given(flag, given, environment):
                raise UsageError(f"{name} says nothing without --kubernetes.discovery=true")
        return None
    namespaces, everywhere = values["kubernetes_namespace"], values["kubernetes_all_namespaces"]
    if namespaces and everywhere:
        raise UsageError(
            "--kubernetes.namespace and --kubernetes.all-namespaces=true contradict each other; "
            "expected one of them"
        )
    _each_once("--kubernetes.namespace", namespaces)
    _each_once("--kubernetes.selector", values["kubernetes_selector"])
    ui_port, ports = values["kubernetes_ui_port"], values["kubernetes_allowed_ports"]
    if ui_port not in ports:
        raise UsageError(
            f"--kubernetes.ui-port {ui_port} is not among --kubernetes.allowed-ports {ports}: "
            "no pod could be asked there"
        )
    stateful_set = values["shard"].stateful_set
    if values["kubernetes_shards"] and not stateful_set:
        raise UsageError(
            "--kubernetes.shards needs the name of this daemon's pod, which tells whose pods the shards are; "
            "expected it in --shard, such as spark-exporter-2"
        )
    return Watched(
        namespaces,
        everywhere,
        values["kubernetes_selector"] or (SELECTOR,),
        Rules(ui_port, ports, values["kubernetes_allowed_addresses"]),
        values["kubernetes_shards"],
        values["kubernetes_kubeconfig"],
        stateful_set,
    )


def _shard(values: Mapping[str, Any]) -> Shard:
    shard = Shard(values["shard"].number, values["total_shards"])
    if values["kubernetes_shards"]:
        # The number is only known when the pods are.
        return shard._replace(total=max(shard.total, shard.number + 1))
    if shard.number >= shard.total:
        raise UsageError(
            f"--shard {shard.number} is not one of --total-shards {shard.total}; shards are counted from 0, "
            f"so that the last one is {shard.total - 1}"
        )
    return shard


def _each_once(flag: str, values: tuple[str, ...]) -> None:
    for value in values:
        if values.count(value) > 1:
            raise UsageError(f"{flag} {value} is given more than once")


def state_directory(given: str | None, environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return where state is kept: as given, nowhere if that is empty, by default where users' state is."""
    if given is not None:
        return Path(given) if given else None
    base = environment.get("XDG_STATE_HOME", "")
    # The specification has relative ones ignored. Whether there is a home directory is found out later.
    return (Path(base) if Path(base).is_absolute() else Path("~/.local/state")) / "spark-exporter"


def read_token(file: Path | None, environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the plugin's token from a file or from the environment.

    Raises:
        UsageError: both are given, the file cannot be read, or what it holds is no token.

    """
    variable = environment.get(flags.TOKEN_VARIABLE)
    if file is None:
        if not variable:
            return None
        # A Secret may have been made from a file that ends with a line, and the plugin does not mind either.
        source, token = flags.TOKEN_VARIABLE, variable.strip()
    elif variable:
        raise UsageError(f"--token-file and {flags.TOKEN_VARIABLE} are both given; expected one of them")
    else:
        source = f"--token-file {file}"
        try:
            token = file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{source}: cannot be read: {getattr(error, 'strerror', error)}") from error
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError(f"{source}: holds no token; expected printable ASCII characters without spaces")
    return token
