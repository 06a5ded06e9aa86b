"""Runs Spark applications that do everything, well and badly, with all programs that watch them."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from showcase import guests, hurried
from stack import ABSENT, add_grafana, start_alertmanager, start_daemon, start_prometheus

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

NAMES = ("batch", "streams", "plain", "failing", "waiting")
CALM = ("shuffle", "query", "cache", "pay", "remember", "fail")
FROZEN_SECONDS = 15.0
RESTING_SECONDS = 22.0
STEERED = MappingProxyType(
    {
        "threshold=25": ("config", "set"),
        "reload --target=driver": ("events", "send"),
        "note --target=executors": ("events", "send"),
        "log-level level=INFO logger=org.apache.spark.sql for=20s": ("events", "send"),
    }
)


class Showcase:
    """The whole run. ``run`` does everything once; everything goes on until the block is left.

    Args:
        directory: an empty one, for everything.
        ended: once it is set, nothing is waited for any more.
        address: host and port of the daemon; by default a free one.
        webhook: URL of whoever wants to hear of alerts.
        interval: how often Prometheus scrapes and evaluates.
        tell: gets a sentence about each thing that happens.

    """

    def __init__(  # noqa: PLR0913 - all but one have defaults
        self,
        directory: Path,
        ended: threading.Event | None = None,
        *,
        address: str | None = None,
        webhook: str | None = None,
        interval: str = "2s",
        tell: Callable[[str], Any] = lambda _sentence: None,
    ) -> None:
        """Start nothing yet."""
        self.directory = directory
        self.began = 0.0
        """Seconds since the epoch."""
        self.applications: dict[str, guests.Guest] = {}
        self._address, self._webhook, self._interval = address, webhook, interval
        self._ended = ended or threading.Event()
        self._tell = tell
        self._ports = guests.ports(NAMES)
        self._stack = contextlib.ExitStack()
        self._watching = contextlib.ExitStack()
        self._environment = {"SPARK_EXPORTER_TOKEN": secrets.token_hex(16)}

    def __enter__(self) -> Self:
        """Start the programs around Spark, and the two main applications."""
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        """End everything."""
        self._stack.close()

    def _start(self) -> None:
        self.began = time.time()
        self.config = hurried.build(self.directory)
        for name in ("batch", "streams"):
            self._begin(name)
        targets = [f"http://127.0.0.1:{port}" for port in self._ports.values()]
        self._stack.enter_context(self._watching)
        self.daemon = self._watching.enter_context(
            start_daemon(
                self.directory,
                *targets,
                address=self._address,
                arguments=["--poll.interval=1s"],
                environment=os.environ | self._environment,
            )
        )
        enter = self._stack.enter_context
        self.alertmanager = enter(start_alertmanager(self.directory, webhook_url=self._webhook, wait="1s"))
        self.prometheus = enter(
            start_prometheus(
                self.directory,
                self.daemon.address,
                rules=self.directory / "rules",
                alertmanager=self.alertmanager,
                scrape_interval=self._interval,
            )
        )
        self._grafana = add_grafana(
            self._stack,
            self.directory,
            self.prometheus,
            self.alertmanager,
            scrape_interval=self._interval,
            dashboards=self.directory / "generated",
        )
        for name in ("batch", "streams"):
            self.applications[name].wait()

    def places(self) -> dict[str, str]:
        """Return where everything is to be seen, or why not."""
        return {
            **{f"UI of {name}": f"http://127.0.0.1:{port}" for name, port in self._ports.items()},
            "metrics": self.daemon.url,
            "Prometheus": self.prometheus.url if self.prometheus else ABSENT,
            "Alertmanager": self.alertmanager.url if self.alertmanager else ABSENT,
            "Grafana": self._grafana,
        }

    def _begin(self, name: str) -> guests.Guest:
        self._tell(f"{name} begins")
        guest = guests.start(name, self.directory, self._ports[name], self._ended, **self._environment)
        self.applications[name] = self._stack.enter_context(guest)
        return self.applications[name]

    def run(self) -> None:
        """Let everything happen once, in order.

        Raises:
            StackError: an application does not do what it should.
            Ended: the run shall end before everything has happened.

        """
        for step in (self._work, self._lose, self._freeze, self._end_badly, self._rest):
            step()

    def _work(self) -> None:
        batch = self.applications["batch"]
        batch.tell("skew", *CALM)
        for name in ("plain", "failing"):
            self._begin(name).wait()
        self._tell("batch is steered")
        for words, action in STEERED.items():
            self._command(*action, batch.app_id, *words.split())
        self._command("events", "send", batch.app_id, "reload", "fail=no-table", "--target=driver")
        for word in CALM:
            batch.done(word)
        self._begin("waiting").wait()

    def _lose(self) -> None:
        batch = self.applications["batch"]
        self._tell("batch waits for a skewed stage, then loses executors and shuffle data")
        for word in ("join", "kill", "lose-files", "cache"):
            batch.tell(word)
            batch.done(word)

    def _freeze(self) -> None:
        batch = self.applications["batch"]
        batch.tell("executors")
        victim = batch.done("executors")[0]
        self._tell("an executor of batch stands still")
        os.kill(victim, signal.SIGSTOP)
        try:
            self._command("config", "set", batch.app_id, "threshold=50")
            self._ended.wait(FROZEN_SECONDS)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGCONT)

    def _end_badly(self) -> None:
        self._tell("failing fails, waiting is killed")
        self.applications["failing"].stop()
        self.applications["waiting"].kill()

    def _rest(self) -> None:
        batch = self.applications["batch"]
        self._tell("batch has nothing to do")
        batch.tell("rest")
        batch.done("rest")
        self._ended.wait(RESTING_SECONDS)
        batch.tell("wake")
        batch.done("wake")
        self.applications["streams"].hear("failed")

    def finish(self) -> dict[str, int]:
        """End the applications that are left, as they should; return their exit codes."""
        self._tell("the other applications end")
        return {name: self.applications[name].stop() for name in ("batch", "plain", "streams")}

    def end_daemon(self) -> None:
        """End the daemon."""
        self._watching.close()

    def _command(self, *words: str) -> None:
        """Run ``spark-exporter`` about an application; what it says of trouble is shown."""
        program = str(Path(sys.executable).parent / "spark-exporter")
        subprocess.run(
            [program, *words, "--url", f"http://{self.daemon.address}"],
            env=os.environ | self._environment,
            stdout=subprocess.DEVNULL,
            check=True,
        )
