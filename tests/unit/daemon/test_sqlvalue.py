"""The texts that Spark shows as values of SQL metrics are read as numbers."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.daemon.sqlvalue import AVERAGE, BYTES, COUNT, KINDS, SECONDS, SqlValue, parse

HEAD = "(min, med, max (stageId: taskId))"
SIZES = [("EiB", 60), ("PiB", 50), ("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)]
LONG = 2**63 - 1


def tenths(value):
    return f"{Decimal(value).quantize(Decimal('0.1'), ROUND_HALF_UP):f}"


def size(number):
    """Format bytes as Spark does: units begin at twice their size. Return the text and its resolution."""
    for unit, power in SIZES:
        if number >= 2 * 2**power:
            return f"{tenths(Decimal(number) / 2**power)} {unit}", 0.051 * 2**power
    return f"{number}.0 B", 0.0


def time(milliseconds):
    """Format milliseconds as Spark does. Return the text and its resolution in seconds."""
    for unit, length, places in (("h", 3_600_000, "0.01"), ("m", 60_000, "0.1"), ("s", 1000, "0.1")):
        if milliseconds >= length:
            shown = (Decimal(milliseconds) / length).quantize(Decimal(places), ROUND_HALF_UP)
            return f"{shown:f} {unit}", 0.51 * float(places) * length / 1000
    return f"{milliseconds} ms", 1e-9


def average(tens):
    """Format an average, which Spark holds in tenths, without a decimal where it is whole."""
    whole, rest = divmod(tens, 10)
    return f"{whole:,}.{rest}" if rest else f"{whole:,}"


def task(data):
    """Return what Spark writes of the task with the largest value."""
    stage, attempt, number = data.draw(st.tuples(*[st.integers(0, 10**6)] * 3))
    return data.draw(st.sampled_from([f"(stage {stage}.{attempt}: task {number})", "(driver)"]))


@given(st.integers(-LONG, LONG))
def test_a_count_is_read_exactly(number):
    """Whatever its commas."""
    assert parse(f"{number:,}") == SqlValue(COUNT, float(number))


@pytest.mark.parametrize(("form", "kind", "scale"), [(size, BYTES, 1), (time, SECONDS, 1000)])
@given(st.data())
def test_a_size_or_time_is_read_as_exactly_as_it_is_shown(form, kind, scale, data):
    """Alone, or as total, minimum, median and maximum over tasks."""
    numbers = data.draw(st.lists(st.integers(0, 2**62), min_size=4, max_size=4))
    (total, *parts) = [form(number) for number in numbers]
    text = f"total {HEAD}\n{total[0]} ({', '.join(shown for shown, _ in parts)} {task(data)})"

    for found in (parse(total[0]), parse(text)):
        assert found.kind == kind
        assert found.total == pytest.approx(numbers[0] / scale, abs=total[1], rel=1e-12)
    found = parse(text)
    for value, number, (_, near) in zip(found[2:], numbers[1:], parts, strict=True):
        assert value == pytest.approx(number / scale, abs=near, rel=1e-12)
    assert found.largest == max(found.maximum, found.total)


@given(st.data())
def test_averages_have_no_total(data):
    """Their sum over tasks would mean nothing."""
    tens = sorted(data.draw(st.lists(st.integers(0, 10**7), min_size=3, max_size=3)))
    shown = [average(number) for number in tens]
    text = f"{HEAD}:\n({', '.join(shown)} {task(data)})"

    assert parse(text) == SqlValue(AVERAGE, None, *(number / 10 for number in tens))
    assert parse(shown[0]).total == tens[0] / 10


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.23E+21 B", SqlValue(BYTES, 1.23e21)),
        ("0.000", SqlValue(AVERAGE, 0.0)),
        ("\n93 ms (0 ms, 39 ms, 51 ms)", SqlValue(SECONDS, 0.093, 0.0, 0.039, 0.051)),
        ("total (min, med, max)\n2.0 m (1.0 m, 1.0 m, 1.10 h)", SqlValue(SECONDS, 120.0, 60.0, 60.0, 3960.0)),
        ("  7 ", SqlValue(COUNT, 7.0)),
        ("-1.0 B", SqlValue(BYTES, -1.0)),
    ],
)
def test_rare_forms(text, value):
    """Sizes beyond exbibytes, averages of data sources, texts without a heading."""
    assert parse(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "[unknown] 12",
        "12 parsecs",
        "1 ms (2 B, 3 B, 4 B)",
        "1,2",
        "٣",
        "1 2",
        "2026-11-22 18:00:00",
        "NaN",
        "total (min, med, max (stageId: taskId))\n",
        "(1, 2)",
        "9" * 10_000,
        "1 ms (" + "1 ms, " * 1000,
    ],
)
def test_what_is_none_of_the_forms_is_nothing(text):
    """Data sources may show any text."""
    assert parse(text) is None


@given(st.text(alphabet="0123456789.,()BKMGi smhE+-\ntotalinmedaxskgITd:") | st.text())
def test_nothing_makes_it_fail(text):
    """Whatever it is, the result is a value with finite numbers, or nothing."""
    found = parse(text)

    if found is not None:
        assert found.kind in KINDS
        assert all(abs(number) < 1e320 for number in found[1:] if number is not None)
