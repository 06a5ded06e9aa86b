"""`make showcase`: Spark applications that do everything, well and badly, to see full dashboards.

What is wrong for minutes before an alert fires elsewhere is wrong for seconds here: dashboards and rules are
built with the times in hurried.py. It takes about three minutes until everything has happened once; then the
applications that are left go on until Ctrl-C. Environment: SHOWCASE_SECONDS ends it by itself.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import requests

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from showcase.guests import Ended
from showcase.showcase import Showcase
from stack import StackError, end_after, end_on_signals, log_ends, seconds_in


def show(directory: Path, ended: threading.Event) -> None:
    """Run everything, and say where it is to be seen."""
    began = time.monotonic()

    def tell(sentence: str) -> None:
        print(f"{time.monotonic() - began:5.0f} s  {sentence}", flush=True)

    with Showcase(directory, ended, tell=tell) as showcase:
        print(*(f"{name:<14} {place}" for name, place in showcase.places().items()), sep="\n", flush=True)
        showcase.run()
        tell("everything has happened once; Ctrl-C ends it")
        ended.wait()


def main() -> int:
    """Run the showcase in a temporary directory and return its exit code."""
    limit = seconds_in("SHOWCASE_SECONDS", "300")
    ended = threading.Event()
    end_on_signals(ended, "The showcase")
    end_after(limit, ended)
    with tempfile.TemporaryDirectory(prefix="spark-exporter-showcase-") as name:
        try:
            with contextlib.suppress(Ended):
                show(Path(name), ended)
        except (StackError, requests.RequestException, subprocess.SubprocessError) as error:
            print(f"The showcase failed: {error}", file=sys.stderr)
            print(log_ends(Path(name)), file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("The showcase was interrupted.", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
