"""Fresh states of what is one per process, for the tests of configuration, events and messages."""

import time

from exporter.client import config, event, events, link, live, rpc, serving
from exporter.client.link import Link
from exporter.client.live import Live
from exporter.client.serving import Serving


class Steering:
    """The link, the values and the handlers of a process, as a new one has them."""

    def __init__(self, monkeypatch):
        self.link = Link()
        self.live = Live()
        self.serving = self.link.calls = Serving(self.link)
        for module in (link, rpc, events, serving):
            monkeypatch.setattr(module, "LINK", self.link)
        for module in (config, events, live):
            monkeypatch.setattr(module, "LIVE", self.live)
        monkeypatch.setattr(serving, "SERVING", self.serving)
        monkeypatch.setattr(events, "_POLLS", events._Polls())
        monkeypatch.setattr(config, "_DEFAULTS", {})
        # A machine under load is no failure.
        monkeypatch.setattr(serving, "_PATIENCE_SECONDS", 30.0)
        monkeypatch.setattr(events, "_CLAIM_SECONDS", 30.0)
        monkeypatch.setattr(event, "_OUTCOME_SECONDS", 30.0)

    def run_in(self, directory):
        """Let the driver's application begin in this directory; None ends it."""
        path = None if directory is None else str(directory)
        for follow in (self.live.follow, self.link.follow, self.serving.follow):
            follow(path)


def until(condition, patience=30.0):
    """Wait for what no event announces; return it."""
    deadline = time.monotonic() + patience
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)
    return found
