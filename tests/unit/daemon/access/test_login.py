"""What the flags of a command give to reach a daemon with TLS and passwords."""

import argparse
import ssl

import pytest

from exporter.daemon import flags, login
from exporter.daemon.errors import ClosedError, SourceError, TlsError, UsageError

PASSWORD = "SPARK_EXPORTER_PASSWORD"


def read(*arguments, environment=None, table=login.LOGIN):
    """Return what a command line and an environment give."""
    parser = argparse.ArgumentParser()
    flags.add_flags(parser, table)
    environment = environment or {}
    return login.read_login(flags.read(table, parser.parse_args(arguments), environment), environment)


def refusal(*arguments, environment=None):
    with pytest.raises(UsageError) as caught:
        read(*arguments, environment=environment)
    return str(caught.value)


def test_nothing_is_given():
    """Then this machine's authorities are trusted, and nobody is named."""
    found = read()
    assert (found.authorization, found.authority, found.certificate) == (None, None, False)
    assert found.context.verify_mode == ssl.CERT_REQUIRED
    assert found.context.check_hostname


def test_an_authority_is_trusted_alone(secured):
    """Also if the file has nothing but the daemon's own certificate."""
    for file in (secured.authority.certificate, secured.certificate):
        found = read(f"--ca-file={file}")
        assert found.authority == file
        assert len(found.context.get_ca_certs()) == (1 if file == secured.authority.certificate else 0)
        assert found.context.cert_store_stats()["x509"] == 1
        assert found.context.verify_flags & ssl.VERIFY_X509_PARTIAL_CHAIN


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_password_comes_from_a_file_or_a_variable(tmp_path, end):
    """With any characters; the end of the line is none of them."""
    file = tmp_path / "password"
    file.write_bytes(f" a:ü b {end}".encode())
    expected = "Basic asO2cmc6IGE6w7wgYiA="
    assert read("--user=jörg", f"--password-file={file}").authorization == expected
    assert read("--user=jörg", environment={PASSWORD: " a:ü b "}).authorization == expected


def test_the_flags_have_variables(secured):
    """As all that may last."""
    environment = {
        "SPARK_EXPORTER_CA_FILE": str(secured.authority.certificate),
        "SPARK_EXPORTER_USER": "me",
        PASSWORD: "x",
    }
    found = read(environment=environment)
    assert (found.user, found.password, found.authority) == ("me", "x", secured.authority.certificate)


def test_a_password_is_in_no_text():
    """A traceback shows arguments, and no password."""
    found = read("--user=me", environment={PASSWORD: "hunter2"})
    assert "hunter2" not in repr(found)


def test_what_does_not_fit_together_is_refused(tmp_path):
    """With both names."""
    file = tmp_path / "password"
    file.write_text("x")
    both = f"--password-file and {PASSWORD} are both given; expected one of them"
    assert refusal("--user=a", f"--password-file={file}", environment={PASSWORD: "x"}) == both
    assert (
        refusal(f"--password-file={file}")
        == "--password-file is given without --user; expected both or neither"
    )
    assert (
        refusal(environment={PASSWORD: "x"})
        == f"{PASSWORD} is given without --user; expected both or neither"
    )
    expected = f"expected it in --password-file, or in {PASSWORD}"
    assert refusal("--user=a") == f"--user lacks a password; {expected}"
    file.write_text("\n")
    assert refusal("--user=a", f"--password-file={file}") == f"--password-file {file} is empty; {expected}"
    assert refusal("--user=a:b").startswith("--user: 'a:b' is not the name of a user; ")
    alone = "--cert-file and --key-file belong together; expected both or neither"
    assert [refusal("--cert-file=a"), refusal("--key-file=a")] == [alone, alone]


def test_files_that_are_not_there_or_hold_something_else_are_refused(secured, tmp_path):
    """Each is named; no secret is."""
    text = tmp_path / "text"
    text.write_text("hunter2")
    none = tmp_path / "none"
    missing = "cannot be read: No such file or directory"
    assert refusal(f"--ca-file={none}") == f"--ca-file {none}: {missing}"
    assert refusal("--user=a", f"--password-file={none}") == f"--password-file {none}: {missing}"
    assert refusal(f"--ca-file={text}") == f"--ca-file {text}: holds no certificate in the form PEM"
    certificate, key = secured.authority.user("me")
    assert refusal(f"--cert-file={none}", f"--key-file={key}") == f"--cert-file {none}: {missing}"
    assert refusal(f"--cert-file={certificate}", f"--key-file={none}") == f"--key-file {none}: {missing}"
    pair = f"--cert-file {certificate} and --key-file"
    assert refusal(f"--cert-file={certificate}", f"--key-file={secured.key}") == (
        f"{pair} {secured.key} do not belong together"
    )
    assert refusal(f"--cert-file={certificate}", f"--key-file={text}") == (
        f"{pair} {text} hold no certificate and key in the form PEM"
    )
    assert read(f"--cert-file={certificate}", f"--key-file={key}").certificate


def test_a_key_with_a_passphrase_is_refused(secured):
    """Nobody is asked for it."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415

    key = serialization.load_pem_private_key(secured.key.read_bytes(), None)
    form, lock = serialization.PrivateFormat.TraditionalOpenSSL, serialization.BestAvailableEncryption(b"x")
    secured.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, lock))
    expected = "--key-file has a passphrase; expected a key without one"
    assert refusal(f"--cert-file={secured.certificate}", f"--key-file={secured.key}") == expected


def test_what_to_do_about_an_error_depends_on_what_was_given(secured):
    """And nothing is said about errors that have nothing to do with it."""
    certificate, key = secured.authority.user("me")
    full = read(
        f"--ca-file={secured.authority.certificate}", f"--cert-file={certificate}", f"--key-file={key}"
    )
    untrusted, client, plain = (TlsError(fault, "x") for fault in ("untrusted", "client", "plain"))
    said = [login.NO_LOGIN.remedy(error) for error in (untrusted, client, plain)]
    assert said == [
        "; give that of its authority with --ca-file",
        "; give it with --cert-file and --key-file",
        "; expected http:// instead of https://",
    ]
    assert (
        full.remedy(untrusted)
        == f"; expected one that {secured.authority.certificate} (--ca-file) has signed"
    )
    assert full.remedy(client) == "; expected one of the daemon's client_ca_file, and not that of --cert-file"
    assert full.remedy(ClosedError("http://a closed the connection")).startswith("; does it want https://")
    closed = ClosedError("https://a closed the connection")
    asked = "; does it want a certificate of the client (--cert-file and --key-file)?"
    assert login.NO_LOGIN.remedy(closed) == asked
    assert full.remedy(closed) == "; does its client_ca_file have the authority of --cert-file?"
    assert full.remedy(SourceError("connect", "http://a: nothing listens there")) == ""
