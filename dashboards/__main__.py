"""``python -m dashboards``: writes dashboards and rules, into the Helm chart, too, or says what is stale."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dashboards import build, chart
from dashboards.chart import ChartError
from dashboards.config import DEFAULT, ConfigError, load
from dashboards.grid import LayoutError
from dashboards.judgement import ThresholdError
from dashboards.promql import PromqlError
from dashboards.rules import build as rules

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dashboards.config import Config

HERE = Path(__file__).parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check; return the exit code: 1 where files are stale, 2 where something given is wrong."""
    parser = argparse.ArgumentParser(prog="python -m dashboards", description=__doc__, allow_abbrev=False)
    parser.add_argument(
        "--config", type=Path, default=DEFAULT, help="a changed copy of dashboards/config.yaml"
    )
    parser.add_argument("--output", type=Path, default=HERE, help="the folder to write to")
    parser.add_argument(
        "--chart", type=Path, help="a Helm chart to write to; with the default --output helm/spark-exporter"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file is stale")
    flags = parser.parse_args(arguments)
    try:
        texts = _texts(load(flags.config), flags.output, flags.chart)
    except (ChartError, ConfigError, LayoutError, PromqlError, ThresholdError) as error:
        print(error, file=sys.stderr)
        return 2
    stale = _stale(texts)
    if flags.check:
        for path, why in stale.items():
            print(f"{path} is {why}: run `python -m dashboards`", file=sys.stderr)
        return 1 if stale else 0
    try:
        _write({path: texts[path] for path in stale})
    except OSError as error:
        problem = f"{error.filename} cannot be written: {error.strerror}"
        print(f"--output {flags.output}: {problem}", file=sys.stderr)
        return 2
    return 0


def _texts(config: Config, output: Path, given: Path | None) -> dict[Path, str]:
    """Return the text of each file by its place. A copy of everything is no copy of the chart."""
    shown = build.documents(config)
    texts = {output / path: text for path, text in {**shown, **rules.documents(config)}.items()}
    folder = given or (chart.CHART if output == HERE else None)
    if folder:
        texts |= {folder / path: text for path, text in chart.documents(config, shown, folder).items()}
    return texts


def _stale(texts: Mapping[Path, str]) -> dict[Path, str]:
    """Return what is wrong with each file that is not as it would be written, by its path."""
    wrong = {}
    for place, text in texts.items():
        if not place.is_file():
            wrong[place] = "missing"
        elif place.read_text("utf-8") != text:
            wrong[place] = "stale"
    return wrong


def _write(texts: Mapping[Path, str]) -> None:
    for place, text in texts.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
        print(f"wrote {place}")


if __name__ == "__main__":
    sys.exit(main())
