"""What the operating system says of an application's processes, when the daemon can see them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import psutil

from exporter.daemon.frame import Frame, FrameBuilder
from exporter.daemon.sources import Update
from exporter.daemon.sources.processtree import PYTHON_WORKER, Finder, Group, look, port_here

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.sources.processtree import Node

COUNT = "count"
SELDOM = 12
"""After how many polls to look again, as long as there is nothing to be seen."""


class Field(NamedTuple):
    """One value that psutil reads of a process."""

    metric: str
    method: str
    attribute: str
    labels: tuple[str, ...]
    """Those after the role."""
    grows: bool
    """Whether it is a count, which stays when a process ends."""

    def read(self, process: psutil.Process, *, reaped: bool) -> float:
        """Return the value.

        Args:
            process: to be asked.
            reaped: whether to add what its ended children leave to it.

        Raises:
            psutil.Error: it is gone, or may not be looked at.
            AttributeError: this operating system does not tell.

        """
        if self.method == COUNT:
            return 1.0
        answer = getattr(process, self.method)()
        value = float(getattr(answer, self.attribute) if self.attribute else answer)
        # Of input and output, Linux gives a parent what its children did by itself.
        return value + float(getattr(answer, f"children_{self.attribute}", 0.0)) if reaped else value


class Tally:
    """A count over processes that come and go: it never goes back.

    What an ended process had counted passes to its parent if that is one of them, for the operating system
    adds it there. Else it is kept here.
    """

    def __init__(self) -> None:
        """Count nothing."""
        self._ended = 0.0
        self._highest = 0.0
        self._last: Mapping[psutil.Process, float] = {}
        self._parents: dict[psutil.Process, int] = {}

    def add_up(self, values: Mapping[psutil.Process, float], parents: Mapping[psutil.Process, int]) -> float:
        """Return the total.

        Args:
            values: what each process has counted that is there.
            parents: the pids of their parents.

        """
        pids = {process.pid for process in values}
        for process, value in self._last.items():
            if process not in values and self._parents[process] not in pids:
                self._ended += value
        self._last = values
        self._parents = {process: parents[process] for process in values}
        # Between a process's end and its parent's taking note of it, its count is nowhere to be seen.
        self._highest = max(self._highest, self._ended + sum(values.values()))
        return self._highest


class ProcessSource:
    """Reads the processes of an application by psutil; finds none if they are elsewhere.

    Executors are known by ``--app-id`` in their command line, the driver by the port at which it listens, and
    Python processes by the JVM that started them, or that they started.

    Args:
        target: URL of the driver's UI.
        app_id: the application's.
        catalogue: says what to read.
        processes: returns every process there is.
        finder: finds the application's among them.

    """

    name = "process"

    def __init__(
        self,
        target: str,
        app_id: str,
        catalogue: Catalogue,
        processes: Callable[[], Mapping[int, Node]] = look,
        finder: Finder | None = None,
    ) -> None:
        """Look at nothing yet."""
        self.every = 1
        """After how many polls it is due again."""
        self._target = target
        self._app_id = app_id
        self._catalogue = catalogue
        self._processes = processes
        self._finder = finder
        self._fields = _fields(catalogue)
        self._tallies: dict[tuple[Group, Field], Tally] = {}
        self._last = Frame()

    def update(self) -> Update[Frame]:
        """Return what there is to be seen; an empty frame if that is nothing."""
        if self._finder is None:
            self._finder = Finder(self._app_id, port_here(self._target))
        nodes = self._processes()
        groups = self._finder.find(nodes)
        self.every = 1 if groups else SELDOM
        jvms = {group.executor_id for group in groups}
        # An executor's counts go with it, else they would pile up with those that come and go.
        self._tallies = {key: tally for key, tally in self._tallies.items() if key[0].executor_id in jvms}
        known: dict[Group, list[psutil.Process]] = {group: [] for group, _ in self._tallies} | groups
        builder = FrameBuilder(self._catalogue, self._last)
        for group in sorted(known):
            self._read(builder, group, known[group], nodes)
        self._last = builder.frame()
        return Update(self._last)

    def _read(
        self,
        builder: FrameBuilder,
        group: Group,
        processes: Sequence[psutil.Process],
        nodes: Mapping[int, Node],
    ) -> None:
        answers = [_ask(self._fields, process, reaped=group.role == PYTHON_WORKER) for process in processes]
        living = {
            process: answer for process, answer in zip(processes, answers, strict=True) if answer is not None
        }
        for field in self._fields:
            values = {process: answer[field] for process, answer in living.items()}
            # A part of them would look like all.
            if any(map(math.isnan, values.values())):
                continue
            value = sum(values.values())
            if field.grows:
                tally = self._tallies.setdefault((group, field), Tally())
                value = tally.add_up(values, {process: nodes[process.pid].parent for process in values})
            builder.add(field.metric, value, *group, *field.labels)


def _fields(catalogue: Catalogue) -> tuple[Field, ...]:
    fields = []
    for metric, origin in catalogue.origins("process"):
        method, _, attribute = origin.field.partition(".")
        labels = tuple(value for _, value in origin.labels)
        grows = catalogue[metric].family.type == "counter"
        fields.append(Field(metric, method, attribute, labels, grows))
    return tuple(fields)


def _ask(fields: Sequence[Field], process: psutil.Process, *, reaped: bool) -> dict[Field, float] | None:
    """Return all fields of a process; None if it has ended meanwhile."""
    try:
        with process.oneshot():
            return {field: _value(field, process, reaped=reaped) for field in fields}
    except psutil.NoSuchProcess:
        return None


def _value(field: Field, process: psutil.Process, *, reaped: bool) -> float:
    """Return one field of a process; ``math.nan`` itself if the daemon may not look, or there is none."""
    try:
        return field.read(process, reaped=reaped)
    except psutil.NoSuchProcess:
        raise
    except (psutil.Error, AttributeError, OSError):
        return math.nan
