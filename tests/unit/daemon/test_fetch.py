"""A server that misbehaves costs one request, and the error says how it misbehaved."""

import gzip
import socket
import threading

import pytest
import requests

from exporter.daemon.errors import NotFoundError, SourceError
from exporter.daemon.fetch import Fetcher

PATH = "/thing"


@pytest.fixture
def fetcher():
    """A fetcher that waits briefly and takes little."""
    made = Fetcher(timeout=0.3, token="secret", max_body=1000, host="127.0.0.1")
    yield made
    made.close()


@pytest.fixture
def fails(driver, fetcher):
    """Serve a path as told, and return the error it leads to."""

    def get(answer):
        driver.overrides[PATH] = answer
        with pytest.raises(SourceError) as caught:
            fetcher.get(driver.url + PATH, {"private": "query"})
        message = str(caught.value)
        assert "private" not in message
        assert "0x" not in message
        return caught.value.reason, message.replace(driver.url, "URL")

    return get


def raw(handler, content):
    handler.wfile.write(content)
    handler.wfile.flush()


def test_a_body_arrives_as_it_is(driver, fetcher):
    """With the query that was asked for, and the token."""
    driver.overrides[PATH] = lambda handler: handler.send(200, b"body")

    assert fetcher.get(driver.url + PATH, {"a": 1}).body == b"body"
    path, query, headers = driver.requests[0]
    assert (path, query) == (PATH, {"a": "1"})
    assert headers["Authorization"] == "Bearer secret"
    assert headers["Accept-Encoding"] == "identity"


def test_the_connection_is_kept(driver, fetcher):
    """One connection serves all requests, also after an error status."""
    driver.overrides[PATH] = lambda handler: handler.send(200, b"body")
    seen = set()
    driver.overrides["/port"] = lambda handler: (seen.add(handler.client_address), handler.send(200, b""))
    for _ in range(3):
        fetcher.get(driver.url + "/port")

    assert len(seen) == 1


def test_no_token_is_sent_where_none_was_given(driver, monkeypatch, tmp_path):
    """Neither from a .netrc, which requests would read."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login someone password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    Fetcher(1.0).get(driver.url + "/api/v1/applications")

    assert "Authorization" not in driver.requests[0][2]


@pytest.mark.parametrize(
    ("status", "reason"), [(500, "http_status"), (503, "http_status"), (404, "http_status")]
)
def test_an_error_status(fails, status, reason):
    """Is named."""
    assert fails(lambda handler: handler.send(status, b"")) == (
        reason,
        f"URL/thing answers with status {status}",
    )


@pytest.mark.parametrize("status", [401, 403])
def test_a_closed_door(fails, status):
    """Says that a token or login is wanted."""
    expected = f"URL/thing answers {status}: it wants a token or a login"
    assert fails(lambda handler: handler.send(status, b"")) == ("unauthorized", expected)


def test_a_redirect_is_not_followed(driver, fails):
    """The token must not go wherever a target points to."""
    reason, message = fails(lambda handler: handler.send(302, b"", Location=driver.url + "/elsewhere"))

    assert reason == "redirect"
    assert message.startswith("URL/thing redirects to 'URL/elsewhere'")
    assert driver.count("/elsewhere") == 0


def test_an_answer_that_announces_too_much(fails):
    """Is refused before it is read."""

    def huge(handler):
        raw(handler, b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")

    assert fails(huge) == ("too_large", "URL/thing sends more than 1000 bytes")


def test_an_answer_that_never_ends(fails):
    """Is cut off at the bound."""
    stopped = threading.Event()

    def endless(handler):
        raw(handler, b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        try:
            while True:
                raw(handler, b"x" * 500)
        except OSError:
            stopped.set()
        handler.close_connection = True

    assert fails(endless) == ("too_large", "URL/thing sends more than 1000 bytes")
    assert stopped.wait(30)


def test_a_server_that_hangs_before_it_answers(driver, fails):
    """Is given up after the timeout."""

    def hang(handler):
        driver.stopping.wait(30)
        handler.close_connection = True

    assert fails(hang) == ("timeout", "URL/thing does not answer within 0.3 s")


def test_a_server_that_hangs_in_its_answer(driver, fails):
    """Is given up after the timeout."""

    def hang(handler):
        raw(handler, b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        driver.stopping.wait(30)
        handler.close_connection = True

    assert fails(hang)[0] == "timeout"


def test_a_server_that_drips(driver, fails):
    """Has no more time than one that hangs, although something keeps coming."""

    def drip(handler):
        raw(handler, b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
        try:
            while not driver.stopping.wait(0.02):
                raw(handler, b"x")
        except OSError:
            pass  # what the test waits for
        handler.close_connection = True

    assert fails(drip) == ("timeout", "URL/thing did not finish its answer in 0.3 s")


ENDLESS_HEADS = {
    "status": (b"", b"H"),
    "headers": (b"HTTP/1.1 200 OK\r\nX: ", b"a"),
    "continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.parametrize("part", ENDLESS_HEADS)
def test_a_server_that_drips_before_its_answer(driver, fails, part):
    """The time for an answer includes its head, whatever keeps coming."""
    first, drop = ENDLESS_HEADS[part]

    def drip(handler):
        try:
            raw(handler, first)
            while not driver.stopping.wait(0.02):
                raw(handler, drop)
        except OSError:
            pass  # what the test waits for
        handler.close_connection = True

    assert fails(drip) == ("timeout", "URL/thing does not answer within 0.3 s")


def test_a_deadline_is_for_one_request(driver, fetcher):
    """The next one on the same connection has its whole time again."""
    driver.overrides[PATH] = lambda handler: (driver.stopping.wait(0.2), handler.send(200, b"late"))

    assert [fetcher.get(driver.url + PATH).body for _ in range(3)] == [b"late"] * 3


def test_an_answer_that_breaks_off(fails):
    """Is not taken for a whole one."""

    def broken(handler):
        raw(handler, b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        handler.close_connection = True

    assert fails(broken)[0] == "connect"


def test_something_that_is_not_http(fails):
    """Fails like a broken connection."""

    def nonsense(handler):
        raw(handler, b"\x00\x01\x02 nonsense\r\n\r\n")
        handler.close_connection = True

    assert fails(nonsense) == ("connect", "URL/thing closed the connection")


def test_a_compressed_answer_is_not_unpacked(driver, fetcher):
    """Nobody asked for it, and a small one may unpack to a huge one."""
    bomb = gzip.compress(b"0" * 500_000)
    driver.overrides[PATH] = lambda handler: handler.send(200, bomb, Content_Encoding="gzip")

    assert fetcher.get(driver.url + PATH).body == bomb


def test_a_closed_port_is_transient(fetcher):
    """It costs nothing to ask again soon."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(SourceError, match="nothing listens there") as caught:
        fetcher.get(f"http://127.0.0.1:{port}/")

    assert (caught.value.reason, caught.value.transient) == ("connect", True)


def test_an_unknown_host(fetcher):
    """Is a failure to connect, with the host's name in it."""
    with pytest.raises(
        SourceError, match=r"http://no-such-host\.invalid/: the host name is not known"
    ) as caught:
        fetcher.get("http://no-such-host.invalid/")

    assert (caught.value.reason, caught.value.transient) == ("connect", False)


def test_a_wait_is_no_hang(driver, fetcher):
    """The time that a request asks to wait comes on top, and is reported."""

    def late(handler):
        driver.stopping.wait(0.6)
        handler.send(200, b"late")

    driver.overrides[PATH] = late
    answer = fetcher.get(driver.url + PATH, wait=30)

    assert answer.body == b"late"
    assert answer.waited >= 0.6


def test_requests_needs_nothing_else(fetcher, monkeypatch, driver):
    """A proxy in the environment is not used: drivers are reached directly."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert requests.utils.get_environ_proxies("http://other.invalid")

    assert fetcher.get(driver.url + "/api/v1/applications").body


def test_a_place_that_is_not_there_has_an_error_of_its_own(driver, fetcher):
    """Spark answers so for what an application does not have."""
    driver.overrides["/thing"] = lambda handler: handler.send(404, b"")
    with pytest.raises(NotFoundError) as caught:
        fetcher.get(f"{driver.url}/thing")

    assert caught.value.reason == "http_status"


def test_sessions_that_share_a_turn_never_ask_at_once(driver):
    """The second request is not sent before the first one is answered."""
    held, asked = threading.Event(), threading.Event()

    def hold(handler):
        asked.set()
        assert held.wait(30)
        handler.send(200, b"first")

    driver.overrides["/slow"] = hold
    driver.overrides["/fast"] = lambda handler: handler.send(200, b"second")
    turn = threading.Lock()
    first, second = Fetcher(30.0, turn=turn), Fetcher(30.0, turn=turn)
    bodies = []
    threads = [
        threading.Thread(target=lambda: bodies.append(first.get(f"{driver.url}/slow").body)),
        threading.Thread(target=lambda: bodies.append(second.get(f"{driver.url}/fast").body)),
    ]
    threads[0].start()
    assert asked.wait(30)
    threads[1].start()
    assert driver.count("/fast") == 0
    held.set()
    for thread in threads:
        thread.join(30)

    assert bodies == [b"first", b"second"]


@pytest.mark.parametrize("status", [200, 202, 401, 404, 412, 500])
def test_an_exchange_gives_every_status(driver, fetcher, status):
    """With the headers and the whole body; what is sent arrives as it is."""
    received = []

    def answer(handler):
        received.append((handler.command, handler.rfile.read(int(handler.headers["Content-Length"]))))
        handler.send(status, b"body", Location="/other", ETag="7")

    driver.overrides[PATH] = answer
    reply = fetcher.exchange("PATCH", driver.url + PATH, headers={"If-Match": "6"}, body=b"\x00sent")

    assert (reply.status, reply.headers["etag"], reply.body) == (status, "7", b"body")
    assert received == [("PATCH", b"\x00sent")]
    headers = driver.requests[0][2]
    assert (headers["If-Match"], headers["Authorization"]) == ("6", "Bearer secret")


def test_an_exchange_is_bounded_like_everything(driver, fetcher):
    """In time and in size, whatever the status."""
    driver.overrides[PATH] = lambda handler: handler.send(500, b" " * 1001)
    with pytest.raises(SourceError, match="sends more than 1000 bytes"):
        fetcher.exchange("GET", driver.url + PATH)
    driver.overrides[PATH] = lambda _: driver.stopping.wait(30)
    with pytest.raises(SourceError, match=r"does not answer within 0\.3 s"):
        fetcher.exchange("GET", driver.url + PATH)
