"""Writes Spark's classes, parsed and verified, into an archive, with which a JVM starts in half of the time.

Usage: class_archive.py FILE

The archive is for this Java and the jars of this Python's pyspark. A JVM with others goes without.
"""

import os
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "examples"))

import local_spark  # noqa: E402 - it is on the path now


def write(target: Path) -> None:
    """Run Spark once; its JVM writes the archive when it ends."""
    new = target.with_suffix(".new")
    with tempfile.TemporaryDirectory() as directory:
        environment = local_spark.environment(Path(directory))
        # The archive knows the jars by their files, which have to last.
        environment["SPARK_HOME"] = str(local_spark.installed_pyspark(sys.executable))
        # A warning must not be among what spark-submit reads from the output of another JVM.
        options = (
            f"-XX:TieredStopAtLevel=1 -Xlog:disable -Xlog:all=warning:stderr -XX:ArchiveClassesAtExit={new}"
        )
        environment["JDK_JAVA_OPTIONS"] += f" {options}"
        submit = Path(sys.executable).parent / "spark-submit"
        conf = ["--master=local[2]", "--conf=spark.ui.port=0", "--conf=spark.log.level=ERROR"]
        command = [str(submit), *conf, __file__]
        done = subprocess.run(
            command, cwd=directory, env=environment, capture_output=True, text=True, check=False
        )
    if done.returncode or not new.exists():
        sys.exit(f"{' '.join(command)} has written no archive of classes:\n{done.stdout}{done.stderr}")
    # A JVM does not survive half an archive.
    new.replace(target)


def use() -> None:
    """Use what most tests use of Spark: rows in Python, SQL, and REST."""
    from pyspark.sql import SparkSession  # noqa: PLC0415 - only where Spark runs

    spark = SparkSession.builder.getOrCreate()
    context = spark.sparkContext
    context.parallelize(range(8), 4).map(lambda number: (number % 2, number)).groupByKey().count()
    rows = spark.range(100).selectExpr("id", "id % 7 AS part")
    rows.join(rows.groupBy("part").count(), "part").collect()
    url = f"{context.uiWebUrl}/api/v1/applications/{context.applicationId}/stages"
    with urllib.request.urlopen(url) as answer:  # noqa: S310 - Spark's own
        answer.read()
    spark.stop()


if __name__ == "__main__":
    if "PYSPARK_GATEWAY_PORT" in os.environ:
        use()
    else:
        write(Path(sys.argv[1]).resolve())
