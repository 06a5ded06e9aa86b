"""Flags and their environment twins."""

import argparse
from pathlib import Path

import pytest

from exporter.daemon import flags, settings
from exporter.daemon.asking import Asking
from exporter.daemon.errors import UsageError
from exporter.daemon.limits import Limits
from exporter.daemon.names import Names, parse_rule
from exporter.daemon.values import Address, parse_address, parse_duration

TARGET = "http://127.0.0.1:4040"


def read(*arguments, environment=None):
    parser = argparse.ArgumentParser()
    flags.add_flags(parser, flags.SERVE)
    return settings.from_arguments(parser.parse_args(arguments), environment or {})


def refusal(*arguments, environment=None):
    with pytest.raises(UsageError) as caught:
        read(*arguments, environment=environment)
    return str(caught.value)


def test_the_defaults():
    """Only a target is needed."""
    assert read("--target", TARGET + "/") == settings.Settings(
        targets=(TARGET,),
        listen_address=Address("127.0.0.1", 4060),
        telemetry_path="/metrics",
        retention=900.0,
        limits=Limits(50_000, 1_000_000, 1000, 200),
        names=Names(),
        asking=Asking(timeout=10.0, gap=0.1, interval=5.0, window=86400.0),
        state_directory=Path("~/.local/state/spark-exporter"),
        log_level="info",
        log_format="logfmt",
    )


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        ((), {"XDG_STATE_HOME": "/xdg"}, Path("/xdg/spark-exporter")),
        ((), {"XDG_STATE_HOME": "relative"}, Path("~/.local/state/spark-exporter")),
        (("--state.directory=here",), {"XDG_STATE_HOME": "/xdg"}, Path("here")),
        (("--state.directory=",), {"SPARK_EXPORTER_STATE_DIRECTORY": "/there"}, None),
        ((), {"SPARK_EXPORTER_STATE_DIRECTORY": ""}, None),
    ],
)
def test_where_state_is_kept(arguments, environment, expected):
    """Where users' state is, unless something else is said; an empty value or variable means nowhere."""
    assert read(f"--target={TARGET}", *arguments, environment=environment).state_directory == expected


def test_every_flag_has_an_environment_twin():
    """With the same meaning, targets separated by commas."""
    environment = {
        "SPARK_EXPORTER_TARGET": f"{TARGET}, http://two:4040",
        "SPARK_EXPORTER_WEB_LISTEN_ADDRESS": "[::1]:0",
        "SPARK_EXPORTER_WEB_TELEMETRY_PATH": "/m",
        "SPARK_EXPORTER_RETENTION": "1h30m",
        "SPARK_EXPORTER_LIMITS_APPLICATION_SERIES": "7",
        "SPARK_EXPORTER_LIMITS_SERIES": "8",
        "SPARK_EXPORTER_LIMITS_APPLICATIONS": "9",
        "SPARK_EXPORTER_LIMITS_LABEL_LENGTH": "64",
        "SPARK_EXPORTER_APP_NAME_RULE": "-v[0-9]{1,2}$=>\n\n(.*)_part=>\\1\n",
        "SPARK_EXPORTER_APP_NAME_DEFAULT_RULES": "false",
        "SPARK_EXPORTER_POLL_INTERVAL": "1s",
        "SPARK_EXPORTER_COLLECTOR_DISABLE": "sql, connect",
        "SPARK_EXPORTER_HISTORY_WINDOW": "1h",
        "SPARK_EXPORTER_STATE_DIRECTORY": "/var/lib/x",
        "SPARK_EXPORTER_SCRAPE_TIMEOUT": "500ms",
        "SPARK_EXPORTER_TOKEN": "secret",
        "SPARK_EXPORTER_LOG_LEVEL": "debug",
        "SPARK_EXPORTER_LOG_FORMAT": "json",
    }
    assert {flag.variable for flag in flags.SERVE} == {*environment, "SPARK_EXPORTER_TOKEN_FILE"} - {
        flags.TOKEN_VARIABLE
    }

    names = Names((parse_rule("-v[0-9]{1,2}$=>"), parse_rule("(.*)_part=>\\1")), defaults=False)
    assert read(environment=environment) == settings.Settings(
        targets=(TARGET, "http://two:4040"),
        listen_address=Address("::1", 0),
        telemetry_path="/m",
        retention=5400.0,
        limits=Limits(7, 8, 9, 64),
        names=names,
        asking=Asking(0.5, "secret", 0.1, 1.0, frozenset({"sql", "connect"}), 3600.0),
        state_directory=Path("/var/lib/x"),
        log_level="debug",
        log_format="json",
    )


def test_a_flag_wins_over_its_variable():
    """And an empty variable is none."""
    environment = {"SPARK_EXPORTER_RETENTION": "1m", "SPARK_EXPORTER_LOG_LEVEL": ""}
    found = read("--target", TARGET, "--retention=2m", environment=environment)

    assert (found.retention, found.log_level) == (120.0, "info")


@pytest.mark.parametrize(
    ("flag", "value", "expected"),
    [
        ("retention", "15 parsecs", "'15 parsecs' is not a duration; expected numbers with units"),
        ("retention", "-1m", "is not a duration"),
        ("retention", "366d", "'366d' is too long; expected at most a year, 365d"),
        ("retention", "9" * 5000 + "s", "is not a duration"),
        ("scrape.timeout", "61m", "'61m' is too long; expected at most an hour"),
        ("collector.disable", "plugin", "'plugin' is not one of sink, runtime, executors, jobs,"),
        ("poll.interval", "0", "is no time at all; expected a duration above zero"),
        ("web.listen-address", "a..b:80", "'a..b:80' is not an address; expected host:port"),
        ("scrape.timeout", "0", "is no time at all; expected a duration above zero"),
        ("web.listen-address", "4060", "'4060' is not an address; expected host:port"),
        ("web.listen-address", "a:70000", "is not an address"),
        ("web.telemetry-path", "metrics", "expected one that begins with /"),
        ("web.telemetry-path", "/-/ready", "is not a path for metrics"),
        ("limits.application-series", "many", "expected a whole number"),
        ("limits.series", "-1", "expected a whole number"),
        ("limits.applications", "0", "'0' is too small; expected a whole number above zero, such as 1000"),
        ("limits.label-length", "5", "'5' is no length; expected 32 to 10000, such as 200"),
        ("app-name.rule", "etl", "'etl' is not a rule; expected REGEX=>REPLACEMENT, such as"),
        ("app-name.rule", "=>x", "'=>x' is not a rule; expected REGEX=>REPLACEMENT"),
        ("app-name.rule", "a(b=>x", "'a(b' is not a regular expression: missing ), unterminated subpattern"),
        ("app-name.rule", r"a(b)=>\2", r"'\\2' is not a replacement: invalid group reference 2"),
        ("app-name.default-rules", "no", "'no' is neither true nor false"),
        ("log.level", "loud", "'loud' is not one of debug, info, warning, error"),
        ("log.format", "xml", "'xml' is not one of logfmt, json"),
        ("target", "127.0.0.1:4040", "expected the URL of a driver's UI"),
    ],
)
def test_a_bad_value_is_named_with_its_origin(flag, value, expected):
    """Whether it came by flag or by variable."""
    variable = "SPARK_EXPORTER_" + flag.upper().replace(".", "_").replace("-", "_")
    base = () if flag == "target" else ("--target", TARGET)

    message = refusal(*base, f"--{flag}={value}")
    assert message.startswith(f"--{flag}: ")
    assert expected in message
    assert refusal(*base, environment={variable: value}) == message.replace(f"--{flag}: ", f"{variable}: ")


def test_a_target_is_needed_and_each_only_once():
    """Two watchers of one driver would publish it twice."""
    assert refusal() == "--target is missing; give the URL of a driver's UI: --target http://127.0.0.1:4040"
    assert "given more than once" in refusal("--target", TARGET, "--target", TARGET + "/")


def test_the_token_comes_from_a_file(tmp_path):
    """Without the line end of an editor."""
    file = tmp_path / "token"
    file.write_text("secret\n")

    assert read("--target", TARGET, "--token-file", str(file)).asking.token == "secret"


def test_a_bad_token_is_refused(tmp_path):
    """The text names the source and never shows the token."""
    file = tmp_path / "token"
    assert "cannot be read: No such file" in refusal("--target", TARGET, "--token-file", str(file))
    file.write_text(" \n")
    assert "holds no token" in refusal("--target", TARGET, "--token-file", str(file))
    bad = refusal("--target", TARGET, environment={"SPARK_EXPORTER_TOKEN": "two words"})
    assert "SPARK_EXPORTER_TOKEN: holds no token; expected printable ASCII" in bad
    assert "two words" not in bad
    both = refusal("--target", TARGET, "--token-file", str(file), environment={"SPARK_EXPORTER_TOKEN": "a"})
    assert both == "--token-file and SPARK_EXPORTER_TOKEN are both given; expected one of them"


def test_a_misspelt_variable_is_found():
    """One that is somebody else's, or ours, is not suspected."""
    environment = {
        "SPARK_EXPORTER_RETENTOIN": "1m",
        "SPARK_EXPORTER_SCRAPE_TIMOUT": "1s",
        "SPARK_EXPORTER_RETENTION": "1m",
        "SPARK_EXPORTER_TOKEN": "a",
        "SPARK_EXPORTER_TOKEN_FILE": "a",
        "SPARK_EXPORTER_MAX_SERIES": "5",
        "SPARK_EXPORTER_FORCE_LOCK": "1",
        "SPARK_EXPORTER_REQUIRE_ALL": "1",
        "SPARK_EXPORTER_DIRECTORY": "/tmp",
        "RETENTOIN": "1m",
    }

    assert flags.misspelt(environment) == {
        "SPARK_EXPORTER_RETENTOIN": "SPARK_EXPORTER_RETENTION",
        "SPARK_EXPORTER_SCRAPE_TIMOUT": "SPARK_EXPORTER_SCRAPE_TIMEOUT",
    }


def test_the_check_is_more_patient():
    """Spark's first answer takes long, and the daemon asks again where the check does not."""
    parser = argparse.ArgumentParser()
    flags.add_flags(parser, flags.CHECK)

    assert flags.read(flags.CHECK, parser.parse_args([]), {})["scrape_timeout"] == 30.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("90s", 90), ("15m", 900), ("1h30m", 5400), ("2d", 172_800), ("250ms", 0.25)],
)
def test_durations(text, seconds):
    """As Prometheus writes them."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["127.0.0.1:4060", "[::1]:0", ":4060", "host.example:1"])
def test_addresses_read_as_they_are_written(text):
    """Their text is what was given."""
    assert str(parse_address(text)) == text
