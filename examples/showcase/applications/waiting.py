"""An application that asks for larger executors than any worker has: it waits until somebody kills it."""

from __future__ import annotations

from application import session


def main() -> None:
    """Wait for executors that do not come."""
    conf = {
        "spark.executor.cores": "4",
        "spark.executor.memory": "512m",
        "spark.dynamicAllocation.enabled": "true",
        "spark.dynamicAllocation.shuffleTracking.enabled": "true",
        "spark.dynamicAllocation.schedulerBacklogTimeout": "1s",
        "spark.dynamicAllocation.maxExecutors": "3",
    }
    spark = session("orders-report", "local-cluster[1,1,1024]", **conf)
    spark.sparkContext.parallelize(range(8), 8).count()


if __name__ == "__main__":
    main()
