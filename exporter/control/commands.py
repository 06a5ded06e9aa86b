"""The commands that steer an application. Each prints what came of it and returns the exit code."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from exporter.control import tables, words
from exporter.control.client import DONE, FAILED, PATIENCE, Client, Failure
from exporter.daemon.errors import UsageError
from exporter.shown import printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping

    from exporter.control.client import Chosen


class Commands:
    """One run of a command.

    Args:
        client: asks the daemon.
        given: the words of the command line.
        values: of the flags, by key.

    """

    def __init__(self, client: Client, given: argparse.Namespace, values: Mapping[str, Any]) -> None:
        """Ask nothing yet."""
        self._client = client
        self._given = given
        self._values = values
        self._as_json = values["format"] == "json"

    def run(self, name: str) -> int:
        """Run the command of this name; return the exit code.

        Raises:
            UsageError: the words make no sense.

        """
        commands: dict[str, Callable[[], int]] = {
            "config get": self._get,
            "config set": self._set,
            "config unset": self._unset,
            "events send": self._send,
            "events show": self._show,
            "events list": self._list,
        }
        try:
            return commands[name]()
        except Failure as failure:
            _complain(str(failure))
            return failure.code

    def _set(self) -> int:
        body = _body(self._given.words)
        for key, text in body.items():
            if text == "null":
                raise UsageError(f"{key}=null would remove the key; use spark-exporter config unset")
        return self._change(words.joined(body))

    def _unset(self) -> int:
        return self._change(words.joined(dict.fromkeys(self._given.words, "null")))

    def _change(self, body: str) -> int:
        chosen = self._client.choose(self._given.app)
        deadline = self._deadline()
        config = self._client.change(chosen, body, self._values["if_version"], deadline)
        version, wait = config["version"], self._values["wait"]
        if wait is not None:
            config = self._client.wait_for_version(chosen, version, deadline)
        if self._as_json:
            _print_json(config)
        else:
            print(f"{printable(str(chosen))} has version {version} of its configuration.")
            print(tables.versions(config))
        lacking = [item["id"] for item in tables.in_order(config["executors"]) if item["version"] < version]
        if wait is None or config["complete"]:
            return DONE
        share = f"{len(lacking)} of {len(config['executors'])} JVMs"
        _complain(f"after {wait:g} s, {share} do not have version {version} yet: {', '.join(lacking)}")
        return FAILED

    def _get(self) -> int:
        config = self._client.config(self._client.choose(self._given.app))
        key = self._given.key
        if key is None:
            self._print(config, lambda: f"version {config['version']}\n{tables.values(config)}")
            return DONE
        if key not in config["values"]:
            _complain(f"{key} is not set")
            return FAILED
        print(printable(tables.compact(config["values"][key])))
        return DONE

    def _send(self) -> int:
        payload = words.joined(_body(self._given.words))
        if self._values["payload"] is not None:
            if self._given.words:
                raise UsageError("--payload and key=value are both given; expected one of them")
            payload = self._values["payload"]
        given = {"target": self._values["target"], "idempotency_key": self._values["key"]}
        body = words.joined(
            {
                "type": json.dumps(self._given.type),
                "payload": payload,
                "ttl_seconds": json.dumps(self._values["ttl"]),
                **{name: json.dumps(value) for name, value in given.items() if value is not None},
            }
        )
        chosen = self._client.choose(self._given.app)
        deadline = self._deadline()
        event = self._client.send(chosen, body, deadline)
        if not self._as_json:
            addressed = len(event["recipients"])
            text = f"{printable(str(chosen))} has accepted event {event['id']} for {addressed} JVMs."
            # Whoever gives up waiting can ask for it later.
            print(text.replace(" 1 JVMs.", " 1 JVM."), flush=True)
        return self._outcome(chosen, event, deadline)

    def _show(self) -> int:
        chosen = self._client.choose(self._given.app)
        event = self._client.event(chosen, self._given.event)
        if not self._as_json:
            print(tables.events([event]))
        return self._outcome(chosen, event, self._deadline())

    def _outcome(self, chosen: Chosen, event: dict[str, Any], deadline: float) -> int:
        """Wait for the end of an event, if that is wanted, and show it."""
        wait = self._values["wait"]
        if wait is not None and not event["done"]:
            event = self._client.wait_for_event(chosen, event["id"], deadline)
        self._print(event, lambda: tables.recipients(event))
        if wait is None or event["succeeded"]:
            return DONE
        lacking = [item for item in tables.in_order(event["recipients"]) if item["state"] != "handled"]
        shown = ", ".join(f"{item['id']} ({item['state']})" for item in lacking)
        end = "" if event["done"] else f"after {wait:g} s, "
        share = f"{len(lacking)} of {len(event['recipients'])} JVMs"
        _complain(f"{end}{share} have not handled event {event['id']}: {shown}")
        return FAILED

    def _deadline(self) -> float:
        """Return until when all of this may take, beside what is asked first."""
        wait = self._values["wait"]
        return self._client.clock() + (wait if wait is not None else PATIENCE)

    def _list(self) -> int:
        events = self._client.events(self._client.choose(self._given.app))
        self._print({"events": events}, lambda: tables.events(events))
        return DONE

    def _print(self, document: Mapping[str, Any], text: Callable[[], str]) -> None:
        if self._as_json:
            _print_json(document)
        else:
            print(text())


def _body(given: list[str]) -> dict[str, str]:
    try:
        return words.pairs(given)
    except ValueError as error:
        raise UsageError(str(error)) from error


def _print_json(document: Mapping[str, Any]) -> None:
    print(json.dumps(document, indent=2))


def _complain(sentence: str) -> None:
    print(f"spark-exporter: {printable(sentence)}", file=sys.stderr)
