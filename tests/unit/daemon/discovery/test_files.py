"""Targets in files, as Prometheus' file_sd_configs have them."""

import contextlib
import json
import os
import re
import threading

import pytest
from discovered import Log
from fake_api_server import PATIENCE
from hypothesis import given
from hypothesis import strategies as st

from exporter.daemon.discovery.files import FileDiscovery
from exporter.daemon.discovery.found import FILE, Target
from exporter.daemon.discovery.groups import parse_groups
from exporter.daemon.discovery.sharding import Shard, Sharing
from exporter.daemon.discovery.target import parse_file
from exporter.daemon.model import Place

YAML = b"""
- targets: [driver-1:4040, "http://driver-2:4041/proxy/"]
  labels: {namespace: spark, pod: etl-driver, team: data}
- targets: ["[fd00::7]:4040"]
  labels: {__scheme__: https}
- targets: [driver-1:4040]
"""
TARGETS = (
    Target("http://driver-1:4040", Place("spark", "etl-driver"), discovery=FILE),
    Target("http://driver-2:4041/proxy", Place("spark", "etl-driver"), discovery=FILE),
    Target("https://[fd00::7]:4040", discovery=FILE),
)


def urls(discovery):
    return sorted(target.url for target in discovery.targets())


def counted(discovery):
    return {reason: count for reason, count in discovery.health.errors.items() if count}


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def found(tmp_path, log):  # noqa: ARG001 - nothing may be said elsewhere
    """A discovery in a directory, which is looked at when a test wants it."""
    return FileDiscovery([str(tmp_path / "*.json"), str(tmp_path / "named.yaml")], Sharing(Shard()))


def write(path, *targets, **labels):
    """Replace a file at once, as whoever writes such files should."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps([{"targets": targets, "labels": labels}]))
    new.rename(path)


def test_yaml_and_json_say_the_same():
    """Host and port or URL; namespace and pod are taken over, and what is there twice counts once."""
    found = parse_groups(YAML, is_json=False)
    assert found.targets == TARGETS
    assert found.ignored == ("team",)

    groups = [
        {
            "targets": ["driver-1:4040", "http://driver-2:4041/proxy/"],
            "labels": {"namespace": "spark", "pod": "etl-driver"},
        },
        {"targets": ["[fd00::7]:4040"], "labels": {"__scheme__": "https"}},
    ]
    assert parse_groups(json.dumps(groups).encode(), is_json=True).targets == TARGETS


@pytest.mark.parametrize(
    ("body", "is_json"), [(b"", False), (b"[]", False), (b"[]", True), (b"# none", False)]
)
def test_no_targets_are_lawful(body, is_json):
    """An empty file of YAML says so, too."""
    assert parse_groups(body, is_json=is_json).targets == ()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{", "it is not JSON: unexpected end of data: line 1 column 2"),
        ("", "it is not JSON: "),
        ("{}", "expected a list of groups, each with targets and labels, not a dict"),
        ("null", None),
        ("[1]", "group 1: expected targets and labels, not a int"),
        ('[{"targets": []}, {"target": []}]', "group 2: unknown field 'target'; expected targets and labels"),
        ("[{}]", "group 1: targets: expected a list of host:port, not nothing"),
        ('[{"targets": "a:1"}]', "group 1: targets: expected a list of host:port, not a str"),
        ('[{"targets": [1]}]', "group 1: target: expected host:port, not a int"),
        (
            '[{"targets": [":4040"]}]',
            "group 1: 'http://:4040' is not an http or https URL; expected the URL of",
        ),
        ('[{"targets": ["ftp://a"]}]', "group 1: 'ftp://a' is not an http or https URL"),
        ('[{"targets": ["u:p@a:1"]}]', "group 1: the target at a carries a user name or password"),
        ('[{"targets": [], "labels": []}]', "group 1: labels: expected names with values, not a list"),
        ('[{"targets": [], "labels": {"pod": 1}}]', "group 1: label 'pod': expected a string, not a int"),
        (
            '[{"targets": [], "labels": {"__scheme__": "tcp"}}]',
            "label __scheme__: expected http or https, not",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_place(body, expected):
    """And what is expected."""
    if expected is None:
        assert parse_groups(body.encode(), is_json=True).targets == ()
        return
    with pytest.raises(ValueError, match=re.escape(expected)):
        parse_groups(body.encode(), is_json=True)


@pytest.mark.parametrize("body", [b"- a: [", b"\xff\xfe\x00", b"a: !!python/object:os.system {}", b"\x00"])
def test_what_is_not_yaml(body):
    """Nor may be."""
    with pytest.raises(ValueError, match=r"^it is not YAML: "):
        parse_groups(body, is_json=False)


@given(st.binary(max_size=60), st.booleans())
def test_no_file_is_a_defect(body, is_json):
    """It has targets, or an error."""
    with contextlib.suppress(ValueError):
        assert isinstance(parse_groups(body, is_json=is_json).targets, tuple)


def test_files_are_read_again_when_they_change(found, tmp_path):
    """One that is replaced, one that comes, one that goes."""
    write(tmp_path / "one.json", "a:1", namespace="n", pod="p")
    found.look()
    assert found.targets() == [Target("http://a:1", Place("n", "p"), discovery=FILE)]
    write(tmp_path / "one.json", "b:1")
    write(tmp_path / "two.json", "c:1")
    (tmp_path / "named.yaml").write_text("- targets: [d:1]")
    found.look()
    assert urls(found) == ["http://b:1", "http://c:1", "http://d:1"]
    (tmp_path / "one.json").unlink()
    found.look()

    assert urls(found) == ["http://c:1", "http://d:1"]
    assert found.health.last_success is not None


def test_a_link_that_leads_elsewhere_is_a_change(found, tmp_path):
    """As a ConfigMap is replaced."""
    for name in ("v1", "v2"):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "x.json", f"{name}:1")
    data = tmp_path / "..data"
    data.symlink_to("v1")
    (tmp_path / "x.json").symlink_to("..data/x.json")
    found.look()
    assert urls(found) == ["http://v1:1"]
    (tmp_path / "..new").symlink_to("v2")
    (tmp_path / "..new").rename(data)
    found.look()

    assert urls(found) == ["http://v2:1"]


def test_a_malformed_file_keeps_its_last_good_targets(found, tmp_path, log):
    """It is counted and said once, until it is well again; other files are read all the same."""
    (tmp_path / "named.yaml").write_text("[]")
    write(tmp_path / "one.json", "a:1")
    found.look()
    (tmp_path / "one.json").write_text("[{")
    write(tmp_path / "two.json", "b:1")
    for _ in range(3):
        found.look()
    assert urls(found) == ["http://a:1", "http://b:1"]
    assert counted(found) == {"invalid": 1}
    (said,) = log.lines("one.json: it is not JSON", "warning")
    assert said["msg"].endswith("; its last 1 targets stay")
    write(tmp_path / "one.json", "c:1")
    found.look()

    assert urls(found) == ["http://b:1", "http://c:1"]
    assert len(log.lines("well again", "info")) == 1


def test_a_named_file_that_is_not_there_is_an_error_until_it_is(found, tmp_path, log):
    """A pattern that fits nothing is none."""
    found.look()
    found.look()
    assert counted(found) == {"read": 2}
    assert len(log.lines("named.yaml is not there", "warning")) == 1
    (tmp_path / "named.yaml").write_text("- targets: [a:1]")
    found.look()

    assert urls(found) == ["http://a:1"]
    assert counted(found) == {"read": 2}


def test_when_all_was_well_is_that_of_the_file_that_was_not_for_the_longest(found, tmp_path):
    """One that was never read hides it; one that is gone keeps its moment if it is named."""
    moments = iter(range(100, 200))
    found.health._now = lambda: next(moments)
    write(tmp_path / "one.json", "a:1")
    found.look()
    assert found.health.last_success is None
    named = tmp_path / "named.yaml"
    named.write_text("- targets: [b:1]")
    found.look()
    before = found.health.last_success
    assert before is not None
    named.unlink()
    for _ in range(3):
        found.look()
    gone = found.health.last_success
    assert gone == before + 1
    named.write_text("- targets: [b:1]")
    (tmp_path / "one.json").unlink()
    found.look()
    assert found.health.last_success > gone


def test_what_cannot_be_read_keeps_its_last_targets(found, tmp_path, log):
    """A directory in the place of a file, here."""
    file = tmp_path / "named.yaml"
    file.write_text("- targets: [a:1]")
    found.look()
    file.unlink()
    file.mkdir()
    found.look()

    assert urls(found) == ["http://a:1"]
    assert counted(found) == {"read": 1}
    assert log.lines("named.yaml cannot be read: Is a directory", "warning")


def test_labels_that_are_not_taken_over_are_said(found, tmp_path, log):
    """Once for each version of the file."""
    write(tmp_path / "one.json", "a:1", team="data", namespace="x")
    found.look()
    found.look()

    (said,) = log.lines("labels other than namespace and pod are not taken over")
    assert said["labels"] == "team"


def test_each_shard_has_its_part(tmp_path):
    """Together they have all."""
    write(tmp_path / "one.json", *(f"host-{number}:4040" for number in range(50)))
    parts = [FileDiscovery([str(tmp_path / "one.json")], Sharing(Shard(number, 3))) for number in range(3)]
    for part in parts:
        part.look()

    assert sum(len(part.targets()) for part in parts) == 50
    assert len({url for part in parts for url in urls(part)}) == 50


def test_it_looks_by_itself(tmp_path):
    """Ready after the first look, and told of changes afterwards."""
    file = tmp_path / "one.json"
    write(file, "a:1")
    discovery = FileDiscovery([str(file)], Sharing(Shard()), interval=0.01)
    changed = threading.Event()
    discovery.start(changed.set)
    assert discovery.ready.wait(PATIENCE)
    assert changed.is_set()
    changed.clear()
    write(file, "b:1")
    assert changed.wait(PATIENCE)
    discovery.stop()

    assert urls(discovery) == ["http://b:1"]


def test_a_change_that_could_not_be_told_is_told_again(tmp_path, log):
    """Although the file stays as it is; that it failed is counted."""
    file = tmp_path / "one.json"
    write(file, "a:1")
    discovery = FileDiscovery([str(file)], Sharing(Shard()), interval=0.01)
    told = []
    heard = threading.Event()

    def changed():
        told.append(urls(discovery))
        if len(told) == 1:
            raise RuntimeError("can't start new thread")
        heard.set()

    discovery.start(changed)
    assert heard.wait(PATIENCE)
    discovery.stop()

    assert told == [["http://a:1"], ["http://a:1"]]
    assert counted(discovery) == {"internal": 1}
    assert log.lines("can't start new thread", "error")


def test_a_change_within_one_tick_of_the_clock_is_seen(found, tmp_path):
    """Even of the same size: another file stands there."""
    file = tmp_path / "one.json"
    write(file, "a:1")
    found.look()
    times = file.stat()
    write(file, "b:1")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    found.look()

    assert urls(found) == ["http://b:1"]


@pytest.mark.parametrize("text", ["targets", "a.txt", "", "/etc/*/a.json", "a.json/"])
def test_what_is_no_file_with_targets(text):
    """The text says what is expected."""
    with pytest.raises(
        ValueError, match=r"is not a file with targets; expected a path that ends in .json, .yaml"
    ):
        parse_file(text)
