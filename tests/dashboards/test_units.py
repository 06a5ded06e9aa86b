"""Numbers with their units, as Grafana writes them."""

from __future__ import annotations

import math

import pytest

from dashboards.units import UnitError, shown, trimmed


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, "short", "0"),
        (1000, "short", "1 K"),
        (1200, "short", "1.20 K"),
        (1250, "short", "1.25 K"),
        (1_000_000, "short", "1 Mil"),
        (1_500_000, "short", "1.50 Mil"),
        (1_000_120, "short", "1.00 Mil"),
        (98_765, "short", "98.8 K"),
        (9_876_543, "short", "9.88 Mil"),
        (-1200, "short", "-1.20 K"),
        (3.23, "none", "3.23"),
        (0.0245, "none", "0.0245"),
        (1 / 3, "none", "0.333"),
        (98_765, "none", "98765"),
        (10_240_000_000, "bytes", "9.54 GiB"),
        (1536, "bytes", "1.50 KiB"),
        (512, "bytes", "512 B"),
        (1_500_000, "Bps", "1.50 MB/s"),
        (1500, "ops", "1.50K ops"),
        (3, "reqps", "3 req/s"),
        (2_000_000, "rowsps", "2M rows/s"),
        (0.5, "percentunit", "50%"),
        (0.1234, "percentunit", "12.3%"),
        (0, "s", "0 s"),
        (0.0125, "s", "12.5 ms"),
        (0.0000025, "s", "2.50 µs"),
        (2.5e-8, "s", "25 ns"),
        (1.25, "s", "1.25 s"),
        (90, "s", "1.50 min"),
        (10_080, "s", "2.80 hours"),
        (86_400, "s", "1 day"),
        (86_400 * 8.4, "s", "1.20 weeks"),
        (1_700_000_000_000, "dateTimeAsIso", "2023-11-14 22:13:20"),
    ],
)
def test_a_value_has_three_digits_that_count_and_its_unit(value, unit, text):
    """Grafana's own tests have the same renderings of the first ones."""
    assert shown(value, unit) == text


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "text"),
    [(1250, "short", 1, "1.3 K"), (1532.82, "none", 1, "1532.8"), (100_030_303, "bytes", 2, "95.40 MiB")],
)
def test_decimals_that_the_panel_gives_count(value, unit, decimals, text):
    """They are neither more nor fewer, zeros included."""
    assert shown(value, unit, decimals) == text


@pytest.mark.parametrize(("value", "text"), [(math.nan, "NaN"), (math.inf, "∞"), (-math.inf, "-∞")])
def test_what_is_no_number_has_no_unit(value, text):
    """A share of nothing is NaN, not NaN%."""
    assert shown(value, "percentunit") == text


def test_a_unit_that_no_dashboard_uses_is_an_error():
    """It is named, and not silently left out."""
    with pytest.raises(UnitError, match="furlongs is no unit that the dashboards use"):
        shown(1, "furlongs")


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("1.50 KiB", "1.5 KiB"),
        ("1.00 Mil", "1 Mil"),
        ("0.500", "0.5"),
        ("1.05 s", "1.05 s"),
        ("100 ms", "100 ms"),
        ("20.0%", "20%"),
        ("-2.50K ops", "-2.5K ops"),
        ("NaN", "NaN"),
    ],
)
def test_axes_have_no_zeros_at_the_end_of_a_fraction(text, without):
    """Other zeros stay."""
    assert trimmed(text) == without
