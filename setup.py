"""Builds the two artifacts that travel with the package: the plugin jar and the client zip."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
JAVA_SOURCES = ROOT / "exporter" / "plugin"
# What the plugin reads; the daemon reads the same file.
RESOURCES = {"io/sparkexporter/driver/removal_reasons.txt": ROOT / "exporter" / "removal_reasons.txt"}
CLIENT_SOURCES = ("exporter/__init__.py", "exporter/_version.py", "exporter/py.typed", "exporter/client")
# Zip entries carry a date; a fixed one makes equal sources give equal bytes.
ZIP_DATE = (1980, 1, 1, 0, 0, 0)
JAVAC_FLAGS = (
    "--release", "8", "-encoding", "UTF-8", "-Xlint:all",
    # options: newer JDKs announce the end of release 8.
    # classfile, path: Spark's jars refer to annotations and to further jars that Spark does not ship.
    "-Xlint:-options", "-Xlint:-classfile", "-Xlint:-path", "-Werror", "-proc:none",
)  # fmt: skip


def find_javac() -> str:
    """Return the path of a javac that knows ``--release``, or end the build with a sentence."""
    home = os.environ.get("JAVA_HOME")
    if home and (Path(home) / "bin" / "javac").is_file():
        return str(Path(home) / "bin" / "javac")
    found = shutil.which("javac")
    if found is None:
        sys.exit(
            "spark-exporter: building the Spark plugin needs a JDK (17 or newer), and no javac was found. "
            "Install a JDK and put its bin directory on the PATH, or point JAVA_HOME at it."
        )
    return found


def find_spark_jars() -> Path:
    """Return the directory of the jars in the installed pyspark, or end the build with a sentence."""
    spec = importlib.util.find_spec("pyspark")
    if spec is None or spec.origin is None:
        sys.exit(
            "spark-exporter: building the Spark plugin needs the jars of pyspark, which is not installed. "
            "Run pip without --no-build-isolation, or install pyspark 4 first."
        )
    return Path(spec.origin).parent / "jars"


def write_zip(target: Path, base: Path, files: list[Path], texts: dict[str, str] | None = None) -> None:
    """Write a reproducible zip of ``files`` (relative to ``base``), ``texts`` first."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (texts or {}).items():
            archive.writestr(zipfile.ZipInfo(name, ZIP_DATE), text)
        for file in sorted(files):
            archive.writestr(zipfile.ZipInfo(file.relative_to(base).as_posix(), ZIP_DATE), file.read_bytes())


def build_jar(target: Path, version: str) -> None:
    """Compile the plugin against the installed pyspark and pack it."""
    sources = sorted(str(path) for path in JAVA_SOURCES.rglob("*.java"))
    javac = find_javac()
    jars = find_spark_jars()
    with tempfile.TemporaryDirectory() as classes:
        command = [javac, *JAVAC_FLAGS, "-cp", f"{jars}/*", "-d", classes, *sources]
        if subprocess.run(command, check=False).returncode != 0:
            sys.exit("spark-exporter: javac could not compile the Spark plugin; its messages are above.")
        manifest = (
            "Manifest-Version: 1.0\nImplementation-Title: spark-exporter\n"
            f"Implementation-Version: {version}\n\n"
        )
        texts = {name: path.read_text(encoding="utf-8") for name, path in RESOURCES.items()}
        texts = {"META-INF/MANIFEST.MF": manifest, **texts}
        write_zip(target, Path(classes), list(Path(classes).rglob("*.class")), texts)


def build_client_zip(target: Path) -> None:
    """Pack what a Python worker needs, so that executors need nothing installed."""
    files: list[Path] = []
    for name in CLIENT_SOURCES:
        path = ROOT / name
        files += path.rglob("*.py") if path.is_dir() else [path]
    write_zip(target, ROOT, files)


class BuildWithArtifacts(build_py):
    """``build_py`` that also builds the jar and the client zip into ``exporter/artifacts``."""

    def run(self) -> None:
        """Build the Python part, then the artifacts."""
        super().run()
        root = ROOT if self.editable_mode else Path(self.build_lib)
        artifacts = root / "exporter" / "artifacts"
        shutil.rmtree(artifacts, ignore_errors=True)
        version = self.distribution.get_version()
        build_jar(artifacts / f"spark-exporter-plugin-{version}.jar", version)
        build_client_zip(artifacts / f"spark-exporter-client-{version}.zip")


setup(cmdclass={"build_py": BuildWithArtifacts})
