"""``spark-exporter install-plugin`` brings jar and zip to a directory, each under two names."""

import stat
from pathlib import Path

from exporter import plugin_copy
from exporter.cli import main
from exporter.client.install import jar_path, pyfiles_path


def names(directory):
    """Return the names of all files, hidden ones, too."""
    return sorted(path.name for path in directory.iterdir())


def test_both_files_are_there_under_their_names_and_everybody_may_read_them(tmp_path, capsys):
    directory = tmp_path / "deep" / "plugin"
    assert main(["install-plugin", str(directory)]) == 0
    copies = [Path(line) for line in capsys.readouterr().out.splitlines()]
    for source, copy in zip((jar_path(), pyfiles_path()) * 2, copies, strict=True):
        assert copy.parent == directory
        assert copy.read_bytes() == Path(source).read_bytes()
        assert stat.S_IMODE(copy.stat().st_mode) == 0o644
    assert [copy.name for copy in copies] == [
        Path(jar_path()).name,
        Path(pyfiles_path()).name,
        "spark-exporter-plugin.jar",
        "spark-exporter-client.zip",
    ]
    assert names(directory) == sorted(copy.name for copy in copies)


def test_names_without_a_version_are_of_the_version_that_came_last(tmp_path):
    """Settings that name them hold after an upgrade; what the older version has left there stays."""
    for name in ("spark-exporter-plugin-0.0.1.jar", "spark-exporter-plugin.jar"):
        (tmp_path / name).write_bytes(b"old")
    plugin_copy.install_plugin(tmp_path)
    assert (tmp_path / "spark-exporter-plugin.jar").read_bytes() == Path(jar_path()).read_bytes()
    assert (tmp_path / "spark-exporter-plugin-0.0.1.jar").read_bytes() == b"old"


def test_a_reader_of_the_old_file_keeps_it(tmp_path):
    jar = tmp_path / Path(jar_path()).name
    jar.write_bytes(b"old")
    with jar.open("rb") as reader:
        plugin_copy.install_plugin(tmp_path)
        assert reader.read() == b"old"
    assert jar.read_bytes() == Path(jar_path()).read_bytes()


def test_a_copy_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, capsys):
    jar = tmp_path / Path(jar_path()).name
    jar.write_bytes(b"old")

    def full(_source, target):
        target.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(plugin_copy.shutil, "copyfileobj", full)
    assert main(["install-plugin", str(tmp_path)]) == 1
    assert names(tmp_path) == [jar.name]
    assert jar.read_bytes() == b"old"
    expected = f"spark-exporter: cannot write to {tmp_path}: No space left on device\n"
    assert capsys.readouterr().err == expected


def test_a_directory_that_is_a_file_is_named(tmp_path, capsys):
    place = tmp_path / "file"
    place.write_text("")
    assert main(["install-plugin", str(place)]) == 1
    assert capsys.readouterr().err == f"spark-exporter: cannot write to {place}: File exists\n"


def test_nothing_is_copied_where_one_of_both_was_not_built(tmp_path, monkeypatch, capsys):
    def missing():
        raise FileNotFoundError("the client zip of spark-exporter is missing")

    monkeypatch.setattr(plugin_copy, "pyfiles_path", missing)
    assert main(["install-plugin", str(tmp_path / "plugin")]) == 1
    assert not (tmp_path / "plugin").exists()
    assert capsys.readouterr().err == "spark-exporter: the client zip of spark-exporter is missing\n"
