"""Real Spark applications and real daemons for the tests, started as users start them."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import requests
from prometheus_client.parser import text_string_to_metric_families

import local_spark

JOBS = Path(__file__).parent / "spark" / "jobs"
PATIENCE = 120
CUSTOM = "spark_custom_"
APPLICATION = "spark_app_"
# A JVM that lives for some seconds spends half of its CPU time in the optimising compiler, and gains nothing.
SHORT_LIVED = "-XX:TieredStopAtLevel=1"
# What `make test` keeps of Spark's classes. A JVM with other jars goes without, and says so to people.
CLASSES = Path(sys.prefix) / "spark-classes.jsa"
WITH_CLASSES = f'"-XX:SharedArchiveFile={CLASSES}" -Xlog:disable -Xlog:all=warning:stderr'


def until(condition, what, patience=PATIENCE):
    """Call ``condition`` until it gives something true; return that."""
    deadline = time.monotonic() + patience
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"after {patience} s still not: {what}; last: {result!r}")
        time.sleep(0.05)


def shown(name, labels):
    """Return a series as ``name{label=value}``, without the labels that all series of an application have."""
    own = ",".join(f"{key}={value}" for key, value in sorted(labels) if key not in ("app_id", "app_name"))
    return f"{name}{{{own}}}" if own else name


def spark_environment(directory, python=sys.executable, *, optimised=False):
    """Return an environment in which Spark keeps its files in a directory, with or without optimised code."""
    environment = local_spark.environment(directory, python)
    if not optimised:
        environment["JDK_JAVA_OPTIONS"] += f" {SHORT_LIVED}"
    if python == sys.executable and CLASSES.exists():
        environment["JDK_JAVA_OPTIONS"] += f" {WITH_CLASSES}"
    return environment


def until_idle(ui):
    """Wait until no task of an application runs, as its UI says: some run on after their job."""
    api = f"{ui}/api/v1/applications"
    (app,) = requests.get(api, timeout=PATIENCE).json()

    def active():
        return [
            stage
            for stage in requests.get(f"{api}/{app['id']}/stages", timeout=PATIENCE).json()
            if stage["numActiveTasks"] > 0
        ]

    until(lambda: not active(), "no task runs any more")


class Program:
    """A program in a process group of its own; its standard error goes to a file."""

    def __init__(self, command, log, **options):
        """Start it."""
        self.log = log
        with log.open("a") as stderr:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                start_new_session=True,
                **options,
            )
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        # A test may close the pipe, as a terminal does that goes away.
        with contextlib.suppress(ValueError):
            for line in self.process.stdout:
                self.lines.put(line)
        self.lines.put(None)

    def wait(self, patience=PATIENCE):
        """Wait for its end; return the exit code."""
        return self.process.wait(patience)

    def kill_group(self):
        """End whatever is left of it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                stream.close()

    @property
    def errors(self):
        """What it wrote to standard error so far."""
        return self.log.read_text(errors="replace")


class Job(Program):
    """A PySpark program that prints JSON objects, one a line, and reads words."""

    def __init__(
        self,
        directory,
        script,
        *arguments,
        conf=None,
        submit=None,
        env=None,
        python=sys.executable,
        optimised=False,
    ):
        """Start ``script`` with ``python``, or with its ``spark-submit`` and the options in ``submit``.

        ``optimised`` is for a program that runs for minutes: its JVMs use all of their compilers.
        """
        directory.mkdir(parents=True, exist_ok=True)
        environment = spark_environment(directory, python, optimised=optimised) | (env or {})
        environment["JOB_CONF"] = json.dumps(conf or {})
        program = [python]
        if submit is not None:
            program = [str(Path(python).parent / "spark-submit"), *submit]
        command = [*program, str(JOBS / script), *map(str, arguments)]
        super().__init__(command, directory / "job.log", env=environment, cwd=directory)

    def hear(self, key, patience=PATIENCE):
        """Return what the job says about ``key``, passing over everything before that."""
        while True:
            try:
                line = self.lines.get(timeout=patience)
            except queue.Empty:
                raise AssertionError(
                    f"the job did not say {key!r} within {patience} s:\n{self.errors[-3000:]}"
                ) from None
            if line is None:
                raise AssertionError(f"the job ended without saying {key!r}:\n{self.errors[-3000:]}")
            if line.startswith("{") and key in (message := json.loads(line)):
                return message[key]

    def tell(self, word):
        """Send a word that the job waits for."""
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()


class Cluster:
    """A standalone master with one worker on each address, so that Spark sees several hosts."""

    def __init__(self, directory, *hosts):
        """Start it."""
        self.directory = directory
        self.programs = []
        master = self._start("master.Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0")
        found = until(lambda: re.search(r"Starting Spark master at (\S+)", master.errors), "the master runs")
        self.url = found[1]
        for host in hosts:
            options = ["--host", host, "--port", "0", "--webui-port", "0", "--cores", "1", "--memory", "1g"]
            self._start("worker.Worker", *options, self.url)
        until(lambda: master.errors.count("Registering worker") == len(hosts), "the workers are registered")

    def _start(self, name, *arguments):
        directory = self.directory / str(len(self.programs))
        directory.mkdir(parents=True)
        environment = spark_environment(directory)
        command = [f"{environment['SPARK_HOME']}/bin/spark-class", f"org.apache.spark.deploy.{name}"]
        program = Program([*command, *arguments], directory / "log", env=environment, cwd=directory)
        self.programs.append(program)
        return program

    def kill_group(self):
        """End whatever is left of it."""
        for program in self.programs:
            program.kill_group()


class Daemon(Program):
    """``spark-exporter serve`` on a free port."""

    def __init__(self, directory, *targets, arguments=()):
        """Start it and wait until it listens."""
        command = [str(Path(sys.executable).parent / "spark-exporter"), "serve"]
        command += [f"--target={target}" for target in targets]
        # The state is never in the home directory of whoever runs the tests.
        command += ["--web.listen-address=127.0.0.1:0", f"--state.directory={directory}/state", *arguments]
        directory.mkdir(parents=True, exist_ok=True)
        super().__init__(command, directory / "daemon.log")
        found = until(self._listening, "the daemon listens")
        self.url = f"http://{found[1]}"

    def _listening(self):
        assert self.process.poll() is None, self.errors
        return re.search(r"address=\"?(?:http://)?(127\.0\.0\.1:\d+)", self.errors)

    def text(self):
        """Return one scrape."""
        answer = requests.get(f"{self.url}/metrics", timeout=30)
        answer.raise_for_status()
        return answer.text

    def samples(self):
        """Return one scrape as ``{(name, frozenset of labels): value}``."""
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(self.text())
            for sample in family.samples
        }

    def custom(self):
        """Return the application's custom metrics as ``{"name_total{label=value}": value}``."""
        return {
            shown(name.removeprefix(CUSTOM), labels): value
            for (name, labels), value in self.samples().items()
            if name.startswith(CUSTOM)
        }

    def until_custom(self, expected, patience=PATIENCE):
        """Wait until every expected custom metric has exactly its value."""
        seen = {}

        def matches():
            nonlocal seen
            custom = self.custom()
            seen = {key: custom.get(key) for key in expected}
            return seen == expected

        try:
            until(matches, "the expected values", patience)
        except AssertionError:
            assert seen == expected

    def labels_of(self, name):
        """Return the label sets of all series called ``name``."""
        return [dict(labels) for (found, labels) in self.samples() if found == name]

    def samples_of(self, name):
        """Return the values of all series called ``name``."""
        return [value for (found, _labels), value in self.samples().items() if found == name]

    def totals(self, app_id=None):
        """Return what is published of one application, or of the only one, in the words of event_log."""
        return {
            shown(name.removeprefix(APPLICATION), labels): value
            for (name, labels), value in self.samples().items()
            if name.startswith(APPLICATION) and app_id in (None, dict(labels).get("app_id"))
        }

    def until_asked(self, collector):
        """Wait for the end of an attempt of a collector that begins only now."""

        def attempts():
            (count,) = [
                value
                for (name, labels), value in self.samples().items()
                if name == "spark_exporter_source_attempts_total" and ("collector", collector) in labels
            ]
            return count

        # One may be under way.
        enough = attempts() + 2
        until(lambda: attempts() >= enough, f"{collector} is asked")
