"""Every flag of the commands that talk to drivers: one table makes parser, variables, help and docs."""

from __future__ import annotations

import argparse
import difflib
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from exporter.daemon import logs
from exporter.daemon.discovery.flags import FOUND
from exporter.daemon.discovery.target import parse_target
from exporter.daemon.errors import UsageError
from exporter.daemon.flag import ENV_PREFIX, Flag, choice
from exporter.daemon.login import LOGIN
from exporter.daemon.names import parse_rule
from exporter.daemon.sources import POLLED
from exporter.daemon.values import (
    parse_address,
    parse_bool,
    parse_config_file,
    parse_directory,
    parse_duration,
    parse_label_length,
    parse_limit,
    parse_number,
    parse_path,
    parse_timeout,
    parse_wait,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TOKEN_VARIABLE = f"{ENV_PREFIX}TOKEN"
_LIKENESS = 0.8


_TIMEOUT = Flag(
    "scrape.timeout", "DURATION", "10s", parse_timeout, "How long a driver may take for one answer."
)
_CHECK_TIMEOUT = Flag(
    "scrape.timeout",
    "DURATION",
    "30s",
    parse_timeout,
    "How long a driver may take for one answer. Spark's first one may take 20 seconds on a busy machine.",
)
_LISTEN_ADDRESS = Flag(
    "web.listen-address",
    "HOST:PORT",
    "127.0.0.1:4060",
    parse_address,
    "Where to serve. Port 0 takes a free one and logs it; no host means every address.",
)
_TOKEN_FILE = Flag(
    "token-file",
    "FILE",
    None,
    Path,
    f"File with the token of the plugin (spark.exporter.token). {TOKEN_VARIABLE} can hold the token itself.",
)

LAST_SCRAPE = Flag(
    "sidecar.last-scrape",
    "DURATION",
    "0s",
    parse_wait,
    "How long to stay after SIGTERM, at most, until the metrics were scraped once more: beside a driver, "
    "that scrape shows how the application ended. A second signal ends the wait. 0s ends at once. Who gives "
    "this flag, with any value, has a sidecar: it ends for no error of its start, but says it and waits.",
)
"""Given at all, it makes the daemon one beside a driver."""

SERVE: tuple[Flag, ...] = (
    Flag(
        "target",
        "URL",
        None,
        parse_target,
        "URL of a driver's UI, such as http://127.0.0.1:4040, or of a Spark history server. May be given "
        "several times.",
        repeatable=True,
    ),
    *FOUND,
    _LISTEN_ADDRESS,
    Flag("web.telemetry-path", "PATH", "/metrics", parse_path, "Where the metrics are."),
    Flag(
        "web.config.file",
        "FILE",
        None,
        parse_config_file,
        "A YAML file with TLS, users with bcrypt hashes of their passwords, and headers, in the format of "
        "Prometheus' exporters. It and the certificates are read again when they change.",
    ),
    LAST_SCRAPE,
    Flag("retention", "DURATION", "15m", parse_duration, "How long an application stays after its end."),
    Flag(
        "limits.application-series",
        "COUNT",
        "50000",
        parse_limit,
        "How many series one application may have, beside those about its state. "
        "Above it, the detail by executor goes first, then that by stage, query and the like.",
    ),
    Flag(
        "limits.series",
        "COUNT",
        "1000000",
        parse_limit,
        "How many series all applications may have together, beside those about their states. "
        "Above it, the newest ones lose their detail first. The daemon's own series come on top.",
    ),
    Flag(
        "limits.applications",
        "COUNT",
        "1000",
        parse_number,
        "How many applications are known at a time. Above it, those that ended first go before their time, "
        "and of a history server those that ended last are read.",
    ),
    Flag(
        "limits.label-length",
        "COUNT",
        "200",
        parse_label_length,
        "How many characters a label's value may have. "
        "A longer one is cut and ends in a digest of the whole.",
    ),
    Flag(
        "app-name.rule",
        "REGEX=>REPLACEMENT",
        None,
        parse_rule,
        "What to replace in the names of applications, so that every run of one has the same name. "
        "May be given several times; the rules are applied in their order. "
        "In the variable, each has a line of its own.",
        repeatable=True,
        separator="\n",
    ),
    Flag(
        "app-name.default-rules",
        "BOOL",
        "true",
        parse_bool,
        "Whether dates, times, UUIDs, long hexadecimal words and the numbers of runs "
        "are taken out of names, too.",
    ),
    Flag(
        "poll.interval",
        "DURATION",
        "5s",
        parse_timeout,
        "How often Spark's REST API is asked, at most. What changes seldom is asked less often, and so is a "
        "driver that takes long to answer.",
    ),
    Flag(
        "collector.disable",
        "NAME",
        None,
        choice(*POLLED),
        f"A collector that is not wanted, one of {', '.join(POLLED)}. May be given several times.",
        repeatable=True,
    ),
    Flag(
        "history.window",
        "DURATION",
        "24h",
        parse_duration,
        "How long ago an application may have ended to be read from a target that is a Spark history server. "
        "At most --limits.applications are.",
    ),
    Flag(
        "state.directory",
        "DIRECTORY",
        None,
        parse_directory,
        "Where the daemon remembers what it has added up of applications without the plugin, and how often "
        "applications of each name ran, so that no counter is lower after a restart. "
        "An empty value turns it off. "
        "Default: $XDG_STATE_HOME/spark-exporter, or else ~/.local/state/spark-exporter.",
        blank=True,
    ),
    _TIMEOUT,
    _TOKEN_FILE,
    Flag("log.level", "LEVEL", "info", choice(*logs.LEVELS), f"One of {', '.join(logs.LEVELS)}."),
    Flag("log.format", "FORMAT", "logfmt", choice(*logs.FORMATS), f"One of {', '.join(logs.FORMATS)}."),
)

CHECK: tuple[Flag, ...] = (_CHECK_TIMEOUT, _TOKEN_FILE)

HEALTHCHECK: tuple[Flag, ...] = (
    replace(_LISTEN_ADDRESS, help="Where the daemon serves, as it was told; no host means this machine."),
)

TOP: tuple[Flag, ...] = (
    Flag("interval", "DURATION", "5s", parse_timeout, "How often to look, and how far apart with --once."),
    Flag("application", "ID", None, str, "The only application to show, also one that has ended."),
    *LOGIN,
)


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that takes no abbreviations and guesses what a wrong flag was meant to be."""

    def __init__(self, **options: Any) -> None:
        """Make the parser; ``options`` are those of ArgumentParser."""
        super().__init__(**{**options, "allow_abbrev": False})

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and end with exit code 2."""
        self.exit(2, f"{self.prog}: {message}\n{self.prog} --help lists what is expected.\n")

    def refuse(self, unknown: Sequence[str]) -> NoReturn:
        """End because of arguments that nothing knows."""
        known = [option for action in self._actions for option in action.option_strings]
        guess = difflib.get_close_matches(unknown[0].partition("=")[0], known, 1)
        hint = f"; did you mean {guess[0]}?" if guess else ""
        self.error(f"unknown argument {' '.join(unknown)}{hint}")


def add_flags(parser: argparse.ArgumentParser, flags: Sequence[Flag]) -> None:
    """Give ``parser`` these flags. Their values stay texts until ``read``."""
    for flag in flags:
        default = f" Default: {flag.default}." if flag.default is not None else ""
        parser.add_argument(
            f"--{flag.name}",
            dest=flag.key,
            metavar=flag.metavar,
            action="append" if flag.repeatable else "store",
            help=f"{flag.help}{default}{f' [{flag.variable}]' if flag.lasting else ''}".replace("%", "%%"),
        )


def misspelt(environment: Mapping[str, str]) -> dict[str, str]:
    """Return variables that are read nowhere but look like one of ours, each with the one that was meant.

    Other names with the prefix may be meant for the client library.
    """
    known = [TOKEN_VARIABLE, *(flag.variable for flag in SERVE)]
    names = [name.removeprefix(ENV_PREFIX) for name in known]
    result = {}
    for variable in environment:
        if variable.startswith(ENV_PREFIX) and variable not in known:
            guess = difflib.get_close_matches(variable.removeprefix(ENV_PREFIX), names, 1, _LIKENESS)
            if guess:
                result[variable] = ENV_PREFIX + guess[0]
    return result


def is_given(
    flag: Flag, given: argparse.Namespace, environment: Mapping[str, str] = os.environ
) -> str | None:
    """Return by which name a flag was set, its own or its variable's; None if it was not."""
    if getattr(given, flag.key) is not None:
        return f"--{flag.name}"
    return flag.variable if flag.lasting and environment.get(flag.variable) else None


def read(
    flags: Sequence[Flag], given: argparse.Namespace, environment: Mapping[str, str] = os.environ
) -> dict[str, Any]:
    """Return every flag's parsed value by key: from the command line, or the environment, or the default.

    Raises:
        UsageError: a value is malformed; the text names the flag or variable and what is expected.

    """
    result: dict[str, Any] = {}
    for flag in flags:
        texts = getattr(given, flag.key)
        source = f"--{flag.name}"
        if texts is None and flag.lasting and (environment.get(flag.variable) or flag.blank):
            texts, source = environment.get(flag.variable), flag.variable
            texts = _parts(texts or "", flag.separator) if flag.repeatable else texts
        if texts is None:
            texts = flag.default
        try:
            if flag.repeatable:
                result[flag.key] = tuple(flag.parse(text) for text in texts or ())
            else:
                result[flag.key] = flag.parse(texts) if texts is not None else None
        except ValueError as error:
            raise UsageError(f"{source}: {error}") from error
    return result


def _parts(text: str, separator: str) -> list[str]:
    parts = [part.strip() for part in text.split(separator)]
    # An empty line says nothing, and an empty value between commas is a mistake.
    return [part for part in parts if part] if separator == "\n" else parts
