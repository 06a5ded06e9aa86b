"""What an alert silences does not outlive it: nobody hears of it when the alert that explains it resolves."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from dashboards.config import load, seconds
from dashboards.rules import build
from dashboards.rules.alerts import GROUPS
from exporter.daemon.catalogue import load as catalogue
from promtool import run as promtool

FOLDER = Path(__file__).resolve().parents[2] / "dashboards"
CASES = Path(__file__).resolve().parent / "rules"
NAMES = [alert.name for group in GROUPS.values() for alert in group]
ENDED = "SparkApplicationFailed"
MINUTES = 40
"""For how long the alerts are watched after the end: longer than SparkApplicationFailed tells of it."""
_SAMPLES = re.compile(r"(?P<first>_|stale|-?[\d.e]+)(?P<step>[+-][\d.e]+)?(?:x(?P<more>\d+))?")


def targets(source: str) -> list[str]:
    """Return the alerts that another one silences."""
    rules = yaml.safe_load((FOLDER / "alertmanager.yaml").read_text())["inhibit_rules"]
    found: list[str] = []
    for rule in rules:
        of, to = (
            re.fullmatch(r'alertname=~?"(.*)"', rule[key][0])[1]
            for key in ("source_matchers", "target_matchers")
        )
        if re.fullmatch(of, source):
            found += [name for name in NAMES if re.fullmatch(to, name)]
    return found


class Fires(NamedTuple):
    """A case in which an alert fires."""

    test: dict
    labels: dict[str, str]
    at: int
    """In minutes."""


def firing(name: str) -> Fires:
    """Return the first case of an alert, and when it is looked at last while it fires."""
    tests = chain.from_iterable(yaml.safe_load(path.read_text())["tests"] for path in sorted(CASES.glob("*")))
    for test in (one for one in tests if one["interval"] == "1m"):
        looks = [one for one in test.get("alert_rule_test", ()) if one["alertname"] == name]
        for look in reversed(looks):
            if look.get("exp_alerts"):
                return Fires(test, look["exp_alerts"][0]["exp_labels"], seconds(look["eval_time"]) // 60)
    raise AssertionError(f"no case of {name} in steps of a minute")


def samples(text: str) -> list[str]:
    """Return each sample of a series as promtool reads it: ``a+bxn`` and ``axn`` are n + 1, ``_xn`` are n."""
    found = []
    for one in _SAMPLES.finditer(text):
        more = int(one["more"] or 0)
        if one["first"] in {"_", "stale"}:
            found += [one["first"]] * max(more, 1)
        else:
            step = float(one["step"] or 0)
            found += [f"{float(one['first']) + step * index:.12g}" for index in range(more + 1)]
    return found


def ended(series: str, values: str, at: int) -> str:
    """Return the values of a series of an application that ends: what stays, what becomes 0 and what goes."""
    kept = samples(values)[: at + 1]
    name = series.partition("{")[0]
    entry = catalogue().entries.get(name.removesuffix("_total"))
    last = next((one for one in reversed(kept) if one not in {"_", "stale"}), "_")
    after = {"keep": last, "zero": "0"}.get(entry.ended if entry else "keep", "_")
    if name == "spark_app_state":
        after = "0"
    rest = ["stale"] if after == "_" else [after] * (MINUTES + 1)
    return " ".join([*kept, *["_"] * (at + 1 - len(kept)), *rest])


def case(name: str) -> dict:
    """Return the case of an alert, with a failure of its application while the alert fires."""
    test, labels, at = firing(name)
    application = f'app_id="{labels["app_id"]}"'
    example = next(one["series"] for one in test["input_series"] if application in one["series"])
    kept = re.findall(r'\b(?:job|instance|namespace|app_id|app_name)="[^"]*"', example)
    who = ", ".join(kept)
    lasts = at + MINUTES + 1
    end = {
        f"spark_app_end_timestamp_seconds{{{who}}}": f"_x{at + 1} {at * 60}x{MINUTES}",
        f'spark_app_state{{{who}, state="failed"}}': f"0x{at} 1x{MINUTES}",
        f"spark_app_up{{{who}}}": f"1x{at} 0x{MINUTES}",
    }
    own = {one["series"]: one["values"] for one in test["input_series"]}
    started = {f"spark_app_start_timestamp_seconds{{{who}}}": f"-90000x{lasts}"}
    series = {**started, **{one: ended(one, values, at) for one, values in own.items()}, **end}
    alert, failed = (
        f'ALERTS{{alertname="{one}", {application}, alertstate="firing"}}' for one in (name, ENDED)
    )
    alone = f"({alert} unless on (namespace, app_id) {failed})[{MINUTES - 1}m:1m]"
    return {
        "interval": "1m",
        "input_series": [{"series": one, "values": values} for one, values in series.items()],
        "promql_expr_test": [
            {"expr": f"count(count({alert}))", "eval_time": f"{at}m", "exp_samples": [{"value": 1}]},
            {"expr": f"count({failed})", "eval_time": f"{at + 2}m", "exp_samples": [{"value": 1}]},
            {"expr": f"count({failed})", "eval_time": f"{at + MINUTES}m"},
            {"expr": f"count_over_time({alone})", "eval_time": f"{at + MINUTES}m"},
        ],
    }


def test_samples_are_read_as_promtool_does() -> None:
    assert samples("1x2 0+5x2 _x2 stale 7") == ["1", "1", "1", "0", "5", "10", "_", "_", "stale", "7"]
    assert samples("10-2x1 -5x1") == ["10", "8", "-5", "-5"]


def test_the_example_for_alertmanager_names_them() -> None:
    assert len(targets(ENDED)) > 20


@pytest.mark.parametrize("name", targets(ENDED))
def test_what_the_end_of_an_application_silences_does_not_outlive_it(tmp_path: Path, name: str) -> None:
    """The application fails while the alert fires: it resolves no later than the alert about the failure."""
    check(tmp_path, case(name))


def check(folder: Path, test: dict) -> None:
    """Run a test with all rules."""
    whole = {
        "rule_files": [str(FOLDER / build.RECORDING_FILE), str(FOLDER / build.ALERTS_FILE)],
        "evaluation_interval": "1m",
        "group_eval_order": ["spark-recording", *(f"spark-{group}" for group in GROUPS)],
        "tests": [test],
    }
    path = folder / "inhibition_test.yaml"
    path.write_text(yaml.safe_dump(whole, width=1000))
    done = promtool("test", "rules", path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_a_kill_for_lack_of_memory_leads_to_does_not_outlive_its_alert(tmp_path: Path) -> None:
    """Executors are given up and shuffle data are missed for minutes after the kill."""
    who = 'job="spark-exporter", instance="exporter:4060", namespace="data", app_id="app-1", app_name="etl"'
    removals = f"spark_app_executor_removals_total{{{who}, reason="
    series = {
        f"spark_app_up{{{who}}}": "1x80",
        f"spark_app_start_timestamp_seconds{{{who}}}": "-90000x80",
        f'{removals}"oom"}}': "0x9 3x70",
        f'{removals}"lost"}}': "0x12 2x67",
        f'spark_app_task_failures_total{{{who}, reason="FetchFailed"}}': "0x9 2x10 9x60",
    }
    firing = 'ALERTS{alertname=~"%s", alertstate="firing"}'
    kill = firing % "SparkExecutorOutOfMemory"
    led_to = firing % "|".join(targets("SparkExecutorOutOfMemory"))
    alone = f"({led_to} unless on (namespace, app_id) {kill})[79m:1m]"
    check(
        tmp_path,
        {
            "interval": "1m",
            "input_series": [{"series": one, "values": values} for one, values in series.items()],
            "promql_expr_test": [
                {"expr": f"count({led_to})", "eval_time": "22m", "exp_samples": [{"value": 2}]},
                {"expr": f"count({kill})", "eval_time": "79m"},
                {"expr": f"count_over_time({alone})", "eval_time": "79m"},
            ],
        },
    )


def test_end_window_is_what_these_tests_are_about() -> None:
    assert seconds(load().windows["end_window"]) < MINUTES * 60
