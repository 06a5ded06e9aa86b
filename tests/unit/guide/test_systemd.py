"""The unit file for systemd: systemd takes it, the daemon takes its command line, and little is left open."""

from __future__ import annotations

import argparse
import configparser
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import pages
from exporter.daemon import flags, settings
from exporter.daemon.discovery.groups import parse_groups
from exporter.daemon.values import Address
from requirements import require_program

FOLDER = pages.ROOT / "examples" / "systemd"
UNIT = FOLDER / "spark-exporter.service"
HOW = "install it with: apt-get install systemd"
EXPOSURE = 20
"""The most, of 100, that systemd may call exposed. It calls a unit without any restriction 96."""


class Sections(configparser.RawConfigParser):
    """A unit file; what is given several times becomes several lines."""

    def __init__(self):
        super().__init__(strict=False, interpolation=None, delimiters=("=",), dict_type=Gathering)

    def optionxform(self, option):
        """Keep the case."""
        return option


class Gathering(dict):
    """Keeps all values of a key."""

    def __setitem__(self, key, value):
        if isinstance(value, list) and isinstance(self.get(key), list):
            value = self[key] + value
        super().__setitem__(key, value)


@pytest.fixture(scope="module")
def unit():
    parser = Sections()
    parser.read_string(UNIT.read_text())
    return parser


def environment(unit):
    """Return the variables that the daemon is started with: the unit's, then those of the file."""
    lines = unit["Service"]["Environment"].splitlines()
    lines += (FOLDER / "environment").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def analyze(*arguments):
    program = require_program("systemd-analyze", HOW)
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)


@pytest.fixture
def installed(tmp_path):
    """The unit, with a program that is there on every machine."""
    text = UNIT.read_text()
    command = text.split("ExecStart=")[1].split()[0]
    (tmp_path / UNIT.name).write_text(text.replace(command, str(Path(sys.executable).resolve())))
    return tmp_path / UNIT.name


def test_systemd_takes_it(installed):
    """Without a word."""
    checked = analyze("verify", "--man=no", "--recursive-errors=no", installed)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_systemd_finds_a_mistake(installed):
    """The check above can fail."""
    installed.write_text(installed.read_text().replace("ProtectSystem=strict", "ProtectSystem=strickt"))
    assert "strickt" in analyze("verify", "--man=no", "--recursive-errors=no", installed).stderr


def test_little_is_open(installed):
    """As systemd itself judges it."""
    judged = analyze("security", "--offline=yes", "--no-pager", f"--threshold={EXPOSURE}", installed)
    assert judged.returncode == 0, judged.stdout


def test_the_daemon_takes_command_and_variables(unit):
    """Targets come from files and from the variable; it serves beyond loopback only if the file says so."""
    _, command, *words = shlex.split(unit["Service"]["ExecStart"])
    assert command == "serve"
    parser = argparse.ArgumentParser()
    flags.add_flags(parser, flags.SERVE)
    given = environment(unit)
    read = settings.from_arguments(parser.parse_args(words), given)
    assert [Path(file).parent for file in read.files] == [Path("/etc/spark-exporter/targets")] * 2
    assert "http://127.0.0.1:4040" in read.targets
    assert read.listen_address.port == 4060
    del given["SPARK_EXPORTER_WEB_LISTEN_ADDRESS"], given["SPARK_EXPORTER_TARGET"]
    read = settings.from_arguments(parser.parse_args(words), given)
    assert read.listen_address == Address("127.0.0.1", 4060)
    assert read.targets == ()


def test_every_variable_is_one_of_the_daemons(unit):
    """Those in comments, too: they are there to be switched on."""
    known = {flag.variable for flag in flags.SERVE} | {flags.TOKEN_VARIABLE, "PYTHONDONTWRITEBYTECODE"}
    lines = (FOLDER / "environment").read_text().splitlines()
    shown = {line.lstrip("#").split("=")[0] for line in lines if line and not line.startswith("# ")}
    assert {*environment(unit), *shown} <= known


def test_it_may_write_what_it_remembers(unit):
    """The only directory that systemd makes for it."""
    directory = environment(unit)["SPARK_EXPORTER_STATE_DIRECTORY"]
    assert directory == f"/var/lib/{unit['Service']['StateDirectory']}"
    assert unit["Service"]["ProtectSystem"] == "strict"


def test_it_sees_sparks_processes(unit):
    """What would hide them is not there."""
    assert not {"ProtectProc", "ProcSubset", "PrivatePIDs"} & {*unit["Service"]}


def test_the_example_of_targets_is_one():
    """With a driver, and a UI behind a proxy."""
    groups = parse_groups((FOLDER / "targets.yaml").read_bytes(), is_json=False)
    urls = [target.url for target in groups.targets]
    assert urls[0] == "http://driver-1.example.com:4040"
    assert urls[1].endswith("/proxy/application_1763800000000_0001")
    assert not groups.ignored


def test_the_page_installs_each_file():
    """To where the unit looks for it, and readable for whom it must be."""
    (page,) = (page for page in pages.GUIDE if page.stem == "hosts")
    installed = {words[4]: (words[3], words[5]) for words in pages.commands(page) if words[0] == "install"}
    assert {*installed} == {str(path.relative_to(pages.ROOT)) for path in FOLDER.iterdir()}
    text = UNIT.read_text()
    assert f"EnvironmentFile=-{installed['examples/systemd/environment'][1]}\n" in text
    assert installed["examples/systemd/environment"][0] == "0600"
    assert Path(installed["examples/systemd/targets.yaml"][1]).parent == Path("/etc/spark-exporter/targets")
