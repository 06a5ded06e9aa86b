"""Follows the SparkContext of a driver, so that its metrics reach the plugin of each application in turn.

Metrics may be constructed before the session, and one driver may run several applications, one right after
the other. So every start and stop of a SparkContext takes the metrics along, and a daemon thread sees to a
context that was there first. Both look at Python attributes only, and ask the JVM one thing per application.
"""

from __future__ import annotations

import os
import time
from _thread import allocate_lock
from contextlib import suppress
from functools import wraps

from exporter.client import spark
from exporter.client.registry import REGISTRY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from exporter.client.registry import Registry

DIRECTORY_KEY = "spark.exporter.directory"
_INTERVAL_SECONDS = 0.2
_PATIENCE_SECONDS = 1.0
_HOOKED = "_spark_exporter_follows"


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
        self._lock = allocate_lock()

    def step(self) -> None:
        """Look once, and act on what has changed."""
        # Whoever has it may wait for a JVM that is going; the job must not.
        if self._lock.acquire(timeout=_PATIENCE_SECONDS):
            try:
                self._look()
            finally:
                self._lock.release()

    def _look(self) -> None:
        context = spark.active_context()
        if self._context is not None and context is not self._context:
            self._context = None
            _ending("close")
            self._registry.detach()
            _tell(None)
        if self._context is None and self._is_ready(context):
            self._context = context
            directory = context._jsc.sc().conf().get(DIRECTORY_KEY, "")  # noqa: SLF001 - no public way
            if directory:
                _ending("open_in", directory)
                self._registry.attach(directory)
                _tell(directory)

    def _is_ready(self, context: Any) -> bool:
        # _jsc is set when the JVM's SparkContext, and with it the plugin, has been initialised.
        if getattr(context, "_jsc", None) is None:
            return False
        return self._foreign_gateway is None or spark.gateway() is not self._foreign_gateway


def _ending(step: str, *arguments: str) -> None:
    with suppress(Exception):
        # Workers do without it, and Windows has no fcntl.
        from exporter.client import ending  # noqa: PLC0415

        getattr(ending, step)(*arguments)


class _State:
    started = False
    follower: Follower | None = None
    foreign_gateway: Any = None


class _Directory:
    """The plugin's directory in the running application of this driver, and who wants to know it."""

    current: str | None = None
    listeners: tuple[Callable[[str | None], None], ...] = ()
    # Told once that this process is a client of Spark Connect.
    remote_listeners: tuple[Callable[[], None], ...] = ()
    lock = allocate_lock()


def listen(listener: Callable[[str | None], None]) -> None:
    """Tell the listener the plugin's directory now and whenever an application begins, None when one ends.

    It is called on the thread that starts or stops the SparkContext, so it must return at once.
    """
    look()
    with _Directory.lock:
        _Directory.listeners += (listener,)
        listener(_Directory.current)


def listen_for_connect(listener: Callable[[], None]) -> None:
    """Tell the listener once if this process is, or becomes, a client of Spark Connect."""
    ensure_started()
    with _Directory.lock:
        _Directory.remote_listeners += (listener,)
    _look_for_connect()


def _look_for_connect() -> None:
    if _Directory.remote_listeners and spark.is_connect_client():
        with _Directory.lock:
            listeners, _Directory.remote_listeners = _Directory.remote_listeners, ()
        for listener in listeners:
            with suppress(Exception):  # as in _tell()
                listener()


def _tell(directory: str | None) -> None:
    with _Directory.lock:
        _Directory.current = directory
        for listener in _Directory.listeners:
            with suppress(Exception):  # each for itself; the job must not notice any
                listener(directory)


def look() -> None:
    """Find the application that runs in this process now, if it is a driver; else do nothing, quickly."""
    ensure_started()
    with suppress(Exception):
        if _State.follower is not None:
            _State.follower.step()


def ensure_started() -> None:
    """Start the thread if this process may be a driver and has none; else do nothing, quickly."""
    if _State.started or not spark.may_become_driver():
        return
    _State.started = True
    try:
        import threading  # noqa: PLC0415 - workers need none

        follower = _State.follower = Follower(REGISTRY, _State.foreign_gateway)
        _hook()
        threading.Thread(target=_follow, args=(follower,), name="spark-exporter-attach", daemon=True).start()
    except Exception:  # noqa: BLE001 - no thread to be had: values stay local, the job goes on
        _State.started = False


def _hook() -> None:
    """Look after every start and stop of a SparkContext: both may come within one interval of the thread.

    Before a stop the plugin is told what it comes from, because it ends with it.
    """
    context_class = spark.context_class()
    if context_class is not None and not hasattr(context_class, _HOOKED):
        setattr(context_class, _HOOKED, True)
        for name in ("_do_init", "stop"):
            method = getattr(context_class, name, None)
            if method is not None:
                setattr(context_class, name, _and_look(method))


def _and_look(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def method_and_look(*args: Any, **kwargs: Any) -> Any:
        if method.__name__ == "stop":
            _ending("stopping")
        try:
            return method(*args, **kwargs)
        finally:
            with suppress(Exception):
                if _State.follower is not None:
                    _State.follower.step()

    return method_and_look


def _follow(follower: Follower) -> None:
    while True:
        with suppress(Exception):  # the JVM may go at any moment; the job must not notice us
            _hook()
            follower.step()
            _look_for_connect()
        time.sleep(_INTERVAL_SECONDS)


def _after_fork_in_child() -> None:
    # Threads stay in the parent. Its connection is shared by mistake, and a call on it would garble both.
    _State.started = False
    _State.follower = None
    _State.foreign_gateway = spark.gateway()
    _Directory.lock = allocate_lock()
    # Who heard of it before may go on using it; whoever asks now is not that application's driver.
    _Directory.current = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
