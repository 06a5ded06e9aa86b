"""Which daemon watches which target."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.daemon.discovery.sharding import Shard, owner, parse_shard

KEYS = [f"spark/spark-{number:032x}" for number in range(6000)]


@given(st.lists(st.text(), max_size=20, unique=True), st.integers(1, 40))
def test_every_target_has_exactly_one_owner(keys, total):
    """Whatever it is called, and however many shards there are."""
    shards = [Shard(number, total) for number in range(total)]

    for key in keys:
        assert [shard.number for shard in shards if shard.owns(key)] == [owner(key, total)]


@given(st.text(), st.integers(1, 40))
def test_one_shard_more_moves_targets_to_the_new_one_only(key, total):
    """So that a scale-up leaves the others where they are."""
    assert owner(key, total + 1) in (owner(key, total), total)


@pytest.mark.parametrize("total", [2, 3, 7])
def test_the_shares_are_equal(total):
    """Within what chance allows."""
    shares = Counter(owner(key, total) for key in KEYS)

    assert len(shares) == total
    for share in shares.values():
        assert abs(share - len(KEYS) / total) < 5 * (len(KEYS) / total) ** 0.5


def test_the_owner_is_the_same_in_every_process_and_version():
    """Two daemons of different versions share the targets, too."""
    found = [owner(f"spark/{number}", 3) for number in range(12)]

    assert found == [1, 1, 0, 2, 0, 0, 1, 1, 1, 2, 1, 0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", (0, "")),
        ("12", (12, "")),
        ("spark-exporter-2", (2, "spark-exporter")),
        ("a.b-10", (10, "a.b")),
        ("x-7f9c-24956", (24956, "x-7f9c")),
    ],
)
def test_a_shard_is_a_number_or_a_pods_name(text, expected):
    """Whose ordinal it is then, and whose StatefulSet's."""
    assert parse_shard(text) == expected


@pytest.mark.parametrize("text", ["", "-1", "one", "spark-exporter", "spark_exporter-1", "1 ", "٣", "123456"])
def test_what_is_no_shard(text):
    """The text says what is expected."""
    with pytest.raises(ValueError, match="is not a shard; expected a number from 0, or the name of"):
        parse_shard(text)
