"""The words and flags of ``spark-exporter config`` and ``spark-exporter events``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from exporter.control.words import (
    parse_daemon,
    parse_json,
    parse_key,
    parse_recipients,
    parse_time_to_live,
)
from exporter.daemon import flags
from exporter.daemon.flag import Flag, choice
from exporter.daemon.login import TLS
from exporter.daemon.values import parse_limit, parse_timeout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exporter.daemon.flags import Parser

EXIT_CODES = (
    "Exit codes: 0 if it was accepted, or with --wait if every JVM concerned has it or has handled it; "
    "1 if it was refused, has failed, or did not get everywhere in time; 2 for wrong usage; "
    "3 if the daemon cannot be reached or does not allow it."
)
CONTROL: tuple[Flag, ...] = (
    Flag("url", "URL", "http://127.0.0.1:4060", parse_daemon, "URL of the daemon."),
    Flag(
        "token-file",
        "FILE",
        None,
        Path,
        f"File with the token of the daemon. {flags.TOKEN_VARIABLE} can hold the token itself.",
    ),
    *TLS,
    Flag("format", "FORMAT", "text", choice("text", "json"), "text or json.", lasting=False),
)
"""Of every command that steers applications."""
_WAIT_CONFIG = Flag(
    "wait",
    "DURATION",
    None,
    parse_timeout,
    "How long to wait, at most, until every live JVM of the application has the change.",
    lasting=False,
)
_WAIT_EVENT = Flag(
    "wait",
    "DURATION",
    None,
    parse_timeout,
    "How long to wait, at most, until every JVM that the event is for has handled it.",
    lasting=False,
)
CONFIG_CHANGE: tuple[Flag, ...] = (
    _WAIT_CONFIG,
    Flag(
        "if-version",
        "NUMBER",
        None,
        parse_limit,
        "Change nothing unless the configuration has this version.",
        lasting=False,
    ),
)
EVENTS_SEND: tuple[Flag, ...] = (
    Flag("payload", "JSON", None, parse_json, "The payload, any JSON.", lasting=False),
    Flag(
        "target",
        "WHOM",
        None,
        parse_recipients,
        "Who is to handle it: all, driver, executors or executor:ID. By default all JVMs that can: "
        "the driver alone for sql-conf, uncache, cancel and stop-query.",
        lasting=False,
    ),
    Flag(
        "key",
        "TEXT",
        None,
        parse_key,
        "Sent a second time with the same key, the event is not handled again.",
        lasting=False,
    ),
    Flag(
        "ttl",
        "DURATION",
        "60s",
        parse_time_to_live,
        "How long it may take until a JVM begins to handle it; then it has expired there.",
        lasting=False,
    ),
    _WAIT_EVENT,
)
EVENTS_SHOW: tuple[Flag, ...] = (_WAIT_EVENT,)

_APP = ("app", "APP", "Id of the application, or its name if only one live application has it.", None)


class Action(NamedTuple):
    """One command below ``config`` or ``events``."""

    name: str
    help: str
    words: tuple[tuple[str, str, str, str | None], ...]
    """Of each: where it is kept, what it is called, what it is, how often it comes."""
    flags: Sequence[Flag]
    """Beside those of all."""


_PAIR = (
    "A key and its value: JSON if it is JSON, else a text. threshold=25 is a number, mode='\"25\"' a text."
)
ACTIONS: dict[str, tuple[str, tuple[Action, ...]]] = {
    "config": (
        "Read and change the live configuration of a running application.",
        (
            Action(
                "get",
                "Print the live configuration, or one value of it as JSON.",
                (_APP, ("key", "KEY", "The only key to print.", "?")),
                (),
            ),
            Action(
                "set",
                "Set keys of the live configuration, all of them or none.",
                (_APP, ("words", "KEY=VALUE", _PAIR, "+")),
                CONFIG_CHANGE,
            ),
            Action(
                "unset",
                "Remove keys of the live configuration.",
                (_APP, ("words", "KEY", "A key.", "+")),
                CONFIG_CHANGE,
            ),
        ),
    ),
    "events": (
        "Send events to a running application, and see what has become of them.",
        (
            Action(
                "send",
                "Send an event.",
                (
                    _APP,
                    ("type", "TYPE", "The type: your own, or a built-in one such as log-level.", None),
                    ("words", "KEY=VALUE", f"{_PAIR} Together they are the payload.", "*"),
                ),
                EVENTS_SEND,
            ),
            Action(
                "show",
                "Show what has become of an event.",
                (_APP, ("event", "ID", "The id that the event was given.", None)),
                EVENTS_SHOW,
            ),
            Action("list", "List the latest events, at most 100.", (_APP,), ()),
        ),
    ),
}
"""By command: what it is for, and what is below it."""


def fill(parser: Parser, action: Action) -> None:
    """Give a parser the words and flags of an action."""
    for place, metavar, text, how_often in action.words:
        help_ = text.replace("%", "%%")
        if how_often is None:
            parser.add_argument(place, metavar=metavar, help=help_)
        else:
            parser.add_argument(place, metavar=metavar, help=help_, nargs=how_often)
    flags.add_flags(parser, flags_of(action))
    parser.epilog = EXIT_CODES


def flags_of(action: Action) -> tuple[Flag, ...]:
    """Return all flags of an action."""
    return (*CONTROL, *action.flags)
