"""What the daemon keeps in files, and whom it lets in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.limits import BAD, GOOD, Look, never, seldom
from dashboards.panels import Query, Series, Timeline
from dashboards.queries import exporter as q

if TYPE_CHECKING:
    from dashboards.panels import Panel

_READ = (("0", Look("wrong", BAD)), ("1", Look("right", GOOD)))


def panels() -> tuple[Panel, ...]:
    """Return what could not be kept, which requests were refused, and whether access is as configured."""
    return (
        Series(
            title="Memory that failed",
            description="How often what the daemon remembers of applications could not be kept or used"
            " (--state.directory), by why. Above the line totals of applications without the plugin begin"
            " anew with the daemon.",
            unit="short",
            width=8,
            queries=(Query(q.state_failures(), "{{reason}}"),),
            bars=True,
            limits=never(),
        ),
        Series(
            title="Requests refused",
            description="Requests to steer applications that the daemon refused, by why. What reaches"
            " the line again and again as token_wrong is somebody without the token, or who guesses;"
            " control_off, that there is none.",
            unit="short",
            width=8,
            queries=(Query(q.requests_refused(), "{{reason}}"),),
            bars=True,
            limits=seldom(),
        ),
        Timeline(
            title="File of --web.config.file",
            description="Whether what the file and its certificates say now can be used. While it is wrong"
            " what was right before counts, and a certificate may end: the daemon's log says what is wrong.",
            unit="short",
            width=8,
            queries=(Query(q.web_config(), "{{instance}}"),),
            looks=_READ,
        ),
    )
