"""Settings: defaults, forms, and one warning for everything that is wrong."""

import re

import pytest

ALLOWED = (
    "config", "custom", "log-level", "report-interval", "sql-conf", "uncache", "cancel", "stop-query", "gc",
)  # fmt: skip
DEFAULTS = {
    "warnings": [],
    "enabled": True,
    "interval": 2000,
    "host": "127.0.0.1",
    "port": 4061,
    "token": "",
    "tokenUnusable": False,
    "events.allow": ["config", "custom", "log-level"],
    "eventListeners": [],
    "maxPayload": 1 << 20,
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
        ("maxPayload", "65m", "a size from 1k to 64m, such as 65536, 512k or 1m; using 1m"),
        ("maxPayload", "1000", "a size from 1k to 64m, such as 65536, 512k or 1m; using 1m"),
        ("maxPayload", "1g", "a size from 1k to 64m, such as 65536, 512k or 1m; using 1m"),
        ("eventListeners", "no class", "a comma-separated list of class names; using "),
        ("retainedExecutorsTime", "never", "a time from 0s to 30d, such as 500ms, 2s or 1m; using 1h"),
    ],
)
def test_bad_values_say_what_is_expected(jvm, key, text, expected):
    """As with times."""
    parsed = parse(jvm, **{key: text})
    assert parsed["warnings"] == [f'spark.exporter.{key}="{text}": expected {expected}']
    assert parsed[key] == DEFAULTS[key]


@pytest.mark.parametrize(
    ("text", "named", "left"),
    [
        ("config,everything", '"everything"', ["config"]),
        ("all, custom ,gc,Config", '"all", "Config"', ["custom", "gc"]),
        ("everything", '"everything"', []),
        ("config;custom", '"config;custom"', []),
        ("gc,", '""', ["gc"]),
        ("gc custom", '"gc custom"', []),
    ],
)
def test_of_a_list_of_what_is_allowed_only_the_good_words_count(jvm, text, named, left):
    """The default would allow more than whoever wrote the list wants."""
    parsed = parse(jvm, **{"events.allow": text})
    assert parsed["events.allow"] == left
    (warning,) = parsed["warnings"]
    assert warning == (
        f'spark.exporter.events.allow="{text}": expected a comma-separated list of {", ".join(ALLOWED)};'
        f" without {named}, this allows {','.join(left) or 'nothing'}"
    )


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


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1m", 1 << 20),
        ("64M", 64 << 20),
        ("512k", 512 << 10),
        ("2048", 2048),
        ("4 KiB", 4096),
        ("1mb", 1 << 20),
    ],
)
def test_sizes_are_written_as_spark_writes_them(jvm, text, size):
    """A number and a unit; without a unit it is bytes."""
    parsed = parse(jvm, maxPayload=text)
    assert (parsed["maxPayload"], parsed["warnings"]) == (size, [])


def test_lists_have_commas(jvm):
    """Blanks around them do not count; each word counts once; an empty list is one."""
    parsed = parse(jvm, **{"events.allow": " gc , config,gc", "eventListeners": "a.B, c.D$E"})
    assert (parsed["events.allow"], parsed["eventListeners"]) == (["gc", "config"], ["a.B", "c.D$E"])
    assert parse(jvm, **{"events.allow": ""})["events.allow"] == []


@pytest.mark.parametrize("text", ["from-file", "from-file\n", "  from-file \r\n\n"])
def test_the_token_may_come_from_a_file(jvm, tmp_path, text):
    """The configuration goes first, then the file, then the environment."""
    path = tmp_path / "token"
    path.write_text(text)
    environment = {"SPARK_EXPORTER_TOKEN": "from-environment"}
    parsed = parse(jvm, environment, tokenFile=str(path))
    assert (parsed["token"], parsed["tokenUnusable"], parsed["warnings"]) == ("from-file", False, [])
    assert parse(jvm, environment, tokenFile=str(path), token="from-settings")["token"] == "from-settings"


@pytest.mark.parametrize("content", ["", "short", "two words of it", "x" * 1025, "x" * 100_000])
def test_a_file_without_a_usable_token(jvm, tmp_path, content):
    """Nothing is served, what stands there is not shown, and the environment does not step in."""
    path = tmp_path / "token"
    path.write_text(content)
    parsed = parse(jvm, {"SPARK_EXPORTER_TOKEN": "from-environment"}, tokenFile=str(path))
    assert (parsed["token"], parsed["tokenUnusable"]) == ("", True)
    (warning,) = parsed["warnings"]
    assert warning == (
        "the file in spark.exporter.tokenFile: "
        "expected 8 to 1024 visible ASCII characters without a space; nothing is served"
    )


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("/nowhere/secret-token", "the file cannot be read (NoSuchFileException); nothing is served"),
        ("/proc", "the file cannot be read (IOException); nothing is served"),
        ("secret-token", "expected an absolute path; nothing is served"),
    ],
)
def test_a_token_file_that_cannot_be_read(jvm, path, complaint):
    """Its path is not shown either: somebody may have given the token itself."""
    parsed = parse(jvm, tokenFile=path)
    assert (parsed["token"], parsed["tokenUnusable"]) == ("", True)
    assert parsed["warnings"] == [f"spark.exporter.tokenFile: {complaint}"]
