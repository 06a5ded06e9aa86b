"""Puts the page together: all applications, or one of them, and how the targets are doing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from exporter._version import __version__
from exporter.daemon.landing import detail, health
from exporter.daemon.landing.chart import sparkline
from exporter.daemon.landing.markup import Heading, Html, badge, hot, link, name, table, text
from exporter.daemon.landing.measures import ACTIVE_TASKS
from exporter.daemon.landing.samples import samples_of
from exporter.daemon.landing.style import CSS
from exporter.overview import describe, rank
from exporter.shown import count, seconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.landing.history import History
    from exporter.daemon.planner import Published
    from exporter.daemon.status import TargetStatus
    from exporter.overview import Application

PER_PAGE = 50
"""Applications on one page."""
INLINE = 2
"""So many running applications are shown in full on the first page; of more there are links."""
REFRESH = 10
"""Seconds between two loads, if that is wanted."""
_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Cpath d='M1 12l4-5 3 3 6-8' fill='none' stroke='%232563b8' stroke-width='2'/%3E%3C/svg%3E"
)
_HEADINGS = (
    Heading("application"),
    Heading("state"),
    Heading("id"),
    Heading("started"),
    Heading("ran for", number=True),
    Heading("executors", number=True),
    Heading("tasks running", number=True),
    Heading("last 15 min"),
    Heading("ended", number=True),
    Heading("failed", number=True),
)


class Page(NamedTuple):
    """One answer."""

    status: int
    body: str
    refresh: int
    """After how many seconds the browser should ask again; 0 for never."""


@dataclass(frozen=True)
class Asked:
    """What was asked for, from the URL."""

    application: str = ""
    number: int = 1
    refresh: bool = False

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Asked:
        """Return what a query string says; what it does not say well is as if it were not there."""
        number = query.get("page", "")
        digits = number.isascii() and number.isdecimal() and len(number) < 7  # noqa: PLR2004 - enough pages
        return cls(query.get("application", ""), max(1, int(number)) if digits else 1, "refresh" in query)

    def address(self, **changes: object) -> str:
        """Return the address of the same page with something else in it."""
        given = {"application": self.application, "page": self.number, "refresh": self.refresh} | changes
        parts = [f"application={quote(str(given['application']), safe='')}"] if given["application"] else []
        parts += [f"page={given['page']}"] if given["page"] != 1 else []
        parts += ["refresh=1"] if given["refresh"] else []
        return f"/?{'&'.join(parts)}" if parts else "/"


class Landing:
    """Makes pages.

    Args:
        catalogue: knows the labels of metrics.
        history: gives the charts.
        telemetry_path: where the metrics are.

    """

    def __init__(self, catalogue: Catalogue, history: History, telemetry_path: str) -> None:
        """Make nothing yet."""
        self._catalogue = catalogue
        self._history = history
        self._telemetry_path = telemetry_path

    def page(
        self,
        query: Mapping[str, str],
        applications: Sequence[Published],
        targets: Mapping[str, TargetStatus],
        now: float,
    ) -> Page:
        """Return a page.

        Args:
            query: of the URL.
            applications: all there are.
            targets: how they are doing.
            now: Unix seconds.

        """
        asked = Asked.read(query)
        refresh = REFRESH if asked.refresh else 0
        if not asked.application:
            body = self._overview(asked, applications, now) + health.targets(targets, now)
            return Page(200, self._whole("Spark Exporter", body, asked), refresh)
        found = [one for one in applications if one.record.application.id == asked.application]
        if not found:
            missing = Html(
                f'<p class="empty">There is no application {name(asked.application)}, or no more. '
                f"{link('/', 'All applications')}</p>"
            )
            return Page(404, self._whole("Not found", missing, asked), 0)
        (published,) = found
        target = published.record.target
        body = self._detail(published, now)
        if target in targets:
            body += health.targets({target: targets[target]}, now)
        return Page(200, self._whole(f"{published.record.name} - Spark Exporter", body, asked), refresh)

    def _overview(self, asked: Asked, applications: Sequence[Published], now: float) -> str:
        if not applications:
            return (
                "<h2>Applications</h2>"
                '<p class="empty">None yet. The daemon looks at its targets again and again.</p>'
            )
        order = sorted(applications, key=_order)
        last = -(-len(order) // PER_PAGE)
        number = min(asked.number, last)
        chosen = order[(number - 1) * PER_PAGE : number * PER_PAGE]
        rows = [self._row(published, self._describe(published), asked, now) for published in chosen]
        title = f"<h2>Applications <small>{len(order)}</small></h2>"
        parts = [title, table(_HEADINGS, rows), _pages(asked, number, last)]
        up = [published for published in order if published.record.up]
        if number == 1 and len(up) <= INLINE:
            parts += [self._detail(published, now) for published in up]
        return "".join(parts)

    def _row(self, published: Published, app: Application, asked: Asked, now: float) -> Sequence[Html | str]:
        run = published.record.application.run
        chart = next(iter(self._history.charts(run, ACTIVE_TASKS.key)), None)
        failed = app.tasks.get("failed")
        ended = sum(app.tasks.values()) if app.tasks else None
        return (
            link(asked.address(application=app.id, page=1), name(app.name)),
            badge(app.state),
            name(app.id),
            detail.moment(app.started),
            seconds(app.seconds(now)),
            count(app.live) if app.up else "-",
            count(app.active) if app.up else "-",
            Html(sparkline(chart)) if chart is not None else "",
            count(ended),
            hot(failed, count(failed)),
        )

    def _detail(self, published: Published, now: float) -> str:
        run = published.record.application.run
        charts = self._history.charts(run)
        left_out = self._history.not_charted(run)
        return detail.application(self._describe(published), published, charts, left_out, now)

    def _describe(self, published: Published) -> Application:
        record = published.record
        return describe(record.application.id, record.name, samples_of(self._catalogue, published))

    def _whole(self, title: str, body: str, asked: Asked) -> str:
        paths = {"Metrics": self._telemetry_path, "Healthy": "/-/healthy", "Ready": "/-/ready"}
        links = "".join(link(path, word) for word, path in paths.items())
        word = "Stop refreshing" if asked.refresh else f"Refresh every {REFRESH} s"
        links += link(asked.address(refresh=not asked.refresh), word)
        version = f"<small>Version {text(__version__)}</small>"
        return (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<title>{text(title)}</title><link rel="icon" href="{_ICON}"><style>{CSS}</style></head>'
            f"<body><header><div><h1>{link(asked.address(application='', page=1), 'Spark Exporter')}</h1>"
            f"{version}<nav>{links}</nav></div></header><main>{body}</main></body></html>\n"
        )


def _order(published: Published) -> tuple[int, float, str]:
    record = published.record
    return rank(record.state, record.application.start_time, record.application.id)


def _pages(asked: Asked, number: int, last: int) -> str:
    if last == 1:
        return ""
    before = link(asked.address(page=number - 1), "Previous") if number > 1 else ""
    after = link(asked.address(page=number + 1), "Next") if number < last else ""
    return f'<p class="pages">{before}<span class="soft">Page {number} of {last}</span>{after}</p>'
