"""An API server that refuses the daemon's requests with 429, by its own API Priority and Fairness."""

import contextlib
import itertools
import re
import socket
import ssl
import threading
import time

import psutil
import pytest

from running import until
from watched_pods import ACCOUNT, NOTICED, at, make

FLOW_CONTROL = "/apis/flowcontrol.apiserver.k8s.io/v1"
RETRY_AFTER = 1
"""Seconds for which this server asks whom it refuses to wait."""
_SCHEMA = "X-Kubernetes-PF-FlowSchema-UID"
_LONG = "/openapi/v2"
_numbers = itertools.count()


class Throttle:
    """Gives the requests of a namespace's account no seat in an API server, while it is on.

    The server takes a single request even where it has no seat. So there is one that goes on: long answers
    that nobody reads.
    """

    def __init__(self, server, namespace):
        """Know the account; it is served as before."""
        self._server, self._namespace = server, namespace
        self._name = f"throttled-{next(_numbers)}"
        self._probe = server.session_of(namespace, ACCOUNT)
        self._before = 0
        self._held = None
        limited = {"nominalConcurrencyShares": 0, "lendablePercent": 0, "borrowingLimitPercent": 0}
        spec = {"type": "Limited", "limited": {**limited, "limitResponse": {"type": "Reject"}}}
        level = {"metadata": {"name": self._name}, "spec": spec}
        server.admin.create(f"{FLOW_CONTROL}/prioritylevelconfigurations", level)

    def on(self):
        """Refuse every request from now on; those that are being answered go on."""
        account = {"name": ACCOUNT, "namespace": self._namespace}
        subjects = [{"kind": "ServiceAccount", "serviceAccount": account}]
        pods = {"verbs": ["*"], "apiGroups": [""], "resources": ["pods"], "namespaces": ["*"]}
        long = {"verbs": ["get"], "nonResourceURLs": [_LONG]}
        spec = {
            "matchingPrecedence": 10,
            "priorityLevelConfiguration": {"name": self._name},
            "rules": [{"subjects": subjects, "resourceRules": [pods], "nonResourceRules": [long]}],
        }
        schema = {"metadata": {"name": self._name}, "spec": spec}
        made = self._server.admin.create(f"{FLOW_CONTROL}/flowschemas", schema)
        until(lambda: self._ask().headers[_SCHEMA] == made["metadata"]["uid"], "the rule is in force")
        until(lambda: self._hold() and self._ask().status_code == 429, "the account is throttled")
        assert self._ask().headers["Retry-After"] == str(RETRY_AFTER)
        self._before = self._rejected()

    def off(self):
        """Serve the account again."""
        self._held.close()
        self._server.admin.checked("DELETE", f"{FLOW_CONTROL}/flowschemas/{self._name}")
        until(lambda: self._ask().status_code == 200, "the account is served")

    def refused(self):
        """Return how many requests the server has refused since it began, by its own metrics."""
        return self._rejected() - self._before

    def _rejected(self):
        name = "apiserver_flowcontrol_rejected_requests_total"
        text = self._server.admin.get("/metrics").text
        found = re.findall(rf'^{name}{{flow_schema="{self._name}",.*}} (\S+)$', text, re.MULTILINE)
        return int(sum(map(float, found)))

    def _hold(self):
        if self._held is not None:
            self._held.close()
        context = ssl.create_default_context(cafile=str(self._server.authority.certificate))
        plain = socket.create_connection(("127.0.0.1", int(self._server.url.rpartition(":")[2])))
        held = context.wrap_socket(plain, server_hostname="127.0.0.1")
        token = self._probe.headers["Authorization"]
        asked = f"GET {_LONG} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\n\r\n"
        # More than the sockets on both sides take in.
        held.sendall(asked.encode() * 16)
        self._held = held
        # The request before may not have let go yet, and then this one is refused itself.
        return held.recv(12) == b"HTTP/1.1 200"

    def _ask(self):
        return self._probe.get(f"/api/v1/namespaces/{self._namespace}/pods")


class Line:
    """The way to a server by TCP, which can be cut for a moment."""

    def __init__(self, url):
        """Lead to the server at this URL."""
        self._port = int(url.rpartition(":")[2])
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        self._ends = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        """End all connections; new ones are taken as before."""
        for end in [*self._ends]:
            # The other end may have been faster.
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self):
        """Take no more connections."""
        self._listener.close()
        self.cut()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._port))
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one, other):
        self._ends.add(one)
        try:
            while data := one.recv(1 << 16):
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            return
        finally:
            self._ends.discard(one)


@pytest.fixture
def throttle(shared_api_server, watched):
    """What throttles the account of the test's namespace."""
    return Throttle(shared_api_server, watched)


@pytest.fixture
def line(shared_api_server):
    """A way to the API server."""
    line = Line(shared_api_server.url)
    yield line
    line.close()


@pytest.fixture
def kubeconfig(shared_api_server, watched, line, tmp_path):
    """How the account gets to the API server on this way."""
    direct = shared_api_server.kubeconfig_of_account(watched, ACCOUNT).read_text()
    path = tmp_path / "kubeconfig"
    path.write_text(direct.replace(shared_api_server.url, line.url))
    return path


def agree(daemon, throttle):
    """Check that the daemon counts each request that the server refused it; return how many there were."""
    before = daemon.errors("throttled")
    refused = throttle.refused()
    # The last answer may be on its way.
    assert before <= refused <= daemon.errors("throttled") + 1
    return refused


def test_it_is_throttled_from_the_start(shared_api_server, watched, start_driver, watch, throttle):
    """It asks no more often than it may, is not ready, and has everything as soon as it is served."""
    make(shared_api_server, watched, "etl", at(start_driver("app-1").url))
    throttle.on()
    begun = time.monotonic()
    daemon = watch(shared_api_server, watched)
    until(lambda: daemon.errors("throttled") >= 5, "it is refused five times")
    refused = agree(daemon, throttle)
    assert refused <= 1 + (time.monotonic() - begun) / RETRY_AFTER
    assert daemon.get("/-/ready").status_code == 503
    assert len(daemon.said("the API server answers 429: .*level=info|level=info.* answers 429: ")) == 1
    throttle.off()

    until(lambda: daemon.up() == {("etl", "app-1")}, "the application", NOTICED)
    assert daemon.get("/-/ready").status_code == 200


def test_it_is_throttled_while_it_watches(
    shared_api_server, watched, start_driver, watch, throttle, line, kubeconfig
):
    """A watch that runs goes on; one that breaks off is begun again without haste, and nothing is missed."""
    server, drivers = shared_api_server, [start_driver(f"app-{number}") for number in range(3)]
    make(server, watched, "p0", at(drivers[0].url))
    daemon = watch(server, watched, kubeconfig=kubeconfig)
    until(lambda: daemon.up() == {("p0", "app-0")}, "the first one", NOTICED)
    throttle.on()
    make(server, watched, "p1", at(drivers[1].url))
    both = {("p0", "app-0"), ("p1", "app-1")}
    until(lambda: daemon.up() == both, "the second one", NOTICED)
    assert daemon.errors("throttled") == throttle.refused() == 0
    process = psutil.Process(daemon.process.pid)
    threads = process.num_threads()
    begun = time.monotonic()
    line.cut()
    server.delete_pod(watched, "p0")
    make(server, watched, "p2", at(drivers[2].url))
    until(lambda: daemon.errors("throttled") >= 5, "it is refused five times")
    # One request is free: the server ended the watch, and did not ask to wait.
    assert agree(daemon, throttle) <= 2 + (time.monotonic() - begun) / RETRY_AFTER
    assert daemon.up() == both
    assert daemon.get("/-/ready").status_code == 200
    assert process.num_threads() <= threads
    throttle.off()

    until(lambda: daemon.up() == {("p1", "app-1"), ("p2", "app-2")}, "what there is now", NOTICED)
