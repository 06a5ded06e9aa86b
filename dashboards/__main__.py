"""``python -m dashboards``: writes the dashboards and the rules, or says which of them are stale."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dashboards import build
from dashboards.config import DEFAULT, ConfigError, load
from dashboards.grid import LayoutError
from dashboards.promql import PromqlError
from dashboards.rules import build as rules

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HERE = Path(__file__).parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check; return the exit code: 1 where files are stale, 2 where something given is wrong."""
    parser = argparse.ArgumentParser(prog="python -m dashboards", description=__doc__, allow_abbrev=False)
    parser.add_argument(
        "--config", type=Path, default=DEFAULT, help="a changed copy of dashboards/config.yaml"
    )
    parser.add_argument("--output", type=Path, default=HERE, help="the folder to write to")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file is stale")
    flags = parser.parse_args(arguments)
    try:
        config = load(flags.config)
        texts = {**build.documents(config), **rules.documents(config)}
    except (ConfigError, LayoutError, PromqlError) as error:
        print(error, file=sys.stderr)
        return 2
    stale = _stale(texts, flags.output)
    if flags.check:
        for path, why in stale.items():
            print(f"{flags.output / path} is {why}: run `python -m dashboards`", file=sys.stderr)
        return 1 if stale else 0
    try:
        _write({path: text for path, text in texts.items() if path in stale}, flags.output)
    except OSError as error:
        problem = f"{error.filename} cannot be written: {error.strerror}"
        print(f"--output {flags.output}: {problem}", file=sys.stderr)
        return 2
    return 0


def _stale(texts: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return what is wrong with each file that is not as it would be written, by its path."""
    wrong = {}
    for path, text in texts.items():
        place = folder / path
        if not place.is_file():
            wrong[path] = "missing"
        elif place.read_text("utf-8") != text:
            wrong[path] = "stale"
    return wrong


def _write(texts: Mapping[str, str], folder: Path) -> None:
    for path, text in texts.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
        print(f"wrote {place}")


if __name__ == "__main__":
    sys.exit(main())
