"""What the operating system says of an application's processes, when the daemon can see them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import psutil

from exporter.daemon.frame import Frame, FrameBuilder
from exporter.daemon.sources import Update
from exporter.daemon.sources.processtree import PYTHON, Finder, Group, look, port_here

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.sources.processtree import Node

COUNT, CPU_TIMES = "count", "cpu_times"
SELDOM = 12
"""After how many polls to look again, as long as there is nothing to be seen."""


class Field(NamedTuple):
    """One value that psutil reads of a process."""

    metric: str
    method: str
    attributes: tuple[str, ...]
    """Of what the method returns, to be added up; none if that is the number itself."""
    labels: tuple[str, ...]
    """Those after the role."""
    grows: bool
    """Whether it is a count, which stays when a process ends."""

    def read(self, process: psutil.Process, *, inherits: bool) -> float:
        """Return the value.

        Args:
            process: to be asked.
            inherits: whether to add the CPU time that its ended children left to it.

        Raises:
            psutil.Error: it is gone, or may not be looked at.
            AttributeError: this operating system does not tell.

        """
        if self.method == COUNT:
            return 1.0
        answer = getattr(process, self.method)()
        if not self.attributes:
            return float(answer)
        value = sum([float(getattr(answer, attribute)) for attribute in self.attributes])
        if inherits and self.method == CPU_TIMES:
            value += sum([float(getattr(answer, f"children_{attribute}")) for attribute in self.attributes])
        return value


class Tally:
    """A count over processes that come and go: it never goes back.

    What an ended process had counted is kept here, unless it has passed to one of them, its parent or,
    if that has ended too, the nearest one above.
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
            parents: the pids of their parents, of those to which the operating system passes the counts
                of ended children.

        """
        for process, value in self._last.items():
            if process not in values and not self._has_heir(process, values):
                self._ended += value
        self._last = values
        self._parents = dict(parents)
        # Between a process's end and its parent's taking note of it, its count is nowhere to be seen.
        self._highest = max(self._highest, self._ended + sum(values.values()))
        return self._highest

    def _has_heir(self, process: psutil.Process, living: Collection[psutil.Process]) -> bool:
        before = {one.pid: one for one in self._parents}
        above = before.get(self._parents.get(process, 0))
        while above is not None and above not in living:
            above = before.get(self._parents[above])
        return above is not None


class ProcessSource:
    """Reads the processes of an application by psutil; finds none if they are elsewhere.

    Executors are known by ``--app-id`` in their command line, the driver by the port at which it listens, and
    the others by the JVM that started them, or that they started. Roles are those of the plugin.

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
        builder = FrameBuilder(self._catalogue, self._last)
        pids: dict[str, set[int]] = {}
        for group, processes in groups.items():
            pids.setdefault(group.executor_id, set()).update([process.pid for process in processes])
        for group in sorted(groups):
            parents = {process: nodes[process.pid].parent for process in groups[group]}
            self._read(builder, group, parents, pids[group.executor_id])
        self._last = builder.frame()
        return Update(self._last)

    def _read(
        self,
        builder: FrameBuilder,
        group: Group,
        parents: Mapping[psutil.Process, int],
        tree: Collection[int],
    ) -> None:
        """Add the samples of one group, whose processes have these parents and belong to this tree."""
        living = {}
        for process, parent in parents.items():
            # Only of Python is everything below Python's, too. Of what has started the JVM, nothing is.
            answer = _ask(self._fields, process, inherits=group.role == PYTHON and parent in tree)
            if answer is not None:
                living[process] = answer
        for field in self._fields:
            values = {process: answer[field] for process, answer in living.items()}
            # A part of them would look like all.
            if any(map(math.isnan, values.values())):
                continue
            value = sum(values.values())
            if field.grows:
                # Of input and output, Linux gives a parent what its ended children did by itself.
                passes = group.role == PYTHON or field.method != CPU_TIMES
                heirs = {process: parents[process] for process in values} if passes else {}
                value = self._tallies.setdefault((group, field), Tally()).add_up(values, heirs)
            builder.add(field.metric, value, *group, *field.labels)


def _fields(catalogue: Catalogue) -> tuple[Field, ...]:
    fields = []
    for metric, origin in catalogue.origins("process"):
        method, _, attributes = origin.field.partition(".")
        labels = tuple(value for _, value in origin.labels)
        grows = catalogue[metric].family.type == "counter"
        fields.append(Field(metric, method, tuple(filter(None, attributes.split("+"))), labels, grows))
    return tuple(fields)


def _ask(fields: Sequence[Field], process: psutil.Process, *, inherits: bool) -> dict[Field, float] | None:
    """Return all fields of a process; None if it has ended meanwhile."""
    try:
        with process.oneshot():
            return {field: _value(field, process, inherits=inherits) for field in fields}
    except psutil.NoSuchProcess:
        return None


def _value(field: Field, process: psutil.Process, *, inherits: bool) -> float:
    """Return one field of a process; ``math.nan`` itself if the daemon may not look, or there is none."""
    try:
        return field.read(process, inherits=inherits)
    except psutil.NoSuchProcess:
        raise
    except (psutil.Error, AttributeError, OSError):
        return math.nan
