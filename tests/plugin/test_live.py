"""Live configuration: what is taken at the door, and how it gets to every JVM."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.applications import Store
from plugin.parts import JavaError
from plugin.steering import Control, Steered


def refusal(control, changes, expected=None):
    """Return the sentence with which changes are refused; nothing may have changed."""
    before = control.config()
    with pytest.raises(JavaError) as refused:
        control.patch(changes, expected)
    assert control.config() == before
    return str(refused.value).removeprefix("io.sparkexporter.live.LiveRefused: ")


def test_at_first_there_is_nothing(control):
    """Version 0 means that nothing was ever set."""
    assert control.config() == {
        "boot": "b00t",
        "version": 0,
        "values": {},
        "declared": {},
        "complete": True,
        "executors": [{"id": "driver", "version": 0}],
    }


def test_each_change_is_a_version(control):
    """One that changes nothing is none."""
    assert control.patch({"threshold": 25, "name": "a"}) == 1
    assert control.patch({"threshold": 25}) == 1
    assert control.patch({}) == 1
    assert control.patch({"absent": None}) == 1
    assert control.patch({"threshold": None, "list": [1, {"a": 0.1}]}) == 2
    assert control.config()["values"] == {"name": "a", "list": [1, {"a": 0.1}]}
    assert control.copy() == (2, {"name": "a", "list": [1, {"a": 0.1}]})


def test_kinds_of_numbers_are_kept(control):
    """1, 1.0 and true are three values."""
    big = 10**40
    for version, value in enumerate((1, 1.0, True, big), 1):
        assert control.patch({"a": value}) == version
        assert json.dumps(control.config()["values"]) == json.dumps({"a": value})


@pytest.mark.parametrize("key", ["a", "_", "A.b-c_9", "a" * 128])
def test_good_keys(control, key):
    """Letters, digits, underscore, point and hyphen, up to 128."""
    assert control.patch({key: 1}) == 1


@pytest.mark.parametrize("key", ["", "1a", "-a", "a b", "ä", "a\n", "a" * 129, 'a"'])
def test_bad_keys(control, key):
    """The sentence has the key and what it must match."""
    shown = json.dumps(key if len(key) <= 100 else key[:100] + "...", ensure_ascii=False).replace(
        "\\n", "\\u000a"
    )
    assert refusal(control, {"good": 1, key: 1}) == (
        f"the key {shown} does not match [A-Za-z_][A-Za-z0-9_.-]{{0,127}}"
    )


@pytest.mark.parametrize(
    ("rule", "good", "bad", "expected"),
    [
        ({"type": "int", "minimum": 0}, [0, 10**30], ["x", -1, 1.5, True, [0]], "an int >= 0"),
        ({"type": "int", "minimum": 1, "maximum": 3}, [1, 3], [0, 4], "an int >= 1 and <= 3"),
        ({"type": "float", "maximum": 0.5}, [0.5, -3, -1e300], [0.6, 1, "0", False], "a float <= 0.5"),
        ({"type": "str"}, ["", "x"], [1, ["x"]], "a str"),
        ({"type": "str", "pattern": "a+"}, ["a", "aaa"], ["", "ab", 1], 'a str that matches "a+"'),
        ({"type": "str", "choices": ["a", "b"]}, ["a"], ["c", 1], 'a str out of "a", "b"'),
        ({"type": "int", "choices": [1, 2]}, [2], [3, 2.0, "2"], "an int out of 1, 2"),
        ({"type": "float", "choices": [1, 2.5]}, [1.0, 1, 2.5], [2], "a float out of 1, 2.5"),
        ({"type": "bool"}, [True, False], [0, "true"], "a bool"),
        ({"type": "list"}, [[], [1]], [{}, "x"], "a list"),
        ({"type": "dict"}, [{}, {"a": []}], [[], 1], "a dict"),
        (
            {"type": "any", "choices": [[1], {"a": None}]},
            [[1], {"a": None}],
            [[2]],
            'any value out of [1], {"a":null}',
        ),
    ],
)
def test_declared_keys_take_what_fits(control, rule, good, bad, expected):
    """Anything else is refused with key, value and what is expected; null always removes."""
    control.declare("key", **rule)
    assert control.config()["declared"] == {"key": rule}
    for value in good:
        control.patch({"key": value})
        assert control.config()["values"] == {"key": value}
    for value in bad:
        shown = json.dumps(value, separators=(",", ":"))
        assert refusal(control, {"other": 1, "key": value}) == f"key: {shown} is not {expected}"
    control.patch({"key": None})
    assert control.config()["values"] == {}


def test_all_that_does_not_fit_is_named(control):
    """Up to ten complaints, and long values are cut."""
    for number in range(12):
        control.declare(f"k{number:02}", type="int")
    sentence = refusal(control, {f"k{number:02}": "x" * 200 for number in range(12)})
    assert len(sentence.split("; ")) == 10
    assert sentence.startswith('k00: "' + "x" * 99 + "... is not an int; k01: ")


ENDLESS, DEEP = "(.*a){12}b", "(fast|exact|,)*"


MANY = ",".join(["fast"] * 20_000)


def test_a_pattern_does_not_hold_up_anything(control):
    """What takes longer than a second, or all of the stack, is refused like what does not match."""
    control.declare("other", type="int")
    control.declare("text", type="str", pattern=ENDLESS)
    control.declare("mode", type="str", pattern=DEEP)
    assert control.patch({"text": "a" * 12 + "b", "mode": "fast,exact"}) == 1
    assert refusal(control, {"mode": MANY, "text": "a" * 40, "other": "x"}) == (
        f'mode: "{MANY[:99]}... took too much stack to check; it must match "{DEEP}"; '
        f'text: "{"a" * 40}" took too long to check; it must match "{ENDLESS}"; '
        'other: "x" is not an int'
    )
    assert control.patch({"text": "a" * 13 + "b", "mode": "exact"}) == 2


def test_all_patterns_together_have_a_second(control):
    """However many keys a change has."""
    for number in range(100):
        control.declare(f"k{number}", type="str", pattern=ENDLESS)
    begun = time.monotonic()
    assert refusal(control, {f"k{number}": "a" * 40 for number in range(100)}).count("too long") == 10
    assert time.monotonic() - begun < 30


def test_a_declaration_whose_pattern_takes_too_long(control):
    """Choices must be checked with it; the present value need not, so that the rule counts."""
    with pytest.raises(JavaError, match="a choice of 'key' took too long to check; it must match "):
        control.declare("key", type="str", pattern=ENDLESS, choices=["a" * 40])
    assert control.config()["declared"] == {}
    control.patch({"key": MANY})
    with pytest.raises(JavaError, match=r'key: "fast.* took too much stack to check; it must match '):
        control.declare("key", type="str", pattern=DEEP)
    assert control.config()["declared"] == {"key": {"type": "str", "pattern": DEEP}}


TYPES = "type of 'key' must be one of int, float, str, bool, list, dict, any, not "


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({}, TYPES + "null"),
        ({"type": "number"}, TYPES + '"number"'),
        ({"type": 1}, TYPES + "1"),
        ({"type": "int", "minimum": "0"}, "minimum of 'key' must be a number, not \"0\""),
        ({"type": "str", "minimum": 0}, "minimum of 'key' needs type=int or type=float, not str"),
        ({"type": "int", "minimum": 5, "maximum": 0}, "minimum of 'key' is above its maximum: 5 > 0"),
        ({"type": "int", "pattern": "a"}, "pattern of 'key' needs type=str, not int"),
        ({"type": "str", "pattern": 1}, "pattern of 'key' must be a string, not 1"),
        ({"type": "str", "pattern": "("}, "pattern of 'key' cannot be read by Java: Unclosed group"),
        (
            {"type": "str", "pattern": "(" * 50_000 + "a" + ")" * 50_000},
            "pattern of 'key' cannot be read by Java: Stack overflow during pattern compilation",
        ),
        ({"type": "int", "choices": 3}, "choices of 'key' must be a list of values, not 3"),
        ({"type": "int", "choices": []}, "choices of 'key' must not be empty"),
        ({"type": "int", "choices": [1, "2"]}, "a choice of 'key' must be an int, not \"2\""),
        ({"type": "int", "min": 3, "max": 4}, "unknown in the rule of 'key': max, min"),
    ],
)
def test_bad_rules(control, rule, sentence):
    """A rule that makes no sense is refused, and none is kept."""
    with pytest.raises(JavaError) as refused:
        control.declare("key", **rule)
    assert str(refused.value) == f"io.sparkexporter.live.LiveRefused: {sentence}"
    assert control.config()["declared"] == {}


def test_a_declaration_after_the_value(control):
    """The value stays, who declares hears of it, and the rule counts from now on."""
    control.patch({"threshold": "x"})
    with pytest.raises(JavaError, match='threshold: "x" is not an int >= 0'):
        control.declare("threshold", type="int", minimum=0)
    assert control.config()["values"] == {"threshold": "x"}
    assert refusal(control, {"threshold": -1}) == "threshold: -1 is not an int >= 0"


def test_at_most_a_thousand_keys(control):
    """One more is refused; one for another is not."""
    control.patch({f"k{number}": number for number in range(1000)})
    assert refusal(control, {"one": 1, "more": 2, "k0": None}) == (
        "the configuration would have 1001 keys; at most 1000"
    )
    assert control.patch({"one": 1, "k0": None}) == 2


def test_at_most_256_kibibytes(control):
    """Of JSON in all."""
    control.patch({"a": "x" * 200_000})
    sentence = refusal(control, {"b": "ü" * 50_000})
    assert sentence.startswith("the configuration would have 300")
    assert sentence.endswith(" bytes of JSON; at most 262144")


def test_only_who_knows_the_version_changes_it(control):
    """Compare and set: of two writers who have read the same, the second one is told."""
    assert control.patch({"a": 1}, expected=0) == 1
    assert refusal(control, {"a": 2}, expected=0) == "the configuration has version 1, not 0"
    assert control.patch({"a": 2}, expected=1) == 2


def test_an_executor_gets_what_it_lacks(jvm):
    """With the reply of its report; the one after that says so to the driver."""
    control = Control(Store(jvm))
    first = Steered(control.store, "1")
    control.patch({"a": 1, "b": 2})
    first.report()
    second = Steered(control.store, "2")
    control.patch({"b": None, "c": 3})
    assert first.copy() == (1, {"a": 1, "b": 2})
    assert first.report(), "the driver is to hear of it at once"
    assert second.report()
    assert first.copy() == second.copy() == (2, {"a": 1, "c": 3})
    assert not control.config()["complete"]
    assert not first.report()
    second.report()
    assert control.config()["complete"]
    assert control.config()["executors"] == [
        {"id": "driver", "version": 2},
        {"id": "1", "version": 2},
        {"id": "2", "version": 2},
    ]


def test_an_executor_that_is_gone_is_not_waited_for(jvm):
    """It does not count any more."""
    control = Control(Store(jvm))
    Steered(control.store, "1")
    control.patch({"a": 1})
    assert not control.config()["complete"]
    control.store.event("removed", id="1", reason="lost")
    assert control.config()["complete"]
    assert [one["id"] for one in control.config()["executors"]] == ["driver"]


def test_an_old_reply_does_not_bring_back_old_values(control):
    """Whatever comes late, a version never goes back."""
    executor = Steered(control.store, "1")
    control.patch({"a": 1})
    executor.report("reply_kept")
    control.patch({"a": 2})
    executor.report()
    executor.report("reply_late")
    assert executor.copy() == (2, {"a": 2})


def test_another_jvm_under_the_same_id_has_nothing_yet(control):
    """What its predecessor had does not count."""
    control.patch({"a": 1})
    former = Steered(control.store, "1")
    former.report()
    former.report()
    assert control.config()["complete"]
    latter = Steered(control.store, "1", known=False)
    latter.report("reply_lost")
    assert control.config()["executors"][1] == {"id": "1", "version": 0}
    latter.report()
    latter.report()
    assert control.config()["complete"]
    assert latter.copy() == (1, {"a": 1})


KEYS = st.sampled_from(["a", "b", "c"])


PATCHES = st.dictionaries(KEYS, st.none() | st.integers(0, 2), max_size=3)


STEPS = st.lists(
    st.tuples(PATCHES, st.sampled_from(["arrives", "lost", "reply_lost", "delayed", "late"])), max_size=12
)


@given(steps=STEPS)
@settings(deadline=None)
def test_every_copy_is_a_state_that_there_was(shared_jvm, steps):
    """Whatever is lost or late, versions only rise, and a version always stands for the same values."""
    control = Control(Store(shared_jvm))
    executor = Steered(control.store, "1")
    states, last = {0: {}}, 0
    for changes, fate in steps:
        control.patch(changes)
        config = control.config()
        states[config["version"]] = config["values"]
        executor.report(fate)
        version, values = executor.copy()
        assert version >= last
        assert states[version] == values
        last = version
    executor.report()
    executor.report()
    assert executor.copy() == (config["version"], config["values"]) if steps else (0, {})
    assert control.config()["complete"]


def test_removals_long_ago(jvm):
    """Who was away while more keys went than are remembered gets everything."""
    control = Control(Store(jvm))
    executor = Steered(control.store, "1")
    control.patch({"stays": 1} | {f"a{number}": 0 for number in range(900)})
    executor.report()
    control.patch({f"a{number}": None for number in range(900)} | {f"b{number}": 0 for number in range(900)})
    control.patch({f"b{number}": None for number in range(900)})
    executor.report()
    assert executor.copy() == (3, {"stays": 1})
