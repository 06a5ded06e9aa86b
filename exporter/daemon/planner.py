"""Decides for all applications together what is published of each."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from exporter.daemon import logs
from exporter.daemon.custom import Resolution, resolve
from exporter.daemon.lifecycle import about
from exporter.daemon.limits import allow
from exporter.daemon.model import Layout
from exporter.daemon.plan import ALL, BUDGET, CONFLICT, DROP_REASONS, LABEL, Plan, make_plan
from exporter.daemon.sheet import Sheet
from exporter.daemon.stock import Stock, make_stock

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.frame import Frame
    from exporter.daemon.limits import Limits
    from exporter.daemon.model import Record

_EMPTY = Layout()
_NOTHING = frozenset[int]()
_NAMED = 10
"""How many families the log names when the budget does not allow them."""


@dataclass(frozen=True, eq=False)
class Published:
    """One application as a scrape sees it."""

    record: Record
    plan: Plan
    dropped: Mapping[str, int]
    """Series that were ever left out, by reason; only grows."""
    about: Frame
    """What the daemon itself says of the application."""
    sheet: Sheet
    """All built-in samples, ready to print."""

    def print_ahead(self) -> None:
        """Print what has changed, so that the next scrape finds it done."""
        self.sheet.print_ahead()
        snapshot, total = self.record.snapshot, self.plan.total
        if snapshot is None or total is None:
            return
        for _, block in total.blocks:
            block.text(snapshot.totals)
        for executor in snapshot.executors:
            scope = self.plan.executors.get(executor.id)
            for _, block in scope.blocks if scope is not None else ():
                block.text(executor.values)


class Planner:
    """Keeps what is prepared for each application from one change to the next.

    Args:
        catalogue: the built-in metrics.
        limits: how much is published.

    """

    def __init__(self, catalogue: Catalogue, limits: Limits) -> None:
        """Have nothing to publish."""
        self.resolution = Resolution()
        """Which of the users' families are published."""
        self._catalogue = catalogue
        self._limits = limits
        self._layouts: dict[str, Layout] = {}
        self._refused: dict[str, frozenset[int]] = {}
        self._stocks: dict[str, Stock] = {}
        self._allowed: dict[str, int | None] = {}
        self._published: dict[str, Published] = {}
        self._fewer = False
        self._sentences = _sentences(limits)
        self._repeats = logs.Repeats()

    def forget(self, app_id: str) -> None:
        """Drop what is kept for an application; the next update is to be told of all others."""
        for kept in (self._layouts, self._refused, self._stocks, self._allowed, self._published):
            kept.pop(app_id, None)
        self._fewer = True
        self._repeats.forget(*((app_id, reason) for reason in DROP_REASONS))

    def of(self, app_id: str) -> Published | None:
        """Return an application as it is published now."""
        return self._published.get(app_id)

    def update(self, records: Mapping[str, Record], changed: Collection[str]) -> tuple[Published, ...]:
        """Return all applications as they are to be published.

        Args:
            records: all of them.
            changed: which of them changed since the last time.

        """
        anew = self._resolve(records, changed)
        whom = {*records} if anew else {*changed}
        if self._take_stock(records, whom) or anew:
            whom |= self._allow(records)
        for app_id in [app_id for app_id in records if app_id in whom]:
            self._published[app_id] = self._publish(app_id, records[app_id])
        return tuple([self._published[app_id] for app_id in records])

    def _resolve(self, records: Mapping[str, Record], changed: Collection[str]) -> bool:
        """Find out which of the users' metrics contradict each other; say whether anything is new."""
        known = self._layouts
        fresh = {app_id: _layout(records[app_id]) for app_id in changed}
        if not self._fewer and all(known.get(app_id) is layout for app_id, layout in fresh.items()):
            return False
        self._fewer = False
        # In the order of the records, because the first one decides.
        self._layouts = {app_id: fresh.get(app_id, known.get(app_id, _EMPTY)) for app_id in records}
        self.resolution = resolve(self._layouts.values())
        self._refused = dict(zip(self._layouts, self.resolution.refused, strict=True))
        return True

    def _take_stock(self, records: Mapping[str, Record], whom: Collection[str]) -> bool:
        """Put together what there is; say whether anybody wants another number of series."""
        anew = False
        for app_id in whom:
            record, refused, last = records[app_id], self._refused[app_id], self._stocks.get(app_id)
            if last is None or not last.same(record, refused):
                stock = make_stock(self._catalogue, record, refused, self._limits, last)
                anew = anew or last is None or last.claim != stock.claim
                self._stocks[app_id] = stock
        return anew

    def _allow(self, records: Mapping[str, Record]) -> set[str]:
        """Divide the series among all; return for whom something changes."""
        given = allow([self._stocks[app_id].claim for app_id in records], self._limits.series)
        before, self._allowed = self._allowed, dict(zip(records, given, strict=True))
        return {app_id for app_id, room in self._allowed.items() if before.get(app_id) != room}

    def _publish(self, app_id: str, record: Record) -> Published:
        stock, allowed, last = self._stocks[app_id], self._allowed[app_id], self._published.get(app_id)
        if last is not None and last.plan.stock is stock and last.plan.allowed == allowed:
            return last
        plan = make_plan(self._catalogue, stock, allowed, last.plan if last is not None else None)
        before = last.dropped if last is not None else dict.fromkeys(DROP_REASONS, 0)
        dropped = {reason: max(before[reason], plan.dropped[reason]) for reason in DROP_REASONS}
        self._say(app_id, plan)
        builder = about(self._catalogue, record, last.about if last is not None else None)
        builder.add("spark_exporter_series", plan.lines)
        for reason, count in dropped.items():
            builder.add("spark_exporter_series_dropped_total", count, reason)
        frame = builder.frame()
        columns = {**plan.columns, **frame.columns}
        sheet = Sheet(self._catalogue, stock.labels, columns, last.sheet if last is not None else None)
        return Published(record, plan, MappingProxyType(dropped), frame, sheet)

    def _say(self, app_id: str, plan: Plan) -> None:
        """Name in the log what is not published, once."""
        named = plan.left_out[:_NAMED] + (("...",) if len(plan.left_out) > _NAMED else ())
        snapshot, refused = plan.stock.record.snapshot, plan.stock.refused
        metrics = snapshot.layout.metrics if snapshot is not None else ()
        conflicting = tuple(sorted(metrics[index].name for index in refused))
        names = {BUDGET: named, ALL: named, CONFLICT: conflicting}
        for reason, (fault, cleared) in self._sentences.items():
            if plan.dropped[reason]:
                concerned = ", ".join(names.get(reason, ()))
                self._repeats.fault((app_id, reason), fault, app_id=app_id, concerned=concerned)
            else:
                self._repeats.cleared((app_id, reason), cleared, app_id=app_id)


def _sentences(limits: Limits) -> Mapping[str, tuple[str, str]]:
    """Return what the log says of each reason: when it comes, and when it goes."""
    series = "more than {} series{}: some are not published; raise --limits.{}"
    fits = "all series fit in the limit again"
    return {
        BUDGET: (series.format(limits.application_series, "", "application-series"), fits),
        ALL: (series.format(limits.series, " of all applications", "series"), fits),
        CONFLICT: (
            "metrics that contradict or repeat another one, or use a reserved label, are not published",
            "all metrics are published again",
        ),
        LABEL: (
            f"labels of custom metrics with more than {limits.label_length} characters are shortened",
            "all labels are short enough again",
        ),
    }


def _layout(record: Record) -> Layout:
    return record.snapshot.layout if record.snapshot is not None else _EMPTY
