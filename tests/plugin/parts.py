"""The plugin's parts in a JVM, driven line by line."""

from __future__ import annotations

import json
import subprocess

import psutil


class JavaError(Exception):
    """What the Java code threw."""


class Jvm:
    """One JVM that does one thing after the other."""

    def __init__(self, classpath, log, *options):
        """Start it, with further options for the JVM."""
        with log.open("w") as stderr:
            self._process = subprocess.Popen(
                ["java", "-Xmx256m", "-Dlog4j2.level=warn", *options, "-cp", classpath, "harness.Harness"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
            )
        self._log = log

    def listening(self):
        """Return the TCP ports at which it listens."""
        found = psutil.Process(self._process.pid).net_connections(kind="tcp")
        return {one.laddr.port for one in found if one.status == psutil.CONN_LISTEN}

    def __call__(self, command, **arguments):
        """Do something; return its result or raise JavaError."""
        request = json.dumps({"do": command, **arguments}).encode()
        self._process.stdin.write(request + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the JVM is gone:\n{self._log.read_text()[-3000:]}"
        answer = json.loads(line)
        if "error" in answer:
            raise JavaError(answer["error"])
        return answer["value"]

    def log(self):
        """Return what it logged so far."""
        return self._log.read_text()

    def close(self):
        """End it."""
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()
