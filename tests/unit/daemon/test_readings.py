"""What dotted names mean: labels out of names, scales, and what is left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.daemon import catalogue, schema
from exporter.daemon.errors import CatalogueError
from exporter.daemon.readings import LONGEST, REMEMBERED, Vocabulary, says_nothing, simple_names

KNOWN = catalogue.load()
READINGS = Vocabulary(KNOWN, "reading")
PIECES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


def small(origins, labels="[]", left_out="[]"):
    """Return a catalogue of one metric."""
    return schema.parse(
        "conditions: {}\nmetrics:\n"
        f"  - {{name: spark_x_total, type: counter, help: X., labels: {labels}, from: {origins}}}\n"
        f"left_out: {left_out}\n"
    )


@pytest.mark.parametrize(
    ("name", "metric", "labels", "scale"),
    [
        ("executor.runTime", "spark_executor_run_time_seconds_total", (), 0.001),
        ("executor.cpuTime", "spark_executor_cpu_time_seconds_total", (), 1e-9),
        ("executor.shuffleLocalBytesRead", "spark_executor_shuffle_read_bytes_total", ("local",), 1.0),
        (
            "executor.filesystem.s3a.read_bytes",
            "spark_executor_filesystem_read_bytes_total",
            ("s3a",),
            1.0,
        ),
        ("jvm.heap.used", "spark_executor_jvm_memory_used_bytes", ("heap",), 1.0),
        ("jvm.pools.G1-Old-Gen.used", "spark_executor_jvm_memory_pool_used_bytes", ("G1-Old-Gen",), 1.0),
        (
            "jvm.pools.G1-Old-Gen.used-after-gc",
            "spark_executor_jvm_memory_pool_used_after_gc_bytes",
            ("G1-Old-Gen",),
            1.0,
        ),
        ("jvm.direct.count", "spark_executor_jvm_buffer_pool_used_buffers", ("direct",), 1.0),
        ("jvm.ZGC-Pauses.count", "spark_executor_jvm_gc_collections_total", ("ZGC-Pauses",), 1.0),
        ("jvm.ZGC-Pauses.time", "spark_executor_jvm_gc_time_seconds_total", ("ZGC-Pauses",), 0.001),
        (
            "BlockManager.memory.maxOnHeapMem_MB",
            "spark_driver_block_manager_memory_max_bytes",
            ("onheap",),
            1048576.0,
        ),
        (
            "LiveListenerBus.queue.my.own.queue.size",
            "spark_driver_listener_bus_queue_events",
            ("my.own.queue",),
            1.0,
        ),
        (
            "LiveListenerBus.queue.streams.listenerProcessingTime#p95",
            "spark_driver_listener_bus_queue_processing_time_seconds",
            ("streams", "95"),
            0.001,
        ),
        (
            "my app.StreamingMetrics.streaming.waitingBatches",
            "spark_dstream_batches",
            ("waiting",),
            1.0,
        ),
    ],
)
def test_a_name_is_a_metric_with_labels(name, metric, labels, scale):
    """Whatever is variable in a name becomes a label."""
    meaning = READINGS.meaning(name)

    assert (meaning.metric, meaning.labels, meaning.scale) == (metric, labels, scale)


def test_more_literal_text_wins_whatever_the_order():
    """Of two patterns that match, and between a name and a pattern."""
    origins = (
        "[{reading: 'a.{x}', labels: {y: all}}, {reading: 'a.{x}.c', labels: {y: c}}, "
        "{reading: 'a.b.c', labels: {x: b, y: exact}}]"
    )
    words = Vocabulary(small(origins, "[x, y]"), "reading")

    assert words.meaning("a.b.c").labels == ("b", "exact")
    assert words.meaning("a.z.c").labels == ("z", "c")
    assert words.meaning("a.z.d").labels == ("z.d", "all")
    assert words.meaning("a.") is None


def test_an_exception_to_a_pattern_is_left_out():
    """A name by itself is not: that would be a contradiction in the catalogue."""
    words = Vocabulary(
        small("[{reading: 'a.{x}'}]", "[x]", "[{reading: 'a.*.secret', reason: Because.}]"), "reading"
    )

    assert words.meaning("a.b.secret") is None
    assert words.left_out("a.b.secret")
    assert words.meaning("a.b.public").labels == ("b.public",)
    assert not words.left_out("a.b.public")


@pytest.mark.parametrize(
    ("origins", "message"),
    [
        ("[{reading: 'a.{y}'}]", "spark_x_total: a.{y} does not say the label x"),
        ("[{reading: a, labels: {x: 1}}, {reading: a, labels: {x: 2}}]", "a is the origin of another metric"),
    ],
)
def test_a_catalogue_that_cannot_be_followed_is_refused(origins, message):
    """Before anything is read by it."""
    with pytest.raises(CatalogueError, match=message):
        Vocabulary(small(origins, "[x]"), "reading")


def test_what_is_remembered_is_bounded():
    """However many names the applications come up with, and however long ones."""
    words = Vocabulary(KNOWN, "reading")
    assert words.meaning("AccumulatorSource." + "x" * LONGEST) is not None
    assert not words._known
    for number in range(REMEMBERED + 10):
        words.meaning(f"some.{number}")

    assert len(words._known) <= REMEMBERED


@given(PIECES)
def test_any_queue_name_comes_out_as_it_went_in(queue):
    """Dots, braces, line ends and all."""
    assert READINGS.meaning(f"LiveListenerBus.queue.{queue}.numDroppedEvents").labels == (queue,)


@given(PIECES)
def test_any_name_has_one_meaning_or_none(name):
    """And the same one every time."""
    first = READINGS.meaning(name)

    assert first == READINGS.meaning(name)
    assert first is None or None not in first.labels


def test_classes_go_by_their_simple_names():
    """Except where two would be called the same."""
    short = simple_names(
        ["org.a.One", "org.b.Two$Inner", "org.c.Two", "org.d.Two", "nopackage", "org_e_Three"]
    )

    assert short == {
        "org.a.One": "One",
        "org.b.Two$Inner": "Two$Inner",
        "org.c.Two": "org.c.Two",
        "org.d.Two": "org.d.Two",
        "nopackage": "nopackage",
        "org_e_Three": "Three",
    }


@pytest.mark.parametrize(
    ("name", "value", "nothing"),
    [
        ("spark_executor_jvm_memory_max_bytes", -1.0, True),
        ("spark_executor_jvm_memory_max_bytes", 0.0, False),
        ("spark_streaming_watermark_timestamp_seconds", 0.0, True),
        ("spark_dstream_last_completed_batch_processing_end_timestamp_seconds", -0.001, True),
        ("spark_executor_process_tree_resident_memory_bytes", 0.0, True),
        ("spark_executor_dropwizard_value", -1.0, False),
        ("spark_executor_run_time_seconds_total", -1.0, False),
    ],
)
def test_a_value_that_stands_for_none(name, value, nothing):
    """A counter below zero is wrong, and that is something else."""
    assert says_nothing(KNOWN[name], value) is nothing
