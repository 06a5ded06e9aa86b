"""How often applications of a name ran, as the state has it: no restart lowers it or counts twice."""

import os

import pytest
from fake_driver import Plugin
from published import TARGET, application
from state_bench import DAY, Bench

from exporter.daemon.model import Application
from exporter.daemon.runs import MAX_NAMES, Runs
from exporter.daemon.state import files
from exporter.daemon.state.document import FORMAT, decode_runs, encode_runs, name_of_runs
from exporter.daemon.store import Store

NAME = name_of_runs("")
WHOLE = encode_runs("", b'{"counts":{"etl":5},"seen":["0a"]}')


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path / "state")


def start(memory):
    """Return a store with what an earlier one has left to it."""
    store = Store(300.0, runs=Runs(memory.keep_runs))
    memory.recall_runs(store.recall_runs)
    return store


def counts(store):
    return dict(store.view().runs)


def test_a_restart_of_the_daemon_lowers_no_count_and_counts_nothing_twice(bench):
    """What still runs is no new run; a name that ran in the first daemon only is still there."""
    store = start(bench.memory)
    store.publish(TARGET, application(id="app-1", name="etl", completed=True, end_time=2000.0))
    store.publish(TARGET, application(id="app-2", name="etl"))
    store.publish("http://other:4040", application(id="app-3", name="load"))
    before = counts(store)
    bench.restart()
    store = start(bench.memory)
    assert counts(store) == before == {"etl": 2, "load": 1}
    store.publish(TARGET, application(id="app-2", name="etl"))
    assert counts(store) == before
    store.publish("http://third:4040", application(id="app-4", name="etl"))

    assert counts(store) == {"etl": 3, "load": 1}
    assert (bench.failures(), bench.warnings()) == ({}, [])


def test_it_is_what_the_daemon_does(start_daemon, driver, tmp_path):
    """Killed and started again, it goes on; without a directory it begins anew."""

    def killed(state):
        daemon = start_daemon(f"--target={driver.url}", state=state)
        lines = [line for line in daemon.get().text.splitlines() if line.startswith("spark_app_name_runs")]
        daemon.kill()
        return lines

    assert killed(tmp_path) == ['spark_app_name_runs_total{app_name="etl"} 1.0']
    driver.app = driver.app | {"id": "app-2"}
    driver.plugin = Plugin("app-2", "boot-2")
    assert killed(tmp_path) == ['spark_app_name_runs_total{app_name="etl"} 2.0']
    assert killed(tmp_path) == ['spark_app_name_runs_total{app_name="etl"} 2.0']
    assert killed("") == ['spark_app_name_runs_total{app_name="etl"} 1.0']


REFUSED = [
    (WHOLE[:-5], "invalid", "it is torn, or no JSON"),
    (b"[]", "invalid", "it holds no JSON object"),
    (WHOLE.replace(b'"format":1', b'"format":2'), "format", "its format is 2; expected 1"),
    (encode_runs("other", b"{}"), "foreign", "it is another daemon's"),
    (encode_runs("", b"[]"), "invalid", "runs: expected an object"),
    (encode_runs("", b"{}"), "invalid", "runs.counts: expected an object, found None"),
    (
        WHOLE.replace(b"5", b"-5"),
        "invalid",
        "runs.counts.etl: expected a whole number, zero or more, found -5",
    ),
    (WHOLE.replace(b'"0a"', b"7"), "invalid", "runs.seen[0]: expected a string, found 7"),
    (
        encode_runs("", b'{"counts":{' + b",".join(b'"%d":1' % n for n in range(MAX_NAMES + 1)) + b"}}"),
        "invalid",
        "runs.counts: expected 1000 names at most, found 1001",
    ),
]


@pytest.mark.parametrize(("content", "reason", "sentence"), REFUSED)
def test_a_file_that_is_not_right_is_refused_as_a_whole(bench, content, reason, sentence):
    """One line says why, it is counted, the runs are counted anew, and the file is gone."""
    (bench.directory / NAME).write_bytes(content)

    assert counts(start(bench.memory)) == {}
    assert bench.failures() == {reason: 1}
    assert bench.warnings() == [f"the runs of names are counted anew: {sentence}"]
    assert list(bench.directory.iterdir()) == []


def test_what_cannot_be_read_stays(bench):
    """It may be well."""
    (bench.directory / NAME).mkdir()

    assert counts(start(bench.memory)) == {}
    assert bench.failures() == {"read": 1}
    assert bench.warnings()[0].startswith(f"the runs of names are counted anew: {bench.directory / NAME} ")
    assert (bench.directory / NAME).is_dir()


def test_a_disk_that_is_full_is_said_once_and_tried_again(bench, monkeypatch):
    """The counts go on meanwhile."""
    store = start(bench.memory)
    with monkeypatch.context() as full:
        full.setattr(files, "MAX_BYTES", 5)
        store.publish(TARGET, application())
        store.publish(TARGET, application())
        assert bench.failures() == {"too_large": 2}
    assert bench.warnings() == [
        f"the runs of names are not kept: {bench.directory / NAME} would have more than 0 MiB"
    ]
    store.publish(TARGET, application())
    assert bench.lines()[-1]["msg"] == "the runs of names are kept again"
    bench.restart()

    assert counts(start(bench.memory)) == counts(store) == {"etl": 1}


def test_daemons_that_share_a_directory_count_each_for_itself(tmp_path):
    """One that counts more does not take the place of the other's."""
    benches = [Bench(tmp_path / "state", daemon) for daemon in ("localhost:1 0", "localhost:2 0")]
    stores = [start(bench.memory) for bench in benches]
    stores[0].publish(TARGET, application(id="app-1"))
    stores[1].publish(TARGET, application(id="app-2"))
    stores[1].publish("http://other:4040", application(id="app-3"))
    for bench in benches:
        bench.restart()

    assert [counts(start(bench.memory)) for bench in benches] == [{"etl": 1}, {"etl": 2}]


def test_the_file_is_never_too_old(bench, monkeypatch):
    """A daemon may see no new run for long, and there may be many files about runs."""
    monkeypatch.setattr(files, "MAX_FILES", 0)
    start(bench.memory).publish(TARGET, application())
    os.utime(bench.directory / NAME, times=(0, 30 * DAY))
    bench.restart()

    assert counts(start(bench.memory)) == {"etl": 1}


def test_the_form_of_the_file_is_written_down(bench):
    """Whoever changes it gives it another number."""
    start(bench.memory).publish(TARGET, Application("app-1", "etl", "", "4.3.0", "spark", 1000.5))
    content = (bench.directory / NAME).read_bytes()

    assert FORMAT == 1
    assert content == (b'{"format":1,"daemon":"","runs":{"counts":{"etl":1},"seen":["32f579fca17494c5"]}}')
    assert decode_runs(content, "") == {"counts": {"etl": 1}, "seen": ["32f579fca17494c5"]}
