"""Label values that fit and are text, whatever they were."""

from hypothesis import given
from hypothesis import strategies as st

from exporter.daemon.labels import clip

ANY = st.text(st.characters(codec=None, exclude_categories=()), max_size=80)


def test_what_fits_stays():
    """Up to the limit, in any script."""
    assert clip("a" * 40, 40) == "a" * 40
    assert clip("é" * 40, 40) == "é" * 40


def test_what_is_too_long_is_cut_and_stays_different():
    """By a digest of the whole at its end."""
    first, second = clip("a" * 10_000_000, 40), clip("a" * 9_999_999 + "b", 40)

    assert len(first) == len(second) == 40
    assert first.startswith("a" * 29 + "...")
    assert first != second


def test_what_is_no_text_stays_different():
    """Half a surrogate pair cannot be written as UTF-8."""
    assert clip("\ud800", 40) == "?...2c3bb0cc"[:4] + clip("\ud800", 40)[4:]
    assert clip("\ud800", 40) != clip("\ud801", 40)
    clip("\ud800", 40).encode("utf-8")


@given(ANY, st.integers(32, 60))
def test_everything_becomes_text_of_bounded_length(value, length):
    """And becomes no shorter a second time."""
    found = clip(value, length)

    found.encode("utf-8")
    assert len(found) <= max(length, 32)
    assert clip(found, length) == found
