"""Custom metrics for Spark applications, from Python.

::

    from exporter import Counter, Gauge, Histogram, spark_conf

Imported in every Python worker, hence the standard library only, and nothing of the daemon.
"""

from exporter._version import __version__
from exporter.client.counter import Counter
from exporter.client.gauge import Gauge
from exporter.client.histogram import Histogram
from exporter.client.install import spark_conf

__all__ = ["Counter", "Gauge", "Histogram", "__version__", "spark_conf"]
