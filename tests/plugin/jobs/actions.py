"""An application with something to act on: settings, tables, a streaming query, jobs that never end."""

import threading
import time

from talk import hear, say, session


def sleep(_rows):
    """Take longer than any test."""
    time.sleep(3600)
    return iter(())


def run_for_ever(spark, number):
    """Run a job in a group and with tags until somebody cancels it."""
    context = spark.sparkContext
    context.setJobGroup(f"group-{number}", "a job that never ends", interruptOnCancel=True)
    context.addJobTag(f"tag-{number}")
    rows = context.parallelize([(number,)], 1).mapPartitions(sleep)
    if spark.version >= "4":
        # Only queries have it.
        spark.addTag(f"session-tag-{number}")
        rows = spark.createDataFrame(rows, "number int")
    try:
        rows.count()
    except Exception as error:  # noqa: BLE001 - what it is depends on the version of Spark
        say(**{f"ended-{number}": "cancel" in str(error)})


def main():
    """Do what the test asks for."""
    spark = session(master="local[2]", **{"spark.sql.shuffle.partitions": "3"})
    for size, name in enumerate(("first", "second", "third"), 1):
        spark.range(size).createOrReplaceTempView(name)
        spark.catalog.cacheTable(name)
        spark.table(name).count()
    # In a session that nobody else knows.
    rate = spark.newSession().readStream.format("rate").load()
    queries = [rate.writeStream.queryName(name).format("noop").start() for name in ("orders", "clicks")]
    # As Scala and Java code does.
    plugin = spark.sparkContext._jvm.io.sparkexporter
    plugin.LiveConfig.declare("threshold", plugin.LiveRule.ofLong().minimum(0).byDefault(10))
    say(ready=[query.id for query in queries])
    hear("read")
    say(values=[plugin.LiveConfig.getLong("threshold"), plugin.LiveConfig.version()])
    hear("look")
    say(settings=[spark.conf.get(f"spark.sql.{key}") for key in ("shuffle.partitions", "session.timeZone")])
    say(cached=[name for name in ("first", "second", "third") if spark.catalog.isCached(name)])
    say(active=[query.name for query in queries if query.isActive])
    for number in range(5):
        threading.Thread(target=run_for_ever, args=(spark, number), daemon=True).start()
        hear("next")
    hear("stop")
    spark.stop()


if __name__ == "__main__":
    main()
