"""Makes the files that Prometheus reads of the rules, and checks every query and annotation on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from dashboards import promql
from dashboards.config import ConfigError, seconds
from dashboards.rules import templates
from dashboards.rules.alerts import GROUPS, OF_APPLICATIONS
from dashboards.rules.recording import RECORDINGS
from dashboards.vocabulary import Vocabulary, catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dashboards.config import Config
    from dashboards.rules.model import Alert, Recording

RECORDING_FILE, ALERTS_FILE = "rules/recording.yaml", "rules/alerts.yaml"
"""Paths within the folder that is written to."""

_HEAD = "# Written by `python -m dashboards` from dashboards/{source}. Do not edit.\n"
_WIDTH = 110
_OF_DAEMON = ("job", "instance")


def vocabulary(recordings: Sequence[Recording] = RECORDINGS) -> Vocabulary:
    """Return the metrics of the catalogue and the recording rules, each of which is checked.

    Raises:
        PromqlError: a rule asks for something that neither the catalogue nor a rule before it has.

    """
    known = catalogue()
    for rule in recordings:
        where = f"{RECORDING_FILE}, {rule.record}"
        labels = promql.check(rule.expression, known, where)
        known = known.add(rule.record, labels, counter=promql.counts(rule.expression, known, where))
    return known


def queries(config: Config) -> list[tuple[str, str, str]]:
    """Return every query of the rules: the file, the name of the rule, and PromQL."""
    recorded = [(RECORDING_FILE, rule.record, rule.expression) for rule in RECORDINGS]
    alerts = [
        (ALERTS_FILE, alert.name, expression(name, alert, config))
        for name, group in GROUPS.items()
        for alert in _enabled(group, config)
    ]
    return recorded + alerts


def expression(group: str, alert: Alert, config: Config) -> str:
    """Return the query of an alert of a group as Prometheus evaluates it.

    An alert about an application goes on where its daemon has another address than before, and is one alert
    where two daemons watch the same one.
    """
    own = alert.expression(config)
    return f"max without ({', '.join(_OF_DAEMON)}) ({own})" if group in OF_APPLICATIONS else own


def documents(
    config: Config,
    recordings: Sequence[Recording] = RECORDINGS,
    groups: Mapping[str, Sequence[Alert]] = GROUPS,
) -> dict[str, str]:
    """Return the text of each file by its path.

    Raises:
        PromqlError: a rule uses a metric or a label that does not exist.
        ConfigError: the alerts are not those that the configuration has.

    """
    made = groups_of(config, recordings, groups)
    return {
        RECORDING_FILE: _yaml(made[:1], "rules/recording.py"),
        ALERTS_FILE: _yaml(made[1:], "rules/alerts"),
    }


def groups_of(
    config: Config,
    recordings: Sequence[Recording] = RECORDINGS,
    groups: Mapping[str, Sequence[Alert]] = GROUPS,
) -> list[dict[str, Any]]:
    """Return all groups of rules as Prometheus has them: the recording rules, then the alerts.

    Raises:
        PromqlError: a rule uses a metric or a label that does not exist.
        ConfigError: the alerts are not those that the configuration has.

    """
    known = vocabulary(recordings)
    _same_alerts(config, groups)
    rules = [{"record": rule.record, "expr": rule.expression} for rule in recordings]
    written = [
        {
            "name": f"spark-{name}",
            "rules": [_alert(name, alert, config, known) for alert in _enabled(group, config)],
        }
        for name, group in groups.items()
    ]
    return [{"name": "spark-recording", "rules": rules}, *(group for group in written if group["rules"])]


def _enabled(group: Iterable[Alert], config: Config) -> list[Alert]:
    return [alert for alert in group if config.alerts[alert.name].enabled]


def _same_alerts(config: Config, groups: Mapping[str, Sequence[Alert]]) -> None:
    names = {alert.name for group in groups.values() for alert in group}
    for name in sorted(names - set(config.alerts)):
        raise ConfigError(f"alerts.{name} is missing")
    for name in sorted(set(config.alerts) - names):
        raise ConfigError(f"alerts.{name}: there is no such alert{promql.hint(name, names)}")


def _alert(group: str, alert: Alert, config: Config, known: Vocabulary) -> dict[str, Any]:
    settings = config.alerts[alert.name]
    where = f"{ALERTS_FILE}, {alert.name}"
    labels = promql.check(alert.expression(config), known, where)
    if group in OF_APPLICATIONS:
        labels -= frozenset(_OF_DAEMON)
    for text in (alert.summary, alert.description):
        templates.check(text, labels, where)
    hold = {"for": settings.hold} if seconds(settings.hold) else {}
    return {
        "alert": alert.name,
        "expr": expression(group, alert, config),
        **hold,
        "labels": {"severity": settings.severity},
        "annotations": {
            "summary": alert.summary,
            "description": alert.description,
            "runbook_url": f"{config.runbook_url_base}/{alert.name}.md",
        },
    }


def _yaml(groups: list[dict[str, Any]], source: str) -> str:
    text: str = yaml.safe_dump({"groups": groups}, sort_keys=False, width=_WIDTH, allow_unicode=True)
    return _HEAD.format(source=source) + text
