"""The reasons by which things are counted that were dropped or refused: the catalogue explains each."""

import ast
import importlib
import re
from pathlib import Path

import pytest

import exporter.daemon
from exporter.client import refusals as client
from exporter.daemon import frame, plan
from exporter.daemon.catalogue import load
from exporter.daemon.check import DROP_REMEDIES
from exporter.daemon.control import refusal
from exporter.daemon.discovery.reach import REFUSALS

SOURCE = Path(__file__).resolve().parents[3] / "exporter"
JAVA = SOURCE / "plugin" / "io" / "sparkexporter"
DAEMON = Path(exporter.daemon.__file__).parent
COUNTED = re.compile(r"spark_exporter_\w+_(?:dropped|refused)_total")


def calls(name):
    """Return the calls of functions and methods with this name in the daemon's code, each with its module."""
    for path in DAEMON.rglob("*.py"):
        module = ".".join(["exporter.daemon", *path.relative_to(DAEMON).with_suffix("").parts])
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
                if called == name:
                    yield module, node


def printed(counter):
    """Return the words that the daemon prints as last label of a counter."""
    for _, call in calls("add"):
        if call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value == counter:
            yield call.args[-1].value


def constants(module):
    """Return the texts of a module's constants that are one word."""
    values = [value for name, value in vars(module).items() if name.isupper() and isinstance(value, str)]
    return [value for value in values if re.fullmatch(r"[a-z_]+", value)]


def of_the_plugin():
    """Return the members of the plugin's enumeration, as its labels have them."""
    body = (JAVA / "model" / "Reason.java").read_text().partition("enum Reason {")[2].partition(";")[0]
    return [name.lower() for name in re.findall(r"[A-Z_]+", body)]


REASONS = {
    "spark_exporter_applications_dropped_total": [*printed("spark_exporter_applications_dropped_total")],
    "spark_exporter_control_refused_total": constants(refusal),
    "spark_exporter_plugin_dropped_total": of_the_plugin(),
    "spark_exporter_samples_dropped_total": frame.DROP_REASONS,
    "spark_exporter_series_dropped_total": plan.DROP_REASONS,
    "spark_exporter_targets_refused_total": REFUSALS,
}


def test_the_reasons_of_every_counter_are_looked_at():
    """Also of one that is new."""
    counters = {f"{name}_total" if not name.endswith("_total") else name for name in load().entries}
    assert {name for name in counters if COUNTED.fullmatch(name)} == {*REASONS}
    assert {name for name, reasons in REASONS.items() if len(reasons) < 2} == set()


@pytest.mark.parametrize("counter", REASONS)
def test_the_catalogue_explains_every_reason(counter):
    """Whoever sees one in a diagram finds what it means."""
    described = {*re.findall(r"\w+", load()[counter].family.help)}
    assert {*REASONS[counter]} - described == set()


def test_every_reason_of_the_plugin_is_one_that_its_code_counts():
    """In Java, or in the Python processes that write segments."""
    code = "\n".join(path.read_text() for path in JAVA.rglob("*.java") if path.name != "Reason.java")
    used = {name.lower() for name in re.findall(r"\bReason\.([A-Z_]+)\b", code)}
    assert {*of_the_plugin()} <= used | {*client.REASONS}
    assert tuple(of_the_plugin()[: len(client.REASONS)]) == client.REASONS


def test_every_reason_of_the_plugin_has_a_remedy():
    """Of which docs/metrics.md has its list."""
    assert [*DROP_REMEDIES] == of_the_plugin()


def test_samples_are_dropped_by_known_reasons_alone():
    """Those that the code gives by name, or as they are."""
    found = set()
    for module, call in [*calls("drop"), *calls("_drop")]:
        reason = call.args[0]
        if isinstance(reason, ast.Constant):
            found.add(reason.value)
        elif isinstance(reason, ast.Name) and reason.id.isupper():
            found.add(getattr(importlib.import_module(module), reason.id))
    assert len(found) > 3
    assert found <= {*frame.DROP_REASONS}
