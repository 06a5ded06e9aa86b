"""What a client proves that does not send its token: by whom, where and when it counts."""

import http.client
import json
import socket
import time
from contextlib import closing
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exporter.daemon.proof import Proof
from plugin.applications import Store

TOKEN = "correct-horse"
PATH = "/v1/snapshot"
PLAIN = "this needs the header Authorization: Bearer, with the token of the plugin"


class Driver:
    """The endpoint of a driver that listens on every address, as in a pod."""

    def __init__(self, jvm):
        """Start it."""
        self._jvm, self._store = jvm, Store(jvm)
        conf = {"host": "0.0.0.0", "port": "0", "token": TOKEN}  # noqa: S104 - as in a pod
        named = {f"spark.exporter.{key}": value for key, value in conf.items()}
        self._number = jvm("http_start", store=self._store.number, settings=named)
        self.port = urlsplit(jvm("http_url", endpoint=self._number, driver_host="driver.example")).port

    def ask(self, authorization, host, address="127.0.0.1"):
        """Return the status and the sentence, if it is one, of an answer at one of its addresses."""
        connection = http.client.HTTPConnection(address, self.port, timeout=60)
        with closing(connection):
            connection.putrequest("GET", PATH, skip_host=True)
            if host is not None:
                connection.putheader("Host", host)
            connection.putheader("Authorization", authorization)
            connection.endheaders()
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read()).get("error")

    def stop(self):
        """End it."""
        self._jvm("http_finish", endpoint=self._number, patience=0)


@pytest.fixture
def listening(jvm):
    """A driver in a pod."""
    started = Driver(jvm)
    yield started
    started.stop()


def address_of_this_machine():
    """Return one that is not loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as chosen:
        # Nothing is sent: the kernel only chooses from where it would be.
        chosen.connect(("192.0.2.1", 9))
        return chosen.getsockname()[0]


def proof_for(url, token=TOKEN, now=time.time):
    """Return the header with which the daemon asks there."""
    request = requests.Request("GET", url, auth=Proof(token, now)).prepare()
    return request.headers["Authorization"]


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.3"])
def test_who_proves_it_at_the_address_that_is_asked_is_let_in(listening, address):
    """By any of the driver's own addresses."""
    host = f"{address}:{listening.port}"
    assert listening.ask(proof_for(f"http://{host}/"), host, address) == (200, None)


def test_the_daemons_own_requests_are_let_in(listening):
    """Header and all, as they are sent."""
    url = f"http://127.0.0.1:{listening.port}{PATH}"
    assert requests.get(url, auth=Proof(TOKEN), timeout=60).status_code == 200


def test_a_proof_that_somebody_else_was_given_counts_for_nothing(listening):
    """A pod that only says it is a driver gets one for its own address, and may hand it on with any Host."""
    for stolen in (f"10.1.2.3:{listening.port}", f"127.0.0.1:{listening.port + 1}"):
        header = proof_for(f"http://{stolen}/")
        sentence = f"the proof is for {stolen}, which is not this driver"
        assert listening.ask(header, stolen) == (401, sentence)
        assert listening.ask(header, f"127.0.0.1:{listening.port}") == (
            401,
            "the proof is not one of the plugin's token",
        )


def test_a_proof_for_loopback_counts_only_there(listening):
    """Every machine has these addresses, so one that listens there may hand on what it was given."""
    outside = address_of_this_machine()
    stolen = f"127.0.0.1:{listening.port}"
    sentence = f"the proof is for {stolen}, which is not this driver"
    assert listening.ask(proof_for(f"http://{stolen}/"), stolen, outside) == (401, sentence)

    host = f"{outside}:{listening.port}"
    assert listening.ask(proof_for(f"http://{host}/"), host, outside) == (200, None)


@pytest.mark.parametrize("apart", [-600, 600])
def test_a_proof_counts_for_minutes(listening, apart):
    """The sentence says what to look at."""
    host = f"127.0.0.1:{listening.port}"
    status, sentence = listening.ask(proof_for(f"http://{host}/", now=lambda: time.time() + apart), host)
    assert status == 401
    assert sentence.startswith("the proof is of ")
    assert sentence.endswith(": the clocks may be 300 s apart")
    assert listening.ask(proof_for(f"http://{host}/", now=lambda: time.time() + apart / 4), host)[0] == 200


def test_a_proof_of_another_token_says_nothing_else(listening):
    """Neither that the address is wrong nor that it is too late."""
    for host in (f"127.0.0.1:{listening.port}", f"10.1.2.3:{listening.port}"):
        header = proof_for(f"http://{host}/", "other-horse", lambda: 1.0)
        assert listening.ask(header, host) == (401, "the proof is not one of the plugin's token")


@pytest.mark.parametrize(
    "host", [None, "", "driver.example:4061", "127.0.0.1", "[::1", "1.2.3.4:99999", "localhost:0", "é:1"]
)
def test_a_proof_is_for_an_address(listening, host):
    """No name is looked up for somebody who has not proved anything."""
    encoded = None if host is None else host.encode("latin-1")
    header = proof_for(f"http://127.0.0.1:{listening.port}/")
    status, sentence = listening.ask(header, encoded)
    # Java's server itself refuses a request without a host.
    assert (status, sentence) in (
        (401, "a proof needs the header Host with an IP address and a port"),
        (400, None),
    )


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)),
        st.from_regex(r"SparkExporter [0-9]{0,14}\.[0-9a-fA-F]{60,68}", fullmatch=True),
    )
)
def test_nothing_else_lets_anybody_in(listening, text):
    """Whatever is sent, the answer is 401 with a sentence."""
    status, sentence = listening.ask(text, f"127.0.0.1:{listening.port}")
    assert status == 401
    assert sentence in (PLAIN, "the proof is not one of the plugin's token")
