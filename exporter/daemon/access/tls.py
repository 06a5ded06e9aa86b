"""Makes TLS contexts of files."""

from __future__ import annotations

import contextlib
import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from exporter.daemon.access.form import Tls


def make_context(tls: Tls) -> ssl.SSLContext:
    """Return a context that serves with these files, as they are now.

    Raises:
        ValueError: one of them cannot be read, or does not hold what it should.

    """
    names = ("cert_file", "key_file", "client_ca_file")
    for name, path in zip(names, tls.files, strict=False):
        _read(f"tls_server_config.{name}", path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = tls.lowest
    context.maximum_version = tls.highest
    context.set_alpn_protocols(["http/1.1"])
    context.sslobject_class = _Connection
    files = f"tls_server_config: cert_file {tls.certificate} and key_file {tls.key}"
    try:
        context.load_cert_chain(tls.certificate, tls.key, _no_password)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise ValueError(f"{files} do not belong together") from error
        raise ValueError(f"{files} hold no certificate and key in the form PEM") from error
    if tls.authority is not None:
        try:
            context.load_verify_locations(tls.authority)
        except ssl.SSLError as error:
            sentence = (
                f"tls_server_config.client_ca_file {tls.authority} holds no certificate in the form PEM"
            )
            raise ValueError(sentence) from error
    context.verify_mode = tls.clients
    return context


def _read(name: str, path: Path) -> None:
    """Say which file is not there, as OpenSSL does not."""
    try:
        path.read_bytes()
    except OSError as error:
        raise ValueError(f"{name} {path} cannot be read: {error.strerror}") from error


def _no_password() -> str:
    # OpenSSL would ask on the terminal.
    raise ValueError("tls_server_config.key_file has a passphrase; expected a key without one")


class _Connection(ssl.SSLObject):
    def unwrap(self) -> None:
        """Say that the connection ends, and do not wait for a client that keeps it to say so, too."""
        with contextlib.suppress(ssl.SSLWantReadError):
            super().unwrap()


class LiveContext(ssl.SSLContext):
    """Serves each connection with the context that counts when it comes.

    Args:
        current: gives that context.

    """

    def __new__(cls, current: Callable[[], ssl.SSLContext]) -> LiveContext:  # noqa: ARG004, D102, PYI034
        return super().__new__(cls, ssl.PROTOCOL_TLS_SERVER)

    def __init__(self, current: Callable[[], ssl.SSLContext]) -> None:
        """Hold nothing else."""
        self._current = current

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """Begin a connection: what event loops call for each."""
        context = self._current()
        return context.wrap_bio(incoming, outgoing, server_side, server_hostname, session)
