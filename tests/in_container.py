"""The inside of a container for Python, where there is none: the cluster's DNS, and the service account.

The first argument is a JSON file: ``hosts`` are addresses by name, ``account`` is that directory. The others
are the container's command: ``spark-exporter ...`` or ``python -c PROGRAM``.
"""

import json
import runpy
import socket
import sys
from pathlib import Path


def resolve(hosts):
    """Know the names of the cluster, as its DNS does."""
    real = socket.getaddrinfo

    def getaddrinfo(host, *arguments, **options):
        return real(hosts.get(host, host), *arguments, **options)

    socket.getaddrinfo = getaddrinfo


def mount(account):
    """Let what looks for the service account find it."""
    # The client is large, and most commands do without it.
    import kubernetes.config.incluster_config as client  # noqa: PLC0415

    from exporter.daemon.discovery import cluster  # noqa: PLC0415

    for module, name, file in (
        (client, "SERVICE_TOKEN_FILENAME", "token"),
        (client, "SERVICE_CERT_FILENAME", "ca.crt"),
        (cluster, "NAMESPACE_FILE", "namespace"),
    ):
        assert getattr(module, name).startswith("/var/run/secrets/kubernetes.io/serviceaccount/")
        setattr(module, name, str(Path(account) / file))


def main():
    """Run the command."""
    plan = json.loads(Path(sys.argv[1]).read_text())
    resolve(plan["hosts"])
    if plan["account"]:
        mount(plan["account"])
    program, *arguments = sys.argv[2:]
    if program == "spark-exporter":
        sys.argv = [program, *arguments]
        runpy.run_module("exporter", run_name="__main__")
    else:
        option, text = arguments
        assert (program, option) == ("python", "-c")
        exec(compile(text, "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102 - as python -c does


if __name__ == "__main__":
    main()
