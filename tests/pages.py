"""Reads the pages of docs/ that tell how to install and to run it: their commands, blocks and names."""

from __future__ import annotations

import re
import shlex
import textwrap
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
GUIDE = tuple(DOCS / name for name in ("kubernetes.md", "kubernetes-operations.md", "hosts.md"))
VALUES_FILE = "# mine.yaml"
"""With this line a block is part of a file of values for the chart."""
_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


class Block(NamedTuple):
    """What is printed between two fences."""

    page: str
    language: str
    text: str


@cache
def text(page: Path) -> str:
    """Return a page."""
    return page.read_text("utf-8")


def blocks(page: Path, language: str) -> list[Block]:
    """Return the blocks in a language, without their indentation."""
    found = [
        Block(page.name, match["language"], textwrap.dedent(match["text"]))
        for match in _FENCE.finditer(text(page))
    ]
    return [block for block in found if block.language == language]


def prose(page: Path) -> str:
    """Return a page without its blocks."""
    return _FENCE.sub("", text(page))


def spans(page: Path) -> list[str]:
    """Return what stands in backquotes outside of blocks."""
    return _SPAN.findall(prose(page))


def links(page: Path) -> list[str]:
    """Return where its links lead."""
    return _LINK.findall(prose(page))


def anchors(page: Path) -> set[str]:
    """Return the anchors of its headings, as GitHub makes them."""
    headings = _HEADING.findall(_FENCE.sub("", page.read_text("utf-8")))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(page: Path) -> list[list[str]]:
    """Return the commands in its shell blocks as words; those of a pipe are one."""
    found = []
    for block in blocks(page, "sh"):
        whole = block.text.replace("\\\n", " ")
        found += [shlex.split(line, comments=True) for line in whole.splitlines()]
    return [words for words in found if words]
