"""The command ``spark-exporter``. Only wires: each command imports what it needs when it runs."""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from exporter._version import __version__
from exporter.control.arguments import ACTIONS, fill, flags_of
from exporter.daemon import flags
from exporter.daemon.discovery.target import parse_target
from exporter.daemon.errors import UsageError
from exporter.daemon.sidecar import is_sidecar, outlast

Command = Callable[[argparse.Namespace], int]
_INTERRUPTED = 128 + signal.SIGINT
_UNREAD = 128 + signal.SIGPIPE
"""Exit codes, as of a process that the signal ends."""
_DAEMON = "http://127.0.0.1:4060"
_FLAG = re.compile(r"--[a-z][a-z.-]*")
_NEGATIVE = re.compile(r"-[.0-9]")
_SAFE_IN_SHELL = re.compile(r"[A-Za-z0-9@%+=:,./_-]+")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code.

    Raises:
        SystemExit: with code 2 for wrong usage, with 0 after ``--help``.

    """
    words = _joined(sys.argv[1:] if arguments is None else arguments)
    return outlast(lambda: _run(words)) if is_sidecar(words) else _run(words)


def _run(words: list[str]) -> int:
    parser, commands = _parsers()
    given, unknown = parser.parse_known_args(words)
    if given.command is None:
        (
            parser.refuse(unknown)
            if unknown
            else parser.error(f"a command is missing; expected {_one_of(commands)}")
        )
    chosen = commands[_name(given)]
    if "words" in given:
        # argparse takes no further words after a flag.
        given.words += [word for word in unknown if not word.startswith("-")]
        unknown = [word for word in unknown if word.startswith("-")]
    if unknown:
        chosen.refuse(unknown)
    if given.command in ACTIONS and given.action is None:
        actions = [action.name for action in ACTIONS[given.command][1]]
        chosen.error(f"an action is missing; expected one of {', '.join(actions)}")
    run: Command = given.run
    try:
        code = run(given)
        sys.stdout.flush()
    except UsageError as error:
        chosen.error(str(error))
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read has enough, and the interpreter flushes once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _UNREAD
    return code


def _parsers() -> tuple[flags.Parser, dict[str, flags.Parser]]:
    parser = flags.Parser(
        prog="spark-exporter",
        description="Metrics of Spark applications, and of the code in them, as Prometheus series.",
    )
    parser.add_argument("--version", action="version", version=f"spark-exporter {__version__}")
    parser.set_defaults(command=None)
    commands: dict[str, flags.Parser] = {}

    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND")

    def add(name: str, run: Command, help_: str) -> flags.Parser:
        commands[name] = subparsers.add_parser(name, help=help_, description=help_)
        commands[name].set_defaults(run=run)
        return commands[name]

    flags.add_flags(add("serve", _serve, "Publish the metrics of drivers for Prometheus."), flags.SERVE)
    check = add("check", _check, "Say whether a driver's metrics can get out, and what to do if not.")
    check.add_argument("url", metavar="URL", help="URL of the driver's UI, such as http://127.0.0.1:4040")
    flags.add_flags(check, flags.CHECK)
    top = add("top", _top, "Show live what a running daemon knows: applications, stages, queries, metrics.")
    top.add_argument(
        "url", metavar="URL", nargs="?", default=_DAEMON, help=f"URL of the daemon. Default: {_DAEMON}."
    )
    top.add_argument("--once", action="store_true", help="Print everything once and end.")
    flags.add_flags(top, flags.TOP)
    healthcheck = add("healthcheck", _healthcheck, "Ask the daemon of this machine how it is.")
    flags.add_flags(healthcheck, flags.HEALTHCHECK)
    for name, (text, actions) in ACTIONS.items():
        nested = add(name, _control, text).add_subparsers(dest="action", metavar="ACTION")
        for action in actions:
            leaf = nested.add_parser(action.name, help=action.help, description=action.help)
            leaf.set_defaults(chosen=action)
            fill(leaf, action)
            commands[f"{name} {action.name}"] = leaf
    conf = add(
        "spark-conf", _spark_conf, "Print the Spark settings that load the plugin and ship the client."
    )
    conf.add_argument("--format", choices=tuple(_FORMATS), default="args", help="Default: args.")
    conf.add_argument(
        "--jars", metavar="PATHS", help="Your own jars, separated by commas, to stand beside ours."
    )
    conf.add_argument("--py-files", metavar="PATHS", help="Your own Python files, likewise.")
    add("jar", _jar, "Print the path of the plugin's jar.")
    add("pyfiles", _pyfiles, "Print the path of the client's zip.")
    install = add(
        "install-plugin", _install_plugin, "Copy the plugin's jar and the client's zip into a directory."
    )
    install.add_argument("directory", metavar="DIRECTORY", help="Where to. It is made if it is missing.")
    add("version", _version, "Print the version.")
    return parser, commands


def _joined(arguments: Sequence[str]) -> list[str]:
    """Return arguments in which a flag and what looks like a negative number after it are one word.

    argparse takes ``-3s`` for a flag, and would say that a value is missing instead of what is wrong with it.
    """
    found: list[str] = []
    for word in arguments:
        if found and _NEGATIVE.match(word) and _FLAG.fullmatch(found[-1]):
            found[-1] += f"={word}"
        else:
            found.append(word)
    return found


def _one_of(commands: Mapping[str, object]) -> str:
    return f"one of {', '.join(name for name in commands if ' ' not in name)}"


def _name(given: argparse.Namespace) -> str:
    """Return the name of a command, and of the one below it, if there is one."""
    action = getattr(given, "action", None)
    return f"{given.command} {action}" if action is not None else str(given.command)


def _serve(given: argparse.Namespace) -> int:
    from exporter.daemon import settings  # noqa: PLC0415

    checked = settings.from_arguments(given)
    from exporter.daemon.serve import serve  # noqa: PLC0415

    return serve(checked)


def _check(given: argparse.Namespace) -> int:
    from exporter.daemon import settings  # noqa: PLC0415

    values = flags.read(flags.CHECK, given)
    try:
        target = parse_target(given.url)
    except ValueError as error:
        raise UsageError(f"URL: {error}") from error
    token = settings.read_token(values["token_file"])
    from exporter.daemon.check import Check  # noqa: PLC0415

    return Check(target, values["scrape_timeout"], token).run()


def _top(given: argparse.Namespace) -> int:
    from exporter.daemon.login import read_login  # noqa: PLC0415
    from exporter.top.run import Top  # noqa: PLC0415
    from exporter.top.scrape import Daemon, metrics_url  # noqa: PLC0415

    values = flags.read(flags.TOP, given)
    try:
        url = metrics_url(given.url)
    except ValueError as error:
        raise UsageError(f"URL: {error}") from error
    top = Top(Daemon(url, read_login(values)), values["interval"], values["application"])
    return top.once() if given.once else top.live()


def _healthcheck(given: argparse.Namespace) -> int:
    from exporter.daemon import healthcheck  # noqa: PLC0415

    return healthcheck.run(flags.read(flags.HEALTHCHECK, given)["web_listen_address"])


def _control(given: argparse.Namespace) -> int:
    from exporter.control.client import Client  # noqa: PLC0415
    from exporter.control.commands import Commands  # noqa: PLC0415
    from exporter.daemon import settings  # noqa: PLC0415
    from exporter.daemon.login import read_login  # noqa: PLC0415

    values = flags.read(flags_of(given.chosen), given)
    client = Client(values["url"], settings.read_token(values["token_file"]), read_login(values))
    return Commands(client, given, values).run(_name(given))


def _jar(_given: argparse.Namespace) -> int:
    from exporter.client.install import jar_path  # noqa: PLC0415

    return _print_path(jar_path)


def _pyfiles(_given: argparse.Namespace) -> int:
    from exporter.client.install import pyfiles_path  # noqa: PLC0415

    return _print_path(pyfiles_path)


def _install_plugin(given: argparse.Namespace) -> int:
    from exporter.plugin_copy import install_plugin  # noqa: PLC0415

    try:
        for path in install_plugin(Path(given.directory)):
            print(path)
    except FileNotFoundError as error:
        print(f"spark-exporter: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"spark-exporter: cannot write to {given.directory}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def _print_path(find: Callable[[], object]) -> int:
    try:
        print(find())
    except FileNotFoundError as error:
        print(f"spark-exporter: {error}", file=sys.stderr)
        return 1
    return 0


def _spark_conf(given: argparse.Namespace) -> int:
    from exporter.client.install import spark_conf  # noqa: PLC0415

    try:
        own = {"spark.jars": given.jars, "spark.submit.pyFiles": given.py_files}
        text = _FORMATS[given.format](spark_conf({key: paths for key, paths in own.items() if paths}))
    except (FileNotFoundError, ValueError) as error:
        print(f"spark-exporter: {error}", file=sys.stderr)
        return 1
    print(text)
    return 0


def _as_args(conf: Mapping[str, str]) -> str:
    """Return arguments of spark-submit that an unquoted ``$(...)`` splits at the right places."""
    for key, value in conf.items():
        if not _SAFE_IN_SHELL.fullmatch(value):
            raise ValueError(f"{key}={value!r} needs quotes in a shell; use --format properties or json")
    return " ".join(f"--conf {key}={value}" for key, value in conf.items())


def _as_properties(conf: Mapping[str, str]) -> str:
    """Return lines for spark-defaults.conf, which Spark reads as Java properties."""
    return "\n".join(f"{key}={_escape_property(value)}" for key, value in conf.items())


def _escape_property(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    if escaped.startswith(" "):
        escaped = "\\" + escaped
    return "".join(sign if sign.isascii() else _escape_sign(sign) for sign in escaped)


def _escape_sign(sign: str) -> str:
    units = sign.encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _as_json(conf: Mapping[str, str]) -> str:
    return json.dumps(dict(conf), indent=2)


_FORMATS: dict[str, Callable[[Mapping[str, str]], str]] = {
    "args": _as_args,
    "properties": _as_properties,
    "json": _as_json,
}


def _version(_given: argparse.Namespace) -> int:
    print(__version__)
    return 0
