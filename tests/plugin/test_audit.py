"""The audit log: what it says, and when it is there."""

import pytest

from plugin.applications import Store
from plugin.parts import Jvm
from plugin.services import Services
from plugin.steering import Client, Control
from running import until

LOGGING = """
rootLogger.level = info
rootLogger.appenderRef.all.ref = all
appender.all.type = Console
appender.all.name = all
appender.all.target = SYSTEM_ERR
appender.all.layout.type = PatternLayout
appender.all.layout.pattern = %c %p %m%n
"""


@pytest.fixture
def logging_jvm(classpath, tmp_path):
    """Start JVMs with a configuration of Log4j that has these loggers besides the root, which has a level."""
    started = []

    def start(root, *loggers):
        configuration = tmp_path / "log4j2.properties"
        lines = [LOGGING.replace("info", root)]
        for number, (name, level) in enumerate(loggers):
            lines += [f"logger.l{number}.name = {name}", f"logger.l{number}.level = {level}"]
        configuration.write_text("\n".join(lines))
        started.append(Jvm(classpath, tmp_path / "log", f"-Dlog4j2.configurationFile={configuration}"))
        return started[-1]

    yield start
    for jvm in started:
        jvm.close()


def audited(jvm):
    """Return the lines of the audit log."""
    return [line for line in jvm.log().splitlines() if line.startswith("io.sparkexporter.audit ")]


@pytest.mark.parametrize(
    ("loggers", "written"),
    [
        ([], True),
        ([("io", "off")], True),
        ([("io.sparkexporter.audit", "info")], True),
        ([("io.sparkexporter", "debug")], True),
        ([("io.sparkexporter", "warn")], False),
        ([("io.sparkexporter.audit", "off")], False),
    ],
)
def test_the_level_of_the_audit_log(logging_jvm, loggers, written):
    """It is INFO whatever the root's, unless the configuration names this logger, or the plugin's."""
    jvm = logging_jvm("warn", *loggers)
    control = Control(Store(jvm))
    control.patch({"a": 1})
    assert bool(audited(jvm)) is written


def test_events_do_not_silence_the_audit_log(logging_jvm, tmp_path):
    """Its own level is not theirs to set, and those above it do not count for it."""
    jvm = logging_jvm("warn")
    services = Services(jvm, tmp_path / "driver")
    for number, logger in enumerate(("root", "io", "io.sparkexporter")):
        services.give(f"e{number}", "log-level", f'{{"level": "OFF", "logger": "{logger}"}}')
        assert services.until_outcome(f"e{number}")[0] == "handled"
    services.give("e", "log-level", '{"level": "OFF", "logger": "io.sparkexporter.audit", "for": "1s"}')
    kind, error = services.until_outcome("e")
    assert kind == "EventFailed"
    assert error == (
        "the level of io.sparkexporter.audit cannot be set from outside;"
        " it is for the Log4j configuration to say"
    )
    control = Control(Store(jvm))
    for number in range(3):
        control.patch({"a": number})
    assert len(audited(jvm)) == 3
    services.stop()


def test_the_audit_log(logging_jvm):
    """One line for each change and each event that has ended: who, what, when, outcome, but no values."""
    jvm = logging_jvm("info")
    control = Control(Store(jvm))
    client = Client(control.store)
    who = {"Spark-Exporter-Actor": "alice"}
    client.ask("PATCH", "/v1/config", {"password": "hidden-value", "b": 1}, **who)
    client.ask("PATCH", "/v1/config", {"b": 1}, **who)
    body = {
        "type": "reload",
        "payload": {"x": "hidden-value"},
        "target": "driver",
        "idempotency_key": "hidden-key",
    }
    event = client.ask("POST", "/v1/events", body, **who)[2]
    client.get(f"/v1/events/{event['id']}?wait=60")
    first, second = until(lambda: len(audited(jvm)) == 2 and audited(jvm), "two lines", 30)
    prefix = "io.sparkexporter.audit INFO "
    assert first == f"{prefix}config version=1 keys=b,password actor=alice from=127.0.0.1"
    assert second == (
        f"{prefix}event id={event['id']} type=reload target=driver actor=alice from=127.0.0.1 "
        'accepted=1970-01-12T13:46:40Z outcome="handled=1 failed=0 expired=0"'
    )
    assert "hidden" not in jvm.log()
    assert "correct-horse" not in jvm.log()
    client.close()
