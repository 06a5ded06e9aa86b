"""What the API answers when it does not do what was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
"""Of every answer."""


class Refusal(Exception):  # noqa: N818 - not an error of ours, but an answer
    """Ends a request with a status and a sentence."""

    def __init__(self, status: int, sentence: str, headers: Mapping[str, str] | None = None) -> None:
        """Make it; ``headers`` are beside those of every answer."""
        super().__init__(sentence)
        self.status = status
        self.headers = dict(headers or {})

    @property
    def response(self) -> Response:
        """The answer to send."""
        return JSONResponse({"error": str(self)}, self.status, HEADERS | self.headers)


def busy(status: int, sentence: str, seconds: int) -> Refusal:
    """Return a refusal that says after how many seconds to try again."""
    return Refusal(status, sentence, {"Retry-After": str(seconds)})
