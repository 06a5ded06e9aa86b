"""The pages that tell how to install and to run it: what they name is there."""

from __future__ import annotations

import ast
import re
import subprocess
from functools import cache

import pytest
import yaml

import pages
from exporter.control.arguments import CONTROL
from exporter.daemon import flags
from exporter.daemon.discovery import pods
from exporter.daemon.errors import REASONS

THEIRS = {"--jars", "--py-files", "--conf", "--set"}
"""Options of spark-submit and helm that the text speaks of."""
FLAG = re.compile(r"--[a-z][a-z.-]*")
NAMED = re.compile(r"(?:spark|process|spark_exporter)_[a-z_]+")
ALERT = re.compile(r"Spark[A-Z][A-Za-z]+")
SETTING = re.compile(r"spark\.exporter\.[A-Za-z.]+")
SPARKS = {"SparkApplication"}

pytestmark = pytest.mark.parametrize("page", pages.GUIDE, ids=lambda page: page.stem)


def names_of(name):
    """Return the names in the text of one of the generated documents."""
    return set(re.findall(r"`([^`\n]+)`", (pages.DOCS / name).read_text("utf-8")))


@cache
def daemon_flags():
    return {f"--{flag.name}" for flag in (*flags.SERVE, *flags.CHECK, *CONTROL)}


@cache
def sentences():
    """Return every text in the daemon's source; of a text with gaps, the parts between them."""
    found = []
    for path in sorted((pages.ROOT / "exporter" / "daemon").rglob("*.py")):
        nodes = ast.walk(ast.parse(path.read_text("utf-8")))
        found += [
            node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
    return found


def exists(values, keys):
    """Say whether the values have a path. What is empty there is Kubernetes' own, and free."""
    for key in keys:
        if key not in values:
            return values == {}
        values = values[key]
    return True


def test_links_lead_somewhere(page):
    """To a file of the tree, and to a heading that it has."""
    for link in pages.links(page):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in pages.anchors(target), link


def test_every_flag_exists(page):
    """In the text: of the daemon, or a named one of another program."""
    for span in pages.spans(page):
        for flag in FLAG.findall(span) if span.startswith("--") else ():
            assert flag in daemon_flags() | THEIRS, flag


def test_commands_of_ours_have_flags_that_exist(page):
    """Also where kubectl runs them."""
    for words in pages.commands(page):
        if "kubectl" in words[0] and "--" in words:
            words = words[words.index("--") + 1 :]  # noqa: PLW2901 - what runs in the pod
        if words[0] == "spark-exporter":
            assert words[1] in {"serve", "check"}, words
            assert {word for word in words if word.startswith("--")} <= daemon_flags(), words


def test_every_variable_exists(page):
    """Of the daemon's flags, or that of the token."""
    known = {flag.variable for flag in flags.SERVE} | {flags.TOKEN_VARIABLE}
    assert set(re.findall(r"SPARK_EXPORTER_[A-Z_]+", pages.text(page))) <= known


def test_every_setting_of_the_plugin_exists(page):
    """docs/configuration.md has them all."""
    assert set(SETTING.findall(pages.text(page))) <= names_of("configuration.md")


def test_every_value_of_the_chart_exists(page):
    """Where a span begins with a key of values.yaml and a dot, all of it is a path."""
    values = yaml.safe_load((pages.ROOT / "helm" / "spark-exporter" / "values.yaml").read_text("utf-8"))
    for span in pages.spans(page):
        path = re.match(r"[a-zA-Z]+(?:\.[a-zA-Z_]+)+(?=$|[: ])", span)
        keys = path[0].split(".") if path else [""]
        assert keys[0] not in values or exists(values, keys), span


def test_every_metric_and_alert_exists(page):
    """docs/metrics.md has the metrics, and each alert has a runbook."""
    known = names_of("metrics.md")
    runbooks = {path.stem for path in (pages.ROOT / "dashboards" / "runbooks").glob("*.md")}
    whole = [*pages.spans(page), *(block.text for block in pages.blocks(page, ""))]
    for span in whole:
        assert set(NAMED.findall(span)) - {"spark_exporter_io_release"} <= known, span
        assert set(ALERT.findall(span)) - SPARKS <= runbooks, span


def test_every_annotation_exists(page):
    """They are those that the discovery reads."""
    known = {pods.SCRAPE, pods.UI, pods.PLUGIN}
    assert set(re.findall(r"spark-exporter\.io/[a-z-]+", pages.text(page))) <= known


def test_every_file_of_the_tree_exists(page):
    """Wherever it is named."""
    folders = "examples|helm|dashboards|docs"
    named = re.findall(rf"(?<![\w/.-])(?:{folders})/[\w./-]*\w", pages.text(page))
    for name in named:
        assert (pages.ROOT / name).exists(), name


def test_shell_blocks_are_well_formed(page):
    """As bash reads them, without running anything."""
    for block in pages.blocks(page, "sh"):
        checked = subprocess.run(
            ["bash", "-n"], input=block.text, capture_output=True, text=True, check=False
        )
        assert checked.returncode == 0, checked.stderr


def test_python_blocks_are_well_formed(page):
    """And what they import of ours is there."""
    for block in pages.blocks(page, "python"):
        for node in ast.walk(ast.parse(block.text)):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("exporter"):
                module = __import__(node.module, fromlist=["*"])
                assert all(hasattr(module, name.name) for name in node.names)


def test_symptoms_are_what_the_daemon_says(page):
    """What is quoted of its log and its page is in its source."""
    for row in re.findall(r"^\| (?!you see|---)([^|]+) \|[^|]+\|[^|]+\|$", pages.prose(page), re.MULTILINE):
        if "in the log:" in row or row.startswith("`runs "):
            for quoted in re.findall(r"`([^`]+)`", row):
                assert any(quoted in sentence for sentence in sentences()), quoted
        if row.startswith("a target is down"):
            assert set(re.findall(r"`([^`]+)`", row)) <= set(REASONS)


def test_figures_follow_from_what_was_measured(page):
    """Those per executor and per series are quotients of the others."""
    rows = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", pages.prose(page), re.MULTILINE))
    if "series" not in rows:
        assert page.stem != "kubernetes-operations"
        return
    number = {
        key: float(re.search(r"[\d.,]*\d", value)[0].replace(",", ""))
        for key, value in rows.items()
        if re.search(r"\d", value)
    }
    executors = float(re.search(r"([\d,]+) executors$", rows["applications, executors"])[1].replace(",", ""))
    assert round(number["series"] / executors) == number["series per executor"]
    assert round(number["resident memory"] / executors * 1000) == number["memory per 1,000 executors"]
    assert round(number["resident memory"] * 1000 / number["series"], 1) == number["memory per 1,000 series"]
