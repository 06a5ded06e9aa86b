"""The custom metrics of the batch application, and the functions of its Python workers that record them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from exporter import Counter, Gauge, Histogram, config, events, rpc

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

SOURCES = ("web", "shop", "phone")

rows = Counter("rows_parsed", "Rows parsed", ["source"])
payments = Counter("payments_read", "Payments read from a queue that will go silent")
parse_time = Histogram(
    "parse", "Time for a batch", ["source"], unit="seconds", buckets=(0.01, 0.05, 0.1, 0.5, 1)
)
batch_size = Gauge("batch", "Rows of the last batch", unit="rows", multiprocess_mode="max")
tables = Gauge("tables_cached", "Tables that the driver has cached")
progress = Gauge("progress", "Rows that the last message of a worker was about", unit="rows")
refused = Counter("refunds", "A counter that somebody wants to decrease")


def parse(frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Count rows by source, look for events and live configuration, and tell the driver about it."""
    threshold = config.get("threshold", 10)
    for number, frame in enumerate(frames):
        source = SOURCES[number % len(SOURCES)]
        with parse_time.labels(source).time():
            for event in events.poll():
                event.done({"threshold": threshold})
            time.sleep(0.02 * (number % 3))
            rows.labels(source).inc(len(frame))
            batch_size.set(len(frame))
        refused.inc(-1)
        rpc.send("progress", {"rows": len(frame)})
        yield frame


def read_payments(frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Count payments."""
    for frame in frames:
        payments.inc(len(frame))
        yield frame
