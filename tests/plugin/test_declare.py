"""Keys that Scala and Java code declares: the driver refuses what does not fit, readers get the default."""

import re
import subprocess

import pytest

from exporter import config
from plugin.applications import Store
from plugin.parts import JavaError
from plugin.steering import Control

PYTHON_TYPES = {
    "int": int, "float": float, "str": str, "bool": bool, "list": list, "dict": dict, "any": object,
}  # fmt: skip


class Code:
    """The user's code in a JVM, and the applications that run in it."""

    def __init__(self, jvm):
        """Run none yet."""
        self.jvm = jvm

    def declare(self, key, type_, **rule):
        """Declare a key."""
        self.jvm("live_declare", key=key, type=type_, **rule)

    def refused(self, *arguments, **rule):
        """Return the sentence with which a declaration is refused."""
        with pytest.raises(JavaError) as refusal:
            self.declare(*arguments, **rule)
        name, _, sentence = str(refusal.value).partition(": ")
        assert name == "java.lang.IllegalArgumentException"
        return sentence

    def get(self, key, kind="object"):
        """Read a key."""
        return self.jvm("live_get", key=key, kind=kind)

    def begin(self):
        """Let an application begin; return its control."""
        control = Control(Store(self.jvm))
        control.begin()
        return control


@pytest.fixture
def code(fresh_jvm):
    """The code of a JVM in which nothing was declared."""
    return Code(fresh_jvm)


def refusal(control, **changes):
    """Return the sentence with which changes are refused."""
    with pytest.raises(JavaError) as refused:
        control.patch(changes)
    return str(refused.value).removeprefix("io.sparkexporter.live.LiveRefused: ")


def test_what_is_declared_before_or_after_the_start_counts(code):
    """In this application and in those after it; anything that does not fit is refused at the door."""
    code.declare("before", "int", minimum=0, maximum=99, default=10)
    first = code.begin()
    code.declare("after", "str", choices=["a", "b"], default="a")
    rules = {
        "before": {"type": "int", "minimum": 0, "maximum": 99},
        "after": {"type": "str", "choices": ["a", "b"]},
    }
    assert first.config()["declared"] == rules
    assert refusal(first, before="x") == 'before: "x" is not an int >= 0 and <= 99'
    assert refusal(first, after="c") == 'after: "c" is not a str out of "a", "b"'
    first.patch({"before": 5})
    first.end()

    second = code.begin()
    assert second.config()["declared"] == rules
    assert (second.warnings(), second.config()["values"]) == ([], {})
    code.declare("before", "int")
    assert second.config()["declared"]["before"] == {"type": "int"}
    assert first.config()["declared"] == rules


@pytest.mark.parametrize(
    ("type_", "rule", "kept"),
    [
        ("float", {"minimum": 0.5, "maximum": 2}, {"minimum": 0.5, "maximum": 2}),
        ("int", {"choices": [1, 2]}, {"choices": [1, 2]}),
        ("float", {"choices": [1, 2.5], "default": 2.5}, {"choices": [1, 2.5]}),
        ("str", {"pattern": "a+", "default": "aa"}, {"pattern": "a+"}),
        ("bool", {"default": False}, {}),
        ("list", {"default": [1, {"a": None}]}, {}),
        ("dict", {"default": {}}, {}),
        ("any", {"choices": [1, None, "x"], "default": "x"}, {"choices": [1, None, "x"]}),
    ],
)
def test_every_kind_of_rule(code, type_, rule, kept):
    """The driver has it, and readers have the default."""
    code.declare("key", type_, **rule)
    control = code.begin()
    assert control.config()["declared"] == {"key": {"type": type_} | kept}
    assert code.get("key") == rule.get("default")


def test_a_value_that_is_there_already_does_not_fit(code):
    """It stays, a warning says so, and the rule counts from now on."""
    control = code.begin()
    control.patch({"threshold": "x"})
    code.declare("threshold", "int", minimum=0)
    assert control.config()["values"] == {"threshold": "x"}
    (warning,) = control.warnings()
    assert warning.startswith("the present value of threshold does not fit its declaration, and stays: ")
    assert warning.endswith('threshold: "x" is not an int >= 0')
    assert refusal(control, threshold=-1) == "threshold: -1 is not an int >= 0"


BAD = [
    ("key", "int", {"default": "x"}),
    ("key", "int", {"default": True}),
    ("key", "int", {"default": 1.5}),
    ("key", "bool", {"default": 1}),
    ("key", "int", {"minimum": 0, "default": -1}),
    ("key", "int", {"minimum": 0, "maximum": 5, "default": 6}),
    ("key", "int", {"minimum": 5, "maximum": 0}),
    ("key", "str", {"minimum": 0}),
    ("key", "list", {"maximum": 0.5}),
    ("key", "int", {"pattern": "a"}),
    ("key", "str", {"pattern": "a+", "default": "ab"}),
    ("key", "str", {"choices": []}),
    ("key", "str", {"choices": ["a", 1]}),
    ("key", "str", {"choices": ["a", "b"], "default": "c"}),
    ("key", "float", {"choices": [1, 2.5], "default": 2}),
]


@pytest.mark.parametrize(("key", "type_", "rule"), BAD)
def test_what_python_refuses_is_refused_in_its_words(code, key, type_, rule):
    """The key, what is wrong and what is expected; nothing is declared."""
    sentence = code.refused(key, type_, **rule)
    assert code.begin().config()["declared"] == {}
    assert code.get(key) is None
    with pytest.raises((TypeError, ValueError)) as refused:
        config.declare(key, type=PYTHON_TYPES[type_], **rule)
    # A value is shown as JSON here, and as Python there.
    shown = re.sub(r", not '(.*)'$", r', not "\1"', str(refused.value)).replace("not True", "not true")
    assert sentence == shown


def test_what_only_a_jvm_can_get_wrong(code):
    """Keys, expressions and values in the words of Java."""
    assert code.refused("1a", "int") == 'the key "1a" does not match [A-Za-z_][A-Za-z0-9_.-]{0,127}'
    assert code.refused("key", "str", pattern="(") == (
        "pattern of 'key' cannot be read by Java: Unclosed group"
    )
    assert code.refused("key", "any", default="a thread") == (
        "the default of 'key' must be JSON: a java.lang.Thread is not JSON"
    )


def test_readers_get_what_is_set_or_the_default(code):
    """Where there is no application, on an executor too, there is the default; without any, an exception."""
    code.declare("threshold", "int", default=10)
    code.declare("ratio", "float", default=1)
    code.declare("mode", "str", default="fast")
    code.declare("strict", "bool", default=True)
    kinds = {"threshold": "long", "ratio": "double", "mode": "string", "strict": "boolean"}
    defaults = {"threshold": 10, "ratio": 1.0, "mode": "fast", "strict": True}
    assert {key: code.get(key, kind) for key, kind in kinds.items()} == defaults
    control = code.begin()
    others = {"threshold": 25, "ratio": 0.5, "mode": "exact", "strict": False}
    control.patch(others)
    assert {key: code.get(key, kind) for key, kind in kinds.items()} == others
    assert {key: code.get(key) for key in kinds} == others
    control.patch({"threshold": None})
    assert code.get("threshold", "long") == 10
    code.declare("threshold", "int")
    with pytest.raises(JavaError) as missing:
        code.get("threshold", "long")
    assert str(missing.value) == (
        "java.util.NoSuchElementException: threshold is not set to a Long, "
        "and no such default was declared in this JVM"
    )
    assert code.get("threshold") is None


SCALA = """
import io.sparkexporter.{LiveConfig, LiveRule}

object Job {
  def main(arguments: Array[String]): Unit = {
    LiveConfig.declare("threshold", LiveRule.ofLong().minimum(0).maximum(99).byDefault(10))
    LiveConfig.declare("ratio", LiveRule.ofDouble().minimum(0.5).byDefault(0.75))
    LiveConfig.declare("mode", LiveRule.ofString().choices("fast", "exact").byDefault("fast"))
    LiveConfig.declare("size", LiveRule.ofLong().choices(1, 2))
    LiveConfig.declare("strict", LiveRule.ofBoolean().byDefault(true))
    val threshold: Long = LiveConfig.getLong("threshold")
    println(s"$threshold ${LiveConfig.getDouble("ratio")} ${LiveConfig.getString("mode")}")
    println(s"${LiveConfig.getBoolean("strict")} ${LiveConfig.getLong("size", 1)}")
  }
}
"""


def test_scala_needs_no_ceremony(classpath, tmp_path):
    """Numbers, texts and several choices are written as they are."""
    source = tmp_path / "Job.scala"
    source.write_text(SCALA)
    compiler = ["java", "-cp", classpath, "scala.tools.nsc.Main", "-usejavacp", "-d", str(tmp_path)]
    subprocess.run([*compiler, str(source)], check=True, timeout=240)
    job = ["java", "-cp", f"{tmp_path}:{classpath}", "Job"]
    done = subprocess.run(job, check=True, timeout=240, capture_output=True, text=True)
    assert done.stdout == "10 0.75 fast\ntrue 1\n"
