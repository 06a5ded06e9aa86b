"""What is wrong with one request or answer of a Python process fails that one; its connection goes on."""

import json

import pytest

from plugin.hop_client import frame, told
from plugin.services import Services


@pytest.fixture
def driver(jvm, tmp_path):
    """A driver's services."""
    made = Services(jvm, tmp_path / "driver", eventListeners="harness.NamedListener")
    yield made
    made.stop()


@pytest.fixture
def python(driver):
    """The driver's Python process, which handles two topics and one type of events."""
    with driver.connect("driver") as made:
        made.request("handle", topics=["one", "two"], events=["reload"])
        yield made


def header(text):
    """Return a request with the id 1, written by hand."""
    return frame(('{"id":1,' + text).encode("utf-8", "surrogateescape"))


ASK = {"kind": "ask", "id": 1, "topic": "a", "encoding": "json", "timeout": 1}
NO_TEXT = "the header cannot be read: not accepted: half of a surrogate pair in a text"
BAD = {
    "no kind": (frame({"id": 1}), "the header lacks kind, or it has another type"),
    "a kind that is none": (frame(ASK | {"kind": 5}), "the header lacks kind, or it has another type"),
    "no topic": (frame(ASK | {"topic": None}), "the header lacks topic, or it has another type"),
    "no timeout": (frame(ASK | {"timeout": "1"}), "the header lacks timeout, or it has another type"),
    "an unknown encoding": (frame(ASK | {"encoding": "pickle"}), "the encoding is neither json nor bytes"),
    "no list": (
        frame({"kind": "handle", "id": 1, "topics": {}, "events": []}),
        "topics and events are lists of at most 1000 names",
    ),
    "too many handlers": (
        frame({"kind": "handle", "id": 1, "topics": [], "events": [f"t{n}" for n in range(1001)]}),
        "topics and events are lists of at most 1000 names",
    ),
    "half of a character": (header(r'"kind":"ask","topic":"\ud800"}'), NO_TEXT),
    "half of a character in a name": (header(r'"kind":"ask","\udce9":1}'), NO_TEXT),
    "bytes that are no text": (
        header('"kind":"ask","topic":"\udce9"}'),
        "the header cannot be read: not UTF-8",
    ),
    "a number with too many digits": (
        header(f'"kind":"ask","timeout":{"9" * 2000}}}'),
        "the header cannot be",
    ),
    "no number": (header('"kind":"ask","timeout":NaN}'), "the header cannot be read: not "),
    "too deep": (header(f'"kind":"declare","rule":{"[" * 99}{"]" * 99}}}'), "the header cannot be read: "),
    "no end": (header('"kind":"claim"'), "the header cannot be read: not JSON"),
    "a key twice": (header('"kind":"claim","kind":"claim"}'), "the header cannot be read: "),
}


@pytest.mark.parametrize(("content", "sentence"), BAD.values(), ids=BAD.keys())
def test_a_bad_request_is_refused_and_the_next_one_is_answered(python, content, sentence):
    """Whoever waits for it learns what is wrong; a message to the same process is answered meanwhile."""
    asked = python.start("ask", b"5", topic="one", encoding="json", timeout=60)
    call = python.read()[0]["call"]
    python.socket.sendall(content)
    refused, _ = python.read()
    assert (refused["kind"], refused["error"], refused["id"]) == ("error", "bad_request", 1)
    assert refused["message"].startswith(sentence)
    python.send({"kind": "result", "call": call, "encoding": "json"}, b"6")
    answer, body = python.read()
    assert (answer["id"], json.loads(body)) == (asked, 6)


ANSWERS = {
    "half of a character": (
        rb'{"kind":"failed","call":%d,"error":"FileNotFoundError: /data/\udce9t.csv","code":null}',
        "the answer of the handler cannot be read: " + NO_TEXT,
    ),
    "no error": (
        b'{"kind":"failed","call":%d}',
        "the answer of the handler cannot be read: the header lacks error, or it has another type",
    ),
    "an unknown encoding": (
        b'{"kind":"result","call":%d,"encoding":"pickle"}',
        "the answer of the handler cannot be read: the encoding is neither json nor bytes",
    ),
    "no kind": (
        b'{"call":%d}',
        "the answer of the handler cannot be read: the header lacks kind, or it has another type",
    ),
}


@pytest.mark.parametrize(("content", "sentence"), ANSWERS.values(), ids=ANSWERS.keys())
def test_a_bad_answer_fails_its_message_alone(jvm, driver, python, tmp_path, content, sentence):
    """Others who wait for a handler of the same process get their answers."""
    executor = Services(jvm, tmp_path / "executor", driver=driver)
    with executor.connect() as worker, executor.connect() as other:
        worker.start("ask", topic="one", encoding="json", timeout=60)
        bad = python.read()[0]["call"]
        other.start("ask", topic="two", encoding="json", timeout=60)
        good = python.read()[0]["call"]
        python.socket.sendall(frame(content % bad))
        code, text = told(*worker.read())
        assert code == "handler_failed"
        assert text.startswith(sentence)
        python.send({"kind": "result", "call": good, "encoding": "json"}, b"2")
        assert told(*other.read()) == ("json", 2)
    executor.stop()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (rb'{"id":9,"kind":"outcome","event":"e1","state":"failed","error":"x\ud800"}', NO_TEXT),
        (b'{"id":9,"kind":"outcome","event":"e1","error":"x"}', "the header lacks state"),
    ],
)
def test_a_bad_outcome_fails_its_event_alone(driver, python, content, sentence):
    """Otherwise nobody would ever hear of it; the other event of the process is handled."""
    for name in ("e1", "e2"):
        driver.give(name)
        assert python.read()[0]["event"] == name
    python.socket.sendall(frame(content))
    assert python.read()[0]["error"] == "bad_request"
    kind, text = driver.outcome("e1")
    assert kind == "EventFailed"
    assert text.startswith(f"its outcome cannot be read: {sentence}")
    python.request("outcome", b"1", event="e2", state="handled", error=None)
    assert driver.outcome("e2") == ("handled", "1")


def test_an_event_that_python_did_not_begin_in_time_has_expired(driver, python):
    """It waited there for the one before it."""
    driver.give("e1")
    python.read()
    assert python.request("outcome", event="e1", state="expired", error=None)[0] == {"kind": "ok"}
    assert driver.outcome("e1") == ("EventExpired", "nobody began to handle it in time")


def test_python_is_told_which_of_its_handlers_are_in_the_jvm(driver):
    """Nothing will ever come to these: a built-in type, a listener's type, a topic with a handler."""
    driver.handle("taken", "echo")
    with driver.connect("driver") as python:
        answer, _ = python.request("handle", topics=["taken", "free"], events=["gc", "heard", "reload"])
        assert answer == {"kind": "ok", "topics": ["taken"], "events": ["gc", "heard"]}


def test_a_declaration_that_counts_and_one_that_does_not(jvm, driver, python):
    """They are two things, with two codes; what was declared before stays where the new one is none."""
    jvm("value_set", services=driver.number, key="threshold", value="x")
    assert told(*python.request("declare", key="threshold", rule={"type": "int"})) == (
        "invalid_value", 'threshold: "x" is not an int',
    )  # fmt: skip
    assert told(*python.request("declare", key="q", rule={"type": "str", "pattern": "(?P<x>a)"})) == (
        "bad_rule", "pattern of 'q' cannot be read by Java: Unknown inline modifier",
    )  # fmt: skip
    rules = {"threshold": {"type": "int"}}
    assert json.loads(jvm("rules", services=driver.number)) == rules
    assert told(*python.request("declare", key="threshold", rule={"type": "date"}))[0] == "bad_rule"
    assert json.loads(jvm("rules", services=driver.number)) == rules
