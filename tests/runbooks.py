"""The queries of the runbooks, as whoever reads one would ask them."""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "dashboards/runbooks"
_BLOCK = re.compile(r"```promql\n(.*?)```", re.DOTALL)
_PLACE = re.compile(r"\b(ID|NAME)\b|(?<=_)NAME(?=_)")


def queries(name: str) -> list[str]:
    """Return the queries on the page of an alert, with ID and NAME where the reader puts his own."""
    page = (FOLDER / f"{name}.md").read_text("utf-8")
    return [line.strip() for block in _BLOCK.findall(page) for line in block.strip().splitlines()]


def asked(query: str, app_id: str, metric: str) -> str:
    """Return a query about an application, and about one of its custom metrics."""
    return _PLACE.sub(lambda found: {"ID": app_id, "NAME": metric}[found[0]], query)
