"""Events over HTTP: each answer and its exact sentence, who waits, what is allowed, and what is logged."""

import threading
import time

import pytest

from plugin.steering import Client, Steered, in_background
from running import until

CONFIG = "/v1/config"
EVENTS = "/v1/events"


def test_an_event_from_start_to_end(executor, client):
    """202 with the event and its place; then it is followed until it has ended."""
    body = {"type": "reload", "payload": {"table": "t"}, "idempotency_key": "k", "ttl_seconds": 5}
    status, headers, event = client.ask("POST", EVENTS, body, **{"Spark-Exporter-Actor": "alice@example.com"})
    assert (status, headers["Location"]) == (202, f"{EVENTS}/{event['id']}")
    assert (event["type"], event["payload"], event["target"]) == ("reload", {"table": "t"}, "all")
    assert (event["actor"], event["expires"] - event["accepted"]) == ("alice@example.com", 5)
    assert [one["id"] for one in event["recipients"]] == ["driver", "1"]
    answer = in_background(client.get, f"{EVENTS}/{event['id']}?wait=60")
    executor.handle()
    executor.report()
    done = answer()
    assert (done["done"], done["succeeded"]) == (True, True)
    assert client.get(f"{EVENTS}/{event['id']}") == done
    assert client.get(EVENTS) == {"events": [done]}
    status, again = client.post(**body)
    assert (status, again) == (200, done)


@pytest.mark.parametrize(
    "given", ["two words", "ü", "x" * 201, "", 'evil"outcome="handled=9', "from=10.0.0.1", "a\\u0022", '"']
)
def test_an_actor_that_does_not_fit_is_dropped(client, given):
    """Nobody writes lines into the log, or other fields of a line."""
    _, _, event = client.ask(
        "POST", EVENTS, {"type": "a"}, **{"Spark-Exporter-Actor": given.encode("latin-1")}
    )
    assert event["actor"] == "unknown"


def test_waiting_for_an_event_in_vain(client):
    """The answer is the event as it is."""
    _, event = client.post(type="reload", target="executors")
    assert client.get(f"{EVENTS}/{event['id']}?wait=0.2")["done"] is False


def test_waiting_for_an_event_that_expires(control, client):
    """Somebody who waits hears of it, though no report comes in between."""
    _, event = client.post(type="reload", target="executors", ttl_seconds=0.5)
    answer = in_background(client.get, f"{EVENTS}/{event['id']}?wait=60")
    control.store.event("passes", seconds=0.5)
    assert answer()["recipients"][0]["state"] == "expired"


def test_the_end_answers_those_who_wait(control, client):
    """With what is known then."""
    _, event = client.post(type="reload", target="executors")
    client.patch({"a": 1})
    answers = [
        in_background(client.get, f"{EVENTS}/{event['id']}?wait=60"),
        in_background(client.get, f"{CONFIG}?version=1&wait=60"),
    ]
    until(lambda: client.jvm("control_waiting") == 2, "both wait")
    control.finish()
    client.jvm("http_finish", endpoint=client.number, patience=20_000)
    assert answers[0]()["recipients"][0]["state"] == "expired"
    assert answers[1]()["complete"] is False


@pytest.mark.parametrize(
    ("event", "status", "sentence"),
    [
        (
            [],
            400,
            "an event is an object with the fields type, payload, target, idempotency_key, ttl_seconds",
        ),
        ({}, 400, "the field type is missing"),
        (
            {"type": "a", "ttl": 3},
            400,
            'unknown field "ttl"; expected type, payload, target, idempotency_key, ttl_seconds',
        ),
        ({"type": "Reload"}, 400, 'type is "Reload"; expected a type such as reload: [a-z][a-z0-9-]{0,63}'),
        ({"type": 3}, 400, "type is 3; expected a type such as reload: [a-z][a-z0-9-]{0,63}"),
        ({"type": "a", "target": "1"}, 400, 'target is "1"; expected driver, executors, all or executor:ID'),
        (
            {"type": "a", "target": "executor:a b"},
            400,
            'target is "executor:a b"; expected driver, executors, all or executor:ID',
        ),
        (
            {"type": "a", "idempotency_key": "a b"},
            400,
            'idempotency_key is "a b"; expected 1 to 200 visible ASCII characters',
        ),
        ({"type": "a", "ttl_seconds": 0.05}, 400, "ttl_seconds is 0.05; expected a number from 0.1 to 86400"),
        (
            {"type": "a", "ttl_seconds": 86401},
            400,
            "ttl_seconds is 86401; expected a number from 0.1 to 86400",
        ),
        ({"type": "a", "ttl_seconds": "9"}, 400, 'ttl_seconds is "9"; expected a number from 0.1 to 86400'),
        ({"type": "a", "target": "executor:9"}, 404, "there is no executor 9"),
        ({"type": "a", "target": "executor:2"}, 409, "executor 2 was removed"),
        (
            {"type": "cancel"},
            403,
            "events of type cancel are not allowed; spark.exporter.events.allow does not name cancel",
        ),
        ({"type": "a", "payload": "x" * 65535}, 413, "the payload has 65537 bytes; at most 65536"),
    ],
)
def test_bad_events(control, client, event, status, sentence):
    """The sentence names the field, what it is, and what is expected."""
    Steered(control.store, "2")
    control.store.event("removed", id="2", reason="lost")
    assert client.refused("POST", EVENTS, event) == (status, sentence)
    assert client.get(EVENTS) == {"events": []}


OF_DRIVER = ("sql-conf", "uncache", "cancel", "stop-query")


@pytest.mark.parametrize("type_", OF_DRIVER)
def test_what_only_the_driver_can_do_goes_to_the_driver(control, executor, type_):  # noqa: ARG001 - it is there
    """Also if nobody says so; any other target is refused, and nothing is remembered."""
    client = Client(control.store, **{"events.allow": ",".join(OF_DRIVER)})
    for target in ("all", "executors", "executor:1", "executor:9"):
        status, sentence = client.refused("POST", EVENTS, {"type": type_, "target": target})
        assert (status, sentence.partition(": ")[0]) == (
            422,
            f"{type_} is for the driver alone, not for {target}",
        )
        assert sentence.endswith(": use the target driver (--target driver), or leave it out")
    assert client.get(EVENTS) == {"events": []}
    for given in ({}, {"target": None}, {"target": "driver"}):
        status, event = client.post(type=type_, idempotency_key="k", **given)
        assert (status, event["target"]) == (202 if given == {} else 200, "driver")
        assert [one["id"] for one in event["recipients"]] == ["driver"]
    client.close()


def test_what_every_jvm_can_do_goes_to_all(client):
    """If nobody says otherwise."""
    for type_ in ("log-level", "gc", "reload"):
        _, event = client.post(type=type_)
        assert event["target"] == "all"
        assert [one["id"] for one in event["recipients"]] == ["driver", "1"]


def test_the_same_key_for_something_else_is_409(client):
    """The event that has it is named."""
    _, event = client.post(type="a", idempotency_key="k")
    status, body = client.post(type="b", idempotency_key="k")
    assert (status, body) == (
        409,
        {"error": f"the idempotency key was used for another event, {event['id']}"},
    )


def test_many_posts_of_the_same_at_once(client):
    """One event, whoever was first."""
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(client.post(type="a", idempotency_key="k")))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(status for status, _ in answers) == [200] * 11 + [202]
    assert len({event["id"] for _, event in answers}) == 1


def test_an_unknown_event_is_404(client):
    """As one that is forgotten."""
    for path in (f"{EVENTS}/0", f"{EVENTS}/", f"{EVENTS}/x/y"):
        assert client.refused("GET", path) == (404, "there is no such event, or it is forgotten by now")


@pytest.mark.parametrize(
    ("allow", "good", "bad"),
    [
        ("config", "config", "custom"),
        ("custom", "custom", "config"),
        ("gc, custom", "gc", "config"),
        ("", "", "custom"),
    ],
)
def test_what_is_allowed(control, allow, good, bad):
    """By the setting, whatever the token; the sentence names it."""
    client = Client(control.store, **{"events.allow": allow})
    answers = {
        "config": lambda: client.ask("PATCH", CONFIG, {"a": 1}),
        "custom": lambda: client.ask("POST", EVENTS, {"type": "reload"}),
        "gc": lambda: client.ask("POST", EVENTS, {"type": "gc"}),
    }
    if good:
        assert answers[good]()[0] in (200, 202)
    status, _, body = answers[bad]()
    assert status == 403
    assert body["error"].endswith(f"; spark.exporter.events.allow does not name {bad}")
    client.close()


def test_too_many_changes_are_429(client):
    """The burst is served, then one is told when to come back; to look is always allowed."""
    begun = time.monotonic()
    answers = [client.ask("PATCH", CONFIG, {"a": number}) for number in range(120)]
    seconds = time.monotonic() - begun
    refused = [answer for answer in answers if answer[0] == 429]
    assert all(answer[0] == 200 for answer in answers[:40])
    assert len(answers) - len(refused) <= 41 + 20 * seconds
    if seconds < 3:
        assert refused[0][2] == {"error": "more than 20 changes a second"}
        assert refused[0][1]["Retry-After"] == "1"
    client.get(CONFIG)
    client.get(EVENTS)


def test_a_full_store_is_429(control, client):
    """With a hint when to come back."""
    for _ in range(1000):
        control.send(target="executors")
    status, headers, body = client.ask("POST", EVENTS, {"type": "a"})
    assert (status, headers["Retry-After"]) == (429, "10")
    assert body == {"error": "too many events have not ended; 1000 are waited for"}


def test_those_who_wait_for_events_do_not_keep_out_those_who_wait_for_snapshots(control, executor):
    """They have places of their own; one too many is told so."""
    client = Client(control.store, maxWaiting="2")
    _, event = client.post(type="a", target="executors")
    waiting = in_background(client.get, f"{EVENTS}/{event['id']}?wait=60")
    until(lambda: client.jvm("control_waiting") == 1, "it waits")
    assert client.refused("GET", f"{CONFIG}?version=1&wait=60") == (
        503,
        "too many clients are waiting; ask without wait, or raise spark.exporter.maxWaiting",
    )
    snapshot = client.get("/v1/snapshot")
    query = f"/v1/snapshot?boot={snapshot['boot']}&after={snapshot['sequence']}&wait=60"
    follower = in_background(client.get, query)
    executor.handle()
    assert waiting()["done"] is True
    assert follower()["sequence"] > snapshot["sequence"]
    client.close()


def test_snapshots_need_the_token_as_well(client):
    """It is one door."""
    client.headers = {}
    assert client.refused("GET", "/v1/snapshot")[0] == 401
