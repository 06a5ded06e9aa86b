"""The package is what `pip install .` and `pip wheel .` make of a clean checkout."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from exporter import __version__

pytestmark = pytest.mark.timeout(900)
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def checkout(tmp_path):
    """A clean checkout: what git knows of, and nothing that was built."""
    target = tmp_path / "checkout"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes((ROOT / name).read_bytes())
    return target


def pip(*arguments, cwd, **env):
    """Run pip in a checkout."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(
        command, cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True, check=False
    )


def test_a_wheel_holds_the_jar_and_the_client_zip(checkout, tmp_path):
    """`pip wheel .` with nothing but its declared build requirements; the version is the same everywhere."""
    done = pip("wheel", "--no-deps", "-w", str(tmp_path / "wheels"), ".", cwd=checkout)

    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = (tmp_path / "wheels").iterdir()
    assert wheel.name == f"spark_exporter-{__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        assert "exporter/catalogue.yaml" in names
        assert "exporter/py.typed" in names
        jar = f"exporter/artifacts/spark-exporter-plugin-{__version__}.jar"
        client = f"exporter/artifacts/spark-exporter-client-{__version__}.zip"
        archive.extract(jar, tmp_path)
        archive.extract(client, tmp_path)
    with zipfile.ZipFile(tmp_path / jar) as archive:
        assert "io/sparkexporter/ExporterPlugin.class" in archive.namelist()
        manifest = archive.read("META-INF/MANIFEST.MF").decode()
        assert re.search(rf"^Implementation-Version: {re.escape(__version__)}$", manifest, re.MULTILINE)
    with zipfile.ZipFile(tmp_path / client) as archive:
        assert "exporter/__init__.py" in archive.namelist()
        assert not [
            name for name in archive.namelist() if "daemon" in name or not name.startswith("exporter/")
        ]


def test_the_client_zip_alone_is_enough(tmp_path):
    """A Python without the package records metrics with the zip on its path."""
    from exporter.client.install import pyfiles_path  # noqa: PLC0415

    code = "import exporter; exporter.Counter('a_thing', 'Things').inc(); print(exporter.__file__)"
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path.insert(0, {str(pyfiles_path())!r}); {code}",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().startswith(str(pyfiles_path()))


def test_without_a_jdk_the_build_says_so(checkout, tmp_path):
    """No javac: one sentence that says what to do, and no half-made package."""
    only_python = tmp_path / "bin"
    only_python.mkdir()
    done = pip(
        "wheel", "--no-deps", "--no-build-isolation", "-w", str(tmp_path / "wheels"), ".",
        cwd=checkout, PATH=str(only_python), JAVA_HOME="",
    )  # fmt: skip

    assert done.returncode != 0
    sentence = (
        "spark-exporter: building the Spark plugin needs a JDK (17 or newer), and no javac was found. "
        "Install a JDK and put its bin directory on the PATH, or point JAVA_HOME at it."
    )
    assert sentence in done.stdout + done.stderr
    assert not (tmp_path / "wheels").exists() or not list((tmp_path / "wheels").iterdir())
