"""The Spark settings that load the plugin, and the two files that they name."""

from __future__ import annotations

import os

from exporter._version import __version__
from exporter.client import attach, spark
from exporter.client.refusals import shown, warn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

PLUGIN_CLASS = "io.sparkexporter.ExporterPlugin"
_LISTS = ("spark.plugins", "spark.jars", "spark.submit.pyFiles")
_OPTIONS = ("--jars", "--py-files")
# os.path everywhere: pathlib doubles the time of an import that every Python worker pays.
_ARTIFACTS = os.path.join(os.path.dirname(os.path.dirname(__file__)), "artifacts")  # noqa: PTH118, PTH120


def _artifact(name: str, what: str) -> str:
    path = os.path.abspath(os.path.join(_ARTIFACTS, name))  # noqa: PTH100, PTH118
    if not os.path.isfile(path):  # noqa: PTH113
        raise FileNotFoundError(
            f"{what} of spark-exporter {__version__} is missing: {path} does not exist. "
            "It is built when the package is installed: pip install spark-exporter, "
            "or pip install . in a checkout, which needs a JDK."
        )
    return path


def jar_path() -> str:
    """Return the path of the plugin's jar, for ``spark.jars``; FileNotFoundError if it was not built."""
    return _artifact(f"spark-exporter-plugin-{__version__}.jar", "the plugin jar")


def pyfiles_path() -> str:
    """Return the path of the client zip, for ``spark.submit.pyFiles``; FileNotFoundError if not built."""
    return _artifact(f"spark-exporter-client-{__version__}.zip", "the client zip")


def _came_in_zip() -> bool:
    return hasattr(getattr(__spec__, "loader", None), "archive")


def _jvm_lacks_plugin() -> bool:
    """Say whether this process has a Spark JVM that runs already and was started without the jar."""
    gateway = spark.gateway()
    if gateway is None:
        return False
    try:
        gateway.jvm.java.lang.Thread.currentThread().getContextClassLoader().loadClass(PLUGIN_CLASS)
    except Exception:  # noqa: BLE001 - whatever prevents loading it would prevent the SparkContext
        return True
    return False


def _defaults() -> dict[str, str]:
    """Return what the administrator's spark-defaults.conf says about our lists, which ours would replace."""
    home = os.environ.get("SPARK_HOME", "")
    directory = os.environ.get("SPARK_CONF_DIR") or os.path.join(home, "conf")  # noqa: PTH118
    found = {}
    try:
        with open(os.path.join(directory, "spark-defaults.conf"), encoding="utf-8") as lines:  # noqa: PTH118, PTH123
            for line in lines:
                key = next((key for key in _LISTS if line.lstrip().startswith(key)), "")
                rest = line.strip()[len(key) :]
                if key and rest[:1] in (" ", "\t", "=", ":"):
                    found[key] = rest.lstrip(" \t=:")
    except (OSError, UnicodeDecodeError):
        pass
    return found


def _replaced_by() -> str | None:
    """Return the option in PYSPARK_SUBMIT_ARGS that would replace one of our lists, or None."""
    words = os.environ.get("PYSPARK_SUBMIT_ARGS", "").replace("=", " ").split()
    return next((word for word in words if word in _OPTIONS or word in _LISTS), None)


def _appended(present: str, entry: str) -> str:
    entries = [text.strip() for text in present.split(",") if text.strip()]
    return ",".join(entries if entry in entries else [*entries, entry])


def _obstacle() -> str | None:
    """Return why the plugin must be left out: with it, the application could not start."""
    if _jvm_lacks_plugin():
        return (
            "a Spark JVM runs in this process already and was started without the plugin, so this "
            "application has no custom metrics. Call spark_conf() before the first SparkSession, or use "
            "spark-submit with the arguments that 'spark-exporter spark-conf --format args' prints."
        )
    option = _replaced_by()
    if option and spark.gateway() is None:
        return (
            f"PYSPARK_SUBMIT_ARGS has {option}, which would replace what spark_conf() sets, so this "
            "application has no custom metrics. Give your jars and Python files to spark_conf() instead: "
            "spark_conf({'spark.jars': 'a.jar', 'spark.submit.pyFiles': 'b.py'})."
        )
    return None


def spark_conf(conf: Mapping[str, object] | None = None) -> dict[str, str]:
    """Return Spark settings that load the plugin and bring this library to every executor.

    ::

        spark = SparkSession.builder.config(map=spark_conf()).getOrCreate()

    Settings that hold a list are appended to, also those of spark-defaults.conf; all others are kept. They
    come back unchanged where the plugin cannot be loaded: a Spark JVM runs already, or PYSPARK_SUBMIT_ARGS
    replaces one of the lists (both said in the log). They also do where this library itself came with
    ``spark.submit.pyFiles``: whoever shipped it has configured Spark.

    Args:
        conf: settings to start from.

    Raises:
        TypeError: ``conf`` is not a mapping.
        FileNotFoundError: the package was not built completely.

    """
    if conf is not None and not hasattr(conf, "items"):
        raise TypeError(
            f"conf must be a mapping of settings, such as {{'spark.app.name': 'etl'}}, not {shown(conf)}"
        )
    settings = {str(key): str(value) for key, value in (conf or {}).items()}
    # Also where others have loaded the plugin: it wants to know how this process ends.
    attach.ensure_started()
    if _came_in_zip():
        return settings
    obstacle = _obstacle()
    if obstacle:
        warn(obstacle)
        return settings
    defaults = _defaults()
    for key, entry in zip(_LISTS, (PLUGIN_CLASS, jar_path(), pyfiles_path())):
        settings[key] = _appended(settings.get(key, defaults.get(key, "")), entry)
    return settings
