"""What the Helm chart has of the dashboards and rules: files of its own, and parts of its values.

The rules become a template: they are made from settings in which every value is a stand-in that occurs
nowhere else, and then an expression of Helm takes the place of each stand-in. What the template gives with
the settings themselves must be the rules themselves, or ``ChartError`` says where it differs.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from dashboards import stand_ins
from dashboards.config import ENDS, SEVERITIES, is_share
from dashboards.rules import build as rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dashboards.config import Config

CHART = Path(__file__).resolve().parent.parent / "helm" / "spark-exporter"
DASHBOARDS, RULES = "files/dashboards", "templates/_rules.tpl"
VALUES, SCHEMA = "values.yaml", "values.schema.json"
DEFAULTS = "files/defaults.json"
"""Paths within the chart's folder."""

BEGIN = "# Written by `python -m dashboards` from dashboards/config.yaml: do not edit."
END = "# End of rules."
_UNITS = (["d", "h", "m", "s"], ["h", "m", "s"], ["m", "s"], ["s"])
# Go's regular expressions cannot look ahead, so that each first unit has an alternative.
_DURATION = "^({})$".format(
    "|".join(f"[0-9]+{first}" + "".join(f"([0-9]+{unit})?" for unit in rest) for first, *rest in _UNITS)
)
_SELECTOR = """\
Matchers of labels: which targets of Prometheus are daemons; the dashboards look for them, too.
  # The chart's monitors call the job `spark-exporter`: another one needs a relabeling in
  # `serviceMonitor.relabelings` as well."""
# `--set` makes texts of 0.3 and 1e6.
_NUMBER = {"type": ["number", "string"], "minimum": 0, "pattern": r"^[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"}
_SHARE = {
    "type": ["number", "string"],
    "minimum": 0,
    "maximum": 1,
    "pattern": r"^(0?\.[0-9]+|[01]|1\.0+|[0-9](\.[0-9]+)?[eE]-[0-9]+)$",
}
_MATCHER = r'\w+(=~|!~|!=|=)"[^"]*"'
_NOBODY = re.compile(r" or absent\(.*\)$")


class ChartError(ValueError):
    """The chart's files cannot be made; the text says why."""


def documents(config: Config, dashboards: Mapping[str, str], folder: Path = CHART) -> dict[str, str]:
    """Return the text of each file of the chart by its path.

    Args:
        config: the settings, which become the chart's values.
        dashboards: the texts of the dashboards by their paths.
        folder: the chart. Of its values and their schema only the parts about the rules are replaced.

    Raises:
        ChartError: the values have no place for the rules, or the template would give other rules.

    """
    files = {f"{DASHBOARDS}/{Path(path).name}": text for path, text in dashboards.items()}
    values = _with_values(_read(folder, VALUES), config)
    return {
        **files,
        RULES: template(config),
        VALUES: values,
        # A template cannot read values.yaml itself, only what the user's values made of it.
        DEFAULTS: json.dumps(yaml.safe_load(values), indent=2) + "\n",
        SCHEMA: _with_schema(_read(folder, SCHEMA), config),
    }


def _read(folder: Path, name: str) -> str:
    try:
        return (folder / name).read_text("utf-8")
    except OSError:
        raise ChartError(f"{folder} is no chart: {name} cannot be read") from None


def template(config: Config) -> str:
    """Return the rules as a template of Helm, whose values are the settings.

    Raises:
        ChartError: with ``config`` for values it would give other rules than ``config`` does.

    """
    standing = stand_ins.made(config)
    everything = {name: replace(alert, enabled=True) for name, alert in standing.config.alerts.items()}
    groups = rules.groups_of(replace(standing.config, alerts=everything))
    _same(groups, config, standing)
    lines = ["{{- /* Written by `python -m dashboards` from dashboards/rules. Do not edit. */}}"]
    lines += ['{{- define "spark-exporter.rules" -}}', "{{- $rules := .Values.rules -}}", "groups:"]
    for group in groups:
        lines += _group(group, standing)
    return "\n".join([*lines, "{{- end }}", *_ends()]) + "\n"


def _ends() -> list[str]:
    """Return the alerts by the windows with which they end, as JSON."""
    ends = json.dumps({window: list(names) for window, names in ENDS.items()})
    return ["", '{{- define "spark-exporter.ends" -}}', ends, "{{- end }}"]


def _group(group: Mapping[str, Any], standing: stand_ins.StandIns) -> list[str]:
    names = [rule["alert"] for rule in group["rules"] if "alert" in rule]
    wanted = " ".join(f"$rules.alerts.{name}.enabled" for name in names)
    lines = [f"{{{{- if or {wanted} }}}}"] if names else []
    lines += [f"  - name: {group['name']}", "    rules:"]
    for rule in group["rules"]:
        lines += _rule(rule, standing)
    return lines + ["{{- end }}"] * bool(names)


def _rule(rule: Mapping[str, Any], standing: stand_ins.StandIns) -> list[str]:
    expression = ["        expr: |-", f"          {_of_mode(standing.expressions(rule['expr']))}"]
    if "record" in rule:
        return [f"      - record: {rule['record']}", *expression]
    notes = rule["annotations"]
    return [
        f"{{{{- with $rules.alerts.{rule['alert']} }}}}",
        "{{- if .enabled }}",
        f"      - alert: {rule['alert']}",
        *expression,
        '{{- if regexMatch "[1-9]" .for }}',
        "        for: {{ .for }}",
        "{{- end }}",
        "        labels:",
        "          severity: {{ .severity }}",
        "        annotations:",
        f"          summary: {json.dumps(notes['summary'], ensure_ascii=False)}",
        "          description: |-",
        f"            {standing.expressions(notes['description'])}",
        f"          runbook_url: {standing.expressions(notes['runbook_url'])}",
        "{{- end }}",
        "{{- end }}",
    ]


def _of_mode(expression: str) -> str:
    # Beside the drivers there is no daemon as long as there is no driver.
    return _NOBODY.sub(r'{{ if include "spark-exporter.fleet" $ }}\g<0>{{ end }}', expression)


def _same(groups: list[dict[str, Any]], config: Config, standing: stand_ins.StandIns) -> None:
    """Check that stand-ins give way to exactly the settings, in all alerts."""
    everything = {name: replace(alert, enabled=True) for name, alert in config.alerts.items()}
    wanted = rules.groups_of(replace(config, alerts=everything))
    for made, right in zip(groups, wanted, strict=True):
        for one, other in zip(made["rules"], right["rules"], strict=True):
            given = standing.values(one["expr"])
            if given != other["expr"]:
                name = one.get("alert", one.get("record"))
                raise ChartError(f"{name}: the template would give {given}, and the rule is {other['expr']}")


def _with_values(text: str, config: Config) -> str:
    parts = re.fullmatch(rf"(.*^){re.escape(BEGIN)}$.*^{re.escape(END)}$(.*)", text, re.MULTILINE | re.DOTALL)
    if parts is None or text.count(BEGIN) != 1:
        raise ChartError(f"{VALUES} needs one line {BEGIN!r} and, below it, one line {END!r}")
    before, after = parts.groups()
    # As people write them: 5 and not 5.0.
    thresholds = {
        key: int(value) if value.is_integer() else value for key, value in config.thresholds.items()
    }
    alerts = {
        name: {"enabled": alert.enabled, "severity": alert.severity, "for": alert.hold}
        for name, alert in config.alerts.items()
    }
    sections = [
        ("selector", config.selector, _SELECTOR),
        (
            "runbook_url_base",
            config.runbook_url_base,
            "Where the runbooks are served. The dashboards lead there, too.",
        ),
        ("thresholds", thresholds, "What the alerts call bad. dashboards/config.yaml explains each."),
        ("windows", dict(config.windows), "How far back the alerts look that compare with what was."),
        ("alerts", alerts, "Of each alert: whether it is there, its severity, how long before it fires."),
    ]
    section = "".join(f"  # -- {meaning}\n{_indented({key: value})}" for key, value, meaning in sections)
    return f"{before}{BEGIN}\nrules:\n{section}{END}{after}"


def _indented(part: dict[str, Any]) -> str:
    # Alerts have a line each.
    flow = None if "alerts" in part else False
    text: str = yaml.safe_dump(part, sort_keys=False, width=200, default_flow_style=flow)
    return "".join(f"  {line}\n" for line in text.splitlines())


def _with_schema(text: str, config: Config) -> str:
    try:
        schema = json.loads(text)
    except ValueError as error:
        raise ChartError(f"{SCHEMA} is no JSON: {error}") from None
    if "rules" not in schema.get("properties", {}):
        raise ChartError(f"{SCHEMA} has no property rules")
    duration = {"type": "string", "pattern": _DURATION}
    alert = {"enabled": {"type": "boolean"}, "severity": {"enum": list(SEVERITIES)}, "for": duration}
    schema["properties"]["rules"] = _object(
        {
            "selector": {"type": "string", "pattern": f"^{_MATCHER}(,\\s*{_MATCHER})*$"},
            "runbook_url_base": {"type": "string", "pattern": r"^https?://[^\s{}\"\\]+$"},
            "thresholds": _object({key: _SHARE if is_share(key) else _NUMBER for key in config.thresholds}),
            "windows": _object({key: {"allOf": [duration, {"pattern": "[1-9]"}]} for key in config.windows}),
            "alerts": _object(dict.fromkeys(config.alerts, _object(alert))),
        }
    )
    return json.dumps(schema, indent=2) + "\n"


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an object that has no other properties than these.

    None is required: `helm upgrade --reuse-values` brings values from before a property was there.
    """
    return {"type": "object", "additionalProperties": False, "properties": properties}
