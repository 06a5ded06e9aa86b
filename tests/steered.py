"""A long job that is steered, and the commands that steer it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import requests

from running import Daemon, Job, until

TOKEN = "correct-horse-battery"
COMMAND = Path(sys.executable).parent / "spark-exporter"


def command(daemon, *words, token=TOKEN):
    """Start ``spark-exporter``, as a user does."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SPARK_EXPORTER_")}
    return subprocess.Popen(
        [COMMAND, *words, "--url", daemon.url],
        env=environment | ({"SPARK_EXPORTER_TOKEN": token} if token else {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process):
    """Return a command when it has ended: exit code, standard output, standard error."""
    output, errors = process.communicate(timeout=180)
    return process.returncode, output, errors


def table(output):
    """Return the first two columns of what a command printed about JVMs."""
    lines = [line.split() for line in output.splitlines()]
    start = next(index for index, words in enumerate(lines) if words[:1] == ["JVM"])
    return {words[0]: words[1] for words in lines[start + 1 :]}


def notes(directory):
    """Return what the processes of a job have written down, each in its order."""
    files = sorted(directory.glob("*.notes"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


@contextlib.contextmanager
def stopped(*processes):
    """Let processes stand still, as a long garbage collection does."""
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)


class Steered:
    """A long job on two executors, a daemon, and the commands."""

    def __init__(self, directory, port):
        """Start them; ``port`` is the first one that the plugin tries."""
        self.work = directory / "work"
        self.work.mkdir()
        self.token = directory / "token"
        self.token.write_text(TOKEN + "\n")
        self.directory = directory
        conf = {
            "spark.exporter.tokenFile": str(self.token),
            "spark.exporter.port": str(port),
            "spark.exporter.interval": "200ms",
        }
        self.job = Job(directory / "job", "steering.py", self.work, conf=conf)
        self.daemons = []
        try:
            self.ui = self.job.hear("ui")
            self.driver = self.job.hear("driver")
            self.start_daemon()
            self.app_id = until(self.found, "the daemon has found the plugin")
        except BaseException:
            self.kill()
            raise

    def start_daemon(self, address="127.0.0.1:0"):
        """Start another daemon."""
        arguments = [f"--token-file={self.token}", f"--web.listen-address={address}", "--scrape.timeout=2s"]
        self.daemon = Daemon(self.directory / f"daemon-{len(self.daemons)}", self.ui, arguments=arguments)
        self.daemons.append(self.daemon)

    def found(self):
        """Return the application's id if the daemon can steer it."""
        known = self.ask("GET", "").json()["applications"]
        return next((one["app_id"] for one in known if one["control"]), None)

    def ask(self, method, path, **arguments):
        """Ask the daemon's API."""
        url = f"{self.daemon.url}/api/v1/applications{path}"
        headers = {"Authorization": f"Bearer {TOKEN}"} | arguments.pop("headers", {})
        return requests.request(method, url, headers=headers, timeout=90, **arguments)

    def start(self, *words, **options):
        """Start a command about the application."""
        return command(self.daemon, *words[:2], "test", *words[2:], **options)

    def run(self, *words, **options):
        """Run a command; return exit code, standard output, standard error."""
        return finished(self.start(*words, **options))

    def set(self, *pairs):
        """Change the configuration everywhere; return its version."""
        code, output, errors = self.run("config", "set", *pairs, "--wait=120s", "--format=json")
        assert (code, errors) == (0, "")
        return json.loads(output)["version"]

    def config(self):
        """Return the configuration."""
        return self.ask("GET", f"/{self.app_id}/config").json()

    def post(self, **event):
        """Send an event; return the answer."""
        return self.ask("POST", f"/{self.app_id}/events", json=event)

    def event(self, event_id, wait=60):
        """Return an event, at best when it is done."""
        return self.ask("GET", f"/{self.app_id}/events/{event_id}?wait={wait}").json()

    def states(self, event_id, wait=60):
        """Return the states of an event by recipient."""
        return {one["id"]: one["state"] for one in self.event(event_id, wait)["recipients"]}

    def notes(self):
        """Return what the job has written down."""
        return notes(self.work)

    def noted(self, event_id):
        """Return which JVMs have written down that they handle an event, once for each time."""
        return sorted(one["jvm"] for one in self.notes() if one.get("event") == event_id)

    def executors(self):
        """Wait until both tasks run on live executors; return the processes of these by their ids."""

        def both():
            live = {one["id"] for one in self.config()["executors"]} - {"driver"}
            found = {one["jvm"]: one["pid"] for one in self.notes() if "pid" in one and one["jvm"] in live}
            return found if len(found) == len(live) == 2 else None

        return until(both, "both tasks run")

    def stop(self):
        """End the job; it has not suffered."""
        (self.work / "go").touch()
        assert self.job.hear("ended") == 2
        self.job.tell("stop")
        assert self.job.wait() == 0
        assert [TOKEN in one.errors for one in (self.job, *self.daemons)] == [False] * (1 + len(self.daemons))

    def kill(self):
        """End whatever is left."""
        for program in (self.job, *self.daemons):
            program.kill_group()
