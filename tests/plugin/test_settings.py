"""Settings: defaults, forms, and one warning for everything that is wrong."""

import re

import pytest

DEFAULTS = {
    "warnings": [],
    "enabled": True,
    "interval": 2000,
    "host": "127.0.0.1",
    "port": 4061,
    "token": "",
    "tokenUnusable": False,
    "retainedExecutorsTime": 3_600_000,
}


def parse(jvm, environment=None, **settings):
    """Parse settings given without their prefix."""
    raw = {f"spark.exporter.{key}": value for key, value in settings.items()}
    return jvm("settings_parse", raw=raw, environment=environment or {})


def test_defaults(jvm):
    """Nothing given, nothing said."""
    assert parse(jvm) == DEFAULTS


@pytest.mark.parametrize(
    ("text", "millis"),
    [("2s", 2000), ("500ms", 500), ("1m", 60_000), ("1min", 60_000), ("3", 3000), (" 4S ", 4000)],
)
def test_times_are_written_as_spark_writes_them(jvm, text, millis):
    """A number and a unit; without a unit it is seconds."""
    parsed = parse(jvm, interval=text)
    assert (parsed["interval"], parsed["warnings"]) == (millis, [])


@pytest.mark.parametrize("text", ["", "soon", "-1s", "1.5s", "99ms", "61s", "2 weeks", "9" * 30 + "s"])
def test_a_bad_time_is_named_and_the_default_used(jvm, text):
    """Key, value, expected form and what is used instead stand in one sentence."""
    parsed = parse(jvm, interval=text)
    assert parsed["interval"] == 2000
    (warning,) = parsed["warnings"]
    assert warning == (
        f'spark.exporter.interval="{text}": '
        "expected a time from 100ms to 60s, such as 500ms, 2s or 1m; using 2s"
    )


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("enabled", "maybe", "true or false; using true"),
        ("port", "65536", "a whole number from 0 to 65535; using 4061"),
        ("port", "http", "a whole number from 0 to 65535; using 4061"),
        ("host", "no host!", "a host name or an IP address; using 127.0.0.1"),
        ("retainedExecutorsTime", "never", "a time from 0s to 30d, such as 500ms, 2s or 1m; using 1h"),
    ],
)
def test_bad_values_say_what_is_expected(jvm, key, text, expected):
    """As with times."""
    parsed = parse(jvm, **{key: text})
    assert parsed["warnings"] == [f'spark.exporter.{key}="{text}": expected {expected}']
    assert parsed[key] == DEFAULTS[key]


def test_nonsense_everywhere_gives_one_warning_for_each_key(jvm):
    """Each warning names its key; written keys and unknown ones are among them."""
    keys = [*jvm("settings_keys"), "spark.exporter.intervall"]
    parsed = jvm("settings_parse", raw=dict.fromkeys(keys, "\x01 ü"), environment={})

    for key in keys:
        named = [text for text in parsed["warnings"] if re.search(rf"{re.escape(key)}(?!\w)", text)]
        assert len(named) == 1, (key, parsed["warnings"])
    assert len(parsed["warnings"]) == len(keys)
    assert {key: parsed[key] for key in ("interval", "host", "port")} == {
        key: DEFAULTS[key] for key in ("interval", "host", "port")
    }


def test_an_unusable_token_is_not_shown_and_does_not_open_the_endpoint(jvm):
    """A secret with a typing error must stay one."""
    parsed = parse(jvm, token="geheim wort")
    assert parsed["tokenUnusable"]
    (warning,) = parsed["warnings"]
    assert warning == (
        "spark.exporter.token: expected 8 to 1024 visible ASCII characters without a space; nothing is served"
    )


def test_the_token_may_come_from_the_environment(jvm):
    """The configuration goes first; an unusable one in the environment counts as well."""
    environment = {"SPARK_EXPORTER_TOKEN": "from-environment"}
    assert parse(jvm, environment)["token"] == "from-environment"
    assert parse(jvm, environment, token="from-settings")["token"] == "from-settings"
    unusable = parse(jvm, {"SPARK_EXPORTER_TOKEN": "short"})
    assert unusable["tokenUnusable"]
    assert unusable["warnings"][0].startswith("SPARK_EXPORTER_TOKEN: expected")
