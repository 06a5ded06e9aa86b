"""There is one runbook for each alert, and its queries work."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
import yaml

import runbooks
from dashboards import promql
from dashboards.config import load
from dashboards.rules import build
from dashboards.rules.alerts import GROUPS

FOLDER = Path(__file__).resolve().parents[2] / "dashboards"
CONFIG = load()
NAMES = [alert.name for group in GROUPS.values() for alert in group]
SECTIONS = ["Meaning", "Impact", "Diagnosis", "Mitigation"]


def test_runbooks_are_found_below_the_configured_address() -> None:
    config = dataclasses.replace(CONFIG, runbook_url_base="https://wiki.example.com/books")
    written = yaml.safe_load(build.documents(config)[build.ALERTS_FILE])
    for rule in (rule for group in written["groups"] for rule in group["rules"]):
        assert rule["annotations"]["runbook_url"] == f"https://wiki.example.com/books/{rule['alert']}.md"


def test_there_is_a_runbook_for_each_alert_and_for_nothing_else() -> None:
    pages = {path.stem for path in (FOLDER / "runbooks").glob("*.md")} - {"README"}
    assert pages == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_runbooks_have_their_sections_and_their_queries_work(name: str) -> None:
    page = (FOLDER / "runbooks" / f"{name}.md").read_text()
    assert page.startswith(f"# {name}\n")
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == SECTIONS
    assert all(len(text.strip()) > 30 for text in re.split(r"^## .+$", page, flags=re.MULTILINE)[1:])
    queries = runbooks.queries(name)
    assert queries
    for query in queries:
        promql.check(query, build.vocabulary(), f"runbooks/{name}.md")
        assert not re.search("NAME|\\bID\\b", runbooks.asked(query, "app-1", "rows"))
    for link in re.findall(r"\]\((\w+)\.md\)", page):
        assert link in NAMES
