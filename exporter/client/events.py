"""Events: something happened outside, and the application should know, once.

In the driver a function handles them, on a thread of its own::

    from exporter import events


    @events.on("reload")
    def reload(event):
        return {"rows": load(event.payload["path"])}

A Python worker asks for them at a point of its choosing::

    for event in events.poll():
        event.done()
"""

from __future__ import annotations

import contextlib
import math
import os
import re
import threading
import time

from exporter.client import spark
from exporter.client.event import Event, event_of
from exporter.client.link import LINK
from exporter.client.live import LIVE
from exporter.client.refusals import debug, shown
from exporter.client.rpcerrors import RpcError
from exporter.client.wire import FrameError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from exporter.client.connection import Answer, Connection

    F = TypeVar("F", bound=Callable[[Event], Any])

__all__ = ["Event", "on", "poll"]

_TYPE = re.compile(r"[a-z][a-z0-9-]{0,63}")
_CLAIM_SECONDS = 2.0
# After a claim that failed, polls are as cheap as ever for this long.
_PAUSE_SECONDS = 1.0


def on(type: str) -> Callable[[F], F]:  # noqa: A002 - as the field is called
    """Decorate the driver's function that handles events of a type.

    The function takes the :class:`Event`. What it returns (JSON, at most 64 KiB) is the result that the
    sender sees; an exception in it counts as failed, with its type and text. All events are handled one
    after the other, on a thread of ours. A second function for a type replaces the first. In a Python worker
    the decorator changes nothing, so a module that workers import may use it.

    Args:
        type: a lower-case letter, then up to 63 lower-case letters, digits or ``-``.

    Raises:
        TypeError, ValueError: the argument is none.

    """
    if not isinstance(type, str):
        raise TypeError(f"type must be a string such as 'reload', not {shown(type)}")
    if not _TYPE.fullmatch(type):
        raise ValueError(
            "type must be a lower-case letter, then up to 63 lower-case letters, digits or '-', "
            f"not {shown(type)}"
        )

    def register(function: F) -> F:
        if not callable(function):
            raise TypeError(f"a handler must be a function, not {shown(function)}")
        if not spark.is_worker():
            from exporter.client.serving import SERVING  # noqa: PLC0415 - workers serve nothing

            SERVING.on_event(type, function)
        return function

    return register


class _Polls:
    """What this process has claimed."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        # The number of claimable events at the last claim.
        self.seen = 0.0
        self.pause_until = 0.0
        # Events without an outcome, by the thread that has claimed them.
        self.open: dict[int, list[Event]] = {}
        # Claimed, but the JVM gave them when nobody waited any more.
        self.late: list[Event] = []


_POLLS = _Polls()


def poll() -> list[Event]:
    """Return the events that wait for a Python worker of this executor, oldest first.

    Each event goes to one process per executor. Report its outcome by :meth:`Event.done` or
    :meth:`Event.fail`; what this thread has not reported when it polls again counts as handled.
    In the driver the list is always empty: see :func:`on`.

    While nothing waits, a call costs about as much as reading a configuration value. It never raises, and
    waits at most two seconds for the JVM, then not again for a second.
    """
    polls, live = _POLLS, LIVE
    if live.claimable[0] == polls.seen and not polls.open and not polls.late:
        return []
    return _poll(polls)


def _poll(polls: _Polls) -> list[Event]:
    for event in polls.open.pop(threading.get_ident(), ()):
        event.assume_done()
    claimed = _late(polls) or _new(polls)
    if claimed:
        polls.open[threading.get_ident()] = list(claimed)
    return claimed


def _late(polls: _Polls) -> list[Event]:
    found = []
    # One at a time: another thread may add some, or take them.
    with contextlib.suppress(IndexError):
        while True:
            found.append(polls.late.pop(0))
    return found


def _new(polls: _Polls) -> list[Event]:
    LIVE.look()
    claimable = LIVE.claimable[0]
    if claimable == polls.seen or math.isnan(claimable) or not spark.is_worker():
        return []
    with polls.lock:
        if claimable == polls.seen or time.monotonic() < polls.pause_until:
            return []
        try:
            claimed, more = _claim(polls)
        except (RpcError, FrameError):
            debug("events could not be claimed")
            polls.pause_until = time.monotonic() + _PAUSE_SECONDS
            return []
        polls.seen = -1.0 if more else claimable
    return claimed


def _claim(polls: _Polls) -> tuple[list[Event], bool]:
    """Return the events for this process, and whether there are more than fit in one answer."""
    deadline = time.monotonic() + _CLAIM_SECONDS
    connection = LINK.connection(deadline)

    def late(answer: Answer) -> None:
        # The JVM stood still, and counts on this process now.
        polls.late += _claimed(connection, answer)

    answer = connection.request({"kind": "claim"}, b"", deadline, late)
    return _claimed(connection, answer), bool(answer[0].get("more"))


def _claimed(connection: Connection, answer: Answer) -> list[Event]:
    found = answer[0].get("events")
    if not isinstance(found, list) or not all(isinstance(fields, dict) for fields in found):
        raise FrameError(f"an answer to a claim without events: {shown(answer[0])}")
    return [event_of(fields, fields.get("payload"), connection) for fields in found]


def _after_fork_in_child() -> None:
    # What the parent has claimed is the parent's, and so is its lock.
    _POLLS.__init__()  # type: ignore[misc] # nobody holds another reference to its parts


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
