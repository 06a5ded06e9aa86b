"""The settings that load the plugin."""

import sys
import types
import zipfile
from pathlib import Path

import pytest

import exporter
from exporter import __version__, spark_conf
from exporter.client import install

PLUGIN = "io.sparkexporter.ExporterPlugin"


@pytest.fixture
def artifacts(tmp_path, monkeypatch):
    """Put the two artifacts beside the package; return their paths."""
    folder = tmp_path / "artifacts"
    folder.mkdir()
    paths = (
        folder / f"spark-exporter-plugin-{__version__}.jar",
        folder / f"spark-exporter-client-{__version__}.zip",
    )
    for path in paths:
        path.touch()
    monkeypatch.setattr(install, "_ARTIFACTS", str(folder))
    return [str(path) for path in paths]


@pytest.fixture
def jvm(monkeypatch):
    """Let this process have a Spark JVM that knows the given classes."""

    def start(*classes):
        def load(name):
            if name not in classes:
                raise RuntimeError(name)

        thread = types.SimpleNamespace(
            currentThread=lambda: types.SimpleNamespace(
                getContextClassLoader=lambda: types.SimpleNamespace(loadClass=load)
            )
        )
        lang = types.SimpleNamespace(Thread=thread)
        gateway = types.SimpleNamespace(jvm=types.SimpleNamespace(java=types.SimpleNamespace(lang=lang)))
        state = types.SimpleNamespace(_active_spark_context=None, _gateway=gateway)
        monkeypatch.setitem(sys.modules, "pyspark", types.SimpleNamespace(SparkContext=state))

    return start


def test_paths(artifacts):
    """Both files are named with the version."""
    assert [install.jar_path(), install.pyfiles_path()] == artifacts


@pytest.mark.parametrize(
    ("path", "what"), [(install.jar_path, "plugin jar"), (install.pyfiles_path, "client zip")]
)
def test_not_built(tmp_path, monkeypatch, path, what):
    """A missing file is an error that names it and says how to get it."""
    monkeypatch.setattr(install, "_ARTIFACTS", str(tmp_path))
    with pytest.raises(
        FileNotFoundError,
        match=f"the {what} of spark-exporter .* {tmp_path}/.* does not exist. .*pip install",
    ):
        path()
    with pytest.raises(FileNotFoundError):
        spark_conf()


def test_settings(artifacts):
    """Three settings load the plugin and ship the client."""
    jar, client = artifacts
    assert spark_conf() == {"spark.plugins": PLUGIN, "spark.jars": jar, "spark.submit.pyFiles": client}


def test_settings_are_appended(artifacts):
    """Lists are appended to, once; everything else stays; the argument is not changed."""
    jar, client = artifacts
    given = {
        "spark.plugins": "a.B, c.D",
        "spark.jars": "",
        "spark.submit.pyFiles": "x.py",
        "spark.executor.cores": 2,
    }

    settings = spark_conf(given)

    assert settings == {
        "spark.plugins": f"a.B,c.D,{PLUGIN}",
        "spark.jars": jar,
        "spark.submit.pyFiles": f"x.py,{client}",
        "spark.executor.cores": "2",
    }
    assert given["spark.plugins"] == "a.B, c.D"
    assert spark_conf(settings) == settings


@pytest.mark.usefixtures("artifacts")
@pytest.mark.parametrize("conf", [5, "spark.plugins=x", [("a", "b")]])
def test_wrong_argument(conf):
    """What is no mapping is an error that shows one."""
    with pytest.raises(
        TypeError, match=r"conf must be a mapping of settings, such as {'spark.app.name': 'etl'}, not "
    ):
        spark_conf(conf)


@pytest.mark.usefixtures("artifacts")
def test_jvm_without_the_jar(jvm, warnings_logged):
    """A running JVM without the plugin cannot load it: nothing is added, and the log says why."""
    jvm()
    assert spark_conf({"a": 1}) == {"a": "1"}
    (warning,) = warnings_logged()
    assert "was started without the plugin, so this application has no custom metrics" in warning


@pytest.mark.usefixtures("artifacts")
def test_jvm_with_the_jar(jvm):
    """For the second application in one JVM the settings are the same as for the first."""
    jvm(PLUGIN)
    assert spark_conf()["spark.plugins"] == PLUGIN


def test_from_the_client_zip(run_python, tmp_path):
    """Imported from the zip that Spark shipped, everything works and the settings are left alone."""
    archive = tmp_path / "client.zip"
    package = Path(exporter.__file__).parent
    with zipfile.ZipFile(archive, "w") as target:
        for path in [package / "__init__.py", package / "_version.py", *(package / "client").glob("*.py")]:
            target.write(path, path.relative_to(package.parent))
    script = """
from exporter import Counter, spark_conf
import exporter
Counter("c", "d").inc()
print(exporter.__file__, spark_conf({"a": 1}), spark_conf())
"""
    done = run_python(script, PYTHONPATH=str(archive))
    assert done.stdout == f"{archive}/exporter/__init__.py {{'a': '1'}} {{}}\n"
    assert len(list(run_python.directory.glob("*.seg"))) == 1


def test_public_names():
    """The package offers these names."""
    names = ["Counter", "Gauge", "Histogram", "__version__", "config", "events", "rpc", "spark_conf"]
    assert exporter.__all__ == names
    assert [getattr(exporter, name) for name in names]
    with pytest.raises(AttributeError, match="module 'exporter' has no attribute 'gauge'"):
        exporter.gauge  # noqa: B018 - reading it is the test


@pytest.mark.parametrize("separator", [" ", "   ", "=", " = ", ": ", "\t"])
def test_an_administrator_s_lists_are_appended_to(artifacts, tmp_path, monkeypatch, separator):
    """What spark-defaults.conf says would be replaced by a setting of the session."""
    lines = ["# spark.jars no.jar", f"spark.jars{separator}/a=b.jar", "spark.jarsome x", "spark.plugins"]
    (tmp_path / "spark-defaults.conf").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))

    jar, client = artifacts
    assert spark_conf() == {
        "spark.plugins": PLUGIN,
        "spark.jars": f"/a=b.jar,{jar}",
        "spark.submit.pyFiles": client,
    }
    assert spark_conf({"spark.jars": "own.jar"})["spark.jars"] == f"own.jar,{jar}"


@pytest.mark.parametrize(
    "arguments",
    [
        "--jars a.jar pyspark-shell",
        "--py-files=b.py pyspark-shell",
        "--conf spark.plugins=x.Y pyspark-shell",
        "--conf spark.jars=a.jar pyspark-shell",
    ],
)
@pytest.mark.usefixtures("artifacts")
def test_submit_arguments_that_win(monkeypatch, warnings_logged, arguments):
    """They would drop the jar but not the plugin, and the application could not start."""
    monkeypatch.setenv("PYSPARK_SUBMIT_ARGS", arguments)

    assert spark_conf({"spark.app.name": "etl"}) == {"spark.app.name": "etl"}
    (warning,) = warnings_logged()
    assert "PYSPARK_SUBMIT_ARGS has" in warning
    assert "spark_conf({'spark.jars': 'a.jar', 'spark.submit.pyFiles': 'b.py'})" in warning


def test_submit_arguments_that_do_not_matter(artifacts, monkeypatch):
    """Anything else stays out of the way."""
    monkeypatch.setenv("PYSPARK_SUBMIT_ARGS", "--master local[2] --conf spark.app.name=a pyspark-shell")

    assert spark_conf()["spark.jars"] == artifacts[0]
