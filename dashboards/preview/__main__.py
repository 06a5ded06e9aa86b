"""``python -m dashboards.preview``: draws the dashboards from what a Prometheus has, one PNG each."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from dashboards.preview.fields import PreviewError
from dashboards.preview.picture import Picture
from dashboards.preview.prometheus import Prometheus, QueryError

if TYPE_CHECKING:
    from collections.abc import Sequence

GENERATED = Path(__file__).resolve().parent.parent / "generated"


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw; return the exit code: 1 where a query failed, 2 where something given is wrong."""
    flags = _parser().parse_args(arguments)
    end = flags.end or time.time()
    start = flags.start or end - 3600
    if start >= end:
        print(f"--start {start:g} is not before --end {end:g}", file=sys.stderr)
        return 2
    files = sorted(flags.dashboards.glob("*.json"))
    known = {path.stem: path for path in files}
    if wrong := [name for name in flags.dashboard if name not in known]:
        print(f"there is no dashboard {wrong[0]}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    server = Prometheus(flags.prometheus, start, end)
    failed = False
    for name in flags.dashboard or known:
        dashboard = json.loads(known[name].read_text("utf-8"))
        try:
            picture = Picture(dashboard, server, dict(flags.variable))
            picture.save(flags.output / f"{name}.png")
        except (QueryError, PreviewError) as error:
            print(f"{name}: {error}", file=sys.stderr)
            return 1
        except OSError as error:
            print(f"--output {flags.output} cannot be written: {error.strerror}", file=sys.stderr)
            return 2
        for problem in picture.errors:
            print(f"{name}: {problem}", file=sys.stderr)
        failed = failed or bool(picture.errors)
        without = f", without data: {', '.join(picture.empty)}" if picture.empty else ""
        print(f"wrote {flags.output / name}.png{without}")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dashboards.preview", description=__doc__, allow_abbrev=False
    )
    parser.add_argument("--prometheus", required=True, metavar="URL", help="a Prometheus that has the data")
    parser.add_argument("--output", required=True, type=Path, metavar="DIR", help="where the pictures go")
    parser.add_argument("--start", type=float, metavar="SECONDS", help="Unix time; an hour before the end")
    parser.add_argument("--end", type=float, metavar="SECONDS", help="Unix time; now")
    parser.add_argument(
        "--variable", action="append", default=[], type=_pair, metavar="NAME=VALUE", help="of a dashboard"
    )
    parser.add_argument("--dashboards", type=Path, default=GENERATED, metavar="DIR", help="the JSON files")
    parser.add_argument(
        "--dashboard", action="append", default=[], metavar="NAME", help="only this one, such as fleet"
    )
    return parser


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE, such as executor=1")
    return name, value


if __name__ == "__main__":
    sys.exit(main())
