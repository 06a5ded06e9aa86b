"""The bytes of a segment file, and its life."""

import errno
import fcntl
import math
import mmap
import os
import struct
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import segment_reader
from exporter.client import segment as segment_module
from exporter.client.definition import MULTIPROCESS_MODES, Definition
from exporter.client.segment import Segment, new_token, room_for
from requirements import missing, require_program

TOKEN = "0123456789abcdef"
ROWS = Definition("counter", "rows", "Rows read", labels=("source",))
LOCK_PROBE = """
import fcntl, sys
with open(sys.argv[1], "r+b") as file:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        print("held")
    else:
        print("free")
"""


def test_exact_bytes(tmp_path, monkeypatch):
    """A counter with one series makes exactly the bytes that the format names."""
    monkeypatch.setattr(segment_module.time, "time", lambda: 1763821910.5)
    segment = Segment(str(tmp_path), TOKEN, 3, 512)
    cells = segment.add(ROWS, ["kafka"], [0.0])
    cells[0] = 1.5

    data = (tmp_path / f"{os.getpid()}-{TOKEN}-3.seg").read_bytes()
    header = (
        bytes.fromhex("5350585345470100")
        + struct.pack("<QQIId", 128 + 56 + 40, 512, os.getpid(), 3, 1763821910.5)
        + bytes(128 - 40)
    )
    metric = bytes.fromhex(
        "38000000 01010000 0a9514b9 00000000 0100 0000 00000000"
        "0400 726f7773 0900 526f77732072656164 0000 0600 736f75726365 00000000 00"
    )
    series = bytes.fromhex(
        "28000000 02000000 b1f994f9 00000000 0100 0100 00000000 000000000000f83f 0500 6b61666b61 00"
    )
    assert data == header + metric + series + bytes(512 - 224)


names = st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"]), max_size=40)
finite = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def definitions(draw):
    """Draw definitions, also such as no constructor would accept: the format does not care."""
    kind = draw(st.sampled_from(["counter", "gauge", "histogram"]))
    buckets = sorted(draw(st.sets(finite, min_size=1, max_size=100))) if kind == "histogram" else []
    mode = draw(st.sampled_from(MULTIPROCESS_MODES)) if kind == "gauge" else ""
    labels = tuple(draw(st.lists(names, max_size=20)))
    return Definition(kind, draw(names), draw(names), draw(names), labels, tuple(buckets), mode)


@st.composite
def series(draw, among):
    """Draw one series of one of these definitions."""
    definition = draw(st.sampled_from(among))
    values = draw(st.tuples(*[names for _ in definition.labels]))
    cells = draw(st.lists(finite, min_size=definition.cell_count(), max_size=definition.cell_count()))
    return definition, values, cells


@given(st.lists(definitions(), min_size=1, max_size=5, unique_by=lambda d: d.name), st.data())
def test_round_trip(tmp_path_factory, written, data):
    """What is written is read back, in order; what is stored in a cell later is read as well."""
    placed = data.draw(st.lists(series(written), max_size=8))
    segment = Segment(str(tmp_path_factory.mktemp("segment")), new_token(), 0, 1 << 20)
    for definition, values, cells in placed:
        view = segment.add(definition, values, cells)
        view[len(view) - 1] = 7.25
        cells[-1] = 7.25
    segment.close()

    found = segment_reader.read(segment.path)

    assert [(metric.name, values, cells) for metric, values, cells in found.series] == [
        (definition.name, values, cells) for definition, values, cells in placed
    ]
    expected = list(dict.fromkeys(definition.name for definition, _, _ in placed))
    assert [metric.name for metric in found.metrics] == expected
    parts = {definition.name: definition.parts() for definition in written}
    for metric in found.metrics:
        assert metric == segment_reader.Metric(*parts[metric.name])


def test_metric_without_series(tmp_path):
    """A metric can be made known before it has series, and is written once only."""
    segment = Segment(str(tmp_path), TOKEN, 0, 4096)
    segment.add(ROWS, None)
    segment.add(ROWS, None)
    segment.add(ROWS, ["a"], [1.0])

    found = segment_reader.read(segment.path)

    assert [metric.name for metric in found.metrics] == ["rows"]
    assert found.values() == {("rows", "a"): [1.0]}


def test_full(tmp_path):
    """A file that has no room says so, stays as it is, and holds exactly what room_for() promised."""
    segment = Segment(str(tmp_path), TOKEN, 0, room_for(ROWS, ["a"]))

    assert segment.add(ROWS, ["a"], [1.0]) is not None
    before = Path(segment.path).read_bytes()
    assert segment.add(ROWS, ["b"], [1.0]) is None
    assert Path(segment.path).read_bytes() == before
    assert segment_reader.read(before).values() == {("rows", "a"): [1.0]}


def test_lock_lives_as_long_as_the_writer(tmp_path):
    """Another process cannot lock the file while it is written, and can after."""
    segment = Segment(str(tmp_path), TOKEN, 0, 4096)

    def probe():
        command = [sys.executable, "-c", LOCK_PROBE, segment.path]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    assert probe() == "held"
    segment.close()
    assert probe() == "free"


def test_private_and_reserved(tmp_path):
    """The file belongs to the user alone and has all its blocks."""
    segment = Segment(str(tmp_path), TOKEN, 0, 1 << 16)

    status = Path(segment.path).stat()
    assert status.st_mode & 0o777 == 0o600
    assert status.st_blocks * 512 >= 1 << 16
    assert list(tmp_path.iterdir()) == [Path(segment.path)]


@pytest.mark.parametrize("why", [errno.EOPNOTSUPP, errno.EINVAL, None])
def test_without_posix_fallocate(tmp_path, monkeypatch, why):
    """Where blocks cannot be reserved by a call (macOS, some file systems), zeros are written."""
    if why is None:
        monkeypatch.delattr(os, "posix_fallocate")
    else:

        def refuse(*_):
            raise OSError(why, "no")

        monkeypatch.setattr(os, "posix_fallocate", refuse)
    segment = Segment(str(tmp_path), TOKEN, 0, 200_000)

    assert Path(segment.path).stat().st_blocks * 512 >= 200_000
    assert segment.add(ROWS, ["a"], [1.0]) is not None


@pytest.mark.parametrize("broken", ["posix_fallocate", "lockf", "mmap", "rename"])
def test_failure_leaves_nothing(tmp_path, monkeypatch, broken):
    """When the file cannot be finished the error comes through, and neither file nor descriptor stays."""

    def fail(*_):
        raise OSError(errno.EIO, "broken")

    owner = {"lockf": fcntl, "mmap": mmap}.get(broken, os)
    monkeypatch.setattr(owner, broken, fail)
    descriptors = list(Path("/dev/fd").iterdir())

    with pytest.raises(OSError, match="broken"):
        Segment(str(tmp_path), TOKEN, 0, 4096)

    assert list(tmp_path.iterdir()) == []
    assert len(list(Path("/dev/fd").iterdir())) == len(descriptors)


def test_big_endian_machines_stay_local(tmp_path, monkeypatch):
    """Doubles are stored as the machine has them, so the format is for little-endian machines."""
    monkeypatch.setattr(sys, "byteorder", "big")

    with pytest.raises(OSError, match="little-endian"):
        Segment(str(tmp_path), TOKEN, 0, 4096)


@pytest.fixture
def small_disk(tmp_path):
    """Mount a file system of 256 KiB."""
    mount, umount = (
        require_program("mount", "it is part of util-linux"),
        require_program("umount", "as mount"),
    )
    place = tmp_path / "small"
    place.mkdir()
    command = [mount, "-t", "tmpfs", "-o", "size=256k", "spark-exporter-test", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        missing("the right to mount a small tmpfs", f"run the tests as root ({done.stderr.strip()})")
    yield place
    # Lazily: a failed test may still hold a mapping.
    subprocess.run([umount, "-l", str(place)], check=True)


def fill(path):
    """Write until the disk is full."""
    with path.open("wb", buffering=0) as ballast:
        while os.statvfs(path).f_bavail:
            ballast.write(bytes(4096))


def test_full_disk(small_disk):
    """On a full disk making a segment fails with ENOSPC; writing to one that exists goes on."""
    first = Segment(str(small_disk), TOKEN, 0, 1 << 16)
    fill(small_disk / "ballast")

    with pytest.raises(OSError) as refused:  # noqa: PT011
        Segment(str(small_disk), TOKEN, 1, 1 << 16)
    assert refused.value.errno == errno.ENOSPC
    written = 0
    while first.add(ROWS, [f"value {written}"], [1.0]) is not None:
        written += 1

    found = segment_reader.read(first.path)
    assert len(found.series) == written > 1000
    assert set(small_disk.iterdir()) == {small_disk / "ballast", Path(first.path)}


WATCHER = """
import mmap, struct, sys
with open(sys.argv[1], "rb") as file:
    view = memoryview(mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)).cast("d")
allowed = {float(x) for x in sys.argv[3].split(",")}
at = int(sys.argv[2])
print("ready", flush=True)
seen = set()
while -1.0 not in seen:
    seen.add(view[at])
print(sorted(seen - allowed), len(seen & allowed))
"""


def test_no_torn_value(tmp_path):
    """Another process sees no value that was never stored."""
    sequence = [1.0, -2.5e300, 3.3e-300, 123456789.123, -1.0]
    segment = Segment(str(tmp_path), TOKEN, 0, 4096)
    cells = segment.add(ROWS, ["a"], [1.0])
    at = (segment_module.HEADER_SIZE + len(segment_module.metric_record(0, ROWS)) + 24) // 8
    command = [sys.executable, "-c", WATCHER, segment.path, str(at), ",".join(map(repr, sequence))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watcher:
        assert watcher.stdout.readline() == "ready\n"
        for _ in range(300_000):
            for value in sequence[:-1]:
                cells[0] = value
        cells[0] = -1.0
        strange, known = watcher.stdout.readline().rsplit(" ", 1)

    assert strange == "[]"
    assert int(known) >= 2


def test_definitions_race_with_a_reader(tmp_path):
    """Whatever moment a reader chooses, what is committed is complete."""
    segment = Segment(str(tmp_path), TOKEN, 0, 1 << 19)
    writing = threading.Event()
    counts = []

    def watch():
        while not writing.is_set():
            data = open(segment.path, "rb").read()  # noqa: SIM115, PTH123
            # Bytes beyond the committed ones may be a record that is being written: cut them off.
            committed = struct.unpack_from("<Q", data, 8)[0]
            data = data[:16] + struct.pack("<Q", committed) + data[24:committed]
            counts.append(len(segment_reader.read(data).series))

    reader = threading.Thread(target=watch)
    reader.start()
    for number in range(4000):
        segment.add(
            Definition("gauge", f"g{number % 50}", "x", labels=("n",), mode="max"), [str(number)], [math.nan]
        )
    writing.set()
    reader.join()
    assert counts == sorted(counts)
    assert len(segment_reader.read(segment.path).series) == 4000
