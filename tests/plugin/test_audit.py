"""The audit log: what it says, and when it is there."""

import pytest

from plugin.applications import Store
from plugin.parts import Jvm
from plugin.services import Services
from plugin.steering import Client, Control, Steered
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


class Story:
    """Events for executors that are late, and what the audit log says of them."""

    def __init__(self, jvm, *names):
        """Let these executors be live."""
        self.jvm = jvm
        self.control = Control(Store(jvm))
        self.executors = {name: Steered(self.control.store, name) for name in names}

    def expired(self, does="none"):
        """Return an event that all have got and handled before its time was over, but nobody has said so."""
        name = self.control.send("reload", {"do": does}, target="executors", ttl_seconds=30)
        for executor in self.executors.values():
            executor.report()
            executor.settle()
        self.control.store.event("passes", seconds=31)
        # The driver looks, and takes for granted what it does not know.
        assert set(self.control.states(name).values()) == {"expired"}
        return name

    def lines(self, name):
        """Return how the lines about an event end."""
        event = f" INFO event id={name} type=reload target=executors actor=tester from=127.0.0.1 accepted="
        assert all(event in line for line in audited(self.jvm) if name in line)
        return [line[line.index(" outcome=") + 1 :] for line in audited(self.jvm) if name in line]


def outcome(*, handled=0, failed=0, expired=0):
    """Return what the audit log says of an event's recipients."""
    return f'outcome="handled={handled} failed={failed} expired={expired}"'


def test_the_audit_log_is_corrected(logging_jvm):
    """One more line for each recipient whose end the driver has guessed wrongly, once."""
    story = Story(logging_jvm("info"), "1", "2")
    name = story.expired()
    written = [outcome(expired=2)]
    assert story.lines(name) == written
    story.executors["2"].report()
    written.append(f'{outcome(handled=1, expired=1)} corrected="2 expired, in truth handled"')
    assert story.lines(name) == written
    for executor in story.executors.values():
        executor.report()
        executor.report("twice")
    written.append(f'{outcome(handled=2)} corrected="1 expired, in truth handled"')
    assert story.lines(name) == written


def test_the_audit_log_is_corrected_for_an_executor_that_is_gone(logging_jvm):
    """It had handled the event before it was removed, and its last report says so."""
    story = Story(logging_jvm("info"), "1")
    name = story.control.send("reload", target="executors")
    story.executors["1"].report()
    story.executors["1"].settle()
    story.control.store.event("removed", id="1", reason="lost")
    assert story.lines(name) == [outcome(failed=1)]
    story.executors["1"].report()
    assert story.lines(name)[1:] == [f'{outcome(handled=1)} corrected="1 failed, in truth handled"']


def test_what_needs_no_correction(logging_jvm):
    """A guess that was right, and one that is replaced before the event was logged."""
    story = Story(logging_jvm("info"), "1")
    name = story.expired("expire")
    story.executors["1"].report()
    assert story.lines(name) == [outcome(expired=1)]
    story.executors["2"] = Steered(story.control.store, "2")
    name = story.control.send("reload", target="executors")
    story.executors["1"].report()
    story.executors["1"].settle()
    story.control.store.event("removed", id="1", reason="lost")
    story.executors["1"].report()
    assert story.lines(name) == []
    story.executors["2"].handle()
    assert story.lines(name) == [outcome(handled=2)]
