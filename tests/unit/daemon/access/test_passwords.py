"""Right and wrong passwords, and what they cost."""

import asyncio
import threading

import bcrypt
import pytest
from fake_driver import PATIENCE
from secured import hashed

from exporter.daemon.access import passwords
from exporter.daemon.access.passwords import Passwords
from exporter.daemon.control.refusal import Refusal

USERS = {"prometheus": hashed("right").encode(), "grafana": hashed("other").encode()}


@pytest.fixture
def compared(monkeypatch):
    """The comparisons that were made."""
    made = []
    compare = bcrypt.checkpw
    monkeypatch.setattr(bcrypt, "checkpw", lambda *given: made.append(given) or compare(*given))
    return made


def ask(known, user, password, users=USERS):
    return asyncio.run(known.right(users, user, password))


@pytest.mark.parametrize(
    ("user", "password", "expected"),
    [
        ("prometheus", b"right", True),
        ("prometheus", b"other", False),
        ("prometheus", b"", False),
        ("prometheus", b"right\0", False),
        ("grafana", b"other", True),
        ("nobody", b"right", False),
        ("", b"", False),
    ],
)
def test_each_user_has_one_password(user, password, expected):
    """Asked twice: what is remembered is no other answer."""
    known = Passwords()
    assert [ask(known, user, password) for _ in range(2)] == [expected, expected]


def test_a_comparison_is_made_once(compared):
    """A hash is slow on purpose, and Prometheus comes every few seconds."""
    known = Passwords()
    for _ in range(3):
        assert ask(known, "prometheus", b"right")
        assert not ask(known, "prometheus", b"wrong")
        assert not ask(known, "nobody", b"wrong")
    assert len(compared) == 3


def test_who_asks_at_the_same_time_waits_for_one_comparison(compared):
    """All of a fleet of scrapers may come at once after a start."""

    async def several():
        known = Passwords()
        return await asyncio.gather(*(known.right(USERS, "prometheus", b"right") for _ in range(8)))

    assert asyncio.run(several()) == [True] * 8
    assert len(compared) == 1


def test_a_changed_password_counts_at_once():
    """What was remembered is of the hash, and not of the name."""
    known = Passwords()
    assert ask(known, "prometheus", b"right")
    changed = {"prometheus": hashed("new").encode()}
    assert not ask(known, "prometheus", b"right", changed)
    assert ask(known, "prometheus", b"new", changed)
    assert ask(known, "prometheus", b"right")
    without = {"grafana": USERS["grafana"]}
    assert not ask(known, "prometheus", b"right", without)


def test_guesses_drive_out_no_right_one(compared, monkeypatch):
    """And take no more memory the more there are."""
    monkeypatch.setattr(passwords, "WRONG_ONES", 5)
    known = Passwords()
    assert ask(known, "prometheus", b"right")
    for number in range(12):
        assert not ask(known, f"guess-{number % 2}", str(number).encode())
    assert len(known._wrong) == 5
    compared.clear()
    assert ask(known, "prometheus", b"right")
    assert not compared


def test_an_unknown_name_costs_what_a_known_one_does(compared):
    """So that nobody learns which names there are."""
    ask(Passwords(), "nobody", b"wrong")
    ask(Passwords(), "prometheus", b"wrong")
    (_, unknown), (_, known) = compared
    assert unknown[:7] == known[:7] == b"$2b$04$"


def test_an_unknown_name_is_never_right(monkeypatch):
    """Whatever comes of the comparison that is made for show."""
    monkeypatch.setattr(bcrypt, "checkpw", lambda *_: True)
    assert not ask(Passwords(), "nobody", b"right")
    assert ask(Passwords(), "prometheus", b"right")


def test_no_password_is_kept():
    """A dump of the memory shows digests with a key, which are of no use elsewhere."""
    known = Passwords()
    ask(known, "prometheus", b"right")
    ask(known, "prometheus", b"guess")
    kept = [*known._right.values(), *known._wrong]
    assert len(kept) == 2
    assert not any(b"right" in one or b"guess" in one for one in kept)
    again = Passwords()
    ask(again, "prometheus", b"right")
    assert again._right != known._right


def test_bcrypt_looks_at_72_bytes():
    """As everywhere; a longer password is no error."""
    long = "x" * 72
    users = {"me": hashed(long).encode()}
    assert ask(Passwords(), "me", long.encode() + b"more", users)
    assert not ask(Passwords(), "me", long.encode()[:-1], users)


def test_a_flood_of_guesses_is_sent_away(monkeypatch):
    """Each guess costs time, and those who are known already do not wait behind them."""
    begun, release = threading.Event(), threading.Event()
    known = Passwords()
    assert ask(known, "prometheus", b"right")

    def slow(*_given):
        begun.set()
        release.wait(PATIENCE)
        return False

    monkeypatch.setattr(bcrypt, "checkpw", slow)

    async def flood():
        guesses = [
            asyncio.ensure_future(known.right(USERS, "prometheus", str(number).encode()))
            for number in range(passwords.AT_ONCE)
        ]
        await asyncio.to_thread(begun.wait, PATIENCE)
        assert await known.right(USERS, "prometheus", b"right")
        with pytest.raises(Refusal) as caught:
            await known.right(USERS, "prometheus", b"one more")
        release.set()
        return caught.value, await asyncio.gather(*guesses)

    refusal, answers = asyncio.run(flood())
    assert (refusal.status, refusal.headers) == (503, {"Retry-After": "1"})
    assert str(refusal) == "too many requests at a time; at most 16 passwords at a time"
    assert answers == [False] * passwords.AT_ONCE
