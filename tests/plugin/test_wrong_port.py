"""The commands, given the port of the plugin instead of that of the daemon."""

import pytest

from exporter import cli
from plugin.steering import TOKEN


@pytest.mark.parametrize("words", [("config", "get", "etl"), ("events", "send", "etl", "reload")])
def test_the_plugin_is_not_taken_for_a_daemon(client, monkeypatch, capsys, words):
    """Exit code 3, and what is there."""
    monkeypatch.setenv("SPARK_EXPORTER_TOKEN", TOKEN)
    url = f"http://127.0.0.1:{client.port}"
    code = cli.main([*words, "--url", url])

    sentence = f"{url} is the plugin in a driver and not the daemon; expected the URL of spark-exporter serve"
    assert (code, capsys.readouterr().err) == (3, f"spark-exporter: {sentence}\n")
