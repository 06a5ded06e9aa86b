"""Where the plugin of this process's JVM listens, and the secret that it asks for."""

from __future__ import annotations

import os
import stat

from exporter.client.rpcerrors import UnavailableError

HOP_FILE = "hop"
_MAX_BYTES = 256
_SECRET_DIGITS = 32
_LARGEST_PORT = 65535


class NoHopError(UnavailableError):
    """The plugin listens to nobody, and will not while this application runs."""


def read_hop_file(directory: str) -> tuple[int, str]:
    """Return the port and the secret.

    Raises:
        UnavailableError: there is no such file (NoHopError), others may read it, or it holds something else.

    """
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
        if 0 < port <= _LARGEST_PORT and len(secret) == _SECRET_DIGITS and secret.isalnum():
            return port, secret
    # The content is not shown: it may hold the secret.
    raise UnavailableError(f"{path} does not hold a port and a secret")
