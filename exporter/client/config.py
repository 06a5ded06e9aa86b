"""Live configuration: values that somebody outside changes while the application runs.

::

    from exporter import config

    config.declare("threshold", type=int, default=10, minimum=0)  # optional


    def clean(batches):
        for frame in batches:
            yield frame[frame["score"] > config.get("threshold", 10)]

It works in the driver and in every Python worker. A read costs about as much as looking into a dict.
Before the first session, without the plugin or with control switched off there are defaults only. When a
session ends its last values stay until the next one begins.
"""

from __future__ import annotations

import json

from exporter.client import spark
from exporter.client.live import LIVE
from exporter.client.rules import check_key, make_rule
from exporter.client.wire import json_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

__all__ = ["all", "declare", "get", "version"]

# Of declared keys, as readers get them.
_DEFAULTS: dict[str, Any] = {}


def get(key: str, default: Any = None) -> Any:
    """Return the present value of a key.

    Args:
        key: its name. What is no text is a key that nobody has set.
        default: what to return when nobody has set the key. None stands for the default that
            :func:`declare` was given in this process, which is None if there is none.

    Returns:
        A bool, int, float, str, list or dict. All readers of this process share lists and dicts, as they
        do with ``Broadcast.value``: change a ``copy.deepcopy()`` only. An own default comes as it is.

    It never waits for anything but a local file, and that only when something has changed. But where an
    executor has not heard the driver yet, the first call waits for that: at most 10 s, once per process.

    """
    live = LIVE
    if live.cell[0] != live.seen:
        live.refresh()
    try:
        value = live.values.get(key)
        if value is None:
            return _DEFAULTS.get(key) if default is None else default
    except TypeError:
        # Of a list, say: nobody can have set that.
        return default
    return value


def version() -> int:
    """Return the version of the values that this process sees: it grows with each change; 0 before the first.

    Compare it to notice a change at all.
    """
    live = LIVE
    if live.cell[0] != live.seen:
        live.refresh()
    return int(live.values.version)


def all() -> dict[str, Any]:  # noqa: A001 - read as config.all()
    """Return all values that somebody has set, by key, in a dict of your own. Defaults are not among them.

    Lists and dicts among them are shared, as :func:`get` returns them.
    """
    live = LIVE
    if live.cell[0] != live.seen:
        live.refresh()
    return dict(live.values)


def declare(  # noqa: PLR0913 - each a name of its own at the call
    key: str,
    *,
    type: type,  # noqa: A002 - as argparse has it
    default: Any = None,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: Sequence[Any] | None = None,
    pattern: str | None = None,
) -> None:
    """Say what a key may hold: the driver then refuses other values, and nothing changes.

    Call it in the driver, before or after the session starts. The rule holds from the moment that the
    driver's JVM has it; with a session that runs, that is when this returns. In a Python worker only
    ``default`` matters, so a module that workers import may declare, too.
    If the present value does not fit, it stays, and a warning says so. A second declaration of a key
    replaces the first one.

    Args:
        key: a letter or ``_``, then up to 127 letters, digits, ``_``, ``.`` or ``-``.
        type: int, float (takes ints as well), str, bool, list, dict, or object for any JSON value.
        default: what :func:`get` returns in this process when nobody has set the key.
        minimum: smallest int or float.
        maximum: largest int or float.
        choices: the only values allowed.
        pattern: regular expression that the whole str must match. Java reads it, too: keep to what both know.

    Raises:
        TypeError: an argument has a type that it cannot have.
        ValueError: the arguments contradict each other, or the default contradicts them.

    """
    rule = make_rule(check_key(key), type, default, minimum, maximum, choices, pattern)
    if default is None:
        _DEFAULTS.pop(key, None)
    else:
        # By way of JSON, as a value that is set: a tuple, say, is a list.
        _DEFAULTS[key] = json.loads(json_bytes(default, "the default"))
    if not spark.is_worker():
        from exporter.client.serving import SERVING  # noqa: PLC0415 - workers serve nothing

        SERVING.declare(key, rule)
