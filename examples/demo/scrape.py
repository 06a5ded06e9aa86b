"""What the demo reads from the daemon, as a table and beside the job's tally."""

from __future__ import annotations

import math
from typing import NamedTuple

import requests
from prometheus_client.parser import text_string_to_metric_families

PREFIX = "spark_custom_"
OWN_LABELS = frozenset({"app_id", "app_name"})


class Sample(NamedTuple):
    """One series of the application: a key such as ``rows_total{source=web}`` and its value."""

    key: str
    value: float


def read_custom(url: str) -> list[Sample]:
    """Scrape ``url`` and return the application's custom series, buckets left out."""
    answer = requests.get(url, timeout=5)
    answer.raise_for_status()
    samples = []
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            if sample.name.startswith(PREFIX) and not sample.name.endswith("_bucket"):
                labels = ",".join(f"{k}={v}" for k, v in sample.labels.items() if k not in OWN_LABELS)
                key = sample.name.removeprefix(PREFIX) + (f"{{{labels}}}" if labels else "")
                samples.append(Sample(key, sample.value))
    return sorted(samples)


def table(samples: list[Sample], before: dict[str, float], seconds: float) -> str:
    """Return the samples as a table: name, value, and how fast it moved since ``before``."""
    width = max([len(sample.key) for sample in samples], default=0)
    lines = [f"{'custom metric':<{width}} {'value':>16} {'per second':>12}"]
    for key, value in samples:
        moved = (value - before.get(key, value)) / seconds if seconds else 0.0
        lines.append(f"{key:<{width}} {value:>16,.2f} {moved:>12,.1f}")
    return "\n".join(lines)


def compare(samples: list[Sample], tally: dict[str, float]) -> tuple[str, bool]:
    """Return a table of what the job did beside what ``/metrics`` says, and whether they are equal."""
    published = dict(samples)
    width = max(map(len, tally), default=0)
    lines = [f"{'custom metric':<{width}} {'job did':>18} {'/metrics says':>18}"]
    equal = bool(tally)
    for key, expected in sorted(tally.items()):
        value = published.get(key, math.nan)
        # Sums of the same doubles in another order differ in the last digits.
        same = math.isclose(value, expected, rel_tol=1e-9)
        equal = equal and same
        lines.append(
            f"{key:<{width}} {expected:>18,.2f} {value:>18,.2f}  {'' if same else 'DIFFERENT'}".rstrip()
        )
    return "\n".join(lines), equal
