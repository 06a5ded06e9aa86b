"""Strict JSON: what the plugin takes from outside, and what it makes of it."""

import base64
import json
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.parts import JavaError

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


def read(jvm, text):
    """Read bytes or a text; return what was read as it is written again."""
    data = text if isinstance(text, bytes) else text.encode()
    return jvm("json_read", bytes=base64.b64encode(data).decode())


def refusal(jvm, text):
    """Return the sentence with which a text is refused."""
    with pytest.raises(JavaError) as refused:
        read(jvm, text)
    kind, sentence = str(refused.value).split(": ", 1)
    assert kind == "io.sparkexporter.json.JsonException"
    return sentence


def taken(jvm, data):
    """Return what is read as it is written again; None if it is refused as it should be."""
    try:
        return read(jvm, data)["json"]
    except JavaError as refused:
        if str(refused).startswith("io.sparkexporter.json.JsonException: "):
            return None
        raise


def strictly_equal(one, other):
    """Compare as Python does, but 1, 1.0 and True are three things."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@given(value=VALUES)
def test_every_value_survives_the_way_there_and_back(shared_jvm, value):
    """Numbers keep their kind and every bit, whatever their size."""
    answer = read(shared_jvm, json.dumps(value))
    assert strictly_equal(json.loads(answer["json"]), value)
    assert strictly_equal(json.loads(answer["canonical"]), value)


@given(values=st.dictionaries(TEXT, VALUES, min_size=2, max_size=5), data=st.data())
def test_the_canonical_text_knows_no_order(shared_jvm, values, data):
    """Equal objects give equal texts."""
    shuffled = dict(data.draw(st.permutations(list(values.items()))))
    texts = {read(shared_jvm, json.dumps(one))["canonical"] for one in (values, shuffled)}
    assert len(texts) == 1


@pytest.mark.parametrize(
    ("text", "again", "kind"),
    [
        ("25", "25", "Long"),
        ("-0", "0", "Long"),
        ("9223372036854775808", "9223372036854775808", "BigInteger"),
        ("0.1", "0.1", "Double"),
        ("-0.0", "-0.0", "Double"),
        ("1e2", "100.0", "Double"),
        ('"\\ud83d\\ude00"', '"\U0001f600"', "String"),
        (" [ ] ", "[]", "UnmodifiableRandomAccessList"),
        ("null", "null", None),
    ],
)
def test_what_is_read_and_how_it_is_written(jvm, text, again, kind):
    """The classes that listeners see."""
    answer = read(jvm, text)
    assert (answer["json"], answer["class"]) == (again, kind)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no JSON at all"),
        ("  ", "no JSON at all"),
        ("1 2", "not JSON: something after the end of the value at line 1, column 3"),
        ('{"a": 1, "a": 1}', 'not accepted: the key "a" twice at line 1, column 10'),
        ('"\\ud800"', "not accepted: half of a surrogate pair in a text at line 1, column 1"),
        ("1e400", "not accepted: the number 1e400 is too large for 64 bits at line 1, column 1"),
        (
            '{"a": {"n": 1e400}}',
            'not accepted: the number 1e400 of "n" is too large for 64 bits at line 1, column 13',
        ),
        (
            '{"n": [{}, -2e999]}',
            'not accepted: the number -2e999 of "n" is too large for 64 bits at line 1, column 12',
        ),
        (
            '{"n": "\\udc00"}',
            'not accepted: half of a surrogate pair in a text of "n" at line 1, column 7',
        ),
        ("[" * 65 + "]" * 65, "not accepted: more than 64 levels at line 1, column 65"),
        ('{"a":' * 65 + "1" + "}" * 65, "not accepted: more than 64 levels at line 1, column 321"),
        ("1" * 1001, "not accepted: a number of more than 1000 digits"),
        ("NaN", "not JSON: NaN and Infinity are no numbers there at line 1, column 4"),
        ("tru", "not JSON: an unknown word at line 1, column 1"),
        ("{a: 1}", "not JSON: an unexpected character at line 1, column 2"),
        ("[01]", "not JSON: a number in another form at line 1, column 3"),
        (
            '"a\nb"',
            "not JSON: a line break, a tab or the like in a text without an escape at line 1, column 3",
        ),
        ('"\\x"', "not JSON: an unknown escape in a text at line 1, column 3"),
        ('{"a": [1', "not JSON: it ends too early at line 1, column 9"),
        (b'"\xff"', "not UTF-8"),
    ],
)
def test_what_is_refused_is_named_with_its_place(jvm, text, sentence):
    """The sentence is for whoever sent it."""
    assert refusal(jvm, text) == sentence


@pytest.mark.parametrize(
    "text",
    [
        "NaN", "Infinity", "-Infinity", "{'a': 1}", "{a: 1}", "[1,]", '{"a":1,}', "// x\n1", "/* x */1", "01",
        "+1", ".5", "1.", '"a\nb"', "tru", "[", '{"a"}', '"\\x"', "\ufeff1",
    ],
)  # fmt: skip
def test_what_other_readers_might_take_is_no_json(jvm, text):
    """The sentence is for the sender, not for who programs with the library that reads it."""
    sentence = refusal(jvm, text)
    assert sentence.startswith("not JSON: ")
    assert not re.search("Read(Feature|Constraints)|allow|expecting|unexpected at", sentence)


def test_depth_up_to_the_limit(jvm):
    """64 levels are read."""
    assert read(jvm, "[" * 64 + "]" * 64)["json"] == "[" * 64 + "]" * 64


@given(data=st.binary(max_size=60))
def test_garbage_gives_a_value_or_a_sentence(shared_jvm, data):
    """Never anything else; what is taken, Python's strict reader takes, too."""
    answer = taken(shared_jvm, data)
    if answer is not None:
        value = json.loads(data, parse_constant=pytest.fail)
        assert not (isinstance(value, float) and math.isinf(value))
        assert strictly_equal(json.loads(answer), value)
