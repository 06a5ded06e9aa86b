"""What all dashboards have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.models import dashboard as models

from dashboards.grid import Row, placed
from dashboards.limits import BAD
from dashboards.links import TITLES, to_others, uid
from dashboards.variables import DATASOURCE

if TYPE_CHECKING:
    from dashboards.config import Config


class Annotation(models.AnnotationQuery):
    """A query whose results are marked on all graphs.

    grafana-foundation-sdk does not know the keys that only Prometheus' annotations have.
    """

    def __init__(self, expr: str, *, name: str, title: str, text: str, times: bool) -> None:
        """Mark what ``expr`` finds.

        Args:
            expr: PromQL; each of its series is an event.
            name: what the switch at the top of the dashboard says.
            title: of the event, with ``{{label}}``.
            text: more about it.
            times: whether the values are the times of the events in milliseconds; else a point's own counts.

        """
        super().__init__(name=name, datasource=DATASOURCE, enable=True, icon_color=BAD, expr=expr)
        self._more = {"titleFormat": title, "textFormat": text, "useValueForTime": times}

    def to_json(self) -> dict[str, object]:
        """Return it as Grafana has it."""
        return super().to_json() | self._more


@dataclass(frozen=True)
class Dashboard:
    """A dashboard before it gets its looks."""

    name: str
    """The end of its uid, one of ``TITLES``."""
    description: str
    variables: tuple[Any, ...]
    """Builders, in the order in which they depend on each other."""
    rows: tuple[Row, ...]
    annotations: tuple[Annotation, ...] = ()

    @property
    def title(self) -> str:
        """What Grafana calls it."""
        return TITLES[self.name]

    def build(self, config: Config) -> models.Dashboard:
        """Return it as Grafana has it.

        Raises:
            LayoutError: panels do not fill their lines.

        """
        shown = config.dashboards
        builder = builders.Dashboard(self.title).uid(uid(shown.uid_prefix, self.name)).readonly()
        builder = builder.description(self.description).tags(list(shown.tags)).refresh(shown.refresh)
        builder = builder.time(shown.time_from, "now").timezone("browser")
        builder = builder.tooltip(models.DashboardCursorSync.CROSSHAIR)
        builder = builder.variables(list(self.variables)).links([*to_others(shown.uid_prefix, self.name)])
        built = builder.build()
        built.panels = placed(self.rows)
        built.annotations = models.AnnotationContainer(list_val=[_alerts_and_deploys(), *self.annotations])
        return built


def _alerts_and_deploys() -> models.AnnotationQuery:
    """Return the annotations that are made in Grafana itself, such as a deployment's."""
    source = models.DataSourceRef(type_val="grafana", uid="-- Grafana --")
    return models.AnnotationQuery(
        name="Annotations & Alerts",
        datasource=source,
        enable=True,
        hide=True,
        icon_color="rgba(0, 211, 255, 1)",
        type_val="dashboard",
        built_in=1,
    )
