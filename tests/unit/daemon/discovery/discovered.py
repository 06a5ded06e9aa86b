"""What the tests of discovery look at: one stream of pods, or a whole fleet of watchers."""

from __future__ import annotations

import io
import ipaddress
import json
import threading
from functools import partial

from fake_api_server import PATIENCE
from fake_driver import until

from exporter.daemon import logs
from exporter.daemon.asking import Asking
from exporter.daemon.backoff import Backoff
from exporter.daemon.catalogue import load
from exporter.daemon.discovery.cluster import Cluster
from exporter.daemon.discovery.driver_pods import PodDiscovery
from exporter.daemon.discovery.health import Health
from exporter.daemon.discovery.pods import Rules, read_pod
from exporter.daemon.discovery.reach import Ports
from exporter.daemon.discovery.refusals import Refusals
from exporter.daemon.discovery.sharding import Shard, Sharing
from exporter.daemon.discovery.static import StaticDiscovery
from exporter.daemon.discovery.stream import Stream
from exporter.daemon.exposition import Format
from exporter.daemon.fleet import Fleet
from exporter.daemon.limits import Limits
from exporter.daemon.render import Scrape, render
from exporter.daemon.status import Status
from exporter.daemon.store import Store
from exporter.daemon.watch import Watcher

LOCAL = Rules(ports=Ports(((1, 65535),)), networks=(ipaddress.ip_network("127.0.0.0/8"),))


class Waits(Backoff):
    """A back-off that waits for hardly anything, and says how often it was asked."""

    def __init__(self):
        super().__init__(lambda _low, _high: 0.001)
        self.delays = 0

    def delay(self, *, transient):
        self.delays += 1
        return super().delay(transient=transient)


class Log:
    """The log, from here on."""

    def __init__(self):
        self._stream = io.StringIO()
        logs.configure("debug", "json", self._stream)

    def lines(self, text, level=None):
        """Return the lines with this text in their message."""
        found = [json.loads(line) for line in self._stream.getvalue().splitlines()]
        return [line for line in found if text in line["msg"] and level in (None, line["level"])]


class Followed:
    """One stream."""

    def __init__(self, kubeconfig, namespace, selector, rules=LOCAL):
        self.log = Log()
        self.health = Health("kubernetes")
        self.waits = Waits()
        self._changes = threading.Condition()
        self.changes = 0
        self.stream = Stream(
            Cluster(kubeconfig),
            namespace,
            selector,
            read=partial(read_pod, rules=rules),
            health=self.health,
            changed=self._changed,
            backoff=self.waits,
        )
        self.stream.start()

    def _changed(self):
        with self._changes:
            self.changes += 1
            self._changes.notify_all()

    def names(self):
        """Return the names of the pods that are known."""
        return sorted(pod.place.pod for pod in self.stream.pods().values())

    def uids(self):
        return sorted(pod.uid for pod in self.stream.pods().values())

    def until(self, condition):
        """Wait until ``condition()`` holds; it is looked at after every change."""
        with self._changes:
            assert self._changes.wait_for(condition, PATIENCE), (self.names(), self.health.errors)

    def until_names(self, *expected):
        self.until(lambda: self.stream.listed.is_set() and self.names() == [*expected])

    def errors(self):
        return {reason: count for reason, count in self.health.errors.items() if count}

    def stop(self):
        self.stream.stop()
        self.stream.join(PATIENCE)


class Watching:
    """Discovery by an API server, with all that hangs on it."""

    def __init__(self, kubeconfig, shard=Shard(), namespaces=("spark",), rules=LOCAL, urls=()):  # noqa: B008
        self.log = Log()
        self.sharing = Sharing(shard)
        self.refusals = Refusals()
        self.store = Store(900.0, Limits())
        self.status = Status()
        asking = Asking(5.0, "secret", interval=0.2)
        self.pods = PodDiscovery(
            Cluster(kubeconfig),
            namespaces,
            ("spark-role=driver",),
            rules=rules,
            sharing=self.sharing,
            refusals=self.refusals,
        )

        def watch(target, ended):
            return Watcher(
                target,
                asking,
                catalogue=load(),
                store=self.store,
                status=self.status,
                refusals=self.refusals,
                ended=ended,
            )

        self.fleet = Fleet(
            [StaticDiscovery(urls, self.sharing), self.pods],
            watch,
            store=self.store,
            status=self.status,
            pace=asking.pace,
            refusals=self.refusals,
            sharing=self.sharing,
        )
        self.fleet.start()

    def targets(self):
        """Return the URLs that are watched."""
        return {*self.status.view()}

    def states(self):
        return {item.record.application.id: item.record.state for item in self.store.view().applications}

    def refused(self):
        return {reason: count for reason, count in self.refusals.counts.items() if count}

    def scrape(self, form=Format.TEXT):
        scrape = Scrape(self.store.view(), self.status.view(), 900.0, Limits(), found=self.fleet.found())
        return render(scrape, load(), form).decode()

    def stop(self):
        self.fleet.stop()
        self.pods.join(PATIENCE)


def until_states(seen, expected):
    """Wait until these applications are known, by state."""
    until(lambda: seen.states() == expected, f"{expected}, not {seen.states()}")


def until_targets(seen, *expected):
    """Wait until these targets are watched, and no other."""
    until(lambda: seen.targets() == {*expected}, f"{expected}, not {seen.targets()}")
