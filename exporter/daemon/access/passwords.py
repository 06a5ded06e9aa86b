"""Compares passwords with bcrypt hashes, which is slow on purpose, and remembers what came of it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from typing import TYPE_CHECKING

from exporter.daemon.control.lane import Lane

if TYPE_CHECKING:
    from collections.abc import Mapping

AT_ONCE = 16
"""How many may wait for their comparison, one of which is made at a time."""
WRONG_ONES = 100
"""How many wrong passwords are remembered."""
LONGEST = 72
"""Bytes of a password that bcrypt looks at."""
# Of nothing that anybody knows; it costs whoever guesses names as much as a right one.
_NOBODYS = b"$2b$%s$q41TGWUv5qiogpIgNSHLN.2/IA2MHhJP17XMxAyKlCMGHbXmETm2C"
_COST = slice(4, 6)


class Passwords:
    """Tells right passwords from wrong ones. Holds none of them, but their digests with a key of its own."""

    def __init__(self) -> None:
        """Know none."""
        self._lane = Lane("passwords at a time", AT_ONCE)
        self._turn = threading.Lock()
        self._key = secrets.token_bytes(32)
        # One for each user, so that no number of wrong ones drives out a right one.
        self._right: dict[str, bytes] = {}
        self._wrong: dict[bytes, None] = {}

    async def right(self, users: Mapping[str, bytes], user: str, password: bytes) -> bool:
        """Return whether this is the user's password.

        Args:
            users: the hash of each user's password.
            user: by name; there may be no such user.
            password: to be compared.

        Raises:
            Refusal: too many are being compared.

        """
        hashed = users.get(user)
        known = user if hashed is not None else None
        if hashed is None:
            hashed = _NOBODYS % next(iter(users.values()))[_COST]
        digest = self._digest(user.encode(), hashed, password)
        answer = self._remembered(known, digest)
        if answer is None:
            answer = await self._lane.run(lambda: self._compare(known, hashed, password, digest))
        return answer

    def _remembered(self, known: str | None, digest: bytes) -> bool | None:
        if digest in self._wrong:
            return False
        if known is not None and hmac.compare_digest(self._right.get(known, b""), digest):
            return True
        return None

    def _compare(self, known: str | None, hashed: bytes, password: bytes, digest: bytes) -> bool:
        import bcrypt  # noqa: PLC0415 - most daemons have no users

        with self._turn:
            # Whoever waited longer may have had the same question.
            answer = self._remembered(known, digest)
            if answer is not None:
                return answer
            if bcrypt.checkpw(password[:LONGEST], hashed) and known is not None:
                self._right[known] = digest
                return True
            while len(self._wrong) >= WRONG_ONES:
                del self._wrong[next(iter(self._wrong))]
            self._wrong[digest] = None
            return False

    def _digest(self, *parts: bytes) -> bytes:
        told_apart = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return hmac.digest(self._key, told_apart, hashlib.sha256)
