"""The daemon's errors.

ExporterError
├── SourceError     a target did not give what was asked; counted by ``reason``, never ends the daemon
│   ├── NotFoundError   the target knows nothing there
│   ├── ClosedError     the target ended the connection without an answer
│   └── TlsError        the two sides do not come to an encrypted connection
├── StoppedError    whoever asks has been told to stop meanwhile; what came of it is not wanted any more
├── StateError      what an earlier daemon left cannot be used; counted by ``reason``
├── CatalogueError  the code and catalogue.yaml disagree; a defect of this program
└── UsageError      a flag or an environment variable is wrong; ends the command with exit code 2
"""

from __future__ import annotations

REASONS = (
    "connect",
    "timeout",
    "http_status",
    "unauthorized",
    "redirect",
    "too_large",
    "invalid",
    "mismatch",
    "duplicate",
    "too_many",
    "internal",
)
"""Every reason for which a source can fail: the values of the ``reason`` label."""

STATE_REASONS = ("directory", "read", "write", "too_large", "invalid", "format", "foreign")
"""Why the daemon's state is not kept, or not used: the values of the ``reason`` label.

directory: it cannot be made or written. read, write: the operating system refused. too_large: the file is.
invalid: torn, or with values of a wrong kind. format: of another version. foreign: of another application, or
another daemon.
"""


class ExporterError(Exception):
    """Root of this package's errors; its text is a sentence for the person who runs the daemon."""


class SourceError(ExporterError):
    """A target did not give what was asked."""

    def __init__(self, reason: str, message: str, *, transient: bool = False) -> None:
        """Make the error.

        Args:
            reason: one of ``REASONS``.
            message: what happened, in words that stay the same while the fault does.
            transient: the other side is merely not there yet, and asking again soon costs nothing.

        """
        if reason not in REASONS:
            raise ValueError(f"unknown reason {reason!r}; expected one of {', '.join(REASONS)}")
        super().__init__(message)
        self.reason = reason
        self.transient = transient


class NotFoundError(SourceError):
    """A target knows nothing at the address that was asked."""


class ClosedError(SourceError):
    """The other side ended the connection without an answer, or with half of one."""

    def __init__(self, message: str) -> None:
        """Make the error."""
        super().__init__("connect", message)


class TlsError(SourceError):
    """There is no encrypted connection; ``fault`` says on whose side it is."""

    UNTRUSTED, CLIENT, PLAIN = "untrusted", "client", "plain"
    """The other side's certificate is not trusted; it does not trust ours; it does not speak TLS."""

    def __init__(self, fault: str, message: str) -> None:
        """Make the error."""
        super().__init__("connect", message)
        self.fault = fault


class StoppedError(ExporterError):
    """Whoever asks has been told to stop."""


class StateError(ExporterError):
    """What an earlier daemon left of an application cannot be used."""

    def __init__(self, reason: str, message: str) -> None:
        """Make the error; ``reason`` is one of ``STATE_REASONS``."""
        super().__init__(message)
        self.reason = reason


class CatalogueError(ExporterError):
    """A metric is used in a way that catalogue.yaml does not declare."""


class UsageError(ExporterError):
    """A flag or environment variable is unknown, missing or malformed."""
