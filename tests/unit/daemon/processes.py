"""The daemon as a process."""

import os
import re
import signal
import subprocess
import sys

import requests
from fake_driver import PATIENCE


class Process:
    """``spark-exporter serve`` on a free port."""

    def __init__(self, *arguments, state="", **environment):
        """Start it with these variables, and with no state unless it is told where, or None to choose."""
        given = {key: value for key, value in os.environ.items() if not key.startswith("SPARK_EXPORTER_")}
        command = [sys.executable, "-P", "-m", "exporter", "serve", "--web.listen-address=127.0.0.1:0"]
        command += [*arguments] if state is None else [f"--state.directory={state}", *arguments]
        self.process = subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, env={**given, **environment}
        )
        self.lines = []
        self.url = None
        for line in self.process.stderr:
            self.lines.append(line)
            if found := re.search(r"msg=listening address=(\S+) scheme=(\S+)", line):
                self.url = f"{found[2]}://{found[1]}"
                break

    def get(self, path="/metrics", **headers):
        """Return the answer for a path."""
        return requests.get(self.url + path, headers=headers, timeout=PATIENCE)

    def end(self, number=signal.SIGTERM):
        """Send a signal; return the exit code and what was still logged."""
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        return code, self.process.stderr.read()

    def kill(self):
        """End it at once, and let go of it."""
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()
