"""Messages of code in the JVM, and what it may ask for."""

import base64

import pytest

from plugin.parts import JavaError
from plugin.services import Services


def test_jvm_code_asks_with_json_and_with_bytes(jvm, driver, executor):
    """As Python code does."""
    driver.handle("echo", "echo")
    worker = executor()
    assert worker.ask("echo", '{"a": 1.50}') == ("json", '{"got":{"a":1.5}}')
    answer = jvm("message_ask", topic="echo", bytes=base64.b64encode(b"\x00").decode(), millis=30_000)
    assert answer == ["bytes", base64.b64encode(b"\x00").decode()]
    assert worker.ask("nobody") == ("no_handler", 'no handler for "nobody" in the driver')


def test_jvm_code_must_ask_for_something_that_can_be(driver):
    """A mistake of the caller's is an exception of its own kind."""
    with pytest.raises(JavaError, match="IllegalArgumentException: the payload: not JSON"):
        driver.ask("echo", "{")
    with pytest.raises(JavaError, match="IllegalArgumentException: timeoutMillis=0: expected 1 to 86400000"):
        driver.ask("echo", millis=0)


def test_messages_are_handled_in_the_driver_alone(executor):
    """Who asks for a handler on an executor has misunderstood something."""
    with pytest.raises(JavaError, match="messages are handled in the driver; this is an executor"):
        executor().handle("echo", "echo")


def test_without_the_plugin_messages_say_so(jvm, tmp_path):
    """Nothing hangs."""
    Services(jvm, tmp_path / "driver").stop()
    reason, sentence = jvm("message_ask", topic="a", json="1", millis=1000)
    assert reason == "unavailable"
    assert "the plugin is not loaded, or spark.exporter.messages=false" in sentence
    assert jvm("message_send", topic="a", json="1")[0] == "unavailable"


def test_a_class_that_cannot_be_used_is_a_warning_and_the_rest_works(jvm, tmp_path):
    """The warning names the class and the setting."""
    names = "no.such.Handler,harness.Harness,harness.NamedHandler"
    driver = Services(jvm, tmp_path / "driver", messageHandlers=names)
    with driver.connect() as worker:
        assert worker.ask("named", 5) == ("json", "driver:5")
    missing, other = driver.warnings()
    where = "named in spark.exporter.messageHandlers, cannot be used"
    assert missing == f"no.such.Handler, {where}: java.lang.ClassNotFoundException: no.such.Handler"
    assert other.startswith(f"harness.Harness, {where}: java.lang.ClassCastException")
    driver.stop()
