"""The daemon hands out the plugin's jar and the client zip."""

import hashlib
import http.client
import threading
import zipfile
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pytest
import uvicorn
from fake_driver import until
from starlette.applications import Starlette

from exporter._version import __version__
from exporter.client.install import jar_path, pyfiles_path
from exporter.daemon.delivery import Delivery
from exporter.daemon.serve import listen
from exporter.daemon.values import Address

JAR, ZIP = f"spark-exporter-plugin-{__version__}.jar", f"spark-exporter-client-{__version__}.zip"


class Client:
    """Asks a daemon for paths as they are: a usual client would tidy them up."""

    def __init__(self, delivery):
        """Serve these routes alone."""
        config = uvicorn.Config(Starlette(routes=delivery.routes()), lifespan="off", log_config=None)
        self._server = uvicorn.Server(config)
        listener = listen(Address("127.0.0.1", 0))
        self.address = f"127.0.0.1:{listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]})
        self._thread.start()
        until(lambda: self._server.started)

    def ask(self, path, method="GET", **headers):
        """Return status, headers with small letters, body and text of an answer."""
        connection = http.client.HTTPConnection(self.address, timeout=60)
        try:
            connection.request(method, path.removeprefix(f"http://{self.address}"), headers=headers)
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        fields = {key.lower(): value for key, value in answer.getheaders()}
        text = body.decode(errors="replace")
        return SimpleNamespace(status=answer.status, headers=fields, body=body, text=text)

    def stop(self):
        """End the server."""
        self._server.should_exit = True
        self._thread.join()


def delivery_of(directory, jar=b"a jar", pyfiles=b"a zip"):
    """Return a Delivery of files with these contents."""
    (directory / JAR).write_bytes(jar)
    (directory / ZIP).write_bytes(pyfiles)
    return Delivery(lambda: str(directory / JAR), lambda: str(directory / ZIP))


@pytest.fixture
def client_of():
    """Serve a Delivery; return a client of it."""
    clients = []

    def serve(delivery):
        clients.append(Client(delivery))
        return clients[-1]

    yield serve
    for client in clients:
        client.stop()


@pytest.fixture
def client(client_of):
    """A client of what the installed package delivers."""
    return client_of(Delivery())


def settings(client):
    """Return the settings that the index prints."""
    words = client.ask("/plugin/").text.replace("\\\n", " ").split()
    pairs = [words[at + 1].partition("=") for at, word in enumerate(words) if word == "--conf"]
    return {key: value for key, _, value in pairs}


def test_the_index_names_addresses_that_give_the_files_of_the_package(client):
    found = settings(client)
    assert found["spark.plugins"] == "io.sparkexporter.ExporterPlugin"
    for key, path in (("spark.jars", jar_path()), ("spark.submit.pyFiles", pyfiles_path())):
        assert found[key].startswith(f"http://{client.address}/plugin/{__version__}-")
        answer = client.ask(found[key])
        assert answer.status == 200
        assert answer.body == Path(path).read_bytes()
        assert zipfile.is_zipfile(BytesIO(answer.body))


def test_the_index_says_the_checksum_that_the_path_has(client):
    (line,) = (line for line in client.ask("/plugin/").text.splitlines() if line.startswith("checksum"))
    assert settings(client)["spark.jars"].rpartition("/")[0].endswith(f"-{line.split()[1]}")


@pytest.mark.parametrize("change", [{"jar": b"another"}, {"pyfiles": b"another"}])
def test_the_path_is_another_when_a_file_is(change, tmp_path, client_of):
    def path(**contents):
        client = client_of(delivery_of(tmp_path, **contents))
        return settings(client)["spark.jars"].removeprefix(f"http://{client.address}")

    before = path()
    assert path() == before
    assert path(**change) != before


def test_what_a_path_gives_does_not_change_below_a_running_daemon(tmp_path, client_of):
    client = client_of(delivery_of(tmp_path))
    address = settings(client)["spark.jars"]
    delivery_of(tmp_path, jar=b"of an upgrade")
    assert client.ask(address).body == b"a jar"


def test_a_file_may_be_kept_for_good_and_is_not_sent_twice(tmp_path, client_of):
    client = client_of(delivery_of(tmp_path))
    address = settings(client)["spark.submit.pyFiles"]
    answer = client.ask(address)
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"] == "application/zip"
    tag = answer.headers["etag"]
    assert tag == f'"{hashlib.sha256(b"a zip").hexdigest()}"'
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = client.ask(address, **{"If-None-Match": known})
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    assert client.ask(address, **{"If-None-Match": '"other"'}).status == 200


def test_head_says_the_length_and_sends_nothing(tmp_path, client_of):
    client = client_of(delivery_of(tmp_path))
    answer = client.ask(settings(client)["spark.jars"], "HEAD")
    assert (answer.headers["content-length"], answer.body) == ("5", b"")


@pytest.mark.parametrize(
    "path", [f"0.0.1-abcdef123456/{JAR}", JAR, "../flags.py", "%2e%2e/%2e%2e/etc/passwd", "x/y/z"]
)
def test_any_other_path_is_answered_with_the_right_ones(path, tmp_path, client_of):
    client = client_of(delivery_of(tmp_path))
    answer = client.ask(f"/plugin/{path}")
    assert answer.status == 404
    assert f"this daemon has spark-exporter {__version__}; expected /plugin/" in answer.text
    for key in ("spark.jars", "spark.submit.pyFiles"):
        assert settings(client)[key].removeprefix(f"http://{client.address}") in answer.text


def test_a_package_that_was_not_built_completely_says_so(client_of):
    def missing():
        raise FileNotFoundError("the plugin jar of spark-exporter is missing")

    client = client_of(Delivery(missing, missing))
    for path in ("/plugin/", f"/plugin/1-2/{JAR}"):
        answer = client.ask(path)
        assert (answer.status, answer.text) == (404, "the plugin jar of spark-exporter is missing\n")
