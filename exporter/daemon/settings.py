"""What the commands run with, checked."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from exporter.daemon import flags
from exporter.daemon.asking import Asking
from exporter.daemon.errors import UsageError
from exporter.daemon.limits import Limits
from exporter.daemon.names import Names
from exporter.daemon.pace import gap

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from exporter.daemon.values import Address


@dataclass(frozen=True)
class Settings:
    """What ``serve`` runs with. Times are in seconds."""

    targets: tuple[str, ...]
    listen_address: Address
    telemetry_path: str
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
        UsageError: a flag or variable is wrong, or there is no target.

    """
    values = flags.read(flags.SERVE, given, environment)
    targets = values["target"]
    if not targets:
        raise UsageError("--target is missing; give the URL of a driver's UI: --target http://127.0.0.1:4040")
    for target in targets:
        if targets.count(target) > 1:
            raise UsageError(f"--target {target} is given more than once")
    return Settings(
        targets=targets,
        listen_address=values["web_listen_address"],
        telemetry_path=values["web_telemetry_path"],
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
            gap=gap(len(targets)),
            interval=values["poll_interval"],
            disabled=frozenset(values["collector_disable"]),
            window=values["history_window"],
        ),
        state_directory=state_directory(values["state_directory"], environment),
        log_level=values["log_level"],
        log_format=values["log_format"],
    )


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
        source, token = flags.TOKEN_VARIABLE, variable
        if not token:
            return None
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
