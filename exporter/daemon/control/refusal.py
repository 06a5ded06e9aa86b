"""What the API answers when it does not do what was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
"""Of every answer."""
TOKEN_MISSING = "token_missing"  # noqa: S105 - the name of a reason
TOKEN_WRONG = "token_wrong"  # noqa: S105 - the name of a reason
CONTROL_OFF = "control_off"
OVERLOADED = "overloaded"
STOPPING = "stopping"


class Refusal(Exception):  # noqa: N818 - not an error of ours, but an answer
    """Ends a request with a status and a sentence."""

    def __init__(
        self, status: int, sentence: str, headers: Mapping[str, str] | None = None, reason: str | None = None
    ) -> None:
        """Make it.

        Args:
            status: of HTTP.
            sentence: what is wrong and what is expected.
            headers: beside those of every answer.
            reason: by which it is counted; None for what is not, as nobody was turned away.

        """
        super().__init__(sentence)
        self.status = status
        self.headers = dict(headers or {})
        self.reason = reason

    @property
    def response(self) -> Response:
        """The answer to send."""
        return JSONResponse({"error": str(self)}, self.status, HEADERS | self.headers)


def busy(status: int, sentence: str, seconds: int) -> Refusal:
    """Return a refusal that says after how many seconds to try again."""
    return Refusal(status, sentence, {"Retry-After": str(seconds)}, OVERLOADED)


def stopping(*, doubt: bool) -> Refusal:
    """Return the refusal of a daemon that ends.

    Args:
        doubt: something was handed on to be changed, so that it must not simply be sent again.

    """
    if doubt:
        return Refusal(504, "this daemon is stopping; whether it was done is not known", None, STOPPING)
    return Refusal(503, "this daemon is stopping", {"Retry-After": "1"}, STOPPING)
