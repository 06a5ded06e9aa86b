"""The reader of segment files, fed with what the client writes, and with what it would never write."""

import contextlib
import math
import os
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exporter.client.definition import Definition
from exporter.client.segment import Segment, new_token
from plugin import segments

ROWS = Definition("counter", "rows", "Rows", labels=("source",))
TIMES = Definition("histogram", "times", "Times", unit="seconds", buckets=(0.5, 1.0))
# The directories are made by the examples themselves.
per_example = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def gauge(mode):
    """Return a gauge of this mode."""
    return Definition("gauge", f"level_{mode}", "Level", mode=mode)


class Reader:
    """A sampler of one directory in the JVM."""

    def __init__(self, jvm, directory, max_series=10_000):
        """Make it."""
        self._jvm = jvm
        self._number = jvm("sampler_new", sources=[str(directory)], max_series=max_series)

    def sample(self):
        """Take a sample."""
        return self._jvm("sampler_sample", sampler=self._number)

    def cells(self):
        """Take a sample; return the cells by name and label values."""
        return segments.table(self.sample())

    def dropwizard(self):
        """Return the numbers that Spark's sinks see."""
        return self._jvm("sampler_dropwizard", sampler=self._number)


@pytest.fixture
def reader(jvm, tmp_path):
    """A reader of the test's directory."""
    return Reader(jvm, tmp_path)


@per_example
@given(
    processes=st.lists(segments.contents(), min_size=1, max_size=3), times=st.permutations([1.5, 2e9, 7.0])
)
def test_what_processes_write_is_what_is_sampled(shared_jvm, processes, times):
    """Every definition, label value and cell arrives, and processes combine as documented."""
    for records, time in zip(processes, times):
        for definition, _, cells in records:
            if definition.mode == "mostrecent":
                # Which of two values is more recent must not be left to chance.
                cells[1] = time
    with tempfile.TemporaryDirectory() as directory:
        reader = Reader(shared_jvm, directory)
        held = [segments.write(directory, records) for records in processes]
        sample = reader.sample()
        for segment in held:
            segment.close()

    found, expected = segments.table(sample), segments.combined(processes)
    assert found.keys() == expected.keys()
    for key, cells in expected.items():
        assert found[key] == pytest.approx(cells, rel=1e-9, abs=1e-9, nan_ok=True), key
    assert not any(sample["dropped"].values())
    assert sample["segments"] == len(processes)


@per_example
@given(records=segments.contents(), damage=st.binary(min_size=1, max_size=64), data=st.data())
def test_a_damaged_file_is_survived_and_counted(shared_jvm, records, damage, data):
    """Bytes overwritten at random: no crash, no series that nobody wrote, and a loss is counted."""
    with tempfile.TemporaryDirectory() as directory:
        spans = {}
        segment = segments.write(directory, records, spans)
        at = data.draw(st.integers(0, segment._committed - 1))
        segments.poke(segment, at, damage)
        segment.close()
        sample = Reader(shared_jvm, directory).sample()
        assert list(Path(directory).iterdir()) == []

    assert sample["failures"] == 0
    found = segments.table(sample)
    assert found.keys() <= spans.keys()
    # A lower committed length looks like a writer that had not come further.
    if spans.keys() - found.keys() and not (at < 16 and at + len(damage) > 8):
        assert sample["dropped"]["corrupt_segment"] == 1
    left = segments.combined([[record for record in records if record[0].mode not in ("sum", "mean")]])
    for key, cells in left.items():
        start, stop = spans[key]
        if key in found and (at >= stop or at + len(damage) <= start):
            assert found[key] == cells


@per_example
@given(records=segments.contents(), data=st.data())
def test_a_truncated_file_keeps_what_was_read(shared_jvm, records, data):
    """A file that somebody shortened keeps its last values and is counted once."""
    with tempfile.TemporaryDirectory() as directory:
        segment = segments.write(directory, records)
        reader = Reader(shared_jvm, directory)
        before = reader.cells()
        os.truncate(segment.path, data.draw(st.integers(0, segment._committed - 1)))
        samples = [reader.sample(), reader.sample()]
        segment.close()
        samples.append(reader.sample())

    for sample in samples[:2]:
        assert segments.table(sample) == before
    assert samples[2]["dropped"]["corrupt_segment"] == 1
    assert samples[2]["failures"] == 0
    counts = {key: cells for key, cells in before.items() if key[0].startswith(("counter", "histogram"))}
    after = segments.table(samples[2])
    assert {key: after[key] for key in counts} == counts


@pytest.mark.parametrize("letter", [b"kafka", b"source", b"times", struct.pack("<d", 0.5)])
def test_a_definition_with_a_wrong_byte_is_not_believed(reader, tmp_path, letter):
    """One bit in a label value, a label name, a name or a bound: another series would come of it."""
    segment = segments.write(tmp_path, [(TIMES, (), [1.0, 2.0, 3.0, 4.0]), (ROWS, ("kafka",), [5.0])])
    at = Path(segment.path).read_bytes().index(letter)
    segments.poke(segment, at, bytes([letter[0] ^ 1]))
    segment.close()
    sample = reader.sample()
    assert segments.table(sample).items() <= {("times", ()): [1.0, 2.0, 3.0, 4.0]}.items()
    assert sample["dropped"]["corrupt_segment"] == 1


@given(junk=st.binary(max_size=600))
@per_example
def test_junk_is_no_segment(shared_jvm, junk):
    """A file of any bytes with the right name gives no series, no failure, and one count."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, f"1-{'0' * 16}-0.seg").write_bytes(junk)
        sample = Reader(shared_jvm, directory).sample()
        assert list(Path(directory).iterdir()) == []
    assert (sample["series"], sample["failures"], sample["dropped"]["corrupt_segment"]) == ([], 0, 1)


def test_values_and_definitions_appear_as_they_are_written(reader, tmp_path):
    """A live file is read again and again; new series and new values show at the next sample."""
    segment = Segment(str(tmp_path), new_token(), 0, 65536)
    assert reader.cells() == {}
    first = segment.add(ROWS, ("kafka",), [0.0])
    first[0] = 3.0
    assert reader.cells() == {("rows", ("kafka",)): [3.0]}
    first[0] = 4.5
    # More than the first read of the reader takes.
    for number in range(700):
        segment.add(ROWS, (f"file-{number}",), [1.0])
    assert reader.cells() == {("rows", ("kafka",)): [4.5]} | {
        ("rows", (f"file-{n}",)): [1.0] for n in range(700)
    }
    segment.close()


def test_a_half_written_record_waits(reader, tmp_path):
    """A record whose bytes are not all there yet is read once they are, and nothing is counted."""
    segment = segments.write(tmp_path, [(ROWS, ("a",), [1.0])])
    segments.poke(segment, 8, struct.pack("<Q", segment._committed + 32))
    assert reader.cells() == {("rows", ("a",)): [1.0]}
    segment.add(ROWS, ("b",), [2.0])
    sample = reader.sample()
    assert segments.table(sample) == {("rows", ("a",)): [1.0], ("rows", ("b",)): [2.0]}
    assert sample["dropped"]["corrupt_segment"] == 0
    segment.close()


@pytest.mark.parametrize("kill", [True, False])
def test_an_ended_process_leaves_its_counts(reader, tmp_path, kill):
    """Killed or ended in order: nothing is lost, its file goes, and the next process adds to it."""
    holder = segments.start_holder(tmp_path, 41)
    assert reader.cells() == {("held", ("me",)): [41.0]}
    segments.end(holder, kill=kill)

    assert reader.cells() == {("held", ("me",)): [41.0]}
    assert list(tmp_path.iterdir()) == []
    holder = segments.start_holder(tmp_path, 1)
    assert reader.cells() == {("held", ("me",)): [42.0]}
    segments.end(holder, kill=kill)


def test_a_process_that_ended_between_two_samples_counts(reader, tmp_path):
    """The reader never saw it alive, and still has everything."""
    for value in (1, 2, 3):
        segments.end(segments.start_holder(tmp_path, value), kill=True)
    assert reader.cells() == {("held", ("me",)): [6.0]}
    assert list(tmp_path.iterdir()) == []


def test_the_file_of_a_live_process_stays(reader, tmp_path):
    """Only the writer's end ends a file, however often it is read."""
    holder = segments.start_holder(tmp_path, 7)
    for _ in range(3):
        assert reader.cells() == {("held", ("me",)): [7.0]}
    assert len(list(tmp_path.iterdir())) == 1
    segments.end(holder, kill=True)


@pytest.mark.parametrize(
    ("mode", "live", "ended"),
    [
        ("sum", [3.0], [math.nan]),
        ("mean", [3.0, 2.0], [0.0, 0.0]),
        ("max", [9.0], [9.0]),
        ("min", [-6.0], [-6.0]),
        ("mostrecent", [9.0, 200.0], [9.0, 200.0]),
    ],
)
def test_gauges_of_processes_combine_by_their_mode(reader, tmp_path, mode, live, ended):
    """Live ones by the table; of ended ones the extremes and the last value stay."""
    metric = gauge(mode)
    extra = [[100.0], [200.0], [math.nan]] if mode == "mostrecent" else [[], [], []]
    values = ([-6.0, *extra[0]], [9.0, *extra[1]], [math.nan, *extra[2]])
    held = [segments.write(tmp_path, [(metric, (), cells)]) for cells in values]

    assert reader.cells()[metric.name, ()] == live
    for segment in held:
        segment.close()
    for _ in range(2):
        assert reader.cells()[metric.name, ()] == ended


@pytest.mark.parametrize(("mode", "kept"), [("sum", [5.0]), ("mean", [5.0, 1.0])])
def test_the_drivers_own_process_counts_as_live_after_its_end(reader, tmp_path, mode, kept):
    """With spark-submit Python ends before the JVM; its gauges stay, its counters are not counted twice."""
    metric = gauge(mode)
    segment = segments.write(tmp_path, [(metric, (), [5.0]), (ROWS, ("a",), [2.0])])
    segments.poke(segment, 40, struct.pack("<Q", 1))
    segment.close()
    for _ in range(3):
        assert reader.cells() == {(metric.name, ()): kept, ("rows", ("a",)): [2.0]}


def test_a_gauge_that_nobody_set_is_nan(reader, tmp_path):
    """And it is one for Spark's sinks as well."""
    segment = segments.write(tmp_path, [(gauge("sum"), (), [math.nan])])
    assert reader.cells() == {("level_sum", ()): [math.nan]}
    assert reader.dropwizard() == {"exporter.up": 1.0, "custom.level_sum": "NaN"}
    segment.close()


def test_cells_that_cannot_be_true_keep_their_last_value(reader, tmp_path):
    """A count that falls, a negative one, and one that is not finite; the file is counted once."""
    segment = Segment(str(tmp_path), new_token(), 0, 4096)
    rows = segment.add(ROWS, ("a",), [5.0])
    times = segment.add(TIMES, (), [5.0, 2.0, 3.0, 4.0])
    assert reader.sample()["dropped"]["corrupt_segment"] == 0
    for bad in (4.0, -1.0, math.inf, math.nan):
        rows[0] = bad
        times[0] = bad
        sample = reader.sample()
        assert segments.table(sample) == {("rows", ("a",)): [5.0], ("times", ()): [5.0, 2.0, 3.0, 4.0]}
        assert sample["dropped"]["corrupt_segment"] == 1
    rows[0], times[0], times[3] = 6.0, 7.0, -4.0
    assert reader.cells() == {("rows", ("a",)): [6.0], ("times", ()): [7.0, 2.0, 3.0, -4.0]}
    segment.close()


def test_sinks_see_every_series(reader, tmp_path):
    """Histograms as count, sum and cumulative buckets, a mean as one number, the others as they are."""
    records = [(ROWS, ("a b",), [5.0]), (TIMES, (), [1.0, 2.0, 3.0, 4.5]), (gauge("mean"), (), [2.0])]
    held = [segments.write(tmp_path, records), segments.write(tmp_path, [(gauge("mean"), (), [5.0])])]
    reader.sample()
    assert reader.dropwizard() == {
        "exporter.up": 1.0,
        "custom.rows.Z.source.aZ20b": 5.0,
        "custom.times.Z.count": 6.0,
        "custom.times.Z.sum": 4.5,
        "custom.times.Z.le0Z2e5": 1.0,
        "custom.times.Z.le1": 3.0,
        "custom.level_mean": 3.5,
    }
    for segment in held:
        segment.close()


def test_sinks_see_no_infinity(reader, tmp_path):
    """Two finite gauges may add up to one; sinks get NaN."""
    held = [segments.write(tmp_path, [(gauge("sum"), (), [1e308])]) for _ in range(2)]
    reader.sample()
    assert reader.dropwizard()["custom.level_sum"] == "NaN"
    for segment in held:
        segment.close()


def test_a_contradiction_is_dropped_and_counted(reader, tmp_path):
    """The first definition stays; help texts may differ."""
    other = Definition("gauge", "rows", "Rows", labels=("source",), mode="sum")
    helpful = Definition("counter", "rows", "All the rows", labels=("source",))
    first = segments.write(tmp_path, [(ROWS, ("a",), [1.0])])
    reader.sample()
    held = [first, *(segments.write(tmp_path, [(one, ("a",), [10.0])]) for one in (other, helpful))]
    for _ in range(2):
        sample = reader.sample()
        assert segments.table(sample) == {("rows", ("a",)): [11.0]}
        assert sample["dropped"]["definition_conflict"] == 1
    for segment in held:
        segment.close()


def test_series_beyond_the_limit_are_dropped_and_counted(jvm, tmp_path):
    """Each one once, however often it is sampled; the others go on."""
    reader = Reader(jvm, tmp_path, max_series=3)
    segment = segments.write(tmp_path, [(ROWS, (str(n),), [1.0]) for n in range(5)])
    for _ in range(2):
        sample = reader.sample()
        assert (len(sample["series"]), sample["dropped"]["series_limit"]) == (3, 2)
    segment.close()


def test_what_processes_dropped_is_added_up(reader, tmp_path):
    """Live ones and ended ones."""
    held = [segments.write(tmp_path, []) for _ in range(3)]
    reasons = ("series_limit", "label_too_long", "invalid_value", "definition_conflict", "no_space")
    for segment in held:
        segments.poke(segment, 64, struct.pack("<5d", 1, 2, 3, 4, 5))
    held[0].close()
    for _ in range(2):
        dropped = reader.sample()["dropped"]
        assert [dropped[reason] for reason in reasons] == [3, 6, 9, 12, 15]
    for segment in held[1:]:
        segment.close()


@pytest.mark.parametrize(
    "name", ["x.seg", f"1-{'0' * 16}-0.tmp", f"1-{'0' * 15}-0.seg", f"1-{'G' * 16}-0.seg", "notes.txt"]
)
def test_other_files_are_left_alone(reader, tmp_path, name):
    """A file with another name is not a segment, whatever is in it."""
    segment = segments.write(tmp_path, [(ROWS, ("a",), [1.0])])
    segment.close()
    Path(segment.path).rename(tmp_path / name)
    assert reader.cells() == {}
    assert (tmp_path / name).exists()


def test_a_pipe_or_a_link_does_not_stop_the_reader(reader, tmp_path):
    """Opening a pipe would block for ever; a link may lead anywhere."""
    os.mkfifo(tmp_path / f"1-{'0' * 16}-0.seg")
    (tmp_path / f"2-{'0' * 16}-0.seg").symlink_to("/etc/passwd")
    sample = reader.sample()
    assert (sample["series"], sample["failures"]) == ([], 0)


def test_a_file_of_monstrous_size_is_not_read(reader, tmp_path):
    """Whoever made it, it is no segment; it is counted once."""
    path = tmp_path / f"1-{'0' * 16}-0.seg"
    path.touch()
    os.truncate(path, 1 << 40)
    for _ in range(2):
        sample = reader.sample()
        assert (sample["series"], sample["dropped"]["corrupt_segment"]) == ([], 1)


def test_a_directory_that_disappears_loses_nothing(jvm, tmp_path):
    """Spark removes its directories when it stops; what was read stays, what is open can still be read."""
    directory = tmp_path / "gone"
    directory.mkdir()
    reader = Reader(jvm, directory)
    segment = Segment(str(directory), new_token(), 0, 4096)
    rows = segment.add(ROWS, ("a",), [1.0])
    reader.sample()
    shutil.rmtree(directory)
    rows[0] = 2.0
    sample = reader.sample()
    assert segments.table(sample) == {("rows", ("a",)): [2.0]}
    assert sample["warnings"] == []
    segment.close()
    assert reader.cells() == {("rows", ("a",)): [2.0]}


@pytest.fixture
def pinned():
    """Make a file impossible to remove, also for root; undo it in the end."""
    with contextlib.ExitStack() as undo:

        def pin(path):
            if os.geteuid() == 0:
                subprocess.run(["mount", "--bind", path, path], check=True)
                undo.callback(subprocess.run, ["umount", path], check=True)
            else:
                path.parent.chmod(0o500)
                undo.callback(path.parent.chmod, 0o700)

        yield pin


def test_a_file_that_cannot_be_removed_counts_once(reader, tmp_path, pinned):
    """It is remembered, and a warning names it."""
    segment = segments.write(tmp_path, [(ROWS, ("a",), [5.0])])
    path = Path(segment.path)
    pinned(path)
    segment.close()
    for _ in range(3):
        sample = reader.sample()
        assert segments.table(sample) == {("rows", ("a",)): [5.0]}
        assert sample["warnings"] == [f"cannot remove the segment {path.name} of an ended process"]
    assert path.exists()


def test_a_source_that_throws_leaves_the_others_alone(jvm, tmp_path):
    """An exception in a sample is counted and said; the other values arrive."""
    sampler = jvm("sampler_new", sources=["failing", str(tmp_path)], max_series=100)
    segment = segments.write(tmp_path, [(ROWS, ("a",), [5.0])])
    sample = jvm("sampler_sample", sampler=sampler)
    assert segments.table(sample) == {("rows", ("a",)): [5.0]}
    assert sample["failures"] == 2
    assert set(sample["warnings"]) == {"a sample failed in part; the counts go on"}
    segment.close()
