"""The messages, events and local connections of drivers and executors in a test's JVM."""

from __future__ import annotations

from plugin.hop_client import HopClient
from running import until


class Services:
    """Those of one driver, or of one of its executors."""

    def __init__(self, jvm, directory, *, driver=None, name="1", fates=(), steered=True, **settings):
        """Start them; settings without their prefix, fates of an executor's calls in their order."""
        self.jvm = jvm
        self.directory = directory
        directory.mkdir(exist_ok=True)
        self.number = jvm(
            "services_new",
            directory=str(directory),
            driver=None if driver is None else driver.number,
            id=name,
            fates=list(fates),
            steered=steered,
            settings={f"spark.exporter.{key}": value for key, value in settings.items()},
        )

    def _do(self, command, **arguments):
        return self.jvm(command, services=self.number, **arguments)

    def handle(self, topic, does):
        """Let the JVM handle a topic; only of services that were made last."""
        self._do("topic_handle", topic=topic, does=does)

    def seen(self, topic):
        """Return what the JVM's handler of a topic has been given."""
        return self._do("topic_seen", topic=topic)

    def release(self, topic):
        """Let the JVM's handler of a topic go on."""
        self._do("topic_release", topic=topic)

    def ask(self, topic, json="null", millis=30_000):
        """Ask as JVM code does; only of services that were made last."""
        return tuple(self.jvm("message_ask", topic=topic, json=json, millis=millis))

    def give(self, name, type_="reload", payload="{}", millis=60_000):
        """Give an event to this JVM."""
        self._do("event_give", id=name, type=type_, payload=payload, millis=millis)

    def queue(self, name, type_="reload", payload="{}", millis=60_000):
        """Give an event to this JVM behind those that were queued before."""
        self._do("event_queue", id=name, type=type_, payload=payload, millis=millis)

    def ended(self):
        """Return the events that were queued and have ended, in the order in which they did, and how."""
        return [tuple(one.split(" ")) for one in self._do("events_ended")]

    def until_ended(self, *names):
        """Wait until these events, and no others, have ended in this order, and well."""
        until(lambda: len(self.ended()) >= len(names), f"the end of {names}")
        assert self.ended() == [(name, "handled") for name in names]

    def outcome(self, name):
        """Return what became of an event, or None."""
        found = self._do("event_outcome", id=name)
        return found and tuple(found)

    def until_outcome(self, name):
        """Return what becomes of an event."""
        return until(lambda: self.outcome(name), f"an outcome of {name}")

    def counts(self):
        """Return how often what became of the messages of each topic."""
        return self._do("services_counts")

    def warnings(self):
        """Return what was warned of."""
        return self._do("services_warnings")

    def connect(self, role="worker"):
        """Return a connection that has said who it is."""
        client = HopClient(self.directory)
        client.hello(role)
        return client

    def stop(self, patience=0):
        """Stop them."""
        self._do("services_stop", patience=patience)
