"""The commands that ask a daemon, against one that has TLS and passwords."""

import os
import subprocess
import sys

import pytest
from fake_driver import PATIENCE
from secured import hashed

TOKEN = "t0ken"


class Done:
    """What a command said and how it ended."""

    def __init__(self, *words, **environment):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SPARK_EXPORTER_")}
        command = [sys.executable, "-P", "-m", "exporter", *map(str, words)]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=PATIENCE, env=kept | environment
        )
        self.code, self.out, self.said = done.returncode, done.stdout, done.stderr


def top(url, *words, **environment):
    return Done("top", url, "--once", "--interval=100ms", *words, **environment)


def applications(url, *words, **environment):
    """Ask for an application that there is not: what is asked first is which there are."""
    variables = {"SPARK_EXPORTER_TOKEN": TOKEN, **environment}
    return Done("config", "get", "none", f"--url={url}", *words, **variables)


def test_top_with_a_name_and_a_password(start, secured, tmp_path):
    """From a file, or from the variable; the answer to a wrong one says which it is."""
    daemon = start(tls_server_config=secured.tls, basic_auth_users={"me": hashed("right")})
    file = tmp_path / "password"
    file.write_text("right\n")
    trusted = f"--ca-file={secured.authority.certificate}"
    answers = f"spark-exporter: {daemon.url}/metrics answers 401: "
    assert top(daemon.url, trusted, "--user=me", f"--password-file={file}").code == 0
    assert top(daemon.url, trusted, "--user=me", SPARK_EXPORTER_PASSWORD="right").code == 0
    wrong = top(daemon.url, trusted, "--user=me", SPARK_EXPORTER_PASSWORD="wr0ng")
    assert (wrong.code, wrong.out) == (1, "")
    assert wrong.said == f"{answers}the name me (--user) or its password is wrong.\n"
    assert top(daemon.url, trusted).said == (
        f"{answers}it wants a name and a password; give --user, and --password-file or "
        "SPARK_EXPORTER_PASSWORD.\n"
    )


def test_a_certificate_that_is_not_trusted(start, secured, tmp_path):
    """The text says why, and what to give; nothing was sent to whoever that is."""
    daemon = start(tls_server_config=secured.tls)
    (tmp_path / "others").mkdir()
    other = type(secured.authority)(tmp_path / "others").certificate
    for run, prefix in (
        (top, f"{daemon.url}/metrics: "),
        (applications, f"cannot reach the daemon: {daemon.url}/api/v1/applications: "),
    ):
        done = run(daemon.url)
        assert done.said.startswith(f"spark-exporter: {prefix}its certificate is not trusted: ")
        assert "; give that of its authority with --ca-file" in done.said
        assert done.code == (1 if run is top else 3)
        assert (
            f"; expected one that {other} (--ca-file) has signed"
            in run(daemon.url, f"--ca-file={other}").said
        )


def test_the_daemons_own_certificate_is_enough_to_trust_it(start, secured):
    """As of a Secret that has nothing else."""
    daemon = start(tls_server_config=secured.tls)
    assert top(daemon.url, SPARK_EXPORTER_CA_FILE=str(secured.certificate)).code == 0


def test_another_name_than_that_of_the_certificate(start, secured):
    """Whoever has a certificate of the authority is not everybody."""
    certificate, key = secured.authority.server("elsewhere", ("elsewhere",))
    alone = {"cert_file": str(certificate), "key_file": str(key)}
    daemon = start(tls_server_config=alone)
    url = daemon.url.replace("127.0.0.1", "localhost")
    done = top(url, f"--ca-file={secured.authority.certificate}")
    assert done.code == 1
    assert (
        "its certificate is not trusted: Hostname mismatch, certificate is not valid for 'localhost'"
        in done.said
    )


def test_a_daemon_that_wants_a_certificate(start, secured):
    """And says no without one."""
    daemon = start(tls_server_config=secured.mutual(), environment={"SPARK_EXPORTER_TOKEN": TOKEN})
    certificate, key = secured.authority.user("me")
    trusted = f"--ca-file={secured.authority.certificate}"
    pair = [f"--cert-file={certificate}", f"--key-file={key}"]
    assert top(daemon.url, trusted, *pair).code == 0
    for run in (top, applications):
        said = run(daemon.url, trusted).said
        assert "a certificate of the client" in said
        assert "--cert-file and --key-file" in said
    assert "knows no application none" in applications(daemon.url, trusted, *pair).said


def test_the_api_is_asked_with_the_token_and_no_password(start, secured):
    """By TLS, or else the text says what it is."""
    daemon = start(
        tls_server_config=secured.tls,
        basic_auth_users={"me": hashed("right")},
        environment={"SPARK_EXPORTER_TOKEN": TOKEN},
    )
    trusted = f"--ca-file={secured.authority.certificate}"
    done = applications(daemon.url, trusted)
    assert (done.code, done.said.startswith(f"spark-exporter: the daemon at {daemon.url} knows no")) == (
        1,
        True,
    )
    done = applications(daemon.url, trusted, SPARK_EXPORTER_TOKEN="other")
    assert (done.code, "token" in done.said) == (3, True)


def test_the_wrong_scheme(start, secured):
    """Either way round, the text names the right one."""
    plain, secure = start(), start(tls_server_config=secured.tls)
    trusted = f"--ca-file={secured.authority.certificate}"
    for run in (top, applications):
        said = run(plain.url.replace("http:", "https:"), trusted).said
        assert "does not speak TLS; expected http:// instead of https://" in said
        said = run(secure.url.replace("https:", "http:")).said
        assert "closed the connection; does it want https:// instead of http://?" in said


def test_check_at_a_daemon_says_what_it_is(start):
    """Whose URL it is, and not that a filter protects it."""
    daemon = start(basic_auth_users={"me": hashed("right")})
    done = Done("check", daemon.url)
    assert done.code == 1
    assert f"wrong  {daemon.url} is the daemon of spark-exporter, and not the UI of a driver." in done.out
    assert f"'spark-exporter top {daemon.url}' shows what it has." in done.out


def test_check_where_the_certificate_is_not_trusted(start, secured):
    """The daemon would not trust it either."""
    daemon = start(tls_server_config=secured.tls)
    done = Done("check", daemon.url)
    assert done.code == 1
    assert "its certificate is not trusted: " in done.out
    assert "The daemon could not ask either: it trusts public authorities" in done.out


@pytest.mark.parametrize("access", ["plain", "passwords", "tls", "tls and passwords", "certificates"])
def test_the_health_check_sees_a_daemon_that_is_well(start, secured, access):
    """Whatever it asks of others, and without a line in its log."""
    users = {"basic_auth_users": {"me": hashed("right")}} if "passwords" in access else {}
    tls = {"tls": secured.tls, "certificates": secured.mutual()}.get(access.split()[0])
    daemon = start(**({"tls_server_config": tls} if tls else {}), **users)
    address = daemon.url.partition("://")[2]
    done = Done("healthcheck", SPARK_EXPORTER_WEB_LISTEN_ADDRESS=address)
    assert (done.code, done.out, done.said) == (0, "", "")
    everywhere = f":{address.partition(':')[2]}"
    assert Done("healthcheck", f"--web.listen-address={everywhere}").code == 0
    rest = [line for line in daemon.end()[1].splitlines() if "target=" not in line]
    assert [line.partition("msg=")[2] for line in rest] == ["stopped"]


def test_the_health_check_says_what_is_wrong(start_driver):
    """Nothing is there, or something else."""
    driver = start_driver()
    address = driver.url.removeprefix("http://")
    prefix = f"spark-exporter: the daemon at {address} is not healthy: "
    done = Done("healthcheck", f"--web.listen-address={address}")
    assert (done.code, done.said) == (1, f"{prefix}something answers 404 there\n")
    driver.die()
    done = Done("healthcheck", f"--web.listen-address={address}")
    assert (done.code, done.said) == (1, f"{prefix}[Errno 111] Connection refused\n")
