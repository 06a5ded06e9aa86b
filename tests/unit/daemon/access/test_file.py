"""The file and its certificates, as they change."""

import shutil
import ssl

import pytest
from secured import another_server, hashed

from certificates import write_key
from exporter.daemon.access.file import WebConfig
from exporter.daemon.errors import UsageError


def refusal(secured):
    with pytest.raises(UsageError) as caught:
        WebConfig(secured.path)
    prefix = f"--web.config.file {secured.path}: "
    assert str(caught.value).startswith(prefix)
    return str(caught.value).removeprefix(prefix)


def test_no_file_is_plain_http_for_everybody():
    """And nothing is looked at."""
    config = WebConfig(None)
    assert (config.tls, config.now().tls, config.now().users) == (None, None, {})
    assert config.reload is None


def test_a_file_that_is_not_there_ends_the_start(secured):
    """With the reason."""
    assert refusal(secured) == "it cannot be read: No such file or directory"
    secured.path.mkdir()
    assert refusal(secured) == "it cannot be read: Is a directory"


def test_a_wrong_certificate_ends_the_start(secured):
    """The text names the file, and what is wrong with it."""
    where = "tls_server_config"
    secured.write(tls_server_config=secured.tls | {"cert_file": "none.crt"})
    assert refusal(secured) == (
        f"{where}.cert_file {secured.directory}/none.crt cannot be read: No such file or directory"
    )
    secured.write(tls_server_config=secured.tls | {"key_file": "none.key"})
    assert refusal(secured).startswith(f"{where}.key_file {secured.directory}/none.key cannot be read: ")
    secured.write(tls_server_config=secured.mutual() | {"client_ca_file": "none.ca"})
    assert refusal(secured).startswith(f"{where}.client_ca_file {secured.directory}/none.ca cannot be read: ")
    other = secured.authority.server("other")[1]
    secured.write(tls_server_config=secured.tls | {"key_file": str(other)})
    both = f"{where}: cert_file {secured.certificate} and key_file"
    assert refusal(secured) == f"{both} {other} do not belong together"
    secured.write(tls_server_config=secured.tls | {"key_file": secured.certificate.name})
    expected = f"{both} {secured.certificate} hold no certificate and key in the form PEM"
    assert refusal(secured) == expected
    secured.write(tls_server_config=secured.mutual() | {"client_ca_file": secured.key.name})
    expected = f"{where}.client_ca_file {secured.key} holds no certificate in the form PEM"
    assert refusal(secured) == expected


def test_a_key_with_a_passphrase_ends_the_start(secured):
    """Nobody is there to type it."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415

    key = serialization.load_pem_private_key(secured.key.read_bytes(), None)
    form, lock = serialization.PrivateFormat.TraditionalOpenSSL, serialization.BestAvailableEncryption(b"x")
    secured.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, lock))
    secured.write(tls_server_config=secured.tls)
    assert refusal(secured) == "tls_server_config.key_file has a passphrase; expected a key without one"
    write_key(key, secured.key)
    assert WebConfig(secured.path).tls is not None


def test_users_change_with_the_file(secured, said):
    """Without a restart, and it is said."""
    secured.write(basic_auth_users={"a": hashed("x")})
    config = WebConfig(secured.path)
    assert [*config.now().users] == ["a"]
    before = config.now()
    assert config.now() is before
    secured.write(basic_auth_users={"b": hashed("x")})
    assert [*config.now().users] == ["b"]
    assert [line["msg"] for line in said()] == ["read the web configuration again"]


def test_what_is_wrong_later_is_said_once_and_changes_nothing(secured, said):
    """Whoever could read before still can; the fault is over when the file is right again."""
    secured.write(basic_auth_users={"a": hashed("x")})
    config = WebConfig(secured.path)
    secured.write_text("basic_auth_users: {a: x}")
    assert [[*config.now().users] for _ in range(3)] == [["a"]] * 3
    (line,) = said()
    assert line["level"] == "warning"
    assert line["msg"].startswith(f"{secured.path}: basic_auth_users.a holds no bcrypt hash; expected ")
    assert line["msg"].endswith("; what it said before stays")
    secured.path.unlink()
    assert [*config.now().users] == ["a"]
    assert said()[-1]["msg"].startswith(f"{secured.path}: it cannot be read: No such file or directory; ")
    secured.write(basic_auth_users={"b": hashed("x")})
    assert [*config.now().users] == ["b"]


def test_how_reading_it_has_gone_is_known(secured):
    """Since when what counts is what was right; what is looked at without a change is not read."""
    moments = iter(range(100, 110))
    secured.write(basic_auth_users={"a": hashed("x")})
    config = WebConfig(secured.path, lambda: next(moments))
    config.now()
    assert config.reload == (True, 100)
    secured.write_text("basic_auth_users: {a: x}")
    config.now()
    assert config.reload == (False, 100)
    config.now()
    assert config.reload == (False, 100)
    secured.write(basic_auth_users={"a": hashed("x")})
    config.now()
    assert config.reload == (True, 101)


def test_a_certificate_that_is_gone_is_a_failure_too(secured):
    """It is known as soon as somebody connects."""
    secured.write(tls_server_config=secured.tls)
    config = WebConfig(secured.path)
    secured.certificate.rename(secured.directory / "away.crt")
    config._current()
    assert not config.reload.successful
    (secured.directory / "away.crt").rename(secured.certificate)
    config._current()
    assert config.reload.successful


def test_tls_comes_and_goes_with_a_restart_only(secured, said):
    """A server cannot change what it speaks, and a password must not be sent in the clear meanwhile."""
    for first, then in (({}, {"tls_server_config": secured.tls}), ({"tls_server_config": secured.tls}, {})):
        secured.write(**first)
        config = WebConfig(secured.path)
        secured.write(**then, basic_auth_users={"a": hashed("x")})
        assert config.now().users == {}
        assert "tls_server_config came or went, which takes a restart" in said()[-1]["msg"]


def test_a_certificate_is_read_again_when_it_changes(secured):
    """A half-written pair is not used: what was right stays until both are there."""
    secured.write(tls_server_config=secured.tls)
    config = WebConfig(secured.path)
    before = config._current()
    assert config._current() is before
    saved = secured.key.read_bytes()
    another_server(secured)
    assert config._current() is not before

    now = config._current()
    secured.key.write_bytes(saved)
    assert config._current() is now
    fresh = secured.authority.server("fresh")
    shutil.copy(fresh[0], secured.certificate)
    assert config._current() is now
    shutil.copy(fresh[1], secured.key)
    assert config._current() is not now


def test_a_link_that_moves_is_a_change(secured, tmp_path):
    """Kubernetes changes what it mounts by moving a link to a directory."""
    for name, user in (("one", "a"), ("two", "b")):
        (tmp_path / name).mkdir()
        secured.write(basic_auth_users={user: hashed("x")})
        secured.path.replace(tmp_path / name / "web-config.yml")
    (tmp_path / "data").symlink_to("one")
    secured.path.symlink_to("data/web-config.yml")
    config = WebConfig(secured.path)
    assert [*config.now().users] == ["a"]
    (tmp_path / "moved").symlink_to("two")
    (tmp_path / "moved").replace(tmp_path / "data")
    assert [*config.now().users] == ["b"]


def test_versions_and_clients_are_those_of_the_file(secured):
    """TLS 1.2 is the oldest unless something else is said."""
    secured.write(tls_server_config=secured.tls)
    context = WebConfig(secured.path)._current()
    versions = (context.minimum_version, context.maximum_version)
    assert versions == (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
    assert context.verify_mode == ssl.CERT_NONE
    secured.write(tls_server_config=secured.mutual("VerifyClientCertIfGiven") | {"min_version": "TLS13"})
    context = WebConfig(secured.path)._current()
    assert (context.minimum_version, context.verify_mode) == (ssl.TLSVersion.TLSv1_3, ssl.CERT_OPTIONAL)
