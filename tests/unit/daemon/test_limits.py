"""How the series are divided among the applications."""

from hypothesis import given
from hypothesis import strategies as st

from exporter.daemon.limits import Claim, allow

CLAIMS = st.lists(
    st.tuples(st.floats(0, 100), st.integers(0, 50), st.integers(0, 500)).map(
        lambda given: Claim(given[0], given[1], given[1] + given[2])
    ),
    max_size=8,
)


def test_everybody_gets_everything_while_there_is_room():
    """None is no limit."""
    assert allow([Claim(1.0, 5, 50), Claim(2.0, 5, 50)], 100) == (None, None)


def test_the_newest_application_loses_its_detail_first():
    """And keeps what is its own."""
    claims = [Claim(3.0, 5, 50), Claim(1.0, 5, 50), Claim(2.0, 5, 50)]

    assert allow(claims, 120) == (20, None, None)
    assert allow(claims, 105) == (5, None, None)
    assert allow(claims, 80) == (5, None, 25)


def test_own_series_go_last_and_those_of_the_newest_first():
    """When not even they have room."""
    assert allow([Claim(2.0, 5, 50), Claim(1.0, 5, 50)], 7) == (2, 5)


@given(CLAIMS, st.integers(0, 1000))
def test_nobody_gets_more_than_there_is(claims, limit):
    """And nothing is left over while somebody wants more."""
    given_ = allow(claims, limit)
    got = [claim.whole if room is None else room for room, claim in zip(given_, claims, strict=True)]

    assert sum(got) == min(limit, sum(claim.whole for claim in claims))
    assert all(0 <= room <= claim.whole for room, claim in zip(got, claims, strict=True))
