"""Segment files for the reader in the JVM, and what it should make of them."""

from __future__ import annotations

import math
import subprocess
import sys

from hypothesis import strategies as st

from exporter.client.definition import Definition
from exporter.client.segment import Segment, new_token

NAMES = st.from_regex(r"[a-z]{1,6}", fullmatch=True)
FINITE = st.floats(-1e100, 1e100)
COUNTS = st.floats(0, 1e100)
MODES = ("sum", "max", "min", "mean", "mostrecent")

# Holds segments until it is killed: a real process that a SIGKILL can end.
HOLDER = """
import sys
from exporter.client.definition import Definition
from exporter.client.segment import Segment, new_token
segment = Segment(sys.argv[1], new_token(), 0, 4096)
cells = segment.add(Definition("counter", "held", "Held by a process", labels=("who",)), ("me",), [0.0])
cells[0] = float(sys.argv[2])
print("ready", flush=True)
sys.stdin.read()
"""


def start_holder(directory, value):
    """Start a process that has counted ``value`` and holds its segment."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(directory), str(value)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    return process


def end(process, *, kill):
    """End a holder."""
    if kill:
        process.kill()
    process.communicate()


@st.composite
def definitions(draw):
    """A definition of any kind. Its name tells all of it, so two with the same name agree."""
    kind = draw(st.sampled_from(["counter", "gauge", "histogram"]))
    labels = tuple(draw(st.lists(NAMES, max_size=2, unique=True)))
    bounds = tuple(sorted(draw(st.sets(FINITE, min_size=1, max_size=4)))) if kind == "histogram" else ()
    mode = draw(st.sampled_from(MODES)) if kind == "gauge" else ""
    parts = [kind, mode, *labels, *(str(index) for index in map(hash, bounds))]
    name = "_".join(part.replace("-", "m") for part in parts if part)
    return Definition(kind, name, draw(st.text(max_size=20)), "", labels, bounds, mode)


@st.composite
def cells_of(draw, definition):
    """Cells that a process may have stored."""
    if definition.type == "counter":
        return [draw(COUNTS)]
    if definition.type == "gauge":
        return [draw(FINITE) for _ in range(definition.cell_count())]
    return [*(float(draw(st.integers(0, 2**40))) for _ in range(len(definition.buckets) + 1)), draw(FINITE)]


@st.composite
def contents(draw):
    """What one process records: definitions with label values and cells."""
    result = {}
    for definition in draw(st.lists(definitions(), max_size=4)):
        values = draw(st.tuples(*(st.text(max_size=8) for _ in definition.labels)))
        result[definition.name, values] = (definition, values, draw(cells_of(definition)))
    return list(result.values())


def write(directory, records, spans=None):
    """Write a segment with these records; the caller holds it and ends its writer by closing it.

    ``spans`` gets, by name and label values, where in the file each series and its metric lie.
    """
    segment = Segment(str(directory), new_token(), 0, 16384)
    for definition, values, cells in records:
        start = segment._committed
        assert segment.add(definition, values, cells) is not None
        if spans is not None:
            spans[definition.name, values] = (start, segment._committed)
    return segment


def poke(segment, at, data):
    """Overwrite bytes of a held segment. Opening and closing its file here would drop the writer's lock."""
    segment._map[at : at + len(data)] = data


def table(sample):
    """Return the sampled cells by name and label values; every NaN is math.nan, so that lists compare."""
    return {
        (one["name"], tuple(one["labels"])): [
            math.nan if cell == "NaN" else float(cell) for cell in one["cells"]
        ]
        for one in sample["series"]
    }


def combined(processes):
    """Combine the cells of live processes as docs/protocol.md says."""
    result = {}
    for records in processes:
        for definition, values, cells in records:
            result.setdefault((definition.name, values), []).append((definition, cells))
    return {key: _combine(entries[0][0], [cells for _, cells in entries]) for key, entries in result.items()}


def _combine(definition, several):
    if definition.type != "gauge":
        return [math.fsum(column) for column in zip(*several)]
    if definition.mode == "mostrecent":
        return max(several, key=lambda cells: cells[1])
    values = [cells[0] for cells in several]
    if definition.mode == "mean":
        return [math.fsum(values), float(len(values))]
    return [{"sum": math.fsum, "max": max, "min": min}[definition.mode](values)]
