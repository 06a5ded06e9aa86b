"""The daemon's API: what it answers itself, and that nobody holds up anybody else."""

import io
import json
import re
import threading

import pytest
import requests
from api_rig import CONFIG, EVENT, EVENTS, JSON, TOKEN
from fake_driver import PATIENCE, until

from exporter._version import __version__
from exporter.daemon import logs
from exporter.daemon.control import api as module
from exporter.daemon.control.bucket import Bucket


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
    api.status.describe(target, "etl (app-5) runs without the plugin", up=True, app_id="app-5")
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
