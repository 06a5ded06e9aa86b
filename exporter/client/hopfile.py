"""Where the plugin of this process's JVM listens, and the secret that it asks for."""

from __future__ import annotations

import os
import stat
import time

from exporter.client.rpcerrors import UnavailableError

HOP_FILE = "hop"
WISH_FILE = "hop.wanted"
"""Made by whoever wants the port opened; see docs/hop.md."""
CLOSED = 0
_LOOK = 0.01
_MAX_BYTES = 256
_SECRET_DIGITS = 32
_LARGEST_PORT = 65535


class NoHopError(UnavailableError):
    """The plugin listens to nobody, and will not while this application runs."""


def has_hop_file(directory: str) -> bool:
    """Say whether the plugin listens to somebody."""
    return os.path.exists(os.path.join(directory, HOP_FILE))  # noqa: PTH110, PTH118 - as everywhere in the client


def find_port(directory: str, deadline: float) -> tuple[int, str]:
    """Return the port and the secret; the first who asks has the port opened.

    Args:
        directory: of the segments.
        deadline: of the monotonic clock.

    Raises:
        UnavailableError: there is no such file (NoHopError), others may read it, it holds something else,
            or the port is not open in time.

    """
    port, secret = _read(directory)
    if port == CLOSED:
        _wish(directory)
    while port == CLOSED:
        if time.monotonic() >= deadline:
            raise UnavailableError("the plugin did not open its port in time")
        time.sleep(_LOOK)
        port, secret = _read(directory)
    return port, secret


def _wish(directory: str) -> None:
    path = os.path.join(directory, WISH_FILE)  # noqa: PTH118 - as everywhere in the client
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    except OSError as error:
        raise UnavailableError(f"the plugin cannot be asked to open its port: {error}") from None


def _read(directory: str) -> tuple[int, str]:
    path = os.path.join(directory, HOP_FILE)  # noqa: PTH118 - as everywhere in the client
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise NoHopError(
            f"the plugin takes no messages: {path} does not exist. "
            "It is there when spark.exporter.messages is true, or when control is on."
        ) from None
    except OSError as error:
        raise UnavailableError(f"the plugin cannot be asked: {error}") from None
    try:
        _check(path, os.fstat(fd))
        content = os.read(fd, _MAX_BYTES)
    except OSError as error:
        raise UnavailableError(f"the plugin cannot be asked: {error}") from None
    finally:
        os.close(fd)
    return _parsed(path, content)


def _check(path: str, status: os.stat_result) -> None:
    # What others could have read is no secret, and what others could have written leads anywhere.
    if not stat.S_ISREG(status.st_mode) or status.st_mode & 0o077 or status.st_uid != os.geteuid():
        raise UnavailableError(
            f"{path} is not trusted: expected a file of this process's user with mode 0600, "
            f"found mode {stat.S_IMODE(status.st_mode):04o} of user {status.st_uid}"
        )


def _parsed(path: str, content: bytes) -> tuple[int, str]:
    words = content.decode("ascii", "replace").split(" ")
    if len(words) == 2 and words[0].isdecimal() and words[1].endswith("\n"):  # noqa: PLR2004 - port, secret
        port, secret = int(words[0]), words[1][:-1]
        if port <= _LARGEST_PORT and len(secret) == _SECRET_DIGITS and secret.isalnum():
            return port, secret
    # The content is not shown: it may hold the secret.
    raise UnavailableError(f"{path} does not hold a port and a secret")
