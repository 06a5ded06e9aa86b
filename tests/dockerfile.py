"""Reads a Dockerfile and does its steps in directories, where there is no Docker."""

from __future__ import annotations

import fnmatch
import json
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_NEED_ROOT = ("apt-get", "install")
"""What changes the system: a test cannot do it, and says what it expects of the machine instead."""


@dataclass
class Stage:
    """One stage: its name, its instructions as (word, rest), and the directory that stands for its root."""

    name: str
    base: str
    steps: list[tuple[str, str]] = field(default_factory=list)
    root: Path = Path()

    def all_of(self, word: str) -> list[str]:
        """Return what stands behind each instruction of this kind."""
        return [rest for found, rest in self.steps if found == word]

    def last(self, word: str) -> str:
        """Return what stands behind the last instruction of this kind, the one that counts."""
        return self.all_of(word)[-1]

    def words(self, word: str) -> list[str]:
        """Return the last instruction of this kind in its JSON form."""
        rest = self.last(word)
        return [str(one) for one in json.loads(rest[rest.index("[") :])]

    def variables(self) -> dict[str, str]:
        """Return what ENV sets."""
        pairs = (pair.partition("=") for rest in self.all_of("ENV") for pair in shlex.split(rest))
        return {name: value for name, _, value in pairs}


def parse(text: str) -> list[Stage]:
    """Return the stages of a Dockerfile."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    stages: list[Stage] = []
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        word, _, rest = line.partition(" ")
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            stages.append(Stage(name, base))
        elif stages and word:
            stages[-1].steps.append((word, rest))
    return stages


def context(source: Path, target: Path) -> None:
    """Copy what .dockerignore leaves of ``source``: the last pattern that matches a file decides."""
    patterns = [
        line
        for line in (source / ".dockerignore").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    listed = {pattern.lstrip("!").partition("/")[0] for pattern in patterns if pattern.startswith("!")}
    for top in listed:
        for path in sorted([source / top, *(source / top).rglob("*")]):
            name = path.relative_to(source).as_posix()
            if path.is_file() and not _ignored(name, patterns):
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target / name)


def _ignored(name: str, patterns: list[str]) -> bool:
    parents = [name, *map(str, Path(name).parents)][:-1]
    ignored = False
    for pattern in patterns:
        wanted = pattern.lstrip("!").replace("**/", "*")
        if any(fnmatch.fnmatchcase(one, wanted) for one in parents):
            ignored = not pattern.startswith("!")
    return ignored


def build(stages: list[Stage], source: Path, directory: Path, environment: Mapping[str, str]) -> None:
    """Do COPY and RUN of every stage; absolute paths lie below a directory of the stage's own."""
    for number, stage in enumerate(stages):
        stage.root = directory / f"stage-{number}"
        place = stage.root
        place.mkdir()
        for word, rest in stage.steps:
            if word == "WORKDIR":
                place = stage.root / rest.lstrip("/")
                place.mkdir(parents=True)
            elif word == "COPY":
                assert rest == ". .", f"COPY {rest} is not known here"
                context(source, place)
            elif word == "RUN":
                _run(rest, {one.name: one.root for one in stages}, stage, place, environment)


def _run(
    rest: str, roots: Mapping[str, Path], stage: Stage, place: Path, environment: Mapping[str, str]
) -> None:
    mounts = dict(re.findall(r"from=(\w+),source=\S+?,target=(/\S+)", rest))
    command = re.sub(r"--mount=\S+ *", "", rest)
    if command.startswith(_NEED_ROOT):
        return
    targets = {target: roots[name] for name, target in mounts.items()}

    def below(found: re.Match[str]) -> str:
        return f"{found[1]}{targets.get(found[2], stage.root)}{found[2]}"

    command = re.sub(r"([ =])(/[\w./-]+)", below, command)
    ended = subprocess.run(
        ["sh", "-ec", command], cwd=place, env=dict(environment), capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, f"{command}\n{ended.stdout}\n{ended.stderr}"
