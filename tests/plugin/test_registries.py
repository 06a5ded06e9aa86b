"""Spark's metric registries as readings: every metric, whatever the gauges of others do."""

import statistics
import time

import pytest

from plugin.readings import Reading
from running import until


def of(reading, source):
    """Return the readings of one source."""
    return {name: value for name, value in reading.items() if name.startswith(f"{source}.")}


def test_names_are_source_and_metric(jvm):
    """A gauge and a counter are one reading each, as numbers."""
    reading = Reading(jvm, "registries").registry(
        "app name.Mine", **{"a.b": 1.5, "big": "long", "n": "counter 7"}
    )
    assert of(reading.read(), "app name.Mine") == {
        "app name.Mine.a.b": 1.5,
        "app name.Mine.big": float(1 << 40),
        "app name.Mine.n": 7.0,
    }


@pytest.mark.parametrize("kind", ["histogram", "timer"])
def test_distributions_are_a_count_and_three_percentiles(jvm, kind):
    """Times in milliseconds. Of the numbers from 1 to 1000, each once."""
    values = of(Reading(jvm, "registries").registry("s", d=f"{kind} 1000").read(), "s")
    assert values.keys() == {"s.d#count", "s.d#p50", "s.d#p95", "s.d#p99"}
    assert values["s.d#count"] == 1000
    expected = statistics.quantiles(range(1, 1001), n=100)
    for percentile in (50, 95, 99):
        assert values[f"s.d#p{percentile}"] == pytest.approx(expected[percentile - 1], abs=3)


@pytest.mark.parametrize(
    "kind", ["throws", "overflows", "null", "boolean", "list", "nan", "infinity", "string"]
)
def test_a_gauge_without_a_finite_number_is_left_out(jvm, kind):
    """It is counted once, and its neighbours are read."""
    reading = Reading(jvm, "registries").registry("s", bad=kind, good=1)
    first = reading.sample()
    assert of(first["readings"], "s") == {"s.good": 1.0}
    assert first["dropped"] == {"invalid_reading": 1}
    assert reading.sample()["dropped"] == first["dropped"]


def test_a_part_of_nothing_is_no_fault(jvm):
    """Such as the use of a memory pool that is empty just now."""
    sample = Reading(jvm, "registries").registry("s", bad="ratio", good=1).sample()
    assert of(sample["readings"], "s") == {"s.good": 1.0}
    assert sample["dropped"] == {}


def test_our_own_gauges_are_never_readings(jvm):
    """Those of another plugin are."""
    reading = Reading(jvm, "registries")
    reading.registry("plugin.io.sparkexporter.ExporterPlugin", **{"exporter.up": 1})
    reading.registry("plugin.com.example.Other", rate=2)
    assert of(reading.read(), "plugin") == {"plugin.com.example.Other.rate": 2.0}


def test_a_source_that_is_removed_takes_its_readings_with_it(jvm):
    """As a streaming query does that ends."""
    reading = Reading(jvm, "registries").registry("query", rows=1)
    assert of(reading.read(), "query")
    jvm("reading_remove", reading=reading.number)
    assert not of(reading.read(), "query")


def test_the_names_of_sparks_jvm_source_are_there_without_it(jvm):
    """All that give a number, and only as long as Spark has none of its own."""
    reading = Reading(jvm, "registries")
    names = of(reading.read(), "jvm").keys()
    expected = {f"jvm.{name}" for name in jvm("jvm_source")}
    assert {"jvm.heap.used", "jvm.non-heap.max", "jvm.total.committed", "jvm.direct.capacity"} <= names
    assert names <= expected
    assert len(expected - names) <= 3
    reading.registry("jvm", **{"heap.used": 12})
    assert of(reading.read(), "jvm") == {"jvm.heap.used": 12.0}


def test_the_first_of_two_sources_of_the_same_name_counts(jvm):
    """As in Spark's registry, which refuses the second."""
    reading = Reading(jvm, "registries").registry("s", a=1).registry("s", a=2, b=3)
    assert of(reading.read(), "s") == {"s.a": 1.0, "s.b": 3.0}


def test_a_slow_source_is_left_out_for_a_while(jvm):
    """With a warning and a counter; the others stay."""
    reading = Reading(jvm, "registries").registry("slow", a="slow").registry("quick", a=1)

    def left_out():
        sample = reading.sample()
        return sample if sample["dropped"] else None

    sample = until(left_out, "the slow source is left out")
    assert sample["dropped"] == {"slow_source": 1}
    assert of(sample["readings"], "slow") == {}
    assert of(sample["readings"], "quick") == {"quick.a": 1.0}
    assert sample["warnings"] == [
        "the metric source slow is left out for a while: it takes longer than 200 ms"
    ]


def test_a_gauge_that_hangs_holds_up_nothing(jvm):
    """Samples go on at once, and the other sources are read again soon, on another thread."""
    reading = Reading(jvm, "registries").registry("stuck", a="hangs").registry("other", a=1)
    start = time.monotonic()
    first = reading.sample()
    assert of(first["readings"], "stuck") == {}

    def others_are_back():
        sample = reading.sample()
        return sample if of(sample["readings"], "other") else None

    sample = until(others_are_back, "the other sources are read")
    assert sample["dropped"] == {"slow_source": 1}
    assert "the metric source stuck is left out for a while: it does not answer" in sample["warnings"]
    assert time.monotonic() - start < 60
    jvm("reading_release", reading=reading.number)


def test_when_what_hung_goes_on_everything_is_read_again(jvm):
    """Threads that hang are few; as long as all of them do, nothing is read, and no longer."""
    reading = Reading(jvm, "registries")
    for name in ("one", "two", "three"):
        reading.registry(name, a="hangs")

    def given_up():
        return any(
            "are not read as long as 3 of them do" in sentence for sentence in reading.sample()["warnings"]
        )

    until(given_up, "no thread is left")
    reading.registry("late", a=1)
    assert of(reading.read(), "late") == {}
    jvm("reading_release", reading=reading.number)

    until(lambda: of(reading.read(), "late") == {"late.a": 1.0}, "the sources are read")
