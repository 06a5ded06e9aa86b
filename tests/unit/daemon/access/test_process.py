"""A daemon with a web configuration, asked by curl and requests."""

import signal
import socket
import ssl

import pytest
import requests
from fake_driver import PATIENCE
from secured import another_server, hashed

from requirements import require_program

TOKEN = "t0ken"
RIGHT = ("--user", "prometheus:right")
CUT_OFF = {35, 52, 55, 56}
"""Curl's exit codes, by how far it got."""


@pytest.fixture(autouse=True)
def _curl():
    require_program("curl", "install it, for instance with: apt-get install curl")


@pytest.fixture
def users():
    return {"prometheus": hashed("right")}


def test_tls(start, secured):
    """The certificate is the file's, and who speaks plain HTTP gets nothing."""
    daemon = start(tls_server_config=secured.tls)
    assert daemon.url.startswith("https://")
    status, body = secured.curl(f"{daemon.url}/metrics")
    assert status == 200
    assert "\nspark_exporter_build_info{" in body
    code, message = secured.curl(f"{daemon.url.replace('https', 'http')}/metrics")
    assert code == 52, message
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(daemon.url, timeout=PATIENCE, verify=True)


def test_an_old_version_of_tls_is_refused(start, secured):
    """And a file may ask for more."""
    daemon = start(tls_server_config=secured.tls | {"min_version": "TLS13"})
    assert secured.curl(f"{daemon.url}/-/healthy", "--tlsv1.3")[0] == 200
    assert secured.curl(f"{daemon.url}/-/healthy", "--tls-max", "1.2")[0] == 35


def test_clients_with_certificates(start, secured, tmp_path):
    """Of the authority that the file names, and of no other."""
    daemon = start(tls_server_config=secured.mutual())
    url = f"{daemon.url}/-/healthy"
    assert secured.curl(url, *secured.client())[0] == 200
    assert secured.curl(url)[0] in CUT_OFF
    strangers = tmp_path / "strangers"
    strangers.mkdir()
    certificate, key = type(secured.authority)(strangers).user("prometheus")
    assert secured.curl(url, "--cert", str(certificate), "--key", str(key))[0] in CUT_OFF


def test_a_renewed_certificate_counts_from_the_next_connection(start, secured):
    """Whoever is connected stays so; the daemon is not restarted."""
    daemon = start(tls_server_config=secured.tls)
    host, port = daemon.url.removeprefix("https://").split(":")
    context = ssl.create_default_context(cafile=str(secured.authority.certificate))
    with context.wrap_socket(socket.create_connection((host, int(port))), server_hostname=host) as connection:
        other = another_server(secured)
        # Curl's words for a certificate that its authority did not sign.
        assert secured.curl(f"{daemon.url}/-/healthy")[0] in {35, 60}
        assert secured.curl(f"{daemon.url}/-/healthy", "--cacert", str(other.certificate))[0] == 200
        connection.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize("path", ["/metrics", "/", "/plugin/", "/-/", "/-/healthy/more", "/nothing"])
def test_every_path_needs_a_password(start, secured, users, path):
    """But for health, and for the API, which has its token."""
    daemon = start(basic_auth_users=users)
    url = daemon.url + path
    assert secured.curl(url)[0] == 401
    assert secured.curl(url, "--user", "prometheus:wrong")[0] == 401
    assert secured.curl(url, "--user", "nobody:right")[0] == 401
    assert secured.curl(url, *RIGHT)[0] == (200 if path in ("/metrics", "/", "/plugin/") else 404)


@pytest.mark.parametrize("path", ["/-/healthy", "/-/ready"])
def test_health_needs_no_password(start, secured, users, path):
    """A kubelet has none; a wrong one does no harm, and costs no comparison."""
    daemon = start(basic_auth_users=users, tls_server_config=secured.tls)
    for given in ((), ("--user", "prometheus:wrong"), RIGHT):
        status, body = secured.curl(daemon.url + path, *given)
        assert (status, body.startswith("Spark Exporter is ")) == (200, True)
    assert "wrong name or password" not in daemon.end()[1]


def test_a_file_that_has_become_wrong_is_seen_in_the_metrics(start, secured, users):
    """By the scrape that finds it so; it is over with the file that is right again."""
    daemon = start(basic_auth_users=users)
    names = [
        f"spark_exporter_web_config_last_reload_{name}"
        for name in ("successful", "success_timestamp_seconds")
    ]

    def values():
        text = secured.curl(f"{daemon.url}/metrics", *RIGHT)[1]
        return [float(line.split()[1]) for line in text.splitlines() if line.split()[0] in names]

    well, began = values()
    assert well == 1
    secured.write_text("basic_auth_users: [prometheus]")
    assert values() == [0, began]
    secured.write(basic_auth_users=users)
    well, moment = values()
    assert (well, moment > began) == (1, True)


@pytest.mark.parametrize(
    "header",
    ["", "Basic", "Basic !", "Basic cHJvbWV0aGV1cw==", "Basic /w==", "Basic gIA6cmlnaHQ=", "Bearer right"],
)
def test_a_header_that_is_no_login_is_none(start, users, header):
    """Whatever it holds; the answer says what is expected."""
    daemon = start(basic_auth_users=users)
    answer = daemon.get("/metrics", Authorization=header)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="spark-exporter", charset="UTF-8"'
    assert answer.text == "The name or the password is missing or wrong; expected basic auth.\n"


def test_names_and_passwords_may_have_any_characters(start, secured):
    """Of UTF-8, with colons in the password."""
    daemon = start(basic_auth_users={"jörg": hashed("a:ü b")})
    assert secured.curl(f"{daemon.url}/metrics", "--user", "jörg:a:ü b")[0] == 200


def test_the_api_has_its_token_and_no_password(start, users, secured):
    """A request has one Authorization header, and a reader's password changes nothing in a driver."""
    daemon = start(basic_auth_users=users, environment={"SPARK_EXPORTER_TOKEN": TOKEN})
    applications = f"{daemon.url}/api/v1/applications"
    assert secured.curl(applications, "--header", f"Authorization: Bearer {TOKEN}")[0] == 200
    assert secured.curl(applications)[0] == 401
    status, body = secured.curl(applications, *RIGHT)
    assert (status, "Authorization: Bearer TOKEN" in body) == (401, True)
    assert secured.curl(f"{daemon.url}/metrics", "--header", f"Authorization: Bearer {TOKEN}")[0] == 401
    assert secured.curl(f"{daemon.url}/api/v1/../../metrics", "--path-as-is")[0] == 404


def test_users_change_while_it_runs(start, secured, users):
    """At once: who is taken out is out, although the password was remembered."""
    daemon = start(basic_auth_users=users)
    url = f"{daemon.url}/metrics"
    assert secured.curl(url, *RIGHT)[0] == 200
    secured.write(basic_auth_users={"grafana": hashed("other")})
    assert secured.curl(url, *RIGHT)[0] == 401
    assert secured.curl(url, "--user", "grafana:other")[0] == 200
    secured.write_text("basic_auth_users: {grafana: other}")
    assert secured.curl(url, "--user", "grafana:other")[0] == 200
    _, log = daemon.end()
    assert "basic_auth_users.grafana holds no bcrypt hash" in log
    assert 'msg="a wrong name or password" client=127.0.0.1 path=/metrics' in log
    assert "other" not in log.replace("another", "")


def test_headers(start):
    """Of every answer, also one that says no; a page keeps what it says itself."""
    headers = {"X-Frame-Options": "deny", "Content-Security-Policy": "default-src 'self'"}
    daemon = start(http_server_config={"headers": headers}, basic_auth_users={"me": hashed("x")})
    assert daemon.get("/metrics").headers["X-Frame-Options"] == "deny"
    answer = requests.get(daemon.url + "/", auth=("me", "x"), timeout=PATIENCE)
    assert answer.headers["X-Frame-Options"] == "deny"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; ")
    answer = requests.get(daemon.url + "/-/healthy", timeout=PATIENCE)
    assert answer.headers["Content-Security-Policy"] == "default-src 'self'"


def test_it_ends_while_clients_keep_their_connections(start, secured):
    """Without a word in the log: TLS has connections say goodbye, and idle ones do not answer."""
    daemon = start(tls_server_config=secured.tls)
    with requests.Session() as session:
        # Variables of the environment would name other authorities.
        session.trust_env = False
        session.verify = str(secured.authority.certificate)
        assert session.get(f"{daemon.url}/metrics", timeout=PATIENCE).ok
        code, log = daemon.end(signal.SIGTERM)
    assert code == 0
    assert all(line.startswith("ts=") for line in log.splitlines()), log


def test_a_probe_that_only_connects_leaves_no_trace(start, secured):
    """A kubelet has no certificate, and asks whether the port is open."""
    daemon = start(tls_server_config=secured.mutual())
    host, port = daemon.url.removeprefix("https://").split(":")
    for _ in range(3):
        socket.create_connection((host, int(port)), PATIENCE).close()
    assert secured.curl(f"{daemon.url}/-/healthy", *secured.client())[0] == 200
    about_drivers = "target="
    rest = [line for line in daemon.end()[1].splitlines() if about_drivers not in line]
    assert [line.partition("msg=")[2] for line in rest] == ["stopped"]


def test_a_wrong_file_starts_nothing(start_daemon, driver, secured):
    """Exit code 2, a sentence, and no secret in it."""
    secured.write(basic_auth_users={"me": "hunter2"})
    daemon = start_daemon(f"--target={driver.url}", f"--web.config.file={secured.path}")
    assert daemon.process.wait(PATIENCE) == 2
    text = "".join(daemon.lines)
    expected = f"spark-exporter serve: --web.config.file {secured.path}: basic_auth_users.me holds no bcrypt"
    assert text.startswith(expected)
    assert "hunter2" not in text
    assert driver.requests == []
