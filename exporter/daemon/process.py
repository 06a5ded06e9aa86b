"""What prometheus_client tells about this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector

if TYPE_CHECKING:
    from exporter.daemon.catalogue import Catalogue

Sample = tuple[str, tuple[str, ...], float]


class ProcessSamples:
    """Reads ``process_*`` (on Linux) and ``python_info``."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Prepare the collectors, in a registry of their own."""
        self._catalogue = catalogue
        self._registry = CollectorRegistry()
        PlatformCollector(registry=self._registry)
        ProcessCollector(registry=self._registry)

    def read(self) -> tuple[Sample, ...]:
        """Return the samples as they are now: name, label values, value.

        What the catalogue does not know is left out: another version of prometheus_client may publish more.
        """
        known = self._catalogue.entries
        return tuple(
            (sample.name, tuple(sample.labels[label] for label in known[sample.name].labels), sample.value)
            for family in self._registry.collect()
            for sample in family.samples
            if sample.name in known
        )
