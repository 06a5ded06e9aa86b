"""Writes what is generated of the Helm chart, or with --check says what is stale.

The README comes from the comments of values.yaml; the schema of the values names the daemon's flags that a
user may set. (The dashboards and the rules in the chart are written by ``python -m dashboards``.)
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from exporter.daemon import logs
from exporter.daemon.flags import SERVE
from exporter.daemon.sources import POLLED

if TYPE_CHECKING:
    from exporter.daemon.flag import Flag

CHART = Path(__file__).resolve().parent.parent / "helm" / "spark-exporter"
_FLAG = re.compile(r"--([a-z][a-z.-]*)=")
_KEY = re.compile(r"(?P<indent> *)(?P<key>[\w.-]+):(?: |$)")
_MEANING = re.compile(r" *# -- (?P<text>.+)")
_MORE = re.compile(r" *# (?P<text>.+)")
# What a variable of the pod sets, and what a ServiceMonitor and `helm test` rely on.
_FIXED = {"shard", "web.telemetry-path"}

_TEXT = {"type": ["string", "number", "boolean"]}
_FORMS: dict[str, dict[str, Any]] = {
    "BOOL": {"enum": [True, False, "true", "false"]},
    # `--set` makes texts of some numbers.
    "COUNT": {"type": ["integer", "string"], "minimum": 0, "pattern": "^[0-9]{1,12}$"},
    "DURATION": {"type": "string", "pattern": "^([0-9]{1,15}(w|d|h|ms|m|s))+$"},
    "REGEX=>REPLACEMENT": {"type": "string", "pattern": "^.+=>"},
}
"""The schema of a flag's value by its metavar, where it is not any text."""
_CHOICES = {"collector.disable": POLLED, "log.format": logs.FORMATS, "log.level": logs.LEVELS}

README = """\
<!-- Written by tools/chart.py from values.yaml. Do not edit. -->

# Helm chart of spark-exporter

{description}.

```sh
helm install spark-exporter helm/spark-exporter -n spark
```

It prints the lines to add to `spark-submit`, and to a SparkApplication of either operator.
Step by step: [docs/kubernetes.md](../../docs/kubernetes.md).
It wants Kubernetes {kubernetes} or newer, and uses Prometheus' operator and cert-manager if they are there.

* `mode: fleet` (default): a daemon watches the driver pods of one, some or all namespaces. `sharding.shards`
  divides them among several.
* `mode: sidecar`: a pod template gives each driver a daemon of its own.
* `--set rules.thresholds.gc_share_ratio=0.3` changes the alert, and nothing else: the panels keep theirs. To
  change both, run `python -m dashboards --config FILE`, which writes both into the chart. `rules.selector`
  and `rules.runbook_url_base` change the dashboards, too.

## Values

| key | default | meaning |
|---|---|---|
{rows}
"""


class Value(NamedTuple):
    """What the README says of one value."""

    key: str
    default: str
    meaning: str


def values(text: str) -> list[Value]:
    """Return each value that has a comment ``# --``, in the order of the file.

    Raises:
        ValueError: a comment has no key below it, or a key that holds no other has no comment.

    """
    document = yaml.safe_load(text)
    found: list[Value] = []
    path: list[str] = []
    explained: list[int] = []
    meaning = ""
    for line in text.splitlines():
        begun = _MEANING.fullmatch(line)
        more = _MORE.fullmatch(line)
        if begun:
            meaning = begun["text"]
        elif more and meaning:
            meaning += f" {more['text']}"
        match = _KEY.match(line)
        if match is None:
            continue
        depth = len(match["indent"]) // 2
        explained = [level for level in explained if level < depth]
        if explained and not meaning:
            continue
        path = [*path[:depth], match["key"]]
        value = _at(document, path)
        if meaning:
            found.append(Value(".".join(path), json.dumps(value), meaning))
            explained.append(depth)
        elif not isinstance(value, dict) or not value:
            raise ValueError(f"values.yaml: {'.'.join(path)} has no comment `# -- ...`")
        meaning = ""
    if meaning:
        raise ValueError(f"values.yaml: there is no key below the comment {meaning!r}")
    return found


def _at(document: Any, path: list[str]) -> Any:
    for key in path:
        document = document[key]
    return document


def readme(chart: Path = CHART) -> str:
    """Return the chart's README."""
    head = yaml.safe_load((chart / "Chart.yaml").read_text("utf-8"))
    rows = (
        f"| `{value.key}` | {_shown(value.default)} | {value.meaning.replace('|', chr(92) + '|')} |"
        for value in values((chart / "values.yaml").read_text("utf-8"))
    )
    kubernetes = head["kubeVersion"].removeprefix(">=").removesuffix(".0-0")
    return README.format(description=head["description"], kubernetes=kubernetes, rows="\n".join(rows))


def _shown(default: str) -> str:
    longest = 120
    if len(default) > longest:
        return "see `values.yaml`"
    return "" if default in {'""', "null"} else f"`{default}`"


def schema(chart: Path = CHART) -> str:
    """Return the schema of the values with those flags of the daemon that no template sets itself."""
    document = json.loads((chart / "values.schema.json").read_text("utf-8"))
    templates = "".join(path.read_text("utf-8") for path in sorted((chart / "templates").glob("_d*.tpl")))
    own = {*_FLAG.findall(templates), *_FIXED}
    flags = {flag.name: _form(flag) for flag in SERVE if flag.name not in own}
    document["properties"]["exporter"]["properties"]["flags"] = {
        "type": "object",
        "additionalProperties": False,
        "properties": flags,
    }
    return json.dumps(document, indent=2) + "\n"


def _form(flag: Flag) -> dict[str, Any]:
    """Return the schema of a flag's value, or of a list of them if it may be repeated."""
    choices = _CHOICES.get(flag.name)
    one = {"enum": list(choices)} if choices else _FORMS.get(flag.metavar, _TEXT)
    return {"anyOf": [one, {"type": "array", "items": one}]} if flag.repeatable else one


def main() -> int:
    """Write or check; return the exit code."""
    stale = 0
    for name, text in {"README.md": readme(), "values.schema.json": schema()}.items():
        path = CHART / name
        if path.exists() and path.read_text("utf-8") == text:
            continue
        if "--check" in sys.argv[1:]:
            print(f"{path.relative_to(CHART.parent.parent)} is stale: run `make docs`", file=sys.stderr)
            stale += 1
        else:
            path.write_text(text, "utf-8")
            print(f"wrote {path.relative_to(CHART.parent.parent)}")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
