"""What the applications of the showcase share: their session, and how they talk with who started them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.sql import SparkSession

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent


def say(**message: Any) -> None:
    """Print one JSON object."""
    print(json.dumps(message), flush=True)


def words() -> Iterator[str]:
    """Yield the words on standard input until it ends."""
    for line in sys.stdin:
        yield line.strip()


def session(name: str, master: str, plugin: bool = True, **conf: str) -> SparkSession:
    """Start a session whose UI is at the port that the first argument of the program says."""
    settings = {
        "spark.ui.port": sys.argv[1],
        "spark.ui.showConsoleProgress": "false",
        "spark.exporter.port": "0",
        "spark.exporter.interval": "1s",
        "spark.log.level": "ERROR",
        # Functions of these modules run in Python workers.
        "spark.submit.pyFiles": ",".join(map(str, sorted(HERE.glob("*.py")))),
        **conf,
    }
    if plugin:
        # Not at the top: a driver that imports it tells the plugin how it ends.
        from exporter import spark_conf  # noqa: PLC0415

        settings = spark_conf(settings)
    spark = SparkSession.builder.appName(name).master(master).config(map=settings).getOrCreate()
    say(app_id=spark.sparkContext.applicationId)
    return spark
