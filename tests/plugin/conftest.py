"""JVMs with the plugin's parts."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pyspark
import pytest

from exporter.client.install import jar_path
from plugin.applications import Store
from plugin.parts import Jvm
from plugin.steering import ALLOWED, Client, Control, Steered

SOURCES = Path(__file__).resolve().parent / "java"
FLAGS = (
    "--release", "8", "-encoding", "UTF-8", "-Xlint:all", "-Xlint:-options", "-Xlint:-classfile",
    "-Xlint:-path", "-Werror", "-proc:none",
)  # fmt: skip


@pytest.fixture(scope="session")
def classpath(tmp_path_factory):
    """The installed plugin, the harness compiled against it, and Spark's jars."""
    classes = tmp_path_factory.mktemp("harness")
    jars = f"{jar_path()}:{Path(pyspark.__file__).parent / 'jars'}/*"
    sources = [str(path) for path in SOURCES.rglob("*.java")]
    subprocess.run(["javac", *FLAGS, "-cp", jars, "-d", str(classes), *sources], check=True)
    return f"{classes}:{jars}"


@pytest.fixture(scope="session")
def shared_jvm(classpath, tmp_path_factory):
    """One JVM for many tests; what they make in it must not meet."""
    jvm = Jvm(classpath, tmp_path_factory.mktemp("jvm") / "log")
    yield jvm
    jvm.close()


@pytest.fixture
def jvm(shared_jvm):
    """The shared JVM; what a test made in it is forgotten, or a thousand tests would fill its heap."""
    yield shared_jvm
    shared_jvm("forget")


@pytest.fixture
def fresh_jvm(classpath, tmp_path):
    """A JVM of the test's own, for what a JVM has only once."""
    jvm = Jvm(classpath, tmp_path / "jvm.log")
    yield jvm
    jvm.close()


@pytest.fixture
def control(jvm):
    """What comes from outside, in the driver of an application without executors."""
    return Control(Store(jvm))


@pytest.fixture
def executor(control):
    """An executor of that application, which has reported."""
    executor = Steered(control.store, "1")
    executor.report()
    return executor


@pytest.fixture
def client(control, executor):  # noqa: ARG001 - it is there
    """A client of the application's endpoint, to which everything is allowed that the tests send."""
    client = Client(control.store, **{"events.allow": ALLOWED})
    yield client
    client.close()
