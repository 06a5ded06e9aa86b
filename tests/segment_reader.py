"""Reads segment files by the words of docs/segment-format.md, and shares no code with the writer."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import NamedTuple

TYPES = {1: "counter", 2: "gauge", 3: "histogram"}
MODES = {0: "", 1: "sum", 2: "max", 3: "min", 4: "mean", 5: "mostrecent"}


class Metric(NamedTuple):
    """A metric record."""

    type: str
    name: str
    help: str
    unit: str
    labels: tuple[str, ...]
    buckets: tuple[float, ...]
    mode: str


class Contents(NamedTuple):
    """A whole file."""

    size: int
    pid: int
    number: int
    created: float
    role: int
    refused: dict[str, float]
    metrics: list[Metric]
    series: list[tuple[Metric, tuple[str, ...], list[float]]]

    def values(self) -> dict[tuple[str, ...], list[float]]:
        """Return the cells by metric name and label values; a series that appears twice is an error."""
        result = {}
        for metric, labels, cells in self.series:
            key = (metric.name, *labels)
            assert key not in result, f"{key} appears twice"
            result[key] = cells
        return result


def _texts(data, count):
    texts, at = [], 0
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        texts.append(data[at + 2 : at + 2 + length].decode())
        assert at + 2 + length <= len(data)
        at += 2 + length
    assert data[at:] == bytes(len(data) - at), "only zeros may follow the texts"
    assert len(data) - at < 8
    return texts


def _metric(record, count, bounds):
    buckets = struct.unpack_from(f"<{bounds}d", record, 24)
    name, help_, unit, *labels = _texts(record[24 + 8 * bounds :], 3 + count)
    return Metric(TYPES[record[5]], name, help_, unit, tuple(labels), buckets, MODES[record[6]])


def read(source) -> Contents:
    """Read a segment from its path or its bytes; anything that the format forbids is an assertion."""
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    assert data[:8] == bytes.fromhex("53 50 58 53 45 47 01 00")
    committed, size, pid, number, created, role = struct.unpack_from("<QQIIdQ", data, 8)
    assert size == len(data)
    assert committed % 8 == 0
    assert 128 <= committed <= size
    assert data[48:64] == bytes(16)
    assert data[104:128] == bytes(24)
    reasons = ("series_limit", "label_too_long", "invalid_value", "definition_conflict", "no_space")
    refused = dict(zip(reasons, struct.unpack_from("<5d", data, 64)))
    metrics, series, at = [], [], 128
    while at < committed:
        length, kind, _, _, zero, crc, metric, count, doubles, zeros = struct.unpack_from(
            "<IBBBBIIHHI", data, at
        )
        record = data[at : at + length]
        assert length % 8 == 0
        assert (zero, zeros) == (0, 0)
        covered = record[:8] + (record[12:] if kind == 1 else record[12:24] + record[24 + 8 * doubles :])
        assert crc == zlib.crc32(covered)
        if kind == 1:
            assert metric == len(metrics)
            metrics.append(_metric(record, count, doubles))
        else:
            cells = list(struct.unpack_from(f"<{doubles}d", record, 24))
            labels = tuple(_texts(record[24 + 8 * doubles :], count))
            series.append((metrics[metric], labels, cells))
        at += length
    assert at == committed
    assert data[committed:] == bytes(size - committed), "what is not committed is untouched"
    return Contents(size, pid, number, created, role, refused, metrics, series)


def read_directory(directory) -> list[Contents]:
    """Read all segments of a directory, in the order of their numbers."""
    return sorted(
        (read(path) for path in Path(directory).glob("*.seg")), key=lambda found: (found.pid, found.number)
    )
