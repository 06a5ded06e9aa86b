"""A memory of the daemon with its directory and its log, for tests."""

import io
import json

from exporter.daemon import logs
from exporter.daemon.errors import SourceError
from exporter.daemon.model import Application
from exporter.daemon.state.document import name_of
from exporter.daemon.state.memory import Memory

TARGET = "http://driver:4040"
APP = Application("app-1", "etl", "", "4.3.0", "spark", 1000.5)
DAY = 86_400.0


class Adding:
    """A source that remembers one number."""

    every = 1

    def __init__(self, name="jobs", number=0):
        self.name, self.number = name, number

    def update(self):
        raise NotImplementedError

    def remember(self):
        return {"number": self.number}

    def recall(self, kept):
        if type(kept.get("number")) is not int:
            raise SourceError("invalid", f"{self.name}.number: expected a number")
        self.number = kept["number"]


class Plain:
    """A source that adds up nothing."""

    name, every = "storage", 1

    def update(self):
        raise NotImplementedError


class Bench:
    """A memory with its directory and log."""

    def __init__(self, directory, daemon=""):
        self.directory, self.daemon = directory, daemon
        self.log = io.StringIO()
        self.time = 0.0
        logs.configure("info", "json", self.log)
        self.restart()

    def restart(self):
        self.memory = Memory(self.directory, lambda: self.time, self.daemon)
        self.memory.open()

    def recall(self, *names):
        names = names or ("jobs",)
        return [
            source.number
            for source in self.memory.recall(TARGET, APP, lambda: [*map(Adding, names), Plain()])
            if isinstance(source, Adding)
        ]

    def keep(self, number, name="jobs", application=APP):
        self.memory.keep(TARGET, application, Adding(name, number))

    def put(self, content):
        (self.directory / name_of(TARGET, APP.run)).write_bytes(content)

    def failures(self):
        return {reason: count for reason, count in self.memory.failures.items() if count}

    def lines(self):
        return [json.loads(line) for line in self.log.getvalue().splitlines()]

    def warnings(self):
        return [line["msg"] for line in self.lines() if line["level"] == "warning"]
