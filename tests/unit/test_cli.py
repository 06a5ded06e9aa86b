"""The command line: what it prints, and what it refuses."""

import json
import os
import shlex
import subprocess
import sys

import pytest

from exporter import cli
from exporter._version import __version__
from exporter.client import install

CONF = {"spark.plugins": "io.sparkexporter.ExporterPlugin", "spark.jars": "/opt/a-b/plugin-0.1.0.jar"}


def usage_error(capsys, *arguments):
    """Run a command that must be refused; return what it says."""
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


@pytest.mark.parametrize(
    ("command", "actions"), [("config", "get, set, unset"), ("events", "send, show, list")]
)
def test_no_action(capsys, command, actions):
    """The actions of the command are listed."""
    assert f"an action is missing; expected one of {actions}\n" in usage_error(capsys, command)


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_succeed(capsys, option):
    """They go to standard output."""
    with pytest.raises(SystemExit) as caught:
        cli.main([option])

    assert caught.value.code == 0
    assert "spark-exporter" in capsys.readouterr().out


def test_the_version(capsys):
    """The one version of everything."""
    assert cli.main(["version"]) == 0
    assert capsys.readouterr().out == f"{__version__}\n"


def test_the_help_of_a_command_has_every_flag_with_default_and_variable(capsys):
    """From the table that makes the flags."""
    with pytest.raises(SystemExit):
        cli.main(["serve", "--help"])

    text = " ".join(capsys.readouterr().out.split())
    assert "--retention DURATION" in text
    assert "How long an application stays after its end. Default: 15m. [SPARK_EXPORTER_RETENTION]" in text


def test_no_command(capsys):
    """The commands are listed."""
    assert (
        "a command is missing; expected one of serve, check, top, healthcheck, config, events"
        in usage_error(capsys)
    )


def test_an_unknown_command(capsys):
    """It is named, and the known ones are."""
    message = usage_error(capsys, "server")
    assert "'server'" in message
    assert "serve" in message.replace("'server'", "")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["serve", "--traget=x"], "unknown argument --traget=x; did you mean --target?"),
        (["serve", "--frob"], "unknown argument --frob\n"),
        (["serve", "extra"], "unknown argument extra\n"),
        (["check", "http://127.0.0.1:1", "--scrape.timout=1s"], "did you mean --scrape.timeout?"),
        (["jar", "--x"], "spark-exporter jar: unknown argument --x"),
    ],
)
def test_an_unknown_argument(capsys, arguments, expected):
    """With a guess of what was meant."""
    message = usage_error(capsys, *arguments)
    assert expected in message
    assert message.endswith("--help lists what is expected.\n")


def test_flags_are_not_abbreviated(capsys):
    """A later flag must not change the meaning of a command line."""
    assert "unknown argument --retent=1m" in usage_error(capsys, "serve", "--retent=1m")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["serve"], "--target is missing; give the URL of a driver's UI"),
        (["serve", "--target", "127.0.0.1:4040"], "--target: '127.0.0.1:4040' is not an http or https URL"),
        (["serve", "--target"], "expected one argument"),
        (["serve", "--web.listen-address=a..b:80"], "--web.listen-address: 'a..b:80' is not an address"),
        (["check", "http://x", "--scrape.timeout=10000000d"], "expected at most a year"),
        (["check"], "the following arguments are required: URL"),
        (
            ["check", "driver:4040"],
            "URL: 'driver:4040' is not an http or https URL; expected the URL of a driver's UI",
        ),
        (["check", "http://x", "--scrape.timeout=soon"], "--scrape.timeout: 'soon' is not a duration"),
        (["spark-conf", "--format=xml"], "invalid choice: 'xml'"),
    ],
)
def test_a_wrong_value(capsys, monkeypatch, arguments, expected):
    """Names the argument and what is expected."""
    for name in list(os.environ):
        if name.startswith("SPARK_EXPORTER_"):
            monkeypatch.delenv(name)

    assert expected in usage_error(capsys, *arguments)


def test_paths(capsys, monkeypatch):
    """One path, nothing else, so that a shell can use it."""
    monkeypatch.setattr(install, "jar_path", lambda: "/opt/plugin.jar")
    monkeypatch.setattr(install, "pyfiles_path", lambda: "/opt/client.zip")
    assert cli.main(["jar"]) == 0
    assert cli.main(["pyfiles"]) == 0

    assert capsys.readouterr().out == "/opt/plugin.jar\n/opt/client.zip\n"


@pytest.mark.parametrize("command", ["jar", "pyfiles", "spark-conf"])
def test_a_package_that_was_not_built(capsys, monkeypatch, command):
    """Exit code 1 and the reason, not a traceback."""

    def missing(*_):
        raise FileNotFoundError("the plugin jar is missing")

    for name in ("jar_path", "pyfiles_path", "spark_conf"):
        monkeypatch.setattr(install, name, missing)

    assert cli.main([command]) == 1
    assert capsys.readouterr().err == "spark-exporter: the plugin jar is missing\n"


def conf_output(capsys, monkeypatch, form, conf=CONF):
    monkeypatch.setattr(install, "spark_conf", lambda _own: conf)
    code = cli.main(["spark-conf", f"--format={form}"])
    return code, capsys.readouterr()


def test_arguments_survive_an_unquoted_shell(capsys, monkeypatch):
    """`spark-submit $(spark-exporter spark-conf --format args) job.py` gets them as they are meant."""
    code, captured = conf_output(capsys, monkeypatch, "args")
    words = subprocess.run(
        ["sh", "-c", f"printf '%s\\n' {captured.out}"], capture_output=True, text=True, check=True
    )

    assert code == 0
    expected = [word for key, value in CONF.items() for word in ("--conf", f"{key}={value}")]
    assert words.stdout.splitlines() == expected
    assert shlex.split(captured.out) == captured.out.split()


@pytest.mark.parametrize(
    "value", ["/opt/my jars/a.jar", "/opt/*.jar", "$HOME/a.jar", "a'b", 'a"b', "a;b", "~/a.jar"]
)
def test_arguments_that_would_need_quotes_are_refused(capsys, monkeypatch, value):
    """Rather than taken apart by the shell."""
    code, captured = conf_output(capsys, monkeypatch, "args", {"spark.jars": value})

    assert code == 1
    assert captured.out == ""
    assert "needs quotes in a shell; use --format properties or json" in captured.err


def test_json(capsys, monkeypatch):
    """An object that json reads back."""
    assert json.loads(conf_output(capsys, monkeypatch, "json")[1].out) == CONF


def test_properties_are_those_of_java(capsys, monkeypatch):
    """Spark reads spark-defaults.conf as Java properties: backslashes and other alphabets are escaped."""
    conf = {"spark.a": "C:\\jars\\plugin.jar", "spark.b": " x\ty\n", "spark.c": "café 😀"}

    assert conf_output(capsys, monkeypatch, "properties", conf)[1].out == (
        "spark.a=C:\\\\jars\\\\plugin.jar\nspark.b=\\ x\\ty\\n\nspark.c=caf\\u00e9 \\ud83d\\ude00\n"
    )


def test_each_command_imports_only_what_it_needs():
    """Printing a path must not load a web server."""
    heavy = ("uvicorn", "starlette", "requests", "orjson", "yaml", "prometheus_client")
    code = (
        "import sys; from exporter import cli; cli.main(['version']);"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == [__version__, "[]"]


def test_own_jars_and_python_files_stand_beside_ours(monkeypatch, capsys):
    """spark-submit's --jars and --py-files would replace what the command prints."""
    monkeypatch.setattr(install, "spark_conf", lambda own: {**own, "spark.plugins": "x.Y"})

    assert cli.main(["spark-conf", "--jars=a.jar,b.jar", "--py-files", "c.py"]) == 0

    expected = "--conf spark.jars=a.jar,b.jar --conf spark.submit.pyFiles=c.py --conf spark.plugins=x.Y\n"
    assert capsys.readouterr().out == expected
