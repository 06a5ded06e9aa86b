"""What docs/steer.md tells those who write Java and Scala, and what it says of limits."""

import re

from documented import CONFIGURATION, STEER, blocks, compile_java, compile_scala
from exporter.control.client import PATIENCE
from exporter.daemon.control import api, refused


def test_the_java_of_the_document_compiles(tmp_path):
    """Without a warning, for the oldest Java that Spark has."""
    found = {file.stem for file in compile_java(tmp_path).rglob("*.class")}

    assert len(found) == len(blocks("java"))


def test_the_scala_of_the_document_compiles(tmp_path):
    """Without a warning."""
    found = {file.stem for file in compile_scala(tmp_path).rglob("*.class")}

    assert {"ReloadInScala", "OffsetsInScala", "Shards"} <= found


def test_the_limits_of_the_document_are_those_of_the_daemon():
    """Whoever plans a script reads them there."""
    text = " ".join(STEER.read_text("utf-8").split())

    assert f"at most {api.CHANGES_PER_SECOND:g} a second, {api.CHANGES_AT_ONCE} at once" in text
    assert f"{api.WAITING} requests may wait and {api.CALLS} others" in text
    assert f"or for {PATIENCE:g} s without it" in text
    assert refused.LINES_AT_ONCE == 10
    assert (
        f"at most ten at once, then one in {'ten' if refused.LINES_PER_SECOND == 0.1 else '?'} seconds"
        in text
    )


def test_the_limits_of_the_document_are_those_of_the_driver(client):
    """Which is asked until it refuses, faster than it lets anybody in again."""
    found = re.search(r"A driver takes (\d+) changes a second, (\d+) at once", STEER.read_text("utf-8"))
    assert found is not None
    answers = [client.ask("PATCH", "/v1/config", {"a": 1}) for _ in range(10 * int(found[2]))]
    refused = [(headers["Retry-After"], body) for status, headers, body in answers if status == 429]

    assert [status for status, _, _ in answers[: int(found[2])]] == [200] * int(found[2])
    assert refused[0] == ("1", {"error": f"more than {found[1]} changes a second"})


def test_a_token_is_not_to_be_given_where_others_see_it():
    """A setting stands in the driver's command line; the settings say so, and what to use."""
    rows = CONFIGURATION.read_text("utf-8").splitlines()
    (row,) = [row for row in rows if row.startswith("| `spark.exporter.token` ")]

    assert "`--conf` or `.config(...)`" in row
    assert "list of processes" in row
    assert "`spark.exporter.tokenFile`" in row
    assert "`SPARK_EXPORTER_TOKEN`" in row
