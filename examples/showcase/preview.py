"""`make preview`: one picture of each dashboard, drawn from what the showcase did.

Argument: the folder for the pictures. It takes about five minutes.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import requests

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "examples")]
# Dashboards are no part of the installed package. Last, so that ``exporter`` is the installed one.
sys.path.append(str(ROOT))
from dashboards.preview.__main__ import main as draw_dashboard  # noqa: E402
from dashboards.preview.prometheus import Prometheus  # noqa: E402
from showcase.guests import Ended  # noqa: E402
from showcase.showcase import Showcase  # noqa: E402
from stack import StackError, end_on_signals, log_ends  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Mapping

CHOSEN: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "fleet": {},
        "application": {"app_id": "batch"},
        "streaming": {"app_id": "streams"},
        "custom": {
            "app_id": "batch",
            "counter": "rows_parsed_total",
            "gauge": "batch_rows",
            "histogram": "parse_seconds",
            "split": "source",
        },
        "exporter": {"app_id": "batch"},
    }
)
"""Dashboards and the values that a person would choose; an application is named as the showcase names it."""
_RUNNING = ("spark_job_info", "spark_stage_info", "spark_sql_execution_info")
"""What an application's tables of running things are made of."""


def last_busy(prometheus: Prometheus, app_id: str) -> float:
    """Return when a job, a stage and a query of an application ran last at the same time; else the end."""
    rows = [f'max by (app_id) (timestamp({metric}{{app_id="{app_id}"}}))' for metric in _RUNNING]
    span = max(1, round(prometheus.end - prometheus.start))
    found = prometheus.instant(f"max_over_time(({' and '.join(rows)})[{span}s:1s])")
    return found[0].values[0] if found else prometheus.end


def arguments(showcase: Showcase, dashboard: str, end: float, output: Path) -> list[str]:
    """Return the arguments that draw a dashboard of a showcase, from its begin to ``end``.

    That of an application ends when it was busy last, so that its tables of what runs show something.
    """
    if showcase.prometheus is None:
        raise StackError("a preview needs prometheus on the PATH; install it with: tools/install.sh")
    chosen = dict(CHOSEN[dashboard])
    if "app_id" in chosen:
        chosen["app_id"] = showcase.applications[chosen["app_id"]].app_id
    if dashboard == "application":
        end = last_busy(Prometheus(showcase.prometheus.url, showcase.began, end), chosen["app_id"])
    return [
        f"--prometheus={showcase.prometheus.url}",
        f"--start={showcase.began}",
        f"--end={end}",
        f"--dashboards={showcase.directory / 'generated'}",
        f"--dashboard={dashboard}",
        f"--output={output}",
        *(f"--variable={name}={value}" for name, value in chosen.items()),
    ]


def main() -> int:
    """Run the showcase, draw, and return the exit code."""
    if len(sys.argv) != 2:  # noqa: PLR2004
        sys.exit("the folder for the pictures is missing, such as docs/images")
    ended = threading.Event()
    end_on_signals(ended, "The preview")
    with tempfile.TemporaryDirectory(prefix="spark-exporter-preview-") as name:
        try:
            with Showcase(Path(name), ended, tell=lambda sentence: print(sentence, flush=True)) as showcase:
                showcase.run()
                end, output = time.time(), Path(sys.argv[1])
                return max(draw_dashboard(arguments(showcase, one, end, output)) for one in CHOSEN)
        except (StackError, requests.RequestException, subprocess.SubprocessError) as error:
            print(f"The showcase failed: {error}", file=sys.stderr)
            print(log_ends(Path(name)), file=sys.stderr)
        except (Ended, KeyboardInterrupt):
            print("The preview was interrupted.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
