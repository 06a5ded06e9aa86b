"""Declared keys: rules are checked here and held by the plugin; a default is what readers get."""

import pytest

from exporter import config


@pytest.fixture
def hop(start_hop, tmp_path, steering):
    """The plugin of the driver's JVM, with the application running."""
    found = start_hop(tmp_path)
    steering.run_in(tmp_path)
    return found


def test_the_plugin_has_the_rule_when_declare_returns(hop):
    """With a session, the rule holds from then on."""
    config.declare("threshold", type=int, default=10, minimum=0, maximum=99)
    header, body = hop.noted("declare")[0]
    assert header == {
        "kind": "declare",
        "id": 1,
        "key": "threshold",
        "rule": {"type": "int", "minimum": 0, "maximum": 99},
    }
    assert body == b""
    assert hop.noted("handle") == []


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ({"type": int}, {"type": "int"}),
        ({"type": float, "minimum": 0.5, "default": 1}, {"type": "float", "minimum": 0.5}),
        ({"type": str, "pattern": "a+", "default": "aa"}, {"type": "str", "pattern": "a+"}),
        ({"type": str, "choices": ("a", "b"), "default": "b"}, {"type": "str", "choices": ["a", "b"]}),
        ({"type": bool, "default": False}, {"type": "bool"}),
        ({"type": list, "default": [1]}, {"type": "list"}),
        ({"type": dict, "default": {}}, {"type": "dict"}),
        ({"type": object, "choices": [1, None, "x"]}, {"type": "any", "choices": [1, None, "x"]}),
    ],
)
def test_every_kind_of_rule(hop, arguments, rule):
    """Only what was given is sent."""
    config.declare("key", **arguments)
    assert hop.noted("declare")[0][0]["rule"] == rule


@pytest.mark.usefixtures("steering")
def test_defaults():
    """A declared default is what get() returns, unless the reader has an own one."""
    given = [1]
    config.declare("limits", type=list, default=given)
    given.append(2)
    assert config.get("limits") == [1]
    assert config.get("limits", "own") == "own"
    assert config.all() == {}
    config.declare("limits", type=list)
    assert config.get("limits") is None


def test_a_value_that_is_there_already_does_not_fit(hop, warnings_logged):
    """One warning; the declaration stands, and others are told nevertheless."""
    hop.refuse("declare", "invalid_value", 'threshold: "x" is not an int')
    config.declare("threshold", type=int)
    config.declare("threshold", type=int)
    (warning,) = warnings_logged()
    assert warning == (
        "spark-exporter: the present value of 'threshold' does not fit its declaration, and stays: "
        'threshold: "x" is not an int.'
    )


def test_a_rule_that_is_none_for_java(hop, warnings_logged):
    """One warning, which says that the declaration does not count; there is no exception."""
    hop.refuse("declare", "bad_rule", "pattern of 'q' cannot be read by Java: Unknown inline modifier")
    config.declare("q", type=str, pattern="(?P<x>a)", default="a")
    config.declare("q", type=str, pattern="(?P<x>a)", default="a")
    (warning,) = warnings_logged()
    assert warning == (
        "spark-exporter: the declaration of 'q' is not in force: pattern of 'q' cannot be read by Java: "
        "Unknown inline modifier. Any value is accepted, or what an earlier declaration of it allows."
    )
    assert config.get("q") == "a"


def test_a_rule_that_is_too_long_to_be_told(hop, warnings_logged):
    """It is said once, and others are told all the same: the connection stays."""
    config.declare("long", type=str, choices=["x" * (2 << 20)])
    config.declare("short", type=int)
    assert [header["key"] for header, _ in hop.noted("declare")] == ["short"]
    (warning,) = warnings_logged()
    assert warning.startswith("spark-exporter: the plugin refused a request (declare): a header of 2097")
    assert len(hop.noted("hello")) == 1


def test_a_rule_that_the_plugin_refuses(hop, warnings_logged):
    """It is said once."""
    hop.refuse("declare", "bad_request", "a rule is an object")
    config.declare("key", type=str, pattern="(?P<a>x)(?P=a)")
    assert warnings_logged() == [
        "spark-exporter: the plugin refused a request (declare): a rule is an object."
    ]


def test_control_is_off(hop, warnings_logged):
    """Then nobody can set the key, so there is nothing to warn about."""
    hop.refuse("declare", "unavailable", "control is off")
    config.declare("threshold", type=int, default=3)
    assert config.get("threshold") == 3
    assert warnings_logged() == []


@pytest.mark.usefixtures("steering")
@pytest.mark.parametrize(
    ("key", "arguments", "error", "sentence"),
    [
        (5, {"type": int}, TypeError, "key must be a string such as 'threshold', not 5"),
        ("1a", {"type": int}, ValueError, "key must be a letter or '_', then up to 127 .* not '1a'"),
        ("a" * 129, {"type": int}, ValueError, "key must be a letter"),
        ("a\n", {"type": int}, ValueError, "key must be a letter"),
        ("k", {"type": "int"}, TypeError, "type of 'k' must be one of int, float, .*any JSON\\), not 'int'"),
        ("k", {"type": bytes}, TypeError, "type of 'k' must be one of .* not <class 'bytes'>"),
        ("k", {"type": int, "default": "x"}, TypeError, "^the default of 'k' must be an int, not 'x'$"),
        ("k", {"type": int, "default": True}, TypeError, "the default of 'k' must be an int, not True"),
        ("k", {"type": int, "default": 1.0}, TypeError, "the default of 'k' must be an int, not 1.0"),
        ("k", {"type": bool, "default": 1}, TypeError, "the default of 'k' must be a bool, not 1"),
        ("k", {"type": int, "minimum": 0, "default": -1}, ValueError, "must be an int >= 0, not -1"),
        ("k", {"type": int, "minimum": 0, "maximum": 5, "default": 6}, ValueError, ">= 0 and <= 5, not 6"),
        ("k", {"type": int, "minimum": 5, "maximum": 0}, ValueError, "is above its maximum: 5 > 0"),
        ("k", {"type": int, "minimum": "0"}, TypeError, "minimum of 'k' must be a number, not '0'"),
        ("k", {"type": float, "maximum": float("inf")}, ValueError, "maximum of 'k' must be finite, not inf"),
        (
            "k",
            {"type": str, "minimum": 0},
            ValueError,
            "minimum of 'k' needs type=int or type=float, not str",
        ),
        ("k", {"type": int, "pattern": "a"}, ValueError, "pattern of 'k' needs type=str, not int"),
        ("k", {"type": str, "pattern": 5}, TypeError, "pattern of 'k' must be a string, not 5"),
        ("k", {"type": str, "pattern": "("}, ValueError, "pattern of 'k' is no regular expression: "),
        ("k", {"type": str, "pattern": "\ud800"}, ValueError, "pattern of 'k' must be text: .* surrogates"),
        ("k", {"type": dict, "default": {1: 2}}, TypeError, "default of 'k' must be .* be texts, not 1$"),
        (
            "k",
            {"type": str, "pattern": "a+", "default": "ab"},
            ValueError,
            "a str that matches \"a\\+\", not 'ab'",
        ),
        ("k", {"type": str, "choices": []}, ValueError, "choices of 'k' must not be empty"),
        ("k", {"type": str, "choices": "ab"}, TypeError, "choices of 'k' must be a list of values, not 'ab'"),
        ("k", {"type": str, "choices": ["a", 1]}, TypeError, "a choice of 'k' must be a str, not 1"),
        ("k", {"type": str, "choices": ["a", "b"], "default": "c"}, ValueError, 'a str out of "a", "b", not'),
        ("k", {"type": float, "default": float("nan")}, ValueError, "the default of 'k' must be JSON "),
        ("k", {"type": dict, "default": {"a": {1}}}, TypeError, "the default of 'k' must be JSON "),
    ],
)
def test_wrong_declarations(key, arguments, error, sentence):
    """A declaration that cannot hold is refused at once, with the key, the value and what is expected."""
    with pytest.raises(error, match=sentence):
        config.declare(key, **arguments)
    assert config.get("k") is None
