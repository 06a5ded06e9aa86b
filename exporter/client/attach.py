"""Follows the SparkContext of a driver, so that its metrics reach the plugin of each application in turn.

Metrics may be constructed before the session, and one driver may run several applications. A daemon thread
looks at Python attributes only; it asks the JVM one thing per application, when that has just started.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress

from exporter.client import spark
from exporter.client.registry import REGISTRY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from exporter.client.registry import Registry

DIRECTORY_KEY = "spark.exporter.directory"
_INTERVAL_SECONDS = 0.2


class Follower:
    """Attaches a registry to the running application, and detaches it when that ends."""

    def __init__(self, registry: Registry, foreign_gateway: Any = None) -> None:
        """Start without an application.

        Args:
            registry: whose values to show.
            foreign_gateway: a connection that belongs to the parent process and must not be used here.

        """
        self._registry = registry
        self._foreign_gateway = foreign_gateway
        self._context: Any = None

    def step(self) -> None:
        """Look once, and act on what has changed."""
        context = spark.active_context()
        if self._context is not None and context is not self._context:
            self._context = None
            self._registry.detach()
        if self._context is None and self._is_ready(context):
            self._context = context
            directory = context._jsc.sc().conf().get(DIRECTORY_KEY, "")  # noqa: SLF001 - no public way
            if directory:
                self._registry.attach(directory)

    def _is_ready(self, context: Any) -> bool:
        # _jsc is set when the JVM's SparkContext, and with it the plugin, has been initialised.
        if getattr(context, "_jsc", None) is None:
            return False
        return self._foreign_gateway is None or spark.gateway() is not self._foreign_gateway


class _State:
    started = False
    foreign_gateway: Any = None


def ensure_started() -> None:
    """Start the thread if this process may be a driver and has none; else do nothing, quickly."""
    if _State.started or not spark.may_become_driver():
        return
    _State.started = True
    try:
        import threading  # noqa: PLC0415 - workers need none

        follower = Follower(REGISTRY, _State.foreign_gateway)
        threading.Thread(target=_follow, args=(follower,), name="spark-exporter-attach", daemon=True).start()
    except Exception:  # noqa: BLE001 - no thread to be had: values stay local, the job goes on
        _State.started = False


def _follow(follower: Follower) -> None:
    while True:
        with suppress(Exception):  # the JVM may go at any moment; the job must not notice us
            follower.step()
        time.sleep(_INTERVAL_SECONDS)


def _after_fork_in_child() -> None:
    # Threads stay in the parent. Its connection is shared by mistake, and a call on it would garble both.
    _State.started = False
    _State.foreign_gateway = spark.gateway()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
