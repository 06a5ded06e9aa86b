"""Watches what must never happen to a counter."""

from __future__ import annotations

import threading

import requests
from prometheus_client.parser import text_string_to_metric_families

# What a daemon counts of itself begins anew with it, what it has missed of an application does not.
OWN = ("spark_exporter", "process")
MISSED = "spark_exporter_missed"


class Counters(threading.Thread):
    """Scrapes again and again, and notes every counter that went back."""

    def __init__(self, daemon):
        super().__init__(daemon=True)
        self.daemon_under_test = daemon
        self.scrapes = 0
        self.fallen = []
        self._highest = {}
        self._ending = threading.Event()

    def run(self):
        while not self._ending.wait(0.5):
            try:
                text = self.daemon_under_test.text()
            except requests.RequestException:
                # Between two daemons there is none.
                continue
            self.scrapes += 1
            for family in text_string_to_metric_families(text):
                own = family.name.startswith(OWN) and not family.name.startswith(MISSED)
                if family.type == "counter" and not own:
                    self._look(family)

    def _look(self, family):
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            if sample.value < self._highest.get(key, 0.0):
                self.fallen.append((key, self._highest[key], sample.value))
            self._highest[key] = sample.value

    def stop(self):
        self._ending.set()
        self.join()
