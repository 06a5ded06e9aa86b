"""Which processes of this machine belong to a Spark application, and what each of them is there for."""

from __future__ import annotations

import re
import socket
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

DRIVER = "driver"
"""The executor_id of the driver's processes."""
JVM, PYTHON, OTHER = "jvm", "python", "other"
ROLES = (JVM, PYTHON, OTHER)
"""The values of the label ``role``, which the plugin gives by the same rules."""

_EXECUTOR_CLASS = re.compile(r"org\.apache\.spark\.[\w.]*ExecutorBackend")
_DRIVER_CLASS = re.compile(
    r"org\.apache\.spark\."
    r"(deploy\.SparkSubmit|deploy\.yarn\.ApplicationMaster|deploy\.worker\.DriverWrapper|[\w.]*SparkConnectServer)"
)
_PYTHON_NAMES = ("python", "pypy")
_SHELL = "pyspark-shell"
"""What PySpark submits when Python starts the JVM, and not the other way round."""
_PORTS = {"http": 80, "https": 443}


class Group(NamedTuple):
    """The processes of one role of one executor; the driver's have its id."""

    executor_id: str
    role: str


class Node(NamedTuple):
    """One process at the moment it was looked at."""

    process: psutil.Process
    parent: int
    command: tuple[str, ...]

    @property
    def is_jvm(self) -> bool:
        """Whether it is a Java process."""
        return bool(self.command) and PurePosixPath(self.command[0]).name == "java"

    @property
    def role(self) -> str:
        """What it is by its name, or else by its program's: a script is called as itself."""
        for ask in (self.process.name, self.process.exe):
            try:
                name = PurePosixPath(ask()).name
            except psutil.Error:
                continue
            if name.startswith(_PYTHON_NAMES):
                return PYTHON
            if name == "java":
                return JVM
        return OTHER

    def runs(self, main_class: re.Pattern[str]) -> bool:
        """Say whether it is a JVM and was given this class."""
        return self.is_jvm and any(map(main_class.fullmatch, self.command))

    def option(self, name: str) -> str:
        """Return what stands behind ``name`` in the command line, or nothing."""
        if name not in self.command[:-1]:
            return ""
        return self.command[self.command.index(name) + 1]


def look() -> dict[int, Node]:
    """Return every process that can be seen, by pid. Who may not be looked at has an empty command."""
    return {
        process.pid: Node(process, process.info["ppid"] or 0, tuple(process.info["cmdline"] or ()))
        for process in psutil.process_iter(["ppid", "cmdline"])
    }


def listens(process: psutil.Process, port: int) -> bool:
    """Say whether a process accepts connections at a port.

    Raises:
        psutil.Error: it is gone, or may not be looked at.

    """
    connections = process.net_connections("tcp")
    return any(found.status == psutil.CONN_LISTEN and found.laddr.port == port for found in connections)


def port_here(target: str) -> int | None:
    """Return the port of a target if its host is this machine."""
    url = urlsplit(target)
    try:
        found = {info[4][0] for info in socket.getaddrinfo(url.hostname, None)}
    except OSError:
        return None
    own = {address.address for addresses in psutil.net_if_addrs().values() for address in addresses}
    return url.port or _PORTS[url.scheme] if found & own else None


class Finder:
    """Finds the processes of one application.

    Args:
        app_id: executors carry it in their command line.
        port: the port of the driver's UI, if that is on this machine.
        listening: says whether a process listens at a port.

    """

    def __init__(
        self,
        app_id: str,
        port: int | None,
        listening: Callable[[psutil.Process, int], bool] = listens,
    ) -> None:
        """Know of no process."""
        self._app_id = app_id
        self._port = port
        self._listening = listening
        self._driver: psutil.Process | None = None

    def find(self, nodes: Mapping[int, Node]) -> dict[Group, list[psutil.Process]]:
        """Return the processes of each group, those of all three roles for each executor that is here."""
        executors = {
            pid: node
            for pid, node in nodes.items()
            if node.runs(_EXECUTOR_CLASS) and node.option("--app-id") == self._app_id
        }
        groups: dict[Group, list[psutil.Process]] = {}
        children = _children(nodes)
        driver = self._find_driver(nodes, executors)
        if driver is not None:
            _add_tree(groups, DRIVER, driver, children)
            starter = _python_above(nodes, driver) if _SHELL in driver.command else None
            if starter is not None:
                groups[Group(DRIVER, PYTHON)].append(starter.process)
        for node in executors.values():
            _add_tree(groups, node.option("--executor-id"), node, children)
        return groups

    def _find_driver(self, nodes: Mapping[int, Node], executors: Mapping[int, Node]) -> Node | None:
        known = self._driver
        if known is not None and known.pid in nodes and nodes[known.pid].process == known:
            return nodes[known.pid]
        found = self._by_port(nodes, executors)
        self._driver = found.process if found is not None else None
        return found

    def _by_port(self, nodes: Mapping[int, Node], executors: Mapping[int, Node]) -> Node | None:
        """Return the JVM that listens at the UI's port, or at the one to which the executors report.

        If the sockets of the only driver there is may not be looked at, it is taken for the right one:
        beside a driver that runs as another user nothing else can be known.
        """
        reported = {_port_of(node.option("--driver-url")) for node in executors.values()}
        ports = {port for port in (self._port, *reported) if port is not None}
        candidates = [node for pid, node in nodes.items() if node.is_jvm and pid not in executors]
        heard = {node.process: self._hears(node.process, ports) for node in candidates}
        found = [node for node in candidates if heard[node.process]]
        drivers = [node for node in candidates if node.runs(_DRIVER_CLASS)]
        hidden = [node for node in drivers if heard[node.process] is None]
        return found[0] if found else hidden[0] if len(drivers) == 1 and hidden else None

    def _hears(self, process: psutil.Process, ports: set[int]) -> bool | None:
        """Say whether a process listens at one of the ports; None if it may not be looked at."""
        try:
            return any(self._listening(process, port) for port in ports)
        except psutil.NoSuchProcess:
            return False
        except psutil.Error:
            return None


def _port_of(url: str) -> int | None:
    try:
        return urlsplit(url).port
    except ValueError:
        return None


def _children(nodes: Mapping[int, Node]) -> dict[int, list[Node]]:
    """Return the children of each process without executors and drivers, which have trees of their own."""
    children: dict[int, list[Node]] = {}
    for node in nodes.values():
        if node.runs(_EXECUTOR_CLASS) or node.runs(_DRIVER_CLASS):
            continue
        children.setdefault(node.parent, []).append(node)
    return children


def _python_above(nodes: Mapping[int, Node], node: Node) -> Node | None:
    """Return the nearest Python process above, through shells and the like."""
    passed = {node.process.pid}
    while (above := nodes.get(node.parent)) is not None and above.process.pid not in passed:
        if above.role == PYTHON:
            return above
        passed.add(above.process.pid)
        node = above
    return None


def _add_tree(
    groups: dict[Group, list[psutil.Process]], executor_id: str, jvm: Node, children: Mapping[int, list[Node]]
) -> None:
    for role in ROLES:
        groups.setdefault(Group(executor_id, role), [])
    groups[Group(executor_id, JVM)].append(jvm.process)
    for node, role in _below(jvm, JVM, children):
        groups[Group(executor_id, role)].append(node.process)


def _below(node: Node, role: str, children: Mapping[int, list[Node]]) -> Iterator[tuple[Node, str]]:
    """Yield everything below a process that has this role; what Python starts is Python's."""
    for child in children.get(node.process.pid, ()):
        # Who has no command line has ended and waits for its parent to take note of it.
        if child.command:
            inherited = PYTHON if role == PYTHON else child.role
            yield child, inherited
            yield from _below(child, inherited, children)
