"""How a command reaches a daemon that has TLS and passwords: its flags, and what their files hold."""

from __future__ import annotations

import base64
import os
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exporter.daemon.errors import ClosedError, TlsError, UsageError
from exporter.daemon.flag import ENV_PREFIX, Flag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.daemon.errors import SourceError

PASSWORD_VARIABLE = f"{ENV_PREFIX}PASSWORD"
_PEM = "in the form PEM"


def _parse_user(text: str) -> str:
    if not text or ":" in text:
        raise ValueError(f"{text!r} is not the name of a user; expected one without a colon")
    return text


TLS: tuple[Flag, ...] = (
    Flag(
        "ca-file",
        "FILE",
        None,
        Path,
        f"Certificates {_PEM}: of the authorities that sign the daemon's, or the daemon's own. Nobody else "
        "is trusted then. Default: the authorities that this machine trusts.",
    ),
    Flag("cert-file", "FILE", None, Path, f"This client's certificate {_PEM}, for a daemon that wants one."),
    Flag("key-file", "FILE", None, Path, f"The key of --cert-file, {_PEM} and without a passphrase."),
)
"""Of every command that asks a daemon."""
LOGIN: tuple[Flag, ...] = (
    *TLS,
    Flag("user", "NAME", None, _parse_user, "Name to log in with, one of the daemon's basic_auth_users."),
    Flag(
        "password-file",
        "FILE",
        None,
        Path,
        f"File with the password of --user. {PASSWORD_VARIABLE} can hold the password itself.",
    ),
)
"""Of commands that ask for more than the API, which has its token."""


@dataclass(frozen=True)
class Login:
    """What a daemon is shown, and whom to take for it."""

    context: ssl.SSLContext | None = None
    """None for that of ``requests``."""
    authority: Path | None = None
    """Whom alone to trust."""
    certificate: bool = False
    """Whether the context has one of the client."""
    user: str | None = None
    password: str = field(default="", repr=False)

    @property
    def authorization(self) -> str | None:
        """The header of that name."""
        if self.user is None:
            return None
        pair = base64.b64encode(f"{self.user}:{self.password}".encode())
        return f"Basic {pair.decode()}"

    @property
    def refused(self) -> str:
        """What a daemon means that answers 401."""
        if self.user is None:
            return f"it wants a name and a password; give --user, and --password-file or {PASSWORD_VARIABLE}"
        return f"the name {self.user} (--user) or its password is wrong"

    def remedy(self, error: SourceError) -> str:
        """Return what to do about an error, to stand behind it; nothing if nobody knows."""
        if isinstance(error, ClosedError):
            return self._question(str(error).startswith("https:"))
        if not isinstance(error, TlsError):
            return ""
        if error.fault == TlsError.UNTRUSTED:
            signed = f"expected one that {self.authority} (--ca-file) has signed"
            return f"; {signed if self.authority else 'give that of its authority with --ca-file'}"
        if error.fault == TlsError.CLIENT:
            signed = "expected one of the daemon's client_ca_file, and not that of --cert-file"
            return f"; {signed if self.certificate else 'give it with --cert-file and --key-file'}"
        return "; expected http:// instead of https://"

    def _question(self, encrypted: bool) -> str:
        """Return what may be wrong where the other side hung up without a word."""
        if not encrypted:
            return "; does it want https:// instead of http://?"
        if not self.certificate:
            return "; does it want a certificate of the client (--cert-file and --key-file)?"
        return "; does its client_ca_file have the authority of --cert-file?"


NO_LOGIN = Login()


def read_login(values: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Login:
    """Return what these flags give: those of ``TLS``, or all of ``LOGIN``.

    Raises:
        UsageError: a file cannot be read or holds something else, or one flag lacks another.

    """
    authority, certificate, key = values["ca_file"], values["cert_file"], values["key_file"]
    if (certificate is None) != (key is None):
        raise UsageError("--cert-file and --key-file belong together; expected both or neither")
    context = _context(authority)
    if certificate is not None:
        _load(context, certificate, key)
    user, password = _user(values, environment) if "user" in values else (None, "")
    return Login(context, authority, certificate is not None, user, password)


def _context(authority: Path | None) -> ssl.SSLContext:
    if authority is None:
        return ssl.create_default_context()
    _read("--ca-file", authority)
    try:
        context = ssl.create_default_context(cafile=authority)
    except ssl.SSLError as error:
        raise UsageError(f"--ca-file {authority}: holds no certificate {_PEM}") from error
    # The daemon's own certificate may be all that somebody has.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _load(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    _read("--cert-file", certificate)
    _read("--key-file", key)
    try:
        context.load_cert_chain(certificate, key, _no_passphrase)
    except ssl.SSLError as error:
        both = f"--cert-file {certificate} and --key-file {key}"
        if error.reason == "KEY_VALUES_MISMATCH":
            raise UsageError(f"{both} do not belong together") from error
        raise UsageError(f"{both} hold no certificate and key {_PEM}") from error


def _no_passphrase() -> str:
    # OpenSSL would ask on the terminal.
    raise UsageError("--key-file has a passphrase; expected a key without one")


def _user(values: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[str | None, str]:
    user, file, variable = values["user"], values["password_file"], environment.get(PASSWORD_VARIABLE)
    if file is not None and variable:
        raise UsageError(f"--password-file and {PASSWORD_VARIABLE} are both given; expected one of them")
    if user is None:
        if file is not None or variable:
            source = "--password-file" if file is not None else PASSWORD_VARIABLE
            raise UsageError(f"{source} is given without --user; expected both or neither")
        return None, ""
    # What an editor puts at the end of a file is no part of a password.
    password = _read("--password-file", file).decode("utf-8", "replace").rstrip("\r\n") if file else variable
    if not password:
        source = f"--password-file {file} is empty" if file else "--user lacks a password"
        raise UsageError(f"{source}; expected it in --password-file, or in {PASSWORD_VARIABLE}")
    return user, password


def _read(flag: str, path: Path) -> bytes:
    """Return what a file holds; say which one is not there, as OpenSSL does not."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{flag} {path}: cannot be read: {error.strerror}") from error
