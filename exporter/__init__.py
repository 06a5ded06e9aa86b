"""Custom metrics for Spark applications, from Python; and what steers them while they run.

::

    from exporter import Counter, Gauge, Histogram, spark_conf
    from exporter import config, events, rpc

Imported in every Python worker, hence the standard library only, and nothing of the daemon.
"""

from exporter._version import __version__
from exporter.client.attach import ensure_started as _ensure_started
from exporter.client.counter import Counter
from exporter.client.gauge import Gauge
from exporter.client.histogram import Histogram
from exporter.client.install import spark_conf

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    from exporter.client import config, events, rpc

__all__ = ["Counter", "Gauge", "Histogram", "__version__", "config", "events", "rpc", "spark_conf"]

# A driver without metrics, too, tells how it ends.
_ensure_started()


def __getattr__(name: str) -> "ModuleType":
    # They need more of the standard library than metrics do, and most workers use none of them.
    if name in ("config", "events", "rpc"):
        import importlib  # noqa: PLC0415 - as above

        module = globals()[name] = importlib.import_module(f"exporter.client.{name}")
        return module
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
