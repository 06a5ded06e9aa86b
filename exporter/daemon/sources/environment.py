"""Whether the plugin is configured in an application, and where it listens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exporter.daemon import fields
from exporter.daemon.decode import parse
from exporter.daemon.discovery.target import endpoint_of
from exporter.daemon.errors import SourceError
from exporter.daemon.sources import Update

if TYPE_CHECKING:
    from exporter.daemon.fetch import Fetcher

PLUGIN_CLASS = "io.sparkexporter.ExporterPlugin"
ENDPOINT_KEY = "spark.exporter.endpoint"


@dataclass(frozen=True)
class Environment:
    """What Spark's configuration says about the plugin."""

    plugin_configured: bool
    endpoint: str | None
    """Where to ask the plugin, if it published an address."""


class EnvironmentSource:
    """Reads ``/api/v1/applications/<id>/environment``."""

    name = "environment"

    def __init__(self, fetcher: Fetcher, target: str, app_id: str) -> None:
        """Ask the UI at ``target``."""
        self._fetcher = fetcher
        self._target = target
        self._url = f"{target}/api/v1/applications/{app_id}/environment"

    def update(self) -> Update[Environment]:
        """Return what the driver's configuration says now."""
        try:
            document = parse(self._fetcher.get(self._url).body)
        except SourceError as error:
            if error.reason == "http_status":
                # The UI knows the application a moment before it knows its environment.
                raise SourceError(error.reason, str(error), transient=True) from error
            raise
        conf = {}
        for item in fields.items(document.get("sparkProperties"), "environment.sparkProperties"):
            pair = fields.items(item, "environment.sparkProperties")
            if len(pair) != 2 or not all(type(part) is str for part in pair):  # noqa: PLR2004 - a pair
                raise fields.invalid("environment.sparkProperties", "pairs of strings", pair)
            conf[pair[0]] = pair[1]
        plugins = [name.strip() for name in conf.get("spark.plugins", "").split(",")]
        return Update(Environment(PLUGIN_CLASS in plugins, self._endpoint(conf.get(ENDPOINT_KEY))))

    def _endpoint(self, published: str | None) -> str | None:
        try:
            return endpoint_of(self._target, published) if published else None
        except ValueError as error:
            raise SourceError("invalid", str(error)) from error
