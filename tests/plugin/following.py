"""A client of the driver's endpoint that puts the answers together, as the daemon does."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import requests

from running import JOBS, until


def jobs(script):
    """Return the path of a job of these tests."""
    return Path(__file__).resolve().parent / "jobs" / script


def python_path():
    """Return the environment in which a job of these tests finds what it shares with other jobs."""
    before = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": os.pathsep.join([str(JOBS), *([before] if before else [])])}


def endpoint(ui):
    """Return the plugin's address as the driver's environment page has it."""

    def ask():
        found = requests.get(f"{ui}/api/v1/applications", timeout=30).json()
        page = requests.get(f"{ui}/api/v1/applications/{found[0]['id']}/environment", timeout=30).json()
        return dict(page["sparkProperties"]).get("spark.exporter.endpoint")

    return until(ask, "the endpoint is published")


class Follower:
    """Follows an application to its end, on a thread of its own."""

    def __init__(self, ui):
        """Start to follow the driver with this UI."""
        self.ui = ui
        self.url = f"{endpoint(ui)}/v1/snapshot"
        self.names = []
        self.executors = {}
        self.progress = {}
        self.application = {}
        self._final = None
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self):
        held = {"boot": "", "after": 0, "metrics": 0, "series": 0, "readings": 0}
        while self._final is None:
            snapshot = requests.get(self.url, params=held | {"wait": 30}, timeout=60).json()
            self.names += snapshot["readings"]
            held = {
                "boot": snapshot["boot"],
                "after": snapshot["sequence"],
                "metrics": held["metrics"] + len(snapshot["metrics"]),
                "series": held["series"] + len(snapshot["series"]),
                "readings": len(self.names),
            }
            self.application = by_name(self.names, *snapshot["application_readings"])
            for executor in snapshot["executors"]:
                if "readings" in executor:
                    values = executor["readings"], executor["reading_values"]
                    self.executors[executor["id"]] = by_name(self.names, *values)
            for query in snapshot["queries"]:
                if "progress" in query:
                    self.progress[query["run_id"]] = query["progress"]
            if snapshot["final"]:
                self._final = snapshot

    def once(self):
        """Return the readings of all executors as they are now, by executor and name."""
        snapshot = requests.get(self.url, timeout=30).json()
        return {
            executor["id"]: by_name(snapshot["readings"], executor["readings"], executor["reading_values"])
            for executor in snapshot["executors"]
            if "readings" in executor
        }

    def last(self):
        """Wait for the end; return the final snapshot."""
        self._thread.join(120)
        assert self._final is not None, "the final answer has not come"
        return self._final


def by_name(names, places, values):
    """Return readings by name."""
    return {names[place]: value for place, value in zip(places, values)}
