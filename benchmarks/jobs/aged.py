"""An application that grows as old as it is told: so many jobs of one stage each, every tenth by SQL."""

import json
import sys

from pyspark.sql import SparkSession


def main() -> None:
    """Run jobs until as many stages have ended as each line asks for."""
    spark = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.port", "0")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    context = spark.sparkContext
    jvm = context._jvm  # noqa: SLF001 - the process id of the JVM is nowhere else
    pid = jvm.java.lang.ProcessHandle.current().pid()
    print(json.dumps({"ui": context.uiWebUrl, "app": context.applicationId, "pid": pid}), flush=True)
    # Running Python in each task would take most of the time.
    numbers = jvm.org.apache.spark.api.java.JavaSparkContext.fromSparkContext(
        context._jsc.sc()  # noqa: SLF001 - as above
    ).parallelize([1, 2], 1)
    age = 0
    for line in sys.stdin:
        while age < int(line):
            if age % 10:
                numbers.count()
            else:
                spark.range(2).toDF("number").write.format("noop").mode("overwrite").save()
            age += 1
        print(json.dumps({"age": age}), flush=True)
    spark.stop()


if __name__ == "__main__":
    main()
