"""What the operating system says of an application's processes, when the daemon can see them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import psutil

from exporter.daemon import fields
from exporter.daemon.frame import Frame, FrameBuilder
from exporter.daemon.sources import Update
from exporter.daemon.sources.processtree import PYTHON, Finder, Group, look, port_here
from exporter.daemon.sources.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.sources.processtree import Node

COUNT, CPU_TIMES = "count", "cpu_times"
_PARTS = ("executor_id", "role", "metric", "labels", "ended", "highest")
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

    def remember(self) -> dict[str, Any]:
        """Return the counts of all groups."""
        tallies = self._tallies.items()
        return {
            "tallies": [
                (*group, field.metric, field.labels, *tally.remember()) for (group, field), tally in tallies
            ]
        }

    def recall(self, kept: dict[str, Any]) -> None:
        """Go on from there."""
        known = {(field.metric, *field.labels): field for field in self._fields}
        for index, row in enumerate(fields.items(kept.get("tallies"), f"{self.name}.tallies")):
            where = f"{self.name}.tallies[{index}]"
            parts = dict(zip(_PARTS, fields.items(row, where), strict=False))
            group = Group(fields.text(parts, "executor_id", where), fields.text(parts, "role", where))
            metric = (fields.text(parts, "metric", where), *fields.texts(parts, "labels", where))
            if metric not in known:
                raise fields.invalid(where, "a metric of processes", metric)
            ended, highest = (fields.amount(parts, part, where) for part in ("ended", "highest"))
            self._tallies[group, known[metric]] = Tally(ended, highest)

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
    found = []
    for metric, origin in catalogue.origins("process"):
        method, _, attributes = origin.field.partition(".")
        labels = tuple(value for _, value in origin.labels)
        grows = catalogue[metric].family.type == "counter"
        found.append(Field(metric, method, tuple(filter(None, attributes.split("+"))), labels, grows))
    return tuple(found)


def _ask(wanted: Sequence[Field], process: psutil.Process, *, inherits: bool) -> dict[Field, float] | None:
    """Return all fields of a process; None if it has ended meanwhile."""
    try:
        with process.oneshot():
            return {field: _value(field, process, inherits=inherits) for field in wanted}
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
