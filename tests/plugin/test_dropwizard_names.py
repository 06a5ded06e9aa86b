"""Names in the Dropwizard registry: no two series share one, whatever a sink makes of it."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

SETTINGS_NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
# Few characters, so that hypothesis finds near misses; Z and the digits of its escapes above all.
TRICKY = st.text(alphabet="Z5a_.fé lec\u2028", max_size=6)
VALUES = st.one_of(TRICKY, st.text(max_size=300))
PARTS = st.sampled_from([None, "count", "sum", 0.5, 5.0, -5.0, 1e300, 1.0])


@st.composite
def series(draw):
    """One number of one series."""
    names = draw(
        st.lists(st.one_of(SETTINGS_NAMES, st.from_regex(r"[Z5a_]{1,5}", fullmatch=True)), max_size=3)
    )
    values = draw(st.lists(VALUES, min_size=len(names), max_size=len(names)))
    return draw(SETTINGS_NAMES), tuple(names), tuple(values), draw(PARTS)


def reduced(name):
    """Return what Spark's PrometheusServlet leaves of a name."""
    return re.sub(r"[^a-zA-Z0-9]", "_", name)


def test_the_documented_form(shared_jvm):
    """A reader can make out metric, labels and values."""
    name = shared_jvm(
        "dropwizard_name", metric="rows_parsed", names=["source", "day"], values=["kafka-1", ""], part=None
    )
    assert name == "custom.rows_parsed.Z.source.kafkaZ2d1.day.Z"
    bucket = shared_jvm("dropwizard_name", metric="Zeit", names=[], values=[], part=0.25)
    assert bucket == "custom.Z5aeit.Z.le0Z2e25"


@given(one=series(), other=series())
@example(one=("a", ("b",), ("",), None), other=("a", ("b",), ("Z",), None))
@example(one=("a_", (), (), "count"), other=("a", (), (), "count"))
@example(one=("a", ("count",), ("",), None), other=("a", (), (), "count"))
@example(one=("a", ("b",), ("c",), None), other=("a_Z_b_c", (), (), None))
def test_different_series_have_different_names(shared_jvm, one, other):
    """Also once everything but letters and digits has become an underscore."""
    names = [
        shared_jvm("dropwizard_name", metric=metric, names=labels, values=values, part=part)
        for metric, labels, values, part in (one, other)
    ]
    assert (one == other) == (reduced(names[0]) == reduced(names[1]))
    for name in names:
        assert len(name) <= 150
        assert re.fullmatch(r"custom\.[A-Za-z0-9_]+(\.[A-Za-z0-9]+)*", name)
