"""What an application is published as."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.daemon.names import MAX_LENGTH, Names, parse_rule, strip_run


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("etl-2026-11-22-abc123", "etl"),
        ("etl_20261122", "etl"),
        ("etl 2026-11-22 10:11:12", "etl"),
        ("etl-20261122T101112Z", "etl"),
        ("my_etl_20261122_101112", "my_etl"),
        ("etl-22.11.2026", "etl"),
        ("etl (2026-11-22)", "etl"),
        ("report-2026-11", "report"),
        ("job 10:11", "job"),
        ("etl-550e8400-e29b-41d4-a716-446655440000", "etl"),
        ("etl-d41d8cd98f00b204e9800998ecf8427e-part", "etl-part"),
        ("etl-1732270000123", "etl"),
        ("etl-abc123-12345", "etl"),
        ("etl-2026-11-22-load", "etl-load"),
        ("etl-2026-11-22-2026-11-23", "etl"),
        ("2026-11-22-etl", "etl"),
        ("dag__task__scheduled__2026-11-22T00:00:00+00:00", "dag__task__scheduled"),
    ],
)
def test_what_changes_from_run_to_run_goes(name, expected):
    """Dates, times, UUIDs, long hexadecimal words, and the numbers of runs."""
    assert Names().normal(name) == expected


@pytest.mark.parametrize(
    "name",
    [
        "Spark Pi",
        "PySparkShell",
        "etl-v2",
        "top-100-products",
        "etl-facade",
        "decade",
        "etl-run-42",
        "b2b",
        "é",
    ],
)
def test_what_is_part_of_a_name_stays(name):
    """Words without a digit, short numbers, and numbers that do not end it."""
    assert Names().normal(name) == name


@pytest.mark.parametrize("name", ["20261122", "2026-11-22", "-", ""])
def test_a_name_of_which_nothing_would_be_left_stays(name):
    """An application without a name could not be told from others."""
    assert Names().normal(name) == name


def test_rules_are_applied_in_their_order_before_the_defaults():
    """Each to what the one before has left."""
    rules = (parse_rule("^team-[^-]+-=>"), parse_rule("^(.*)-load$=>\\1"))

    assert Names(rules).normal("team-a-etl-2026-11-22-load") == "etl"
    assert Names(rules[::-1]).normal("team-a-etl-load-7") == "etl-load-7"


def test_the_defaults_can_be_switched_off():
    """Then only the user's rules count."""
    assert Names(defaults=False).normal("etl-2026-11-22") == "etl-2026-11-22"
    assert Names((parse_rule("-.*=>"),), defaults=False).normal("etl-2026-11-22") == "etl"


def test_an_arrow_may_be_part_of_the_pattern():
    """The last one ends it."""
    assert Names((parse_rule("a=>b=>c"),), defaults=False).normal("xa=>b") == "xc"


def test_a_very_long_name_without_a_match_stays_whole():
    """Two of them would be one otherwise."""
    first, second = "x" * 10_000 + "a", "x" * 10_000 + "b"

    assert Names().normal(first) == first != Names().normal(second)
    assert Names().normal("etl-2026-11-22-" + "y" * 10_000) == "etl-" + "y" * (MAX_LENGTH - 15)


@given(st.text(max_size=40))
def test_any_name_leads_to_one_that_is_not_empty(name):
    """And what is normal already stays as it is, unless the gap that was closed makes up a new match."""
    found = Names().normal(name)

    assert found or not name
    assert len(found) <= len(name)
    assert len(strip_run(found)) <= len(found)
