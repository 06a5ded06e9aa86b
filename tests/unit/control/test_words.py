"""key=value: whatever is typed becomes the JSON that it means, or a sentence."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.control.words import joined, pairs, parse_json, value_of

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
KEYS = st.text(min_size=1).filter(lambda key: "=" not in key)


@given(st.dictionaries(KEYS, VALUES))
def test_json_comes_through(document):
    """As it is, in whatever way it is written."""
    words = [f"{key}={json.dumps(value)}" for key, value in document.items()]

    assert json.loads(joined(pairs(words))) == document


@given(st.text(st.characters(exclude_categories=["Cs"])) | VALUES.map(repr))
def test_any_text_becomes_a_value(text):
    """Itself if it is no JSON; never an error, and never anything that is no JSON."""
    written = value_of(text)
    found = json.loads(written, parse_constant=lambda _: pytest.fail("no JSON"))
    assert found == text or written == text.strip()


@given(st.lists(st.text(), max_size=4))
def test_any_words_are_an_object_or_a_refusal(words):
    """And no other error, whatever the shell gives."""
    document = None
    with contextlib.suppress(ValueError):
        document = joined(pairs(words))
    assert document is None or len(json.loads(document)) == len(words)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("25", "25"),
        ("-0.10", "-0.10"),
        ("1.5e308", "1.5e308"),
        ("1e-999", "1e-999"),
        ("9" * 1000, "9" * 1000),
        ("0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
        (" [1, 2] ", "[1, 2]"),
        ("true", "true"),
        ("null", "null"),
        ("abc", '"abc"'),
        ('"25"', '"25"'),
        ("", '""'),
        ("007", '"007"'),
        ("+1", '"+1"'),
        ("NaN", '"NaN"'),
        ("-Infinity", '"-Infinity"'),
        ("[NaN]", '"[NaN]"'),
        ("True", '"True"'),
        ("{a: 1}", '"{a: 1}"'),
        ("caf\xe9", '"caf\\u00e9"'),
    ],
)
def test_what_a_value_means(text, written):
    """JSON with every digit that was typed, or a text."""
    assert value_of(text) == written


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1, "a": 2}', "an object in it has a key twice"),
        ("[" * 100_000, "is nested too deeply"),
        ("\udc80", "is not UTF-8"),
        ('"\\ud800"', "has half of a surrogate pair"),
        ("1e400", "'1e400' is too large for a number of 64 bits; as a text it needs double quotes"),
        ('{"a": [-2e308]}', "'-2e308' is too large for a number of 64 bits"),
        ("9" * 1001, "has more than 1000 digits"),
    ],
)
def test_what_nobody_could_mean(text, expected):
    """Is refused, and long words are shortened."""
    with pytest.raises(ValueError, match=expected) as caught:
        value_of(text)
    assert len(str(caught.value)) < 140


def test_the_key_of_a_bad_value_is_named():
    """Whoever gives many has to know which one is meant."""
    with pytest.raises(ValueError, match=r"^'limit': '1e400' is too large for a number of 64 bits"):
        pairs(["a=1", "limit=1e400"])


def test_keys_are_texts_too():
    """The shell may give bytes that are none."""
    with pytest.raises(ValueError, match="is not UTF-8"):
        joined(pairs(["\udc80=1"]))


def test_a_payload_is_as_it_was_written():
    """Digits and spaces included."""
    text = ' {"n": 1.000000000000000000001} '

    assert parse_json(text) == text
    with pytest.raises(ValueError, match="'1e999' is too large"):
        parse_json('{"n": 1e999}')
