"""Who is let in to the API, and what becomes known of whoever is not."""

import io
import json

import pytest
from api_rig import CONFIG, JSON, TOKEN

from exporter.daemon import logs
from exporter.daemon.control import api as module
from exporter.daemon.control.bucket import Bucket
from exporter.daemon.control.document import PREFIX, load
from exporter.daemon.control.refused import Refused

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
