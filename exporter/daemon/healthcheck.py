"""``spark-exporter healthcheck``: asks the daemon of this machine how it is, without any secret.

For the health check of a container. It has neither password nor certificate, and needs none: health is open
to all, and a daemon that wants a client's certificate says no to it, which takes a daemon that is well.
"""

from __future__ import annotations

import http.client
import ssl
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exporter.daemon.values import Address

HEALTHY, READY = "/-/healthy", "/-/ready"
NAME = b"Spark Exporter"
"""What their answers begin with."""
TIMEOUT = 4.0
"""Seconds for an answer, and again for one by TLS."""
_EVERYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - to be asked, not to be served


def run(address: Address, timeout: float = TIMEOUT) -> int:
    """Say what is wrong with the daemon that listens there; return 0 if nothing is, else 1.

    Args:
        address: where it listens.
        timeout: seconds for an answer.

    """
    host = _EVERYWHERE.get(address.host, address.host)
    wrong = _ask(http.client.HTTPConnection(host, address.port, timeout=timeout))
    # What speaks TLS hangs up on whoever does not.
    if isinstance(wrong, (http.client.HTTPException, ConnectionError)) and not isinstance(
        wrong, ConnectionRefusedError
    ):
        wrong = _ask(http.client.HTTPSConnection(host, address.port, timeout=timeout, context=_anybody()))
    if wrong is None:
        return 0
    print(f"spark-exporter: the daemon at {address} is not healthy: {wrong}", file=sys.stderr)
    return 1


def _anybody() -> ssl.SSLContext:
    # The certificate has the names by which others know this machine.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _ask(connection: http.client.HTTPConnection) -> Exception | None:
    """Return what came in the place of the answer of a daemon that is well."""
    refuses: tuple[type[Exception], ...] = ()
    try:
        connection.connect()
        if isinstance(connection, http.client.HTTPSConnection):
            # The handshake has shown that it is well; it may say no to a client without a certificate.
            refuses = (ssl.SSLError, ConnectionError)
        connection.request("GET", HEALTHY)
        answer = connection.getresponse()
        if answer.status == http.client.OK and answer.read(len(NAME)) == NAME:
            return None
        return ValueError(f"something answers {answer.status} there")
    except refuses:
        return None
    except (http.client.HTTPException, OSError) as error:
        return error
    finally:
        connection.close()
