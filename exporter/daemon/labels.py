"""Label values of bounded length that are always text."""

from __future__ import annotations

import hashlib

LABEL_LENGTH = 200
"""Characters of a label's value, unless the user wants another limit."""
_DIGEST = 8
_DOTS = "..."


def clip(value: str, length: int) -> str:
    """Return ``value`` as it may be published.

    What is longer than ``length`` is cut, and what is no lawful text has marks in its place. Both end in
    a digest of the whole, so that two different values stay different.
    """
    if len(value) <= length and (value.isascii() or _is_text(value)):
        return value
    raw = value.encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(raw).hexdigest()[:_DIGEST]
    # Cut before it is looked at: it may have millions of characters.
    start = value[: length - _DIGEST - len(_DOTS)].encode("utf-8", "replace").decode("utf-8")
    return f"{start}{_DOTS}{digest}"


def _is_text(value: str) -> bool:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
