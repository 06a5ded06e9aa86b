"""An application without the plugin, and with its metrics in a place where the daemon does not look.

It is well, and ends upon ``stop``.
"""

from __future__ import annotations

import threading

from application import session, words


def main() -> None:
    """Run small queries until the end."""
    conf = {
        "spark.ui.prometheus.enabled": "false",
        "spark.metrics.conf.*.sink.servlet.class": "org.apache.spark.metrics.sink.MetricsServlet",
        "spark.metrics.conf.*.sink.servlet.path": "/hidden/json",
    }
    spark = session("orders-plain", "local[1]", plugin=False, **conf)
    spark.range(0, 50_000, 1, 2).createOrReplaceTempView("numbers")
    spark.sql("CACHE TABLE numbers")
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(2):
            spark.range(0, 5_000_000, 1, 2).selectExpr("sum(id)").collect()

    work = threading.Thread(target=run)
    work.start()
    for word in words():
        if word == "stop":
            break
    ended.set()
    work.join()
    spark.stop()


if __name__ == "__main__":
    main()
