"""A streaming source where more and more arrives, and of which little can be read at a time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from pyspark.sql.datasource import DataSource, DataSourceStreamReader, InputPartition
from pyspark.sql.streaming.datasource import ReadMaxRows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROWS_PER_BATCH = 300
GROWTH = 200
"""Rows that have arrived are this, times the square of the seconds since the begin."""


class Slice(InputPartition):
    """The rows from ``start`` to ``end``."""

    def __init__(self, start: int, end: int) -> None:
        """Keep the offsets."""
        self.start = start
        self.end = end


class Reader(DataSourceStreamReader):
    """Reads rows by their number."""

    def __init__(self, begin: float) -> None:
        """Count from a time on, in seconds since the epoch."""
        self.begin = begin

    def initialOffset(self) -> dict[str, Any]:  # noqa: N802 - Spark calls it so
        """Begin with the first one."""
        return {"orders": 0}

    def getDefaultReadLimit(self) -> ReadMaxRows:  # noqa: N802 - as above
        """Read a few at a time."""
        return ReadMaxRows(ROWS_PER_BATCH)

    def latestOffset(self, start: dict[str, Any], limit: Any) -> dict[str, Any]:  # noqa: N802 - as above
        """Return where the next batch ends."""
        newest = self.reportLatestOffset()["orders"]
        most = getattr(limit, "max_rows", newest)
        return {"orders": min(newest, start["orders"] + most)}

    def reportLatestOffset(self) -> dict[str, Any]:  # noqa: N802 - as above
        """Return how many have arrived."""
        return {"orders": int(GROWTH * (time.time() - self.begin) ** 2)}

    def partitions(self, start: dict[str, Any], end: dict[str, Any]) -> Sequence[InputPartition]:
        """Read a batch in one task."""
        return [Slice(start["orders"], end["orders"])]

    def read(self, partition: InputPartition) -> Iterator[tuple[int]]:
        """Give the rows their numbers."""
        yield from ((number,) for number in range(partition.start, partition.end))


class Orders(DataSource):
    """The source, as Spark registers it."""

    @classmethod
    def name(cls) -> str:
        """Return its name."""
        return "orders"

    def schema(self) -> str:
        """Return its one column."""
        return "value long"

    def streamReader(self, schema: Any) -> DataSourceStreamReader:  # noqa: ARG002, N802 - Spark calls it so
        """Return the reader."""
        return Reader(float(self.options["begin"]))
