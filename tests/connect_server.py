"""A Spark Connect server with the plugin, configured by the arguments that the command line prints."""

import re
import subprocess
import sys
from pathlib import Path

from running import Program, spark_environment, until

BIN = Path(sys.executable).parent
CLASS = "org.apache.spark.sql.connect.service.SparkConnectServer"


class ConnectServer(Program):
    """The server, with two executors."""

    def __init__(self, directory, conf=None):
        """Start it; all that it writes is below ``directory``."""
        printed = subprocess.run(
            [BIN / "spark-exporter", "spark-conf", "--format", "args"],
            capture_output=True,
            text=True,
            check=True,
        )
        settings = {
            "spark.ui.port": "0",
            "spark.exporter.port": "0",
            "spark.connect.grpc.binding.address": "127.0.0.1",
            "spark.connect.grpc.binding.port": "0",
            **(conf or {}),
        }
        options = [word for key, value in settings.items() for word in ("--conf", f"{key}={value}")]
        directory.mkdir(parents=True)
        command = [BIN / "spark-submit", "--class", CLASS, "--master", "local-cluster[2,1,1024]"]
        super().__init__(
            [*command, *options, *printed.stdout.split()],
            directory / "server.log",
            env=spark_environment(directory),
            cwd=directory,
        )

    def said(self, pattern):
        """Wait until its log has a line; return what the pattern takes out of it."""

        def found():
            assert self.process.poll() is None, self.errors[-3000:]
            return re.search(pattern, self.errors)

        return until(found, f"the server says {pattern}")[1]

    @property
    def ui(self):
        """Address of its UI."""
        return "http://127.0.0.1:" + self.said(r"Successfully started service 'SparkUI' on port (\d+)")

    @property
    def remote(self):
        """Address for clients."""
        return "sc://127.0.0.1:" + self.said(r"Spark Connect server started at: \S+:(\d+)")
