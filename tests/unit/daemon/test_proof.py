"""The token is proved, not sent, where somebody may only say that he is a driver."""

import hashlib
import hmac
import ipaddress
import socket

import pytest
import requests

from exporter.daemon.discovery.reach import Ports, Reach
from exporter.daemon.errors import SourceError
from exporter.daemon.fetch import Fetcher
from exporter.daemon.proof import REMEMBERED, Credential, Proof, resolve

SECONDS = 1_763_821_910


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://10.0.0.7:4061/v1/snapshot?wait=1", "0a000007 4061"),
        ("http://10.0.0.7/", "0a000007 80"),
        ("https://10.0.0.7/", "0a000007 443"),
        ("http://[fd00::1]:4061/", "fd000000000000000000000000000001 4061"),
        ("http://[::ffff:10.0.0.7]:4061/", "0a000007 4061"),
    ],
)
def test_the_proof_is_for_an_address_and_a_time(url, address):
    """Whatever else is asked there."""
    request = requests.Request("GET", url, auth=Proof("secret", lambda: SECONDS + 0.9)).prepare()

    expected = hmac.new(b"secret", f"spark-exporter {address} {SECONDS}".encode(), hashlib.sha256).hexdigest()
    assert request.headers["Authorization"] == f"SparkExporter {SECONDS}.{expected}"


def test_a_name_is_no_address():
    """Nothing is sent there."""
    with pytest.raises(ValueError, match="driver"):
        requests.Request("GET", "http://driver:4061/", auth=Proof("secret")).prepare()


NAMES = {
    "driver": ["10.0.0.7"],
    "driver.example": ["10.0.0.9", "10.0.0.7"],
    "other": ["10.0.0.8"],
    "localhost": ["::1", "127.0.0.1"],
}


def look_up(host):
    """Resolve without a network."""
    if host in NAMES:
        return [ipaddress.ip_address(text) for text in NAMES[host]]
    return resolve(host)


def asked(credential, url):
    """Return how a URL is asked: what it has become, and by what mechanism."""
    request = requests.Request("GET", url, auth=credential).prepare()
    return request.url, request.headers["Authorization"].split(" ")[0]


@pytest.mark.parametrize(
    ("host", "url", "sent"),
    [
        ("10.0.0.7", "http://10.0.0.7:4061/v1?a=1", "http://10.0.0.7:4061/v1?a=1"),
        ("driver", "http://driver:4061/", "http://driver:4061/"),
        ("driver", "http://DRIVER:4061/", "http://driver:4061/"),
        ("unknown", "http://unknown:4061/", "http://unknown:4061/"),
        ("fd00::1", "http://[fd00::1]:4061/", "http://[fd00::1]:4061/"),
        # Another name of the same machine, which is asked at the address that both have.
        ("driver", "http://10.0.0.7:4061/", "http://10.0.0.7:4061/"),
        ("10.0.0.7", "http://driver.example:4061/", "http://10.0.0.7:4061/"),
        ("driver", "http://driver.example:4061/", "http://10.0.0.7:4061/"),
        ("localhost", "http://127.0.0.1:4061/", "http://127.0.0.1:4061/"),
        ("fd00:0::1", "http://[fd00::1]/", "http://[fd00::1]/"),
    ],
)
def test_the_host_of_the_target_gets_the_token(host, url, sent):
    """By whatever name it is asked."""
    assert asked(Credential("secret", host, look_up), url) == (sent, "Bearer")


@pytest.mark.parametrize(
    ("host", "url", "sent"),
    [
        ("10.0.0.7", "http://10.0.0.8:4061/v1?a=1", "http://10.0.0.8:4061/v1?a=1"),
        ("10.0.0.7", "http://other:4061/v1?a=1", "http://10.0.0.8:4061/v1?a=1"),
        ("driver", "http://driver@other:4061/", "http://10.0.0.8:4061/"),
        ("127.0.0.1", "http://127.0.0.2/", "http://127.0.0.2/"),
        ("driver", "http://127.0.0.1:4061/", "http://127.0.0.1:4061/"),
        ("10.0.0.7", "http://[fd00::1]:4061/", "http://[fd00::1]:4061/"),
        (None, "http://10.0.0.7:4061/", "http://10.0.0.7:4061/"),
        (None, "http://driver:4061/", "http://10.0.0.7:4061/"),
    ],
)
def test_any_other_host_gets_a_proof_for_the_address_that_is_asked(host, url, sent):
    """A name is looked up before, so that the proof is for nobody else."""
    assert asked(Credential("secret", host, look_up), url) == (sent, "SparkExporter")


def test_addresses_are_looked_up_now_and_then():
    """And not for each request: a plugin is asked all the time."""
    lookups, time = [], [0.0]
    credential = Credential(
        "secret", "driver", lambda host: lookups.append(host) or look_up(host), lambda: time[0]
    )
    for _ in range(3):
        asked(credential, "http://other:4061/")
    assert lookups == ["other", "driver"]

    asked(credential, "http://driver.example:4061/")
    assert lookups[2:] == ["driver.example", "driver"]

    time[0] = REMEMBERED
    asked(credential, "http://driver.example:4061/")
    assert lookups[4:] == ["driver.example", "driver"]


def test_a_name_without_an_address_is_a_fault_of_the_connection(monkeypatch):
    """As where no token is in the game."""

    def unknown(*_args, **_options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(SourceError, match=r"^http://other:4061/v1: the host name is not known$") as caught:
        Fetcher(1.0, "secret", host="127.0.0.1").get("http://other:4061/v1")
    assert caught.value.reason == "connect"


def test_the_machines_own_names_are_resolved():
    """As the operating system does it."""
    assert ipaddress.ip_address("127.0.0.1") in resolve("localhost")
    assert resolve("::ffff:10.0.0.7") == [ipaddress.ip_address("10.0.0.7")]


def test_a_driver_cannot_have_the_token_sent_to_another_host(driver, start_driver, watch_target):
    """It may be a job of anybody, on a machine that the user has named."""
    other = start_driver(host="127.0.0.2")
    driver.conf["spark.exporter.endpoint"] = other.url
    watch_target(driver.url, token="secret")
    other.until_polled()

    given = {headers.get("Authorization", "") for one in (driver, other) for _, _, headers in one.requests}
    assert len(given) > 1
    assert all(header.startswith("SparkExporter ") for header in given - {""})


@pytest.mark.parametrize("claimed", [False, True])
def test_who_only_says_that_he_is_a_driver_gets_no_token(driver, watch_target, claimed):
    """Such as a pod with a label; a target that the user names gets it."""
    reach = Reach("127.0.0.1", Ports()) if claimed else None
    rig = watch_target(driver.url, token="secret", reach=reach)
    driver.until_polled()

    sent = {headers["Authorization"] for _, _, headers in driver.requests if "Authorization" in headers}
    assert sent
    assert ("Bearer secret" in sent) is not claimed
    assert any(header.startswith("SparkExporter ") for header in sent) is claimed
    assert rig.status.view()[driver.url].claimed is claimed
