"""How numbers and names are shown to people."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter import shown


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "-"),
        (math.nan, "-"),
        (math.inf, "∞"),
        (-math.inf, "-∞"),
        (0, "0"),
        (7.0, "7"),
        (0.25, "0.25"),
        (2.5, "2.5"),
        (999.4, "999.4"),
        (999.96, "1k"),
        (1234, "1.23k"),
        (12_345, "12.3k"),
        (999_999, "1M"),
        (-4_500_000, "-4.5M"),
        (0.00001, "1.0e-05"),
    ],
)
def test_counts(value, expected):
    """In about five characters."""
    assert shown.count(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, "-"), (0, "0 B"), (512, "512 B"), (1536, "1.5 KiB"), (2**30, "1 GiB"), (3 * 2**60, "3072 PiB")],
)
def test_sizes(value, expected):
    """In powers of 1024."""
    assert shown.size(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "-"),
        (math.inf, "-"),
        (0.012, "12 ms"),
        (3.44, "3.4 s"),
        (306, "5m 06s"),
        (7380, "2h 03m"),
        (4 * 86400 + 5 * 3600, "4d 05h"),
    ],
)
def test_durations(value, expected):
    """In the two largest units that matter."""
    assert shown.seconds(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(None, "-"), (0, "0 %"), (0.005, "0.5 %"), (0.12, "12 %"), (1, "100 %")]
)
def test_shares(value, expected):
    """In percent."""
    assert shown.share(value) == expected


@given(st.floats(0.001, 999e15))
def test_any_count_is_short_and_near(value):
    """Whatever its size: at most six characters, and less than one in a hundred off."""
    text = shown.count(value)
    unit = text[-1] if text[-1] in "kMGTP" else ""
    number = float(text.removesuffix(unit)) * 1000 ** " kMGTP".index(unit or " ")

    assert len(text) <= 6
    assert number == pytest.approx(value, rel=0.51 if value < 0.01 else 0.01)


@given(st.text())
def test_any_name_is_printable(value):
    """Nothing of it moves the cursor, colours the terminal or turns the line around."""
    assert shown.printable(value).isprintable()
