"""The driver's HTTP endpoint: what it answers, whom it lets in, and how it ends."""

import contextlib
import http.client
import json
import socket
import threading
import time
from urllib.parse import urlsplit

import pytest

from plugin.applications import COUNTER, Executor, Store
from plugin.parts import JavaError
from plugin.steering import Control
from running import until

TOKEN = "correct-horse"
PATH = "/v1/snapshot"


class Endpoint:
    """A served store."""

    def __init__(self, jvm, store, **settings):
        """Serve it on a free port."""
        self.jvm, self.store = jvm, store
        prefixed = {f"spark.exporter.{key}": value for key, value in ({"port": "0"} | settings).items()}
        self.number = jvm("http_start", store=store.number, settings=prefixed)
        self.url = jvm("http_url", endpoint=self.number, driver_host="driver.example")
        self.port = urlsplit(self.url).port

    def ask(self, path=PATH, method="GET", **headers):
        """Return status, headers and JSON of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            body = answer.read()
        return answer.status, answer.headers, json.loads(body) if body else None

    def error(self, path=PATH, method="GET", **headers):
        """Return status and sentence of a refusal."""
        status, _, body = self.ask(path, method, **headers)
        assert body.keys() == {"error"}
        return status, body["error"]

    def follow(self, wait, **arguments):
        """Start to wait for news; return what gives the snapshot once it is there."""
        query = "&".join(f"{key}={value}" for key, value in arguments.items())
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", f"{PATH}?boot={self.boot()}&wait={wait}&{query}")

        def result():
            with contextlib.closing(connection):
                answer = connection.getresponse()
                return json.loads(answer.read()) | {"status": answer.status}

        return result

    def boot(self):
        """Return what tells this driver from another."""
        return self.ask()[2]["boot"]

    def finish(self, patience=20_000):
        """Begin to end it."""
        self.jvm("http_finish", endpoint=self.number, patience=patience)


@pytest.fixture
def served(jvm):
    """A store with one executor, served."""
    store = Store(jvm)
    executor = Executor(store, "1")
    executor.set(COUNTER, [1.0], ["a"]).report()
    endpoint = Endpoint(jvm, store)
    yield endpoint, executor
    endpoint.finish(0)


def test_a_snapshot(served):
    """JSON, not to be kept by anybody in between."""
    endpoint, _ = served
    status, headers, body = endpoint.ask()
    assert (status, headers["Content-Type"], headers["Cache-Control"]) == (
        200,
        "application/json",
        "no-store",
    )
    assert body["totals"] == [1.0]


def test_only_what_the_client_lacks(served):
    """Lists start where the client's end, unless it comes from another driver."""
    endpoint, _ = served
    first = endpoint.ask()[2]
    names = len(first["readings"])
    held = f"after={first['sequence']}&metrics=1&series=1&readings={names}"
    again = endpoint.ask(f"{PATH}?boot={first['boot']}&{held}")[2]
    assert again["base"] == {"metrics": 1, "series": 1, "readings": names}
    assert (again["metrics"], again["series"], again["readings"]) == ([], [], [])
    assert "values" not in again["executors"][0]
    other = endpoint.ask(f"{PATH}?boot=somebody-else&{held}&wait=30")[2]
    assert other["base"] == {"metrics": 0, "series": 0, "readings": 0}
    assert (other["series"], other["readings"]) == ([[0, "a"]], first["readings"])


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("after=-1", 'parameter after is "-1"; expected a whole number that is not negative'),
        ("after=abc", 'parameter after is "abc"; expected a whole number that is not negative'),
        ("metrics=1.5", 'parameter metrics is "1.5"; expected a whole number that is not negative'),
        ("series=", 'parameter series is ""; expected a whole number that is not negative'),
        ("readings=x", 'parameter readings is "x"; expected a whole number that is not negative'),
        ("gap=-1", 'parameter gap is "-1"; expected a number of seconds that is not negative'),
        ("wait=NaN", 'parameter wait is "NaN"; expected a number of seconds that is not negative'),
        (
            "after=" + "9" * 40,
            f'parameter after is "{"9" * 40}"; expected a whole number that is not negative',
        ),
        ("boot=" + "x" * 3000, "the parameters are longer than 2000 characters"),
    ],
)
def test_bad_parameters_are_400_with_a_sentence(served, query, sentence):
    """It names the parameter, the value and the expected form."""
    endpoint, _ = served
    assert endpoint.error(f"{PATH}?{query}") == (400, sentence)


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/snapshot/x", "/favicon.ico"])
def test_other_paths_are_404(served, path):
    """With a hint where to look."""
    endpoint, _ = served
    assert endpoint.error(path) == (404, "there is nothing here; see /v1/snapshot")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_405(served, method):
    """And the answer says which one is allowed."""
    endpoint, _ = served
    assert endpoint.error(method=method) == (405, "only GET is allowed here")
    assert endpoint.ask(method=method)[1]["Allow"] == "GET"
    assert endpoint.ask(method="HEAD")[0] == 405


def test_a_driver_that_is_still_starting_says_so(jvm):
    """Before Spark knows the application's id there is nothing to show."""
    store = Store(jvm)
    number = jvm("http_start", store=store.number, settings={"spark.exporter.port": "0"}, starting=True)
    url = urlsplit(jvm("http_url", endpoint=number, driver_host=""))
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
    with contextlib.closing(connection):
        connection.request("GET", PATH)
        answer = connection.getresponse()
        assert answer.status == 503
        assert json.loads(answer.read()) == {"error": "the application is starting; ask again"}
    jvm("http_finish", endpoint=number, patience=0)


def test_a_driver_that_does_not_serve_yet_says_so(jvm):
    """It listens before it is known what can be answered; a wrong token is refused already."""
    store = Store(jvm)
    settings = {"spark.exporter.port": "0", "spark.exporter.token": TOKEN}
    number = jvm("http_start", store=store.number, settings=settings, silent=True)
    url = urlsplit(jvm("http_url", endpoint=number, driver_host=""))
    for path in (PATH, "/v1/config", "/v1/events"):
        for token, expected in ((TOKEN, 503), ("wrong", 401)):
            connection = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
            with contextlib.closing(connection):
                connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
                answer = connection.getresponse()
                assert answer.status == expected
                assert expected == 401 or json.loads(answer.read()) == {
                    "error": "the application is starting; ask again"
                }
    jvm("http_finish", endpoint=number, patience=600_000)
    with pytest.raises(OSError):  # noqa: PT012, PT011 - refused or reset, as soon as the port is closed
        while True:
            socket.create_connection((url.hostname, url.port), timeout=60).close()


def test_with_a_token_every_request_needs_it(jvm):
    """Right, wrong, missing and malformed."""
    endpoint = Endpoint(jvm, Store(jvm), token=TOKEN)
    sentence = "this needs the header Authorization: Bearer, with the token of the plugin"
    for given in (
        {},
        {"Authorization": TOKEN},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {TOKEN}"},
    ):
        assert endpoint.error(**given) == (401, sentence)
    assert endpoint.error("/nowhere") == (401, sentence)
    assert endpoint.ask()[1]["WWW-Authenticate"] == "Bearer"
    assert endpoint.ask(Authorization=f"Bearer {TOKEN}")[0] == 200
    assert endpoint.error("/nowhere", Authorization=f"Bearer {TOKEN}")[0] == 404
    endpoint.finish(0)


def test_without_a_token_only_loopback_is_served(jvm):
    """Anything else is refused with a sentence that names the two ways out."""
    store = Store(jvm)
    with pytest.raises(JavaError) as refused:
        Endpoint(jvm, store, host="0.0.0.0")  # noqa: S104 - that is the point
    assert str(refused.value).endswith(
        "spark.exporter.host=0.0.0.0 is not loopback and needs spark.exporter.token "
        "or the environment variable SPARK_EXPORTER_TOKEN"
    )


def test_a_wildcard_is_published_as_the_drivers_host(jvm):
    """Nobody can connect to 0.0.0.0 on another machine."""
    endpoint = Endpoint(jvm, Store(jvm), host="0.0.0.0", token=TOKEN)  # noqa: S104 - as above
    assert endpoint.url == f"http://driver.example:{endpoint.port}"
    assert endpoint.ask(Authorization=f"Bearer {TOKEN}")[0] == 200
    endpoint.finish(0)


def test_a_taken_port_gives_the_next_free_one(jvm):
    """Two drivers on one machine."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        endpoint = Endpoint(jvm, Store(jvm), port=str(port))
        assert endpoint.port != port
        assert endpoint.ask()[0] == 200
        endpoint.finish(0)


def test_sixteen_taken_ports_give_any_free_one(jvm):
    """The search ends, and the endpoint is there."""
    with contextlib.ExitStack() as stack:
        for first in range(20_000, 60_000, 16):
            try:
                with contextlib.ExitStack() as attempt:
                    for port in range(first, first + 16):
                        attempt.enter_context(socket.create_server(("127.0.0.1", port)))
                    stack.push(attempt.pop_all())
            except OSError:
                continue
            break
        endpoint = Endpoint(jvm, Store(jvm), port=str(first))
        assert endpoint.port not in range(first, first + 16)
        assert endpoint.ask()[0] == 200
        endpoint.finish(0)


def test_a_waiting_client_hears_news_at_once(served):
    """The answer is there long before the time is over."""
    endpoint, executor = served
    result = endpoint.follow(60, after=endpoint.ask()[2]["sequence"], metrics=1, series=1)
    executor.set(COUNTER, [2.0], ["a"]).report()
    snapshot = result()
    assert (snapshot["status"], snapshot["totals"], snapshot["final"]) == (200, [2.0], False)


def test_a_waiting_client_without_news_gets_an_answer_in_the_end(served):
    """The same sequence as before."""
    endpoint, _ = served
    sequence = endpoint.ask()[2]["sequence"]
    assert endpoint.follow(0.3, after=sequence)()["sequence"] == sequence


def test_a_client_may_ask_for_fewer_answers(served):
    """News do not end the gap, which counts also where it is longer than the wait."""
    endpoint, executor = served
    sequence = endpoint.ask()[2]["sequence"]
    start = time.monotonic()
    result = endpoint.follow(0.1, after=sequence, gap=3)
    executor.set(COUNTER, [2.0], ["a"]).report()
    executor.set(COUNTER, [3.0], ["a"]).report()
    assert result()["totals"] == [3.0]
    assert time.monotonic() - start >= 3


def test_the_end_ends_a_gap(served):
    """Nobody waits for what will not come."""
    endpoint, _ = served
    result = endpoint.follow(60, after=endpoint.ask()[2]["sequence"], gap=60)
    until(lambda: endpoint.jvm("http_waiting") == 1, "it waits")
    endpoint.finish()
    assert result()["final"] is True


def test_too_many_waiting_clients_are_503(jvm):
    """Those who do not wait are still served."""
    store = Store(jvm)
    endpoint = Endpoint(jvm, store, maxWaiting="2")
    sequence = endpoint.ask()[2]["sequence"]
    waiting = [endpoint.follow(60, after=sequence) for _ in range(3)]
    answers = []
    threads = [threading.Thread(target=lambda one=one: answers.append(one())) for one in waiting]
    for thread in threads:
        thread.start()
    # One of the three is refused at once; the others hear the end.
    while not answers:
        threads[0].join(0.05)
    assert endpoint.ask()[0] == 200
    endpoint.finish()
    for thread in threads:
        thread.join()
    assert sorted(answer["status"] for answer in answers) == [200, 200, 503]
    refused = next(answer for answer in answers if answer["status"] == 503)
    assert refused["error"].startswith("too many clients are waiting")


def test_the_end_is_told_to_everybody_who_waits(served):
    """With the last values, and marked as final."""
    endpoint, _ = served
    sequence = endpoint.ask()[2]["sequence"]
    waiting = [endpoint.follow(60, after=sequence) for _ in range(3)]
    until(lambda: endpoint.jvm("http_waiting") == 3, "all three wait")
    endpoint.finish()
    for result in waiting:
        snapshot = result()
        assert (snapshot["status"], snapshot["final"], snapshot["totals"]) == (200, True, [1.0])


def test_a_client_between_two_requests_still_hears_the_end(served):
    """It asked a moment ago, so the endpoint stays until it asks again, and is gone afterwards."""
    endpoint, _ = served
    first = endpoint.ask(f"{PATH}?boot=")[2]
    endpoint.finish()
    query = f"{PATH}?boot={first['boot']}&after={first['sequence']}&wait=30"
    snapshot = endpoint.ask(query)[2]
    while not snapshot["final"]:
        snapshot = endpoint.ask(query)[2]
    with pytest.raises(OSError):  # noqa: PT012, PT011 - refused or reset, as soon as the port is closed
        while True:
            endpoint.ask()


def test_nobody_followed_so_nobody_is_waited_for(jvm):
    """An application that nobody watches stops at once; refused requests and single looks do not count."""
    endpoint = Endpoint(jvm, Store(jvm), token=TOKEN)
    assert endpoint.ask(f"{PATH}?boot=")[0] == 401
    assert endpoint.ask(Authorization=f"Bearer {TOKEN}")[0] in (200, 503)
    endpoint.finish(patience=600_000)
    with pytest.raises(OSError):  # noqa: PT012, PT011 - as above
        while True:
            endpoint.ask()


def test_its_threads_do_not_keep_the_driver_alive(served):
    """All of them are daemons."""
    endpoint, _ = served
    endpoint.ask()
    assert endpoint.jvm("daemon_threads") is None


HALVES = {
    "line": b"GET /v1/snap",
    "header": b"POST /v1/config HTTP/1.1\r\nHost: driver\r\nContent-",
    "body of a refused request": b"POST / HTTP/1.1\r\nHost: driver\r\nContent-Length: 1000\r\n\r\n{",
    "body": (
        b"PATCH /v1/config HTTP/1.1\r\nHost: driver\r\nContent-Type: application/json\r\n"
        b"Authorization: Bearer " + TOKEN.encode() + b"\r\nContent-Length: 1000\r\n\r\n{"
    ),
}
GET = b"GET / HTTP/1.1\r\nHost: driver\r\n\r\n"


@pytest.fixture
def steered(jvm):
    """A store with a control, served to those who know the token."""
    endpoint = Endpoint(jvm, Control(Store(jvm)).store, token=TOKEN)
    yield endpoint
    endpoint.finish(0)


def begin(stack, endpoint, request):
    """Send a part of a request; return the connection, which is closed with the others."""
    connection = stack.enter_context(socket.create_connection(("127.0.0.1", endpoint.port), timeout=60))
    connection.sendall(request)
    return connection


def rest(connection):
    """Return what comes until the other side closes the connection."""
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            received += piece
    return received


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES)
def test_clients_that_stop_in_the_middle_do_not_keep_others_out(steered, half):
    """However many."""
    with contextlib.ExitStack() as stack:
        for _ in range(40):
            begin(stack, steered, half)
        assert steered.ask(Authorization=f"Bearer {TOKEN}")[0] == 200


def test_a_client_has_ten_seconds_and_one_that_waits_for_news_has_its_time(steered):
    """While there are threads for others; to take no answer is like to send no request."""
    authorized = {"Authorization": f"Bearer {TOKEN}"}
    first = steered.ask(**authorized)[2]
    query = f"boot={first['boot']}&after={first['sequence']}&wait=14"
    begun = time.monotonic()
    with contextlib.ExitStack() as stack:
        waiting = http.client.HTTPConnection("127.0.0.1", steered.port, timeout=60)
        stack.enter_context(contextlib.closing(waiting))
        waiting.request("GET", f"{PATH}?{query}", headers=authorized)
        connections = [begin(stack, steered, half) for half in HALVES.values()]
        deaf = begin(stack, steered, GET)
        with pytest.raises(ConnectionError):
            deaf.sendall(1_000_000 * GET)
        assert [rest(connection)[:12] for connection in connections] == [b"", b"", b"HTTP/1.1 401", b""]
        assert time.monotonic() - begun > 9
        answer = waiting.getresponse()
        assert (answer.status, json.loads(answer.read())["boot"]) == (200, first["boot"])
        assert time.monotonic() - begun > 13
    assert steered.ask(**authorized)[0] == 200
