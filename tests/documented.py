"""The examples of docs/steer.md as files: what is printed there is what is compiled and run."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pyspark

from exporter.client.install import jar_path

DOCS = Path(__file__).resolve().parent.parent / "docs"
STEER, CONFIGURATION = DOCS / "steer.md", DOCS / "configuration.md"
CLASSPATH = f"{jar_path()}:{Path(pyspark.__file__).parent / 'jars'}/*"
STRICT = (
    "--release", "8", "-encoding", "UTF-8", "-Xlint:all", "-Xlint:-options", "-Xlint:-classfile",
    "-Xlint:-path", "-Werror", "-proc:none",
)  # fmt: skip


def blocks(language):
    """Return the examples in a language, in their order."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", STEER.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert found, language
    return found


def compile_java(directory):
    """Compile the examples in Java; return the directory of the classes."""
    sources = []
    for block in blocks("java"):
        name = re.search(r"^public (?:final )?class (\w+)", block, re.MULTILINE)[1]
        sources.append(_write(directory / f"{name}.java", block))
    return _compile(["javac", *STRICT, "-cp", CLASSPATH], directory / "classes", sources)


def compile_scala(directory):
    """Compile the examples in Scala, with the compiler that Spark's shell has; return the directory."""
    sources = []
    for number, block in enumerate(blocks("scala")):
        whole = block if block.startswith("package ") else f"object Example{number} {{\n{block}}}\n"
        sources.append(_write(directory / f"Example{number}.scala", whole))
    command = [
        "java",
        "-cp",
        CLASSPATH,
        "scala.tools.nsc.Main",
        "-usejavacp",
        "-Xfatal-warnings",
        "-deprecation",
    ]
    return _compile(command, directory / "classes", sources)


def _write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return str(path)


def _compile(command, classes, sources):
    classes.mkdir()
    done = subprocess.run([*command, "-d", classes, *sources], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return classes
