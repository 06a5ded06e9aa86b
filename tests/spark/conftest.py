"""What the tests on real Spark share."""

import subprocess
import zipfile
from pathlib import Path

import pyspark
import pytest

from exporter.client.install import jar_path

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="session")
def sabotage(tmp_path_factory):
    """A jar with the plugins in tests/spark/java."""
    directory = tmp_path_factory.mktemp("sabotage")
    jars = f"{Path(pyspark.__file__).parent / 'jars'}/*:{jar_path()}"
    sources = map(str, (HERE / "java").rglob("*.java"))
    subprocess.run(["javac", "--release", "8", "-nowarn", "-cp", jars, "-d", directory, *sources], check=True)
    with zipfile.ZipFile(directory / "sabotage.jar", "w") as jar:
        for file in directory.rglob("*.class"):
            jar.write(file, file.relative_to(directory))
    return str(directory / "sabotage.jar")
