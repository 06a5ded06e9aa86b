"""Which part of Spark this process is, as far as it can be told without importing anything."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Spark's PythonWorkerFactory gives at least one of them to every daemon and worker it starts.
_WORKER_VARIABLES = (
    "PYTHON_WORKER_FACTORY_SECRET",
    "PYTHON_WORKER_FACTORY_PORT",
    "PYTHON_WORKER_FACTORY_SOCK_DIR",
    "PYTHON_WORKER_FACTORY_SOCK_PATH",
)


def context_class() -> Any:
    """Return pyspark's SparkContext class, or None where pyspark is not imported."""
    # getattr: pyspark may be in the middle of its own import.
    return getattr(sys.modules.get("pyspark"), "SparkContext", None)


def active_context() -> Any:
    """Return this process's SparkContext, or None. It may still be starting."""
    return getattr(context_class(), "_active_spark_context", None)


def gateway() -> Any:
    """Return the connection to the JVM of this process's driver, or None."""
    return getattr(context_class(), "_gateway", None)


def is_worker() -> bool:
    """Say whether a Spark JVM started this process to run the user's Python code.

    Environments are inherited, so a driver started from a worker has a worker's variables, and a worker of
    a driver that was itself started by ``spark-submit`` may have a driver's. A worker runs a module
    (``python -m pyspark.daemon`` or the one that the administrator chose); a submitted driver runs a file.
    """
    if active_context() is not None or not any(name in os.environ for name in _WORKER_VARIABLES):
        return False
    if "PYSPARK_GATEWAY_PORT" not in os.environ:
        return True
    return getattr(sys.modules.get("__main__"), "__spec__", None) is not None


def is_connect_client() -> bool:
    """Say whether this process has a session of Spark Connect, whose driver is elsewhere."""
    session_class = getattr(sys.modules.get("pyspark.sql.connect.session"), "SparkSession", None)
    has_session = getattr(session_class, "_default_session", None) is not None
    return has_session and active_context() is None and not is_worker()


def may_become_driver() -> bool:
    """Say whether a SparkContext may appear in this process."""
    return ("pyspark" in sys.modules or "PYSPARK_GATEWAY_PORT" in os.environ) and not is_worker()


def worker_directory() -> str | None:
    """Return where this worker's segments go, or None: not a worker, or no plugin in its executor."""
    first = os.environ.get("SPARK_LOCAL_DIRS", "").split(",")[0]
    if not first or not is_worker():
        return None
    directory = os.path.join(first, "spark-exporter")  # noqa: PTH118 - pathlib is slow to import
    usable = os.path.isdir(directory) and os.access(directory, os.W_OK | os.X_OK)  # noqa: PTH112 - as above
    return directory if usable else None
