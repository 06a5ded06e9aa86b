"""The programs around Spark: the daemon, Prometheus, Alertmanager and Grafana, each on a free loopback port.

They start from the files in dashboards/provisioning, which compose.yaml mounts; only the addresses, the paths
and the intervals are those of the run. Each ``start_`` is a context manager: the program ends with its block.
"""

from stack.daemon import start_daemon
from stack.grafana import ABSENT, add_grafana, start_grafana
from stack.limit import end_after, seconds_in
from stack.programs import END_SECONDS, START_SECONDS, Program, StackError, free_port, log_ends, program
from stack.provisioned import ALERTMANAGER, DASHBOARDS, RULES
from stack.servers import Alertmanager, Prometheus, start_alertmanager, start_prometheus
from stack.signals import end_on_signals

__all__ = [
    "ABSENT",
    "ALERTMANAGER",
    "DASHBOARDS",
    "END_SECONDS",
    "RULES",
    "START_SECONDS",
    "Alertmanager",
    "Program",
    "Prometheus",
    "StackError",
    "add_grafana",
    "end_after",
    "end_on_signals",
    "free_port",
    "log_ends",
    "program",
    "seconds_in",
    "start_alertmanager",
    "start_daemon",
    "start_grafana",
    "start_prometheus",
]
