"""The file of ``--web.config.file``: what it may say, in the format of Prometheus' exporters."""

from __future__ import annotations

import difflib
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
_CLIENT_AUTH = {
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}
_UNVERIFIED = ("RequestClientCert", "RequireClientCert", "RequireAnyClientCert")
_UNSUPPORTED = {
    "tls_server_config.cert": "name a file in cert_file",
    "tls_server_config.key": "name a file in key_file",
    "tls_server_config.client_ca": "name a file in client_ca_file",
    "tls_server_config.client_allowed_sans": "give the clients an authority of their own in client_ca_file",
    "tls_server_config.cipher_suites": "the cipher suites are those of OpenSSL on this machine",
    "tls_server_config.prefer_server_cipher_suites": "the server's preference counts",
    "tls_server_config.curve_preferences": "the curves are those of OpenSSL on this machine",
    "rate_limit": "limit requests in front of the daemon",
}
"""What the format has and this daemon does not, with what to do instead."""
_HEADERS: dict[str, tuple[str, ...]] = {
    "Strict-Transport-Security": (),
    "X-Content-Type-Options": ("nosniff",),
    "X-Frame-Options": ("deny", "sameorigin"),
    "X-XSS-Protection": (),
    "Content-Security-Policy": (),
}
"""The headers that may be set, with their values where not any is allowed."""
_HASH = re.compile(r"\$2[aby]\$(?:0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}")
_VALUE = re.compile(r"[ -~]*")
_MERGE = "tag:yaml.org,2002:merge"


@dataclass(frozen=True)
class Tls:
    """How the daemon proves who it is, and what clients must prove."""

    certificate: Path
    key: Path
    authority: Path | None = None
    """Who signs the certificates of clients."""
    clients: ssl.VerifyMode = ssl.CERT_NONE
    """Whether clients need one."""
    lowest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
    highest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3

    @property
    def files(self) -> list[Path]:
        """All files, which may change."""
        found = [self.certificate, self.key]
        return found if self.authority is None else [*found, self.authority]


@dataclass(frozen=True)
class Access:
    """What the file says."""

    tls: Tls | None = None
    """None: plain HTTP."""
    users: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    """The bcrypt hash of each user's password; without users, nobody needs one."""
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Of every answer that has none of the same name."""


def parse(body: bytes, directory: Path) -> Access:
    """Return what a file says.

    Args:
        body: of the file.
        directory: where relative paths begin.

    Raises:
        ValueError: it is malformed; the text names the key and says what is expected, and shows no secret.

    """
    try:
        document = yaml.load(body, _Loader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark is not None else ""
        raise ValueError(f"it is not YAML: {line}{error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError(f"it is not YAML ({type(error).__name__})") from error
    given = _section("", document, ("tls_server_config", "http_server_config", "basic_auth_users"))
    return Access(
        _tls(given.get("tls_server_config"), directory),
        _users(given.get("basic_auth_users")),
        _headers(given.get("http_server_config")),
    )


def _tls(section: Any, directory: Path) -> Tls | None:
    where = "tls_server_config"
    files = ("cert_file", "key_file", "client_ca_file")
    known = (*files, "client_auth_type", "min_version", "max_version")
    given = _section(where, section, known)
    if not given:
        return None
    for key, value in given.items():
        if not isinstance(value, str) or not value or "\0" in value:
            raise _wrong(f"{where}.{key}", "a text", value)
    for key in ("cert_file", "key_file"):
        if key not in given:
            raise ValueError(f"{where}.{key} is missing; expected the path of a file in the form PEM")
    paths = {key: directory / given[key] for key in files if key in given}
    lowest = _one_of(f"{where}.min_version", given.get("min_version", "TLS12"), _VERSIONS)
    highest = _one_of(f"{where}.max_version", given.get("max_version", "TLS13"), _VERSIONS)
    if lowest > highest:
        raise ValueError(
            f"{where}.min_version is above max_version; expected TLS12 and TLS13, or both the same"
        )
    clients = _client_auth(given, f"{where}.client_auth_type")
    return Tls(paths["cert_file"], paths["key_file"], paths.get("client_ca_file"), clients, lowest, highest)


def _client_auth(given: Mapping[str, str], where: str) -> ssl.VerifyMode:
    chosen = given.get("client_auth_type", "NoClientCert")
    if chosen in _UNVERIFIED:
        raise ValueError(
            f"{where}: {chosen} takes a certificate that anybody signed, which is not supported; "
            f"expected one of {', '.join(_CLIENT_AUTH)}"
        )
    clients: ssl.VerifyMode = _one_of(where, chosen, _CLIENT_AUTH)
    if clients != ssl.CERT_NONE and "client_ca_file" not in given:
        raise ValueError(f"{where}: {chosen} needs client_ca_file, the authority that signs the clients")
    if clients == ssl.CERT_NONE and "client_ca_file" in given:
        raise ValueError(
            f"{where}: client_ca_file says nothing with NoClientCert; expected RequireAndVerifyClientCert, "
            "or VerifyClientCertIfGiven, or no client_ca_file"
        )
    return clients


def _headers(section: Any) -> Mapping[str, str]:
    where = "http_server_config"
    given = _section(where, section, ("headers", "http2"))
    # Prometheus' exporters offer HTTP/2 unless they are told not to.
    if given.get("http2", False) is not False:
        raise ValueError(f"{where}.http2 is not supported; expected false, or nothing")
    where += ".headers"
    headers = _section(where, given.get("headers"), _HEADERS)
    for name, value in headers.items():
        if not isinstance(value, str) or not _VALUE.fullmatch(value):
            raise _wrong(f"{where}.{name}", "printable ASCII characters", value)
        if value and _HEADERS[name]:
            _one_of(f"{where}.{name}", value, _HEADERS[name])
    # A blank one is not set, as in the format.
    return MappingProxyType({name: value for name, value in headers.items() if value})


def _users(section: Any) -> Mapping[str, bytes]:
    where = "basic_auth_users"
    users = {}
    for name, value in _mapping(where, section).items():
        if not isinstance(name, str) or ":" in name:
            raise _wrong(where, "names that are texts without a colon", name)
        if not isinstance(value, str) or not _HASH.fullmatch(value):
            raise ValueError(
                f"{where}.{name} holds no bcrypt hash; expected what 'htpasswd -nBC 10 {name}' prints "
                "after the colon"
            )
        users[name] = value.encode()
    return MappingProxyType(users)


def _section(where: str, value: Any, known: Iterable[str]) -> dict[str, Any]:
    """Return what is given of a part; what is left empty is not."""
    known = [*known]
    prefix = f"{where}." if where else ""
    for key in _mapping(where, value):
        if key in known:
            continue
        name = f"{prefix}{key}"[:200]
        if name in _UNSUPPORTED:
            raise ValueError(f"{name} is not supported: {_UNSUPPORTED[name]}")
        guess = difflib.get_close_matches(str(key)[:100], known, 1)
        hint = f"did you mean {guess[0]}?" if guess else f"expected {', '.join(known)}"
        raise ValueError(f"{name} is unknown; {hint}")
    return {key: given for key, given in _mapping(where, value).items() if given is not None}


def _mapping(where: str, value: Any) -> Mapping[Any, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise _wrong(where or "the file", "keys with values", value)
    return value


def _one_of(where: str, value: str, known: Iterable[str]) -> Any:
    if value not in known:
        raise ValueError(f"{where}: {value[:100]!r} is not one of {', '.join(known)}")
    return known[value] if isinstance(known, Mapping) else value


def _wrong(where: str, expected: str, value: Any) -> ValueError:
    # A text may be a secret in the wrong place; its kind is none.
    kinds: dict[type, str] = {str: "such a text", list: "a list", dict: "a mapping", bool: "a yes or no"}
    return ValueError(
        f"{where}: expected {expected}, not {kinds.get(type(value), f'a {type(value).__name__}')}"
    )


class _Loader(yaml.SafeLoader):
    """Refuses a key that is given twice: one of the two would count, and nobody knows which."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
                continue
            if key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"{key.value[:100]} is given twice", problem_mark=key.start_mark
                )
            seen.add(key.value)
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        return found
