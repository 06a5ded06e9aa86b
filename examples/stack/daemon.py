"""Starts the daemon."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from stack.programs import Program, free_port, program

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class Daemon(Program):
    """A running daemon."""

    address: str
    """Its host and port."""

    @property
    def url(self) -> str:
        """Where its metrics are."""
        return f"http://{self.address}/metrics"


@contextlib.contextmanager
def start_daemon(
    directory: Path,
    *targets: str,
    address: str | None = None,
    arguments: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Iterator[Daemon]:
    """Run ``spark-exporter serve`` of the Python that runs this, and wait until it serves.

    Args:
        directory: for its state and daemon.log.
        targets: URLs of drivers' UIs.
        address: its host and port; by default a free one.
        arguments: more flags.
        environment: its whole environment; by default the inherited one.

    """
    address = address or f"127.0.0.1:{free_port()}"
    command = [str(Path(sys.executable).parent / "spark-exporter"), "serve"]
    command += [f"--target={target}" for target in targets]
    command += [f"--web.listen-address={address}", f"--state.directory={directory / 'state'}", *arguments]
    with program("the daemon", command, directory / "daemon.log", env=environment) as running:
        daemon = Daemon(running.name, running.process, running.log)
        daemon.address = address
        daemon.wait_until_answers(f"http://{address}/-/ready")
        yield daemon
