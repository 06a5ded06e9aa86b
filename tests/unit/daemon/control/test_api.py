"""The daemon's API: who is let in, what is handed on, and what is answered instead."""

import io
import json
import re
import threading

import pytest
import requests
from api_rig import TOKEN
from fake_driver import PATIENCE, until

from exporter._version import __version__
from exporter.daemon import logs
from exporter.daemon.control import api as module
from exporter.daemon.control.bucket import Bucket
from exporter.daemon.control.document import PREFIX, load
from exporter.daemon.control.refused import Refused
from exporter.daemon.control.relay import PASSED

CONFIG = "/applications/app-1/config"
EVENTS = "/applications/app-1/events"
EVENT = f"{EVENTS}/9f86d081884c7d65"
JSON = {"Content-Type": "application/json"}
GUARDED = [operation for operation in load().operations if not operation.public]


def path_of(operation):
    """Return a path of an operation, below the prefix."""
    path = operation.path.removeprefix(PREFIX)
    return path.format(app_id="app-1", event_id="9f86d081884c7d65")


def options_of(operation):
    return {"data": b"{}", "headers": JSON} if operation.changes else {}


WRONG_HEADERS = (
    None, "", "Bearer", "Bearer ", f"Basic {TOKEN}", TOKEN, "Bearer tok", f"Bearer {TOKEN}n",
    "Bearer t\xf6k-en",
)  # fmt: skip


@pytest.mark.parametrize("operation", GUARDED, ids=lambda operation: operation.name)
def test_a_missing_or_wrong_token(api, control, operation):
    """Is 401 for everything but the document, and the driver hears nothing of it."""
    expected = {"error": "the token is missing or wrong; expected the header Authorization: Bearer TOKEN"}
    for header in WRONG_HEADERS:
        headers = {"Authorization": header.encode("latin-1")} if header is not None else {}
        options = {"data": b"{}", "headers": {**JSON, **headers}}
        answer = api.ask(operation.method, path_of(operation), token=None, **options)

        assert (answer.status_code, answer.json()) == (401, expected), header
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert control.requests == []


def test_tokens_are_compared_in_constant_time(api, monkeypatch):
    """Whatever was given."""
    compared = []

    def compare(given, right):
        compared.append((given, right))
        return False

    monkeypatch.setattr(module.hmac, "compare_digest", compare)
    api.ask("GET", "/applications", token="guess")
    api.ask("GET", "/applications", token=None)

    assert compared == [(b"guess", TOKEN.encode()), (b"", TOKEN.encode())]


@pytest.mark.parametrize("operation", GUARDED, ids=lambda operation: operation.name)
def test_without_a_token_of_its_own_the_daemon_does_nothing(serve, driver, control, operation):
    """Even if the driver would: control is off."""
    served = serve(token=None)
    served.know(driver)

    assert served.refusal(operation.method, path_of(operation), 403, **options_of(operation)) == (
        "control is off: this daemon has no token; give it one with --token-file or SPARK_EXPORTER_TOKEN"
    )
    assert control.requests == []


@pytest.mark.parametrize("token", [None, TOKEN])
def test_the_document_is_for_everybody(serve, token):
    """It says what there is, not what is in it."""
    answer = serve(token).ask("GET", "/openapi.json", token=None)

    assert answer.status_code == 200
    assert (answer.json()["openapi"], answer.json()["info"]["version"]) == ("3.1.0", __version__)


def test_the_applications(api, driver):
    """With whether they can be steered: live, with the plugin, and the plugin with a token."""
    api.know(driver, "app-2", control=None)
    api.know(driver, "app-3", final=True)
    api.store.lost(api.know(driver, "app-4"))
    api.status.describe(api.know(driver, "app-5"), "runs without the plugin", up=True, app_id="app-5")
    found = {item["app_id"]: item for item in api.ask("GET", "/applications").json()["applications"]}

    assert found["app-1"] == {
        "app_id": "app-1", "app_name": "etl", "original_name": "etl", "state": "running", "control": True
    }  # fmt: skip
    assert {name: (item["state"], item["control"]) for name, item in found.items()} == {
        "app-1": ("running", True),
        "app-2": ("running", False),
        "app-3": ("completed", False),
        "app-4": ("lost", False),
        "app-5": ("running", False),
    }


@pytest.mark.parametrize(
    ("path", "handed"),
    [
        (f"{CONFIG}", "/v1/config"),
        (f"{CONFIG}?version=7&wait=1.5", "/v1/config?version=7&wait=1.5"),
        (EVENTS, "/v1/events"),
        (f"{EVENT}?wait=0.25", "/v1/events/9f86d081884c7d65?wait=0.25"),
    ],
)
def test_a_question_is_handed_on(api, control, path, handed):
    """And the answer back as it is, byte by byte."""
    control.body = b'{"values": {"n": 0.10000000000000000001, "n": 1e999}}'
    control.headers = {"ETag": '"7"', "Set-Cookie": "a=b", "X-Other": "1"}
    answer = api.ask("GET", path, headers={"Cookie": "c=d", "X-Mine": "2"})

    assert (answer.status_code, answer.content) == (200, control.body)
    assert answer.headers["ETag"] == '"7"'
    assert {"Set-Cookie", "X-Other"}.isdisjoint(answer.headers)
    method, where, headers, body = control.last
    assert (method, where, body) == ("GET", handed, b"")
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert headers["Spark-Exporter-Application"] == "app-1"
    assert {"Cookie", "X-Mine"}.isdisjoint(headers.keys())


@pytest.mark.parametrize(("method", "path"), [("PATCH", CONFIG), ("POST", EVENTS)])
def test_a_change_is_handed_on(api, control, method, path):
    """The body byte by byte, with who it was and which version was meant."""
    body = b' {"big": 123456789012345678901234567890, "x": 1.0}\n'
    control.status = 202
    headers = {"content-type": "Application/JSON; charset=utf-8", "Spark-Exporter-Actor": "alice@laptop"}
    answer = api.ask(method, path, data=body, headers={**headers, "If-Match": '"7"'})

    assert answer.status_code == 202
    handed, where, sent, received = control.last
    assert (handed, where, received) == (method, "/v1" + path.removeprefix("/applications/app-1"), body)
    assert (sent["Content-Type"], sent["Spark-Exporter-Actor"]) == ("application/json", "alice@laptop")
    assert sent["If-Match"] == ('"7"' if method == "PATCH" else None)


@pytest.mark.parametrize("actor", ["two words", "caf\xe9", "x" * 201])
def test_an_actor_that_cannot_be_shown_is_left_out(api, control, actor):
    """As the driver would do."""
    headers = {**JSON, "Spark-Exporter-Actor": actor.encode("latin-1")}

    assert api.ask("POST", EVENTS, data=b"{}", headers=headers).status_code == 200
    assert "Spark-Exporter-Actor" not in control.last[2]


@pytest.mark.parametrize("status", sorted(PASSED))
def test_a_refusal_of_the_driver_is_the_answer(api, control, status):
    """Sentence, status and all."""
    control.status, control.body = status, b'{"error": "because"}'
    control.headers = {"Retry-After": "3"}
    answer = api.ask("PATCH", CONFIG, data=b"{}", headers=JSON)

    assert (answer.status_code, answer.json()) == (status, {"error": "because"})
    assert answer.headers["Retry-After"] == "3"


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (401, {}, "the plugin at {} does not take this daemon's token: give both the same one"),
        (500, {}, "{} does not answer as a plugin does: status 500 and application/json"),
        (302, {"Location": "/x"}, "{} does not answer as a plugin does: status 302 and application/json"),
        (200, {"Content-Type": "text/html"}, "{} does not answer as a plugin does: status 200 and text/html"),
    ],
)  # fmt: skip
def test_what_is_no_plugin_is_not_handed_on(api, control, driver, status, headers, expected):
    """And nothing is followed."""
    control.status, control.headers = status, headers

    assert api.refusal("GET", CONFIG, 502) == expected.format(driver.url)


def test_an_application_that_nobody_knows(api, control):
    """Is 404, by its id alone."""
    assert api.refusal("GET", "/applications/etl/config", 404) == "no application etl is known here"
    assert control.requests == []


def test_applications_that_cannot_be_steered(api, driver, control):
    """Each for its own reason."""
    api.know(driver, "app-2", control=None)
    api.know(driver, "app-3", final=True, outcome="failed")
    api.store.lost(api.know(driver, "app-4"))
    target = api.know(driver, "app-5")
    api.status.describe(target, "runs without the plugin", up=True, app_id="app-5")
    api.status.describe(api.know(driver, "app-6"), "", up=True, app_id="app-7", endpoint=driver.url)
    off = (
        "control is off in etl (app-2): its plugin has no token (spark.exporter.token), "
        "or is older than this daemon"
    )

    def refusal(app_id, status):
        path = f"/applications/{app_id}/config"
        asked = api.refusal("GET", path, status)
        assert api.refusal("PATCH", path, status, data=b"{}", headers=JSON) == asked
        return asked

    assert refusal("app-2", 403) == off
    assert refusal("app-3", 409) == "etl (app-3) has ended: it has failed"
    assert refusal("app-4", 409) == "etl (app-4) is lost: its driver does not answer any more"
    assert refusal("app-5", 409) == "etl (app-5) runs without the plugin"
    assert refusal("app-6", 503) == "the plugin of etl (app-6) has not been found yet"
    assert api.ask("GET", "/applications/app-6/config").headers["Retry-After"] == "1"
    assert control.requests == []


def test_too_many_changes(serve, driver, control):
    """Are 429 with a time to come back; questions are not counted."""
    served = serve(changes=Bucket(0.5, 2, clock=lambda: 0.0))
    served.know(driver)
    for _ in range(2):
        assert served.ask("PATCH", CONFIG, data=b"{}", headers=JSON).status_code == 200
    answer = served.ask("POST", EVENTS, data=b"{}", headers=JSON)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")
    assert answer.json() == {"error": "too many changes; at most 0.5 a second"}
    assert served.ask("GET", CONFIG).status_code == 200
    assert len(control.requests) == 3


def test_a_driver_that_is_gone(serve, start_driver):
    """Is 502, and it is said that nothing listens."""
    driver = start_driver()
    served = serve()
    served.know(driver)
    driver.die()

    assert served.refusal("GET", CONFIG, 502) == f"{driver.url}/v1/config: nothing listens there"
    sentence = served.refusal("PATCH", CONFIG, 502, data=b"{}", headers=JSON)
    assert sentence == f"{driver.url}/v1/config: nothing listens there"


@pytest.mark.parametrize(("method", "doubt"), [("GET", ""), ("PATCH", "; whether it was done is not known")])
def test_a_driver_that_hangs(serve, driver, method, doubt):
    """Is 504; after a change it is not known what it did."""
    driver.control = lambda _: driver.stopping.wait(PATIENCE)
    served = serve(timeout=0.2)
    served.know(driver)
    options = {"data": b"{}", "headers": JSON} if method == "PATCH" else {}
    sentence = served.refusal(method, CONFIG, 504, **options)

    assert sentence == f"{driver.url}/v1/config does not answer within 0.2 s{doubt}"


@pytest.mark.parametrize(("method", "doubt"), [("GET", ""), ("PATCH", "; whether it was done is not known")])
def test_a_driver_that_closes_the_connection(api, driver, method, doubt):
    """Is 502."""
    driver.control = lambda handler: handler.close_now()
    options = {"data": b"{}", "headers": JSON} if method == "PATCH" else {}

    assert (
        api.refusal(method, CONFIG, 502, **options) == f"{driver.url}/v1/config closed the connection{doubt}"
    )


def test_a_driver_that_stops_in_the_middle(api, driver):
    """Is 502, never half an answer."""

    def cut(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"{")
        handler.close_now()

    driver.control = cut
    assert "closed the connection" in api.refusal("GET", CONFIG, 502)


def test_waiting_holds_up_nobody_else(monkeypatch, serve, driver, control):
    """Whoever waits takes a place among those who wait, and changes and scrapes go on."""
    monkeypatch.setattr(module, "WAITING", 3)
    served = serve()
    served.know(driver)
    release, arrived = threading.Event(), []

    def hold(handler):
        if "wait=" in handler.path:
            arrived.append(handler.path)
            release.wait(PATIENCE)
        control(handler)

    driver.control = hold
    answers = []
    waiting = [
        threading.Thread(target=lambda: answers.append(served.ask("GET", f"{CONFIG}?version=9&wait=30")))
        for _ in range(3)
    ]
    for thread in waiting:
        thread.start()
    until(lambda: len(arrived) == 3, "all wait in the driver")

    refused = served.ask("GET", f"{EVENT}?wait=1")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert refused.json() == {"error": "too many requests at a time; at most 3 waiting requests"}
    assert served.ask("PATCH", CONFIG, data=b"{}", headers=JSON).status_code == 200
    assert served.ask("GET", CONFIG).status_code == 200
    assert requests.get(f"{served.url}/metrics", timeout=PATIENCE).status_code == 200

    release.set()
    for thread in waiting:
        thread.join(PATIENCE)
    assert [answer.status_code for answer in answers] == [200] * 3
    assert served.ask("GET", f"{EVENT}?wait=1").status_code == 200


def test_what_was_changed_is_logged_without_secrets(serve, driver, control):
    """Who, from where, what and what came of it; no value and no token."""
    log = io.StringIO()
    logs.configure("debug", "json", log)
    served = serve()
    served.know(driver)
    control.status = 409
    headers = {**JSON, "Spark-Exporter-Actor": "alice@laptop"}
    served.ask("PATCH", CONFIG, data=b'{"password": "hunter2"}', headers=headers)
    served.ask("POST", "/applications/app-9/events", data=b'{"type": "x"}', headers=JSON)
    served.ask("GET", CONFIG, token="wrong-token")

    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    found = [line for line in lines if line["msg"] == "control"]
    for line in found:
        del line["ts"]
    common = {"level": "info", "msg": "control", "client": "127.0.0.1"}
    assert found == [
        {**common, "operation": "change_config", "status": 409, "app_id": "app-1", "actor": "alice@laptop"},
        {**common, "operation": "send_event", "status": 404, "app_id": "app-9", "actor": ""},
    ]
    assert not {TOKEN, "hunter2", "wrong-token"} & {*re.split(r"[\s\"']+", log.getvalue())}


def test_what_is_refused_is_counted(serve, driver, control):
    """By reason, with zeros from the start; what a driver refuses is its own business."""
    served = serve(changes=Bucket(0.5, 1, clock=lambda: 0.0))
    served.know(driver)
    served.know(driver, "app-2", control=None)
    reasons = ["token_missing", "token_wrong", "control_off", "overloaded", "stopping"]
    assert served.refused() == dict.fromkeys(reasons, 0)

    for token in (None, "", "guess", f"{TOKEN}n", TOKEN):
        served.ask("GET", CONFIG, token=token)
    for app_id in ("app-1", "app-1", "app-2", "app-2"):
        served.ask("PATCH", f"/applications/{app_id}/config", data=b"{}", headers=JSON)
    served.ask("GET", "/applications/app-2/config")
    control.status = 403
    served.ask("GET", CONFIG)
    served.ask("GET", "/applications/app-9/config")

    assert served.refused() == dict(zip(reasons, (2, 2, 1, 3, 0), strict=True))
    off = serve(token=None)
    off.ask("GET", CONFIG)
    assert off.refused()["control_off"] == 1


def test_who_comes_without_the_token_is_logged(serve):
    """With the address and without the token; of a flood there are a few lines, which say of how many."""
    log = io.StringIO()
    logs.configure("warning", "json", log)
    now = [0.0]
    served = serve(refused=Refused(Bucket(0.1, 2, clock=lambda: now[0])))
    served.ask("PATCH", CONFIG, token="guess", data=b"{}", headers=JSON)
    for _ in range(5):
        served.ask("GET", "/applications", token=None)
    now[0] = 10.0
    served.ask("GET", "/applications", token="guess")

    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    for line in lines:
        del line["ts"]
    common = {"level": "warning", "msg": "control refused", "client": "127.0.0.1"}
    where = {"method": "GET", "path": "/api/v1/applications"}
    change = {"method": "PATCH", "path": f"/api/v1{CONFIG}"}
    assert lines == [
        {**common, **change, "reason": "token_wrong", "left_out": 0},
        {**common, **where, "reason": "token_missing", "left_out": 0},
        {**common, **where, "reason": "token_wrong", "left_out": 4},
    ]
    assert served.refused()["token_missing"] == 5
    assert "guess" not in log.getvalue()


@pytest.mark.parametrize(
    ("method", "path", "status", "sentence"),
    [
        ("GET", f"{CONFIG}?version=9&wait=60", 503, "this daemon is stopping"),
        ("GET", CONFIG, 503, "this daemon is stopping"),
        ("PATCH", CONFIG, 504, "this daemon is stopping; whether it was done is not known"),
    ],
)
def test_an_end_answers_whoever_is_there(monkeypatch, serve, driver, control, method, path, status, sentence):
    """Whoever waits may ask the next daemon; what may have been done is not to be sent again."""
    monkeypatch.setattr(module, "CALLS_LEFT", 0.0)
    served = serve()
    served.know(driver)
    arrived, release = threading.Event(), threading.Event()

    def hold(handler):
        arrived.set()
        release.wait(PATIENCE)
        control(handler)

    driver.control = hold
    answers = []
    options = {"data": b"{}", "headers": JSON} if method == "PATCH" else {}
    asking = threading.Thread(target=lambda: answers.append(served.ask(method, path, **options)))
    asking.start()
    assert arrived.wait(PATIENCE)
    served.stop()
    asking.join(PATIENCE)
    late = served.ask("GET", f"{CONFIG}?version=9&wait=60")
    release.set()

    (answer,) = answers
    assert (answer.status_code, answer.json()) == (status, {"error": sentence})
    assert answer.headers.get("Retry-After") == ("1" if status == 503 else None)
    assert (late.status_code, late.json()) == (503, {"error": "this daemon is stopping"})
    assert served.refused()["stopping"] == 2


def test_a_call_may_end_before_the_daemon_does(monkeypatch, serve, driver, control):
    """What takes no time is not cut off."""
    monkeypatch.setattr(module, "CALLS_LEFT", PATIENCE)
    served = serve()
    served.know(driver)
    arrived, release = threading.Event(), threading.Event()

    def hold(handler):
        arrived.set()
        release.wait(PATIENCE)
        control(handler)

    driver.control = hold
    answers = []
    asking = threading.Thread(
        target=lambda: answers.append(served.ask("PATCH", CONFIG, data=b"{}", headers=JSON))
    )
    asking.start()
    assert arrived.wait(PATIENCE)
    served.stop()
    release.set()
    asking.join(PATIENCE)

    assert [answer.status_code for answer in answers] == [200]
