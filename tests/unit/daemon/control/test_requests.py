"""What is refused because of how it was asked: each with its status and a sentence."""

import re
import socket

import pytest
import requests
from fake_driver import PATIENCE

CONFIG = "/applications/app-1/config"
EVENTS = "/applications/app-1/events"
EVENT = f"{EVENTS}/9f86d081884c7d65"
JSON = {"Content-Type": "application/json"}
A_VERSION = "a whole number from 0 to 9007199254740991"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/applications?x=1", "unknown query parameter 'x'; none is expected"),
        (f"{EVENTS}?wait=1", "unknown query parameter 'wait'; none is expected"),
        (f"{CONFIG}?Wait=1", "unknown query parameter 'Wait'; expected version and wait"),
        (f"{CONFIG}?{'x' * 50}=1", f"unknown query parameter '{'x' * 37}...'; expected version and wait"),
        (f"{CONFIG}?wait=1&wait=1", "wait is given twice"),
        (f"{CONFIG}?wait=", "wait: '' is not as expected, a number from 0 to 60"),
        (f"{CONFIG}?wait=NaN", "wait: 'NaN' is not as expected, a number from 0 to 60"),
        (f"{CONFIG}?wait=-1", "wait: '-1' is not as expected, a number from 0 to 60"),
        (f"{CONFIG}?wait=60.1", "wait: '60.1' is not as expected, a number from 0 to 60"),
        (f"{CONFIG}?wait={'9' * 50}", f"wait: '{'9' * 37}...' is not as expected, a number from 0 to 60"),
        (f"{CONFIG}?version=7.0", f"version: '7.0' is not as expected, {A_VERSION}"),
        (f"{CONFIG}?version={2**53}", f"version: '{2**53}' is not as expected, {A_VERSION}"),
        ("/openapi.json?x=1", "unknown query parameter 'x'; none is expected"),
    ],
)  # fmt: skip
def test_a_malformed_query(api, control, path, expected):
    """Is 400, and named."""
    assert api.refusal("GET", path, 400) == expected
    assert control.requests == []


@pytest.mark.parametrize("value", ["7", "**", '"7', '"-1"', 'W/"7"', '"7", "8"', '"01"', ""])
def test_a_malformed_version_to_match(api, control, value):
    """Is 400: nothing is changed on a guess."""
    sentence = api.refusal("PATCH", CONFIG, 400, data=b"{}", headers={**JSON, "If-Match": value})

    assert sentence == f'If-Match: {value!r} is not as expected, such as "7"'
    assert control.requests == []


@pytest.mark.parametrize(
    "event_id", ["1", "9F86D081884C7D65", "9f86d081884c7d65\n", "..", "9f86d081884c7d651"]
)
def test_an_id_that_no_event_has(api, control, event_id):
    """Is 404, and nothing that was written there comes into a path."""
    quoted = requests.utils.quote(event_id, "").replace(".", "%2e")
    sentence = api.refusal("GET", f"{EVENTS}/{quoted}", 404)

    assert re.match(r"no event .* is known; an id has 16|there is nothing here", sentence, re.DOTALL)
    assert control.requests == []


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, "the body is of no type; expected application/json"),
        ({"Content-Type": "text/plain"}, "the body is text/plain; expected application/json"),
        ({"Content-Type": "application/jsonx"}, "the body is application/jsonx; expected application/json"),
    ],
)
def test_a_body_of_another_type(api, control, headers, expected):
    """Is 415; a form of a web page is one."""
    assert api.refusal("POST", EVENTS, 415, data=b"{}", headers=headers) == expected
    assert control.requests == []


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large(api, control, chunked):
    """Is 413, whether it says its length before or not; one that just fits is handed on."""
    largest = b" " * (1 << 20)

    def body(content):
        return iter([content[:1000], content[1000:]]) if chunked else content

    assert api.ask("PATCH", CONFIG, data=body(largest), headers=JSON).status_code == 200
    sentence = api.refusal("PATCH", CONFIG, 413, data=body(largest + b" "), headers=JSON)
    assert sentence == "the body has more than 1048576 bytes"
    assert len(control.requests) == 1


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("POST", CONFIG, {"GET", "HEAD", "PATCH"}), ("OPTIONS", EVENTS, {"GET", "HEAD", "POST"}),
     ("DELETE", EVENT, {"GET", "HEAD"})],
)  # fmt: skip
def test_another_method(api, method, path, allowed):
    """Is 405 with what there is; in particular nobody's browser is told that it may."""
    headers = {"Origin": "http://elsewhere", "Access-Control-Request-Method": "POST"}
    answer = api.ask(method, path, headers=headers)

    assert answer.status_code == 405
    assert answer.json() == {"error": f"{method} is not possible here; see /api/v1/openapi.json"}
    assert set(answer.headers["Allow"].split(", ")) == allowed
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_another_path(api):
    """Is 404 in the form of all other refusals."""
    assert api.refusal("GET", "/nothing", 404) == "there is nothing here; see /api/v1/openapi.json"


def test_a_request_that_is_no_http(api):
    """Does not end the server."""
    host, _, port = api.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), PATIENCE) as raw:
        raw.sendall(b"PATCH /api/v1/applications/app-1/config HTTP/1.1\r\nContent-Length: -5\r\n\r\n")
        assert b" 400 " in raw.recv(1000)

    assert api.ask("GET", "/applications").status_code == 200
