"""What a real driver has answered, as the answers of many: its REST API from tests/unit/daemon/data/rest."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).resolve().parent.parent / "tests" / "unit" / "daemon" / "data" / "rest" / "4.3.0"
PATHS = {
    "storage/rdd": "storage",
    "streaming/statistics": "statistics",
    "streaming/receivers": "receivers",
    "streaming/batches": "batches",
    "connect/sessions": "connect_sessions",
    "connect/operations": "connect_operations",
}
KEYS = {"jobs": "jobId", "stages": "stageId", "sql": "id"}


def recorded(name: str) -> Any:
    """Return one recorded document."""
    return json.loads((RECORDED / f"{name}.json").read_text("utf-8"))


class Rest:
    """The REST API below one application."""

    def __init__(self, executors: int, properties: dict[str, str]) -> None:
        """Read what was recorded; its executors are multiplied."""
        self._documents = {path: recorded(name) for path, name in PATHS.items()}
        self._lists = {name: recorded(name) for name in KEYS}
        self._summary = recorded("taskSummary")
        known = {item["id"]: item for item in recorded("allexecutors")}
        worker = next(item for name, item in known.items() if name != "driver" and item["isActive"])
        copies = [{**worker, "id": str(number)} for number in range(1, executors + 1)]
        self._documents["allexecutors"] = [known["driver"], *copies]
        environment = recorded("environment")
        kept = [pair for pair in environment["sparkProperties"] if pair[0] not in properties]
        self._documents["environment"] = {**environment, "sparkProperties": [*kept, *properties.items()]}

    def find(self, path: str, query: dict[str, list[str]]) -> Any:
        """Return what is at ``path``, or None."""
        if path in self._documents:
            return self._documents[path]
        if path.endswith("/taskSummary"):
            return self._summary
        resource, _, number = path.partition("/")
        if resource not in KEYS:
            return None
        items = self._lists[resource]
        if number:
            found = [item for item in items if str(item[KEYS[resource]]) == number]
            return (found if resource == "stages" else next(iter(found), None)) or None
        wanted = query.get("status", [])
        items = [item for item in items if not wanted or item["status"].lower() in wanted]
        first = int(query.get("offset", ["0"])[0])
        return list(itertools.islice(items, first, first + int(query.get("length", ["20"])[0])))
