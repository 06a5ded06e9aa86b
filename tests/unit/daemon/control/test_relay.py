"""What the API hands on to a driver, and what it answers when the driver does not."""

import pytest
from api_rig import CONFIG, EVENT, EVENTS, JSON, TOKEN, Control
from fake_driver import PATIENCE

from exporter.daemon.control.relay import PASSED


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


def test_a_driver_by_its_own_word_gets_no_token(api, control, driver):
    """What is handed on to it proves that the daemon has one."""
    api.know(driver, claimed=True)

    assert api.ask("GET", CONFIG).status_code == 200
    assert control.last[2]["Authorization"].startswith("SparkExporter ")


def test_another_host_than_the_targets_gets_no_token(api, start_driver):
    """Wherever a driver says that its plugin listens."""
    elsewhere = start_driver(host="127.0.0.2")
    control = Control(elsewhere)
    api.know(elsewhere)

    assert api.ask("GET", CONFIG).status_code == 200
    assert control.last[2]["Authorization"].startswith("SparkExporter ")


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
