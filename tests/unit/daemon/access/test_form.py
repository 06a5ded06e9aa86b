"""What a web configuration may say."""

import ssl
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.daemon.access.form import Access, Tls, parse

HASH = "$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG"
FILES = "cert_file: a.crt, key_file: a.key"


def read(text):
    return parse(text.encode(), Path("/etc/web"))


def refusal(text):
    with pytest.raises(ValueError, match=r".") as caught:
        read(text)
    return str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["", "{}", "tls_server_config:", "tls_server_config: {}\nbasic_auth_users:\nhttp_server_config: {}"],
)
def test_nothing_is_plain_http_for_everybody(text):
    """As with Prometheus' exporters."""
    assert read(text) == Access()


def test_all_that_can_be_said():
    """Relative paths begin where the file is."""
    text = f"""
tls_server_config:
  cert_file: tls.crt
  key_file: /keys/tls.key
  client_ca_file: ../ca.crt
  client_auth_type: RequireAndVerifyClientCert
  min_version: TLS13
  max_version: TLS13
http_server_config:
  http2: false
  headers:
    Strict-Transport-Security: max-age=31536000
    X-Frame-Options: deny
    X-XSS-Protection: ""
basic_auth_users:
  prometheus: {HASH}
  'tom & jerry': {HASH.replace("$2y$10", "$2b$12")}
"""
    found = read(text)
    versions = (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3)
    files = (Path("/etc/web/tls.crt"), Path("/keys/tls.key"), Path("/etc/web/../ca.crt"))
    assert found.tls == Tls(*files, ssl.CERT_REQUIRED, *versions)
    assert found.tls.files == [*files]
    assert found.users == {"prometheus": HASH.encode(), "tom & jerry": HASH.replace("y$10", "b$12").encode()}
    assert found.headers == {"Strict-Transport-Security": "max-age=31536000", "X-Frame-Options": "deny"}


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("cert", "x", "name a file in cert_file"),
        ("key", "x", "name a file in key_file"),
        ("client_ca", "x", "name a file in client_ca_file"),
        ("client_allowed_sans", "[a]", "give the clients an authority of their own in client_ca_file"),
        ("cipher_suites", "[a]", "the cipher suites are those of OpenSSL on this machine"),
        ("prefer_server_cipher_suites", "true", "the server's preference counts"),
        ("curve_preferences", "[a]", "the curves are those of OpenSSL on this machine"),
    ],
)
def test_what_the_format_has_and_the_daemon_has_not_is_named(key, value, expected):
    """With what to do instead: what is not done must not look as if it was."""
    text = f"tls_server_config: {{{FILES}, {key}: {value}}}"
    assert refusal(text) == f"tls_server_config.{key} is not supported: {expected}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rate_limit: {burst: 1}", "rate_limit is not supported: limit requests in front of the daemon"),
        ("tls_config: {}", "tls_config is unknown; did you mean tls_server_config?"),
        ("x: {}", "x is unknown; expected tls_server_config, http_server_config, basic_"),
        ("[a]", "the file: expected keys with values, not a list"),
        ("secret", "the file: expected keys with values, not such a text"),
        ("basic_auth_users: secret", "basic_auth_users: expected keys with values, not such a text"),
        ("a: [", "it is not YAML: line 1: "),
        ("a: \x01", "it is not YAML (ReaderError)"),
        ("rate_limit: {}\nrate_limit: {}", "it is not YAML: line 2: rate_limit is given twice"),
        (f"basic_auth_users: {{a: {HASH}, a: {HASH}}}", "it is not YAML: line 1: a is given twice"),
        (
            "tls_server_config: {certfile: a}",
            "tls_server_config.certfile is unknown; did you mean cert_file?",
        ),
        (
            "tls_server_config: {cert_file: a}",
            "tls_server_config.key_file is missing; expected the path of a file in the form PEM",
        ),
        ("tls_server_config: {min_version: TLS12}", "tls_server_config.cert_file is missing; expected the"),
        (
            "tls_server_config: {cert_file: [a], key_file: b}",
            "tls_server_config.cert_file: expected a text, not a list",
        ),
        (
            f"tls_server_config: {{{FILES}, min_version: TLS11}}",
            "tls_server_config.min_version: 'TLS11' is not one of TLS12, TLS13",
        ),
        (
            f"tls_server_config: {{{FILES}, min_version: TLS13, max_version: TLS12}}",
            "tls_server_config.min_version is above max_version",
        ),
        (
            f"tls_server_config: {{{FILES}, client_auth_type: RequireAnyClientCert}}",
            "tls_server_config.client_auth_type: RequireAnyClientCert takes a certificate that anybody",
        ),
        (
            f"tls_server_config: {{{FILES}, client_auth_type: Require}}",
            "tls_server_config.client_auth_type: 'Require' is not one of NoClientCert, ",
        ),
        (
            f"tls_server_config: {{{FILES}, client_auth_type: VerifyClientCertIfGiven}}",
            "tls_server_config.client_auth_type: VerifyClientCertIfGiven needs client_ca_file",
        ),
        (
            f"tls_server_config: {{{FILES}, client_ca_file: a}}",
            "tls_server_config.client_auth_type: client_ca_file says nothing with NoClientCert; expected",
        ),
        (
            "http_server_config: {http2: true}",
            "http_server_config.http2 is not supported; expected false, or",
        ),
        (
            "http_server_config: {headers: {Server: a}}",
            "http_server_config.headers.Server is unknown; expected Strict-Transport-Security, ",
        ),
        (
            "http_server_config: {headers: {X-Frame-Options: no}}",
            "http_server_config.headers.X-Frame-Options: expected printable ASCII characters, not a yes",
        ),
        (
            "http_server_config: {headers: {X-Frame-Options: allow}}",
            "http_server_config.headers.X-Frame-Options: 'allow' is not one of deny, sameorigin",
        ),
        (
            'http_server_config: {headers: {X-XSS-Protection: "1\\r\\nSet-Cookie: a"}}',
            "http_server_config.headers.X-XSS-Protection: expected printable ASCII characters, not such",
        ),
        (
            f"basic_auth_users: {{1: {HASH}}}",
            "basic_auth_users: expected names that are texts without a colon",
        ),
        (f"basic_auth_users: {{'a:b': {HASH}}}", "basic_auth_users: expected names that are texts without"),
    ],
)
def test_what_is_wrong_is_named(text, expected):
    """With the key, and what is expected."""
    assert refusal(text).startswith(expected)


@pytest.mark.parametrize(
    "password",
    [
        "hunter2",
        "[hunter2]",
        HASH[:-1],
        HASH + "a",
        HASH.replace("$10$", "$03$"),
        HASH.replace("$10$", "$32$"),
        HASH.replace("$2y$", "$2x$"),
        "$2b$10$" + "a" * 53,
        "'$apr1$Zf1mJdUE$bnMBkEPpXpNFuUAjb1nHZ0'",
    ],
)
def test_a_password_in_the_place_of_a_hash_is_refused(password):
    """The text says how to make one, and does not show what was there."""
    expected = (
        "basic_auth_users.me holds no bcrypt hash; expected what 'htpasswd -nBC 10 me' prints after the"
    )
    assert refusal(f"basic_auth_users: {{me: {password}}}").startswith(expected)


@given(st.text(string.ascii_lowercase + ":{}[]\n -&*!|>'\"%@`,?#\t$", max_size=60))
def test_whatever_a_file_holds_it_is_read_or_refused(text):
    """With nothing but a sentence of one line."""
    try:
        found = read(text)
    except ValueError as error:
        found = str(error)
    assert isinstance(found, Access) or "\n" not in found
