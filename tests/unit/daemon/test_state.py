"""The files of the daemon's state: replaced as a whole, checked when read, bounded, and never in the way."""

import json
import os
import stat
import threading
import time
from dataclasses import replace

import orjson
import psutil
import pytest
from state_bench import APP, DAY, TARGET, Bench, Plain

from exporter.daemon.errors import STATE_REASONS, StateError
from exporter.daemon.state import files
from exporter.daemon.state.document import FORMAT, decode, encode, encode_part, name_of
from exporter.daemon.state.files import Files


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path / "state")


def test_an_application_that_does_nothing_is_still_followed(bench):
    """Its file stays as it is, and must not look forgotten to the next daemon."""
    bench.keep(7)
    (path,) = bench.directory.iterdir()
    os.utime(path, (0, 0))
    bench.keep(7)
    assert path.stat().st_mtime == 0
    bench.time = 90_000.0
    bench.keep(7)
    bench.restart()

    assert bench.recall() == [7]


def test_what_was_kept_is_there_after_a_restart(bench):
    """For each source its own; one that was not there begins anew."""
    bench.keep(7)
    bench.keep(8, "stages")
    bench.memory.keep(TARGET, APP, Plain())
    bench.restart()

    assert bench.recall("jobs", "stages", "sql") == [7, 8, 0]
    assert (bench.failures(), bench.warnings()) == ({}, [])


def test_every_reason_is_counted_from_the_start(bench):
    """So that a rate over it sees the first one."""
    assert dict(bench.memory.failures) == dict.fromkeys(STATE_REASONS, 0)


def test_the_file_is_for_nobody_else(bench):
    """Nor is the directory that is made for it; nothing else stays there."""
    bench.keep(1)
    (file,) = bench.directory.iterdir()

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(bench.directory.stat().st_mode) == 0o700
    document = json.loads(file.read_bytes())
    assert document == {
        "format": 1,
        "target": TARGET,
        "run": ["app-1", "", 1000.5],
        "sources": {"jobs": {"number": 1}},
    }


def test_nothing_is_written_while_nothing_changes(bench):
    """A quiet application costs no disk."""
    bench.keep(1)
    (file,) = bench.directory.iterdir()
    before = file.stat().st_ino
    bench.keep(1)
    assert file.stat().st_ino == before
    bench.keep(2)

    assert file.stat().st_ino != before


@pytest.mark.parametrize("app_id", ["../../etc/passwd", "a/b\0c", "x" * 5000, "spark-ü-☃", ".", ""])
def test_any_application_has_a_file_in_the_directory(bench, app_id):
    """Whatever it is called; its name is short enough for every file system."""
    application = replace(APP, id=app_id)
    bench.keep(3, application=application)
    (file,) = bench.directory.iterdir()

    assert len(file.name) < 160
    assert bench.warnings() == []
    assert decode(file.read_bytes(), TARGET, application.run) == {"jobs": {"number": 3}}


def test_runs_and_targets_are_told_apart():
    """Another attempt, another start, another target: another file."""
    others = [replace(APP, attempt_id="2"), replace(APP, start_time=None), replace(APP, id="app-2")]
    names = {name_of(TARGET, application.run) for application in (APP, *others)}

    assert len(names | {name_of("http://other:4040", APP.run)}) == 5


WHOLE = encode(TARGET, APP.run, {"jobs": b'{"number":5}'})
REFUSED = [
    (WHOLE[:-5], "invalid", "it is torn, or no JSON"),
    (b"", "invalid", "it is torn, or no JSON"),
    (WHOLE.replace(b"5}", b"NaN}"), "invalid", "it is torn, or no JSON"),
    (b"[1]", "invalid", "it holds no JSON object"),
    (WHOLE.replace(b'"format":1', b'"format":2'), "format", "its format is 2; expected 1"),
    (WHOLE.replace(b'"format":1', b'"format":true'), "format", "its format is none; expected 1"),
    (
        WHOLE.replace(b"app-1", b"app-2"),
        "foreign",
        "it is about another run of an application, or another target",
    ),
    (
        WHOLE.replace(b"driver", b"river"),
        "foreign",
        "it is about another run of an application, or another target",
    ),
    (WHOLE.replace(b'{"number":5}', b"5"), "invalid", "sources: expected an object of objects"),
    (WHOLE.replace(b"5}", b'"5"}'), "invalid", "jobs.number: expected a number"),
]


@pytest.mark.parametrize(("content", "reason", "sentence"), REFUSED)
def test_a_file_that_is_not_right_is_refused_as_a_whole(bench, content, reason, sentence):
    """One line says why, it is counted, the sources begin from nothing, and the file is gone."""
    bench.put(content)

    assert bench.recall("stages", "jobs") == [0, 0]
    assert bench.failures() == {reason: 1}
    assert bench.warnings() == [f"the state of app-1 is not used: {sentence}"]
    assert list(bench.directory.iterdir()) == []
    assert bench.recall() == [0]
    assert len(bench.warnings()) == 1


def test_one_bad_source_takes_the_others_with_it(bench):
    """Totals of different times would contradict one another."""
    bench.put(encode(TARGET, APP.run, {"jobs": b'{"number":5}', "stages": b'{"number":null}'}))

    assert bench.recall("jobs", "stages") == [0, 0]


def test_a_file_that_is_far_too_large_is_not_read(bench, monkeypatch):
    """Nor is one written."""
    path = bench.directory / name_of(TARGET, APP.run)
    path.write_bytes(b" " * (files.MAX_BYTES + 1))
    assert bench.recall() == [0]
    monkeypatch.setattr(files, "MAX_BYTES", 50)
    bench.keep(1)

    assert bench.failures() == {"too_large": 2}
    assert bench.warnings() == [
        f"the state of app-1 is not used: {path} has more than 4 MiB",
        f"the state of app-1 is not kept: {path} would have more than 0 MiB",
    ]


@pytest.mark.parametrize(
    "make",
    [os.mkfifo, lambda path: path.symlink_to("/etc/passwd")],
    ids=["pipe", "link"],
)
def test_what_is_no_file_holds_up_nobody(bench, make):
    """A pipe would wait for ever, and a link may lead anywhere. A file takes its place."""
    path = bench.directory / name_of(TARGET, APP.run)
    make(path)

    assert bench.recall() == [0]
    assert bench.failures() == {"read": 1}
    assert bench.warnings()[0].startswith(f"the state of app-1 is not used: {path} cannot be read: ")
    bench.keep(1)
    assert stat.S_ISREG(path.lstat().st_mode)
    assert bench.recall() == [1]


def test_a_directory_in_the_place_of_the_file(bench):
    """It stays, nothing is kept, and no descriptor is left open."""
    path = bench.directory / name_of(TARGET, APP.run)
    path.mkdir()
    before = psutil.Process().num_fds()

    assert bench.recall() == [0]
    bench.keep(1)
    assert bench.failures() == {"read": 1, "write": 1}
    assert bench.recall() == [0]
    assert psutil.Process().num_fds() == before


def test_what_json_cannot_write_is_not_kept(bench):
    """A whole number beyond 64 bits is all the same; infinity is refused at the latest when it is read."""
    bench.keep(2**70)
    file = bench.directory / name_of(TARGET, APP.run)
    assert decode(file.read_bytes(), TARGET, APP.run)["jobs"] == {"number": 2.0**70}
    bench.keep(float("inf"))
    assert bench.failures() == {}
    assert bench.recall() == [0]
    assert bench.failures() == {"invalid": 1}
    with pytest.raises(StateError) as caught:
        encode_part({"number": 2**70, "other": float("nan")})
    assert caught.value.reason == "invalid"


def test_a_run_that_is_over_leaves_nothing(bench):
    """Its file goes with it; others stay. If it is back, it is kept again."""
    other = replace(APP, id="app-2")
    bench.keep(1)
    bench.keep(1, application=other)
    bench.memory.forget(TARGET, APP)
    assert [path.name for path in bench.directory.iterdir()] == [name_of(TARGET, other.run)]
    bench.keep(1)

    assert len(list(bench.directory.iterdir())) == 2


def test_old_files_go_at_the_start(bench):
    """After a week; what a dead daemon did not finish, after an hour. Nobody else's files are touched."""
    names = [name_of(TARGET, replace(APP, id=f"app-{number}").run) for number in range(3)]
    ages = dict(zip(names, (6.9 * DAY, 7.1 * DAY, 0), strict=True))
    ages |= {"mine.state.json": 900 * DAY, "notes.json": 900 * DAY}
    ages |= {".spark-exporter-old.tmp": 3700, ".spark-exporter-new.tmp": 3500}
    for name, age in ages.items():
        (bench.directory / name).touch()
        os.utime(bench.directory / name, times=(time.time() - age,) * 2)
    bench.restart()

    assert {path.name for path in bench.directory.iterdir()} == {*ages} - {
        names[1],
        ".spark-exporter-old.tmp",
    }


def test_there_are_only_so_many_files(bench, monkeypatch):
    """The oldest go first, also while the daemon runs."""
    monkeypatch.setattr(files, "MAX_FILES", 3)
    for number in range(5):
        application = replace(APP, id=f"app-{number}")
        bench.keep(1, application=application)
        path = bench.directory / name_of(TARGET, application.run)
        os.utime(path, times=(time.time() - 100 + number,) * 2)
    bench.restart()

    kept = {path.name.partition("-state")[0][:5] for path in bench.directory.iterdir()}
    assert kept == {"app-2", "app-3", "app-4"}


def test_daemons_that_share_a_directory_do_no_harm(tmp_path):
    """Whoever reads finds a whole file, while several write."""
    directory = tmp_path / "state"
    benches = [Bench(directory) for _ in range(3)]

    def write(item):
        for number in range(300):
            item.keep(number)

    threads = [threading.Thread(target=write, args=(item,)) for item in benches]
    for thread in threads:
        thread.start()
    reader = Files(directory)
    while any(thread.is_alive() for thread in threads):
        content = reader.read(name_of(TARGET, APP.run))
        assert content is None or set(decode(content, TARGET, APP.run)) == {"jobs"}
    for thread in threads:
        thread.join()

    assert [item.failures() for item in benches] == [{}] * 3
    assert len(list(directory.iterdir())) == 1


def test_the_form_of_the_file_is_written_down():
    """Whoever changes it gives it another number, so that an older daemon does not misread it."""
    assert FORMAT == 1
    assert orjson.loads(WHOLE) == {
        "format": 1,
        "target": TARGET,
        "run": ["app-1", "", 1000.5],
        "sources": {"jobs": {"number": 5}},
    }
