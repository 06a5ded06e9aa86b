"""Live configuration over HTTP: each answer, its exact sentence, and who gets in."""

import json
import threading

import pytest

from plugin.applications import Store
from plugin.steering import Client, in_background
from running import until

CONFIG = "/v1/config"
EVENTS = "/v1/events"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", CONFIG), ("PATCH", CONFIG), ("GET", EVENTS), ("POST", EVENTS), ("GET", f"{EVENTS}/1")],
)
def test_without_a_token_control_is_off(jvm, method, path):
    """It says what to do about it; snapshots are served as ever."""
    store = Store(jvm)
    client = Client(store, token=None)
    status, sentence = client.refused(method, path)
    assert status == 403
    assert sentence == (
        "control is off, for the driver has no token; give it one by spark.exporter.tokenFile, "
        "spark.exporter.token or the environment variable SPARK_EXPORTER_TOKEN"
    )
    assert client.get("/v1/snapshot")["control"] is None
    client.close()


@pytest.mark.parametrize(
    "given", ["", "Bearer wrong", "Bearer correct-horse2", "correct-horse", "Basic correct-horse"]
)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", CONFIG), ("PATCH", CONFIG), ("POST", EVENTS), ("GET", EVENTS)]
)
def test_a_wrong_token_is_401(control, client, method, path, given):
    """Nothing is read, nothing happens, and the sentence does not have the right one."""
    client.headers = {"Authorization": given} if given else {}
    body = None if method == "GET" else {"type": "reload"}
    assert client.refused(method, path, body) == (
        401,
        "this needs the header Authorization: Bearer, with the token of the plugin",
    )
    assert (control.config()["version"], control.events()) == (0, [])


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", CONFIG, "GET, PATCH"),
        ("PUT", CONFIG, "GET, PATCH"),
        ("DELETE", EVENTS, "GET, POST"),
        ("PATCH", f"{EVENTS}/1", "GET"),
    ],
)
def test_other_methods_are_405(client, method, path, allowed):
    """And the answer says which are allowed."""
    sentence = f"only {allowed.replace(', ', ' and ')} {'are' if ',' in allowed else 'is'} allowed here"
    assert client.refused(method, path) == (405, sentence)
    assert client.ask(method, path)[1]["Allow"] == allowed


@pytest.mark.parametrize("path", ["/v1/configs", "/v1/config/threshold", "/v1/event", "/v1"])
def test_other_paths_are_404(client, path):
    """As they were."""
    assert client.refused("GET", path) == (404, "there is nothing here; see /v1/snapshot")


@pytest.mark.parametrize(
    ("method", "path", "sentence"),
    [
        ("GET", f"{CONFIG}?vers=1", 'unknown parameter "vers"; expected version, wait'),
        ("PATCH", f"{CONFIG}?wait=1", 'unknown parameter "wait"; none is expected here'),
        ("POST", f"{EVENTS}?wait=1", 'unknown parameter "wait"; none is expected here'),
        ("GET", f"{EVENTS}?n=1", 'unknown parameter "n"; none is expected here'),
        ("GET", f"{EVENTS}/1?version=1", 'unknown parameter "version"; expected wait'),
        (
            "GET",
            f"{CONFIG}?version=x",
            'parameter version is "x"; expected a whole number that is not negative',
        ),
        (
            "GET",
            f"{EVENTS}/1?wait=x",
            'parameter wait is "x"; expected a number of seconds that is not negative',
        ),
    ],
)
def test_bad_parameters_are_400(client, method, path, sentence):
    """An unknown one, too."""
    assert client.refused(method, path, None if method == "GET" else {}) == (400, sentence)


def test_a_change_and_a_look(control, client):
    """The answer is the configuration; its version is the entity tag."""
    status, headers, body = client.ask("PATCH", CONFIG, {"threshold": 25})
    assert (status, headers["ETag"], headers["Cache-Control"]) == (200, '"1"', "no-store")
    assert body == client.get(CONFIG) == control.config()
    assert body == {
        "boot": "b00t",
        "version": 1,
        "values": {"threshold": 25},
        "declared": {},
        "complete": False,
        "executors": [{"id": "driver", "version": 1}, {"id": "1", "version": 0}],
    }
    assert client.ask("GET", CONFIG)[1]["ETag"] == '"1"'


def test_waiting_for_a_version(executor, client):
    """The answer comes when every live JVM has it."""
    client.patch({"a": 1})
    answer = in_background(client.get, f"{CONFIG}?version=1&wait=60")
    executor.report()
    executor.report()
    assert answer()["complete"] is True


def test_waiting_for_a_version_in_vain(client):
    """The answer comes all the same, and says that it is not complete."""
    client.patch({"a": 1})
    assert client.get(f"{CONFIG}?version=1&wait=0.2")["complete"] is False
    assert client.get(f"{CONFIG}?version=1")["complete"] is False
    assert client.get(f"{CONFIG}?version=0")["complete"] is True
    assert client.get(f"{CONFIG}?version=2&wait=0.1")["complete"] is False


def test_who_waits_for_an_executor_that_is_lost(control, client):
    """Does not wait any longer."""
    client.patch({"a": 1})
    answer = in_background(client.get, f"{CONFIG}?version=1&wait=60")
    control.store.event("removed", id="1", reason="lost")
    assert answer()["complete"] is True


@pytest.mark.parametrize(
    ("given", "status"), [('"1"', 200), ("*", 200), (' "1" ', 200), ('"0"', 412), ('"2"', 412)]
)
def test_if_match(client, given, status):
    """The second writer is told which version there is."""
    client.patch({"a": 1})
    got, body = client.patch({"a": 2}, **{"If-Match": given})
    assert got == status
    if status == 412:
        assert body == {"error": f"the configuration has version 1, not {given[1]}"}
        assert client.get(CONFIG)["values"] == {"a": 1}


@pytest.mark.parametrize("given", ["1", 'W/"1"', '"x"', '"1", "2"', ""])
def test_a_bad_if_match(client, given):
    """It must not be taken for none."""
    assert client.patch({"a": 2}, **{"If-Match": given}) == (
        400,
        {"error": 'the header If-Match is not a version in quotation marks, such as "7"'},
    )


def test_of_many_writers_with_the_same_version_one_wins(client):
    """Several at a time, round after round; nobody's change is lost."""
    wins = []

    def write(writer):
        for _ in range(4):
            config = client.get(CONFIG)
            count = config["values"].get("count", 0)
            changes = {"count": count + 1, "writer": writer}
            if client.patch(changes, **{"If-Match": f'"{config["version"]}"'})[0] == 200:
                wins.append(writer)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    config = client.get(CONFIG)
    assert config["version"] == config["values"]["count"] == len(wins) >= 4


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ("[1]", 400, "the body is no JSON object of keys and values"),
        ("", 400, "the body is no JSON at all"),
        ('{"a": 1, "a": 2}', 400, 'the body is not accepted: the key "a" twice at line 1, column 10'),
        ('{"a": 1} x', 400, "the body is not JSON: an unknown word at line 1, column 10"),
        ('{"a": NaN}', 400, "the body is not JSON: NaN and Infinity are no numbers there at line 1"),
        ('{"n": 1e400}', 400, 'the body is not accepted: the number 1e400 of "n" is too large for 64 bits'),
        (b'{"a": "\xff"}', 400, "the body is not UTF-8"),
        ('{"1a": 1}', 422, 'the key "1a" does not match [A-Za-z_][A-Za-z0-9_.-]{0,127}'),
        ('{"threshold": "x"}', 422, 'threshold: "x" is not an int >= 0'),
    ],
)
def test_bad_changes(control, client, body, status, sentence):
    """Nothing changes, the good part neither."""
    control.declare("threshold", type="int", minimum=0)
    got, said = client.refused("PATCH", CONFIG, body)
    assert got == status
    assert said.startswith(sentence)
    assert control.config()["version"] == 0


ENDLESS = "(.*a){12}b"
"""A pattern that takes years for forty times a."""
SLOW = "(.*a){4}b|a*"
"""One that takes a part of a second for a hundred, and matches them."""


def checking(jvm):
    """Wait until a value is being checked."""
    until(lambda: jvm("control_checking"), "a pattern is checked", 30)


def test_reports_go_on_while_a_pattern_is_checked(control, client, executor):
    """And so does who asks for the configuration; the change is refused in the end."""
    control.declare("text", type="str", pattern=ENDLESS)

    def attempt():
        answer = in_background(client.refused, "PATCH", CONFIG, {"text": "a" * 40})
        checking(client.jvm)
        executor.report()
        client.get(CONFIG)
        meanwhile = client.jvm("control_checking")
        sentence = f'text: "{"a" * 40}" took too long to check; it must match "{ENDLESS}"'
        assert answer() == (422, sentence)
        return meanwhile

    until(attempt, "a report was quicker than the check", 60)


def test_a_rule_that_is_declared_meanwhile_counts(control, client):
    """A change that fitted the old one is checked again."""

    def attempt():
        control.declare("text", type="str", pattern=SLOW)
        answer = in_background(client.ask, "PATCH", CONFIG, {"text": "a" * 100, "other": 1})
        checking(client.jvm)
        control.declare("text", type="str", pattern="b*")
        meanwhile = client.jvm("control_checking")
        status, _, body = answer()
        if meanwhile:
            assert (status, body) == (422, {"error": f'text: "{"a" * 99}... is not a str that matches "b*"'})
        elif status == 200:
            client.patch({"text": None, "other": None})
        return meanwhile

    until(attempt, "a rule was declared while the old one was checked", 60)
    assert client.get(CONFIG)["values"] == {}


def test_a_pattern_that_takes_too_much_stack(control, client):
    """Refuses the value, too; the next one is taken."""
    control.declare("mode", type="str", pattern="(fast|exact|,)*")
    status, sentence = client.refused("PATCH", CONFIG, {"mode": ",".join(["fast"] * 20_000)})
    assert status == 422
    assert sentence.endswith('fast... took too much stack to check; it must match "(fast|exact|,)*"')
    assert client.patch({"mode": "fast,exact"})[0] == 200


@pytest.mark.parametrize("path", [("PATCH", CONFIG), ("POST", EVENTS)])
@pytest.mark.parametrize(
    "given", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""]
)
def test_another_media_type_is_415(client, path, given):
    """A page of another site can send those without being asked."""
    assert client.refused(*path, "{}", headers={"Content-Type": given}) == (
        415,
        "this needs a JSON body and the header Content-Type: application/json",
    )


def test_parameters_of_the_media_type(client):
    """Do not matter."""
    body = {"a": 1}
    assert (
        client.ask("PATCH", CONFIG, body, headers={"Content-Type": "Application/JSON; charset=utf-8"})[0]
        == 200
    )


@pytest.mark.parametrize("path", [("PATCH", CONFIG), ("POST", EVENTS)])
def test_a_long_body_is_413(client, path):
    """The limit is named; the connection lives long enough to say so."""
    exact = json.dumps({"type": "x" * (1 << 20)})
    assert client.refused(*path, exact) == (413, "the body has more than 1048576 bytes")
    assert client.refused(*path, "[" + " " * (5 << 20)) == (413, "the body has more than 1048576 bytes")
    padded = "[1]" + " " * ((1 << 20) - 3)
    assert client.refused(*path, padded)[0] == 400
