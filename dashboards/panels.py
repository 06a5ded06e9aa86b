"""Kinds of panels, each with the looks that all dashboards share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from grafana_foundation_sdk.builders import bargauge, common, heatmap, stat, statetimeline, timeseries
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import prometheus as builder_of_query
from grafana_foundation_sdk.models import common as looks
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models import heatmap as heat
from grafana_foundation_sdk.models import prometheus

from dashboards.judgement import Judgement, Line, NoBadValue, as_lines, by_colour, problem, sentence
from dashboards.limits import BAD, PLAIN, Limits, Look, states
from dashboards.variables import DATASOURCE

if TYPE_CHECKING:
    from collections.abc import Mapping

REF_IDS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MANY_WIDTH = 24


class Query(NamedTuple):
    """PromQL and the name of its series, in which ``{{label}}`` is a label's value."""

    expr: str
    legend: str


def targets(
    queries: tuple[Query, ...], form: prometheus.PromQueryFormat, *, instant: bool
) -> list[builder_of_query.Dataquery]:
    """Return queries as Grafana has them."""
    made = []
    for ref_id, query in zip(REF_IDS, queries, strict=False):
        target = builder_of_query.Dataquery().expr(query.expr).legend_format(query.legend or "__auto")
        target = target.ref_id(ref_id).format(form).datasource(DATASOURCE)
        target = target.editor_mode(prometheus.QueryEditorMode.CODE)
        made.append(target.instant() if instant else target.range())
    return made


@dataclass(frozen=True, kw_only=True)
class Panel:
    """What every panel has."""

    title: str
    description: str
    """What it shows, what a bad value means, and where to look next; in plain words.

    Which values are bad follows it on the dashboard: see ``limits``.
    """
    unit: str
    """Grafana's id of a unit; ``short`` for numbers of things."""
    queries: tuple[Query, ...]
    width: int = 12
    height: int = 8
    limits: Judgement | None = None
    """Which values are bad, or why none is. Only where ``looks`` say so by their colours it is left out."""
    minimum: float | None = 0
    maximum: float | None = None
    decimals: int | None = None
    looks: tuple[tuple[str, Look], ...] = ()
    """Texts in place of values, by value."""

    def build(self, number: int, place: models.GridPos) -> models.Panel:
        """Return the panel as Grafana has it.

        Args:
            number: its id on the dashboard.
            place: where it is.

        """
        builder = self._builder()
        builder.id(number).title(self.title).description(f"{self.description} {self._judged()}")
        builder.datasource(DATASOURCE)
        builder.grid_pos(place).unit(self.unit).thresholds((self._thresholds or PLAIN).build())
        if self.minimum is not None:
            builder.min(self.minimum)
        if self.maximum is not None:
            builder.max(self.maximum)
        if self.decimals is not None:
            builder.decimals(self.decimals)
        if self.looks:
            builder.mappings([mapping(dict(self.looks))])
        built: models.Panel = builder.build()
        return built

    def problem(self) -> str | None:
        """Return what is wrong with what the panel says about bad values; None if nothing is."""
        return problem(self._judgement, [query.legend for query in self.queries])

    @property
    def _judgement(self) -> Judgement | None:
        return self.limits or (states(self.looks) if self.looks else None)

    @property
    def _thresholds(self) -> Limits | None:
        """The thresholds that Grafana knows of; None without, and where they are series themselves."""
        return self._judgement if isinstance(self._judgement, Limits) else None

    def _judged(self) -> str:
        """Return which values are bad, in words."""
        if self._judgement is None:
            return ""
        return sentence(self._judgement, self._colours())

    def _colours(self) -> Mapping[str, str]:
        """Return which values have which colour, in words."""
        return by_colour(self._thresholds or PLAIN, self.unit, self.looks)

    def _builder(self) -> Any:
        raise NotImplementedError


def mapping(texts: Mapping[str, Look]) -> models.ValueMap:
    """Return texts in place of values as Grafana has them."""
    results = {
        value: models.ValueMappingResult(text=look.text, color=look.colour, index=index)
        for index, (value, look) in enumerate(texts.items())
    }
    return models.ValueMap(options=results)


def _fixed(colour: str) -> models.DynamicConfigValue:
    return models.DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": colour})


def _dashed() -> tuple[models.DynamicConfigValue, ...]:
    """Return what makes a series look like a threshold."""
    style = {"fill": "dash", "dash": [10, 10]}
    return (
        models.DynamicConfigValue(id_val="custom.lineStyle", value=style),
        models.DynamicConfigValue(id_val="custom.fillOpacity", value=0),
    )


def _colour(mode: models.FieldColorModeId) -> builders.FieldColor:
    return builders.FieldColor().mode(mode)


def _last() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"]).values(False)


@dataclass(frozen=True, kw_only=True)
class Stat(Panel):
    """One number; its last value in the time range, so that an application that has ended shows its end."""

    width: int = 3
    height: int = 4
    limits: Limits | NoBadValue | None = None
    instant: bool = False
    """Whether the query is asked once, at the end of the time range."""
    graph: bool = True

    def _builder(self) -> stat.Panel:
        builder = (
            stat.Panel().reduce_options(_last()).color_scheme(_colour(models.FieldColorModeId.THRESHOLDS))
        )
        coloured = self._thresholds is not None
        builder = builder.color_mode(
            looks.BigValueColorMode.VALUE if coloured else looks.BigValueColorMode.NONE
        )
        graph = self.graph and not self.instant and not self.looks
        builder = builder.graph_mode(looks.BigValueGraphMode.AREA if graph else looks.BigValueGraphMode.NONE)
        form = prometheus.PromQueryFormat.TIME_SERIES
        return builder.targets([*targets(self.queries, form, instant=self.instant)])


@dataclass(frozen=True, kw_only=True)
class Series(Panel):
    """Lines over time."""

    stacked: bool = False
    bars: bool = False
    many: bool = False
    """Whether there may be so many series that the legend is a table, sorted by the maximum."""
    linear_below: float | None = None
    """From which value on the axis is logarithmic, to both sides of 0; None for all of it linear."""
    overrides: tuple[tuple[str, str], ...] = ()
    """Colours by the name of a series."""

    def _builder(self) -> timeseries.Panel:
        builder = timeseries.Panel().legend(self._legend()).tooltip(self._tooltip())
        builder = builder.line_width(1).show_points(looks.VisibilityMode.AUTO).span_nulls(False)
        builder = builder.color_scheme(_colour(models.FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
        builder = builder.fill_opacity(80 if self.bars else 30 if self.stacked else 8)
        if self.bars:
            builder = builder.draw_style(looks.GraphDrawStyle.BARS)
        if self.stacked or self.bars:
            builder = builder.stacking(common.StackingConfig().mode(looks.StackingMode.NORMAL).group("A"))
        if self._thresholds is not None:
            style = common.GraphThresholdsStyleConfig().mode(looks.GraphThresholdsStyleMode.DASHED)
            builder = builder.thresholds_style(style)
        if self.linear_below is not None:
            scale = common.ScaleDistributionConfig().type(looks.ScaleDistribution.SYMLOG).log(10)
            builder = builder.scale_distribution(scale.linear_threshold(self.linear_below))
        for name, colour in self.overrides:
            builder = builder.override_by_name(name, [_fixed(colour)])
        if isinstance(self.limits, Line):
            builder = builder.override_by_name(self.limits.series, [_fixed(BAD), *_dashed()])
        form = prometheus.PromQueryFormat.TIME_SERIES
        return builder.targets([*targets(self.queries, form, instant=False)])

    def _colours(self) -> Mapping[str, str]:
        return as_lines(self._thresholds or PLAIN, self.unit)

    def _legend(self) -> common.VizLegendOptions:
        legend = common.VizLegendOptions().show_legend(True)
        if not self.many:
            return legend.display_mode(looks.LegendDisplayMode.LIST).placement(looks.LegendPlacement.BOTTOM)
        wide = self.width == _MANY_WIDTH
        legend = legend.placement(looks.LegendPlacement.RIGHT if wide else looks.LegendPlacement.BOTTOM)
        legend = legend.display_mode(looks.LegendDisplayMode.TABLE).calcs(["lastNotNull", "max"])
        return legend.sort_by("Max").sort_desc(True)

    @staticmethod
    def _tooltip() -> common.VizTooltipOptions:
        return (
            common.VizTooltipOptions().mode(looks.TooltipDisplayMode.MULTI).sort(looks.SortOrder.DESCENDING)
        )


@dataclass(frozen=True, kw_only=True)
class Ranking(Panel):
    """Bars side by side, each with its name; asked once, at the end of the time range."""

    limits: Limits | NoBadValue | None = None

    def _builder(self) -> bargauge.Panel:
        builder = bargauge.Panel().reduce_options(_last()).orientation(looks.VizOrientation.HORIZONTAL)
        mode = models.FieldColorModeId.THRESHOLDS
        builder = builder.display_mode(looks.BarGaugeDisplayMode.BASIC).color_scheme(_colour(mode))
        form = prometheus.PromQueryFormat.TIME_SERIES
        return builder.targets([*targets(self.queries, form, instant=True)])


@dataclass(frozen=True, kw_only=True)
class Timeline(Panel):
    """States over time, a line for each series."""

    limits: Limits | NoBadValue | None = None

    def _builder(self) -> statetimeline.Panel:
        builder = (
            statetimeline.Panel().merge_values(True).show_value(looks.VisibilityMode.NEVER).row_height(0.9)
        )
        builder = builder.color_scheme(_colour(models.FieldColorModeId.THRESHOLDS)).line_width(0)
        builder = builder.legend(
            common.VizLegendOptions()
            .show_legend(True)
            .display_mode(looks.LegendDisplayMode.LIST)
            .placement(looks.LegendPlacement.BOTTOM)
        )
        form = prometheus.PromQueryFormat.TIME_SERIES
        return builder.targets([*targets(self.queries, form, instant=False)])


@dataclass(frozen=True, kw_only=True)
class HeatMap(Panel):
    """How often values fell into each bucket of a histogram, over time; the unit is that of the buckets.

    Its colours say how often, and Grafana draws no thresholds on its axis.
    """

    limits: NoBadValue | None = None
    minimum: float | None = None

    def _builder(self) -> heatmap.Panel:
        axis = heatmap.YAxisConfig().unit(self.unit).axis_placement(looks.AxisPlacement.LEFT)
        colours = heatmap.HeatmapColorOptions().mode(heat.HeatmapColorMode.SCHEME).scheme("Oranges")
        colours = colours.exponent(0.5).steps(64).fill("dark-orange").reverse(False)
        builder = heatmap.Panel().calculate(False).y_axis(axis).color(colours).cell_gap(1)
        builder = builder.cell_values(heatmap.CellValues().unit("short")).show_legend()
        builder = builder.mode(looks.TooltipDisplayMode.SINGLE).show_y_histogram()
        builder = builder.show_value(looks.VisibilityMode.NEVER)
        builder = builder.filter_values(heatmap.FilterValueRange().le(1e-9))
        form = prometheus.PromQueryFormat.HEATMAP
        return builder.targets([*targets(self.queries, form, instant=False)])
