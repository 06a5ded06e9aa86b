"""Flags and their environment twins."""

import argparse
import ipaddress
from pathlib import Path

import pytest

from exporter.daemon import flags, settings
from exporter.daemon.asking import Asking
from exporter.daemon.discovery.driver_pods import Watched
from exporter.daemon.discovery.pods import Rules
from exporter.daemon.discovery.reach import Ports
from exporter.daemon.discovery.sharding import Shard
from exporter.daemon.errors import UsageError
from exporter.daemon.limits import Limits
from exporter.daemon.names import Names, parse_rule
from exporter.daemon.values import Address, parse_address, parse_duration, parse_selector

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
        files=(),
        pods=None,
        shard=Shard(0, 1),
        listen_address=Address("127.0.0.1", 4060),
        telemetry_path="/metrics",
        web_config=None,
        last_scrape=0.0,
        retention=900.0,
        limits=Limits(50_000, 1_000_000, 1000, 200),
        names=Names(),
        asking=Asking(timeout=10.0, interval=5.0, window=86400.0),
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
        "SPARK_EXPORTER_FILE_SD_PATH": "a.json, b.yaml",
        "SPARK_EXPORTER_KUBERNETES_DISCOVERY": "true",
        "SPARK_EXPORTER_KUBERNETES_NAMESPACE": "one, two",
        "SPARK_EXPORTER_KUBERNETES_ALL_NAMESPACES": "false",
        "SPARK_EXPORTER_KUBERNETES_SELECTOR": "a=b,c=d\n!e\n",
        "SPARK_EXPORTER_KUBERNETES_UI_PORT": "4041",
        "SPARK_EXPORTER_KUBERNETES_ALLOWED_PORTS": "4040-4050,7077",
        "SPARK_EXPORTER_KUBERNETES_ALLOWED_ADDRESSES": "10.0.0.0/8,fd00::/8",
        "SPARK_EXPORTER_KUBERNETES_SHARDS": "app=exporter",
        "SPARK_EXPORTER_KUBERNETES_KUBECONFIG": "/kube",
        "SPARK_EXPORTER_SHARD": "spark-exporter-2",
        "SPARK_EXPORTER_TOTAL_SHARDS": "3",
        "SPARK_EXPORTER_WEB_LISTEN_ADDRESS": "[::1]:0",
        "SPARK_EXPORTER_WEB_TELEMETRY_PATH": "/m",
        "SPARK_EXPORTER_WEB_CONFIG_FILE": "/etc/web.yml",
        "SPARK_EXPORTER_SIDECAR_LAST_SCRAPE": "20s",
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

    ports = Ports(((4040, 4050), (7077, 7077)))
    networks = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))
    names = Names((parse_rule("-v[0-9]{1,2}$=>"), parse_rule("(.*)_part=>\\1")), defaults=False)
    assert read(environment=environment) == settings.Settings(
        targets=(TARGET, "http://two:4040"),
        files=("a.json", "b.yaml"),
        pods=Watched(
            ("one", "two"),
            False,
            ("a=b,c=d", "!e"),
            Rules(4041, ports, networks),
            "app=exporter",
            Path("/kube"),
            "spark-exporter",
        ),
        shard=Shard(2, 3),
        listen_address=Address("::1", 0),
        telemetry_path="/m",
        web_config=Path("/etc/web.yml"),
        last_scrape=20.0,
        retention=5400.0,
        limits=Limits(7, 8, 9, 64),
        names=names,
        asking=Asking(0.5, "secret", interval=1.0, disabled=frozenset({"sql", "connect"}), window=3600.0),
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
        ("web.telemetry-path", "/api/v1/metrics", "is not a path for metrics"),
        (
            "web.config.file",
            "a\0b",
            "is not a file; expected a path, such as /etc/spark-exporter/web-config.yml",
        ),
        ("sidecar.last-scrape", "20", "'20' is not a duration; expected numbers with units"),
        ("sidecar.last-scrape", "61m", "'61m' is too long; expected at most an hour"),
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
        (
            "file-sd.path",
            "targets.txt",
            "'targets.txt' is not a file with targets; expected a path that ends",
        ),
        ("kubernetes.discovery", "yes", "'yes' is neither true nor false"),
        ("kubernetes.namespace", "Spark", "'Spark' is not a namespace; expected lower-case letters, digits"),
        ("kubernetes.namespace", "a" * 64, "is not a namespace"),
        ("kubernetes.selector", "spark role", "'spark role' is not a label selector; expected requirements"),
        ("kubernetes.selector", "a=b,", "is not a label selector"),
        ("kubernetes.selector", "a in b", "is not a label selector"),
        ("kubernetes.ui-port", "0", "'0' is not a port; expected a number from 1 to 65535, such as 4040"),
        (
            "kubernetes.allowed-ports",
            "9-1",
            "'9-1' is not a range of ports; expected numbers from 1 to 65535",
        ),
        ("kubernetes.allowed-addresses", "10.0.0.1/8", "is not a network (10.0.0.1/8 has host bits set)"),
        (
            "shard",
            "first",
            "'first' is not a shard; expected a number from 0, or the name of a StatefulSet's",
        ),
        ("total-shards", "0", "'0' is too small; expected a whole number above zero"),
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
    assert refusal() == (
        "--target is missing; give the URL of a driver's UI: --target http://127.0.0.1:4040, "
        "or have drivers found with --kubernetes.discovery=true or --file-sd.path FILE"
    )
    assert "given more than once" in refusal("--target", TARGET, "--target", TARGET + "/")


def test_whoever_has_drivers_found_needs_no_target():
    """By files or by Kubernetes, each with its defaults."""
    files = read("--file-sd.path=/etc/a.json", "--file-sd.path=b/*.yml")
    assert (files.targets, files.files, files.pods) == ((), ("/etc/a.json", "b/*.yml"), None)
    pods = read("--kubernetes.discovery=true")
    assert pods.pods == Watched(
        (), False, ("spark-role=driver",), Rules(4040, Ports(((1024, 65535),)), ()), None
    )
    everywhere = read("--kubernetes.discovery=true", "--kubernetes.all-namespaces=true")
    assert everywhere.pods.everywhere


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        (
            ("--kubernetes.discovery=true", "--kubernetes.namespace=a", "--kubernetes.all-namespaces=true"),
            {},
            "--kubernetes.namespace and --kubernetes.all-namespaces=true contradict each other; expected one",
        ),
        (
            (f"--target={TARGET}", "--kubernetes.namespace=a"),
            {},
            "--kubernetes.namespace says nothing without --kubernetes.discovery=true",
        ),
        (
            (f"--target={TARGET}",),
            {"SPARK_EXPORTER_KUBERNETES_UI_PORT": "4040"},
            "SPARK_EXPORTER_KUBERNETES_UI_PORT says nothing without --kubernetes.discovery=true",
        ),
        (
            ("--kubernetes.discovery=true", "--kubernetes.allowed-ports=7000-8000,9090"),
            {},
            "--kubernetes.ui-port 4040 is not among --kubernetes.allowed-ports 7000-8000,9090: no pod could",
        ),
        (
            ("--kubernetes.discovery=true", "--kubernetes.namespace=a", "--kubernetes.namespace=a"),
            {},
            "--kubernetes.namespace a is given more than once",
        ),
        (
            ("--kubernetes.discovery=true",),
            {"SPARK_EXPORTER_KUBERNETES_SELECTOR": "a=b\na=b"},
            "--kubernetes.selector a=b is given more than once",
        ),
        (
            ("--file-sd.path=a.json", "--file-sd.path=a.json"),
            {},
            "--file-sd.path a.json is given more than once",
        ),
        (
            ("--kubernetes.discovery=true", "--kubernetes.shards=a=b", "--shard=2"),
            {},
            "--kubernetes.shards needs the name of this daemon's pod, which tells whose pods the shards are;",
        ),
        (
            (f"--target={TARGET}", "--shard=3", "--total-shards=3"),
            {},
            "--shard 3 is not one of --total-shards 3; shards are counted from 0, so that the last one is 2",
        ),
        (
            (f"--target={TARGET}",),
            {"SPARK_EXPORTER_SHARD": "spark-exporter-1"},
            "--shard 1 is not one of --total-shards 1; shards are counted from 0, so that the last one is 0",
        ),
    ],
)
def test_flags_that_contradict_each_other(arguments, environment, expected):
    """Each gets a sentence."""
    assert refusal(*arguments, environment=environment).startswith(expected)


@pytest.mark.parametrize(
    "selector",
    [
        "spark-role=driver",
        "a==b",
        "a!=b",
        "a=",
        "a",
        "!a",
        "example.com/team in (a, b),x notin (c)",
        "spark-role=driver, sparkoperator.k8s.io/app-name=etl,!canary",
    ],
)
def test_label_selectors(selector):
    """As the API server takes them."""
    assert parse_selector(selector) == selector


def test_the_token_comes_from_a_file(tmp_path):
    """Without the line end of an editor."""
    file = tmp_path / "token"
    file.write_text("secret\n")

    assert read("--target", TARGET, "--token-file", str(file)).asking.token == "secret"


def test_the_token_comes_from_the_environment():
    """A Secret may have been made from a file, with the line end of an editor."""
    settings = read("--target", TARGET, environment={"SPARK_EXPORTER_TOKEN": " secret\r\n"})
    assert settings.asking.token == "secret"


def test_a_bad_token_is_refused(tmp_path):
    """The text names the source and never shows the token."""
    file = tmp_path / "token"
    assert "cannot be read: No such file" in refusal("--target", TARGET, "--token-file", str(file))
    file.write_text(" \n")
    assert "holds no token" in refusal("--target", TARGET, "--token-file", str(file))
    bad = refusal("--target", TARGET, environment={"SPARK_EXPORTER_TOKEN": "two words"})
    assert "SPARK_EXPORTER_TOKEN: holds no token; expected printable ASCII" in bad
    blank = refusal("--target", TARGET, environment={"SPARK_EXPORTER_TOKEN": " \n"})
    assert blank.startswith("SPARK_EXPORTER_TOKEN: holds no token")
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
