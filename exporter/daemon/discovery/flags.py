"""The flags that say how targets are found."""

from __future__ import annotations

from pathlib import Path

from exporter.daemon.discovery.pods import SELECTOR, UI, UI_PORT
from exporter.daemon.discovery.reach import Ports, parse_network, parse_port, parse_ports
from exporter.daemon.discovery.sharding import parse_shard
from exporter.daemon.discovery.target import parse_file
from exporter.daemon.flag import Flag
from exporter.daemon.values import parse_bool, parse_namespace, parse_number, parse_selector

KUBERNETES: tuple[Flag, ...] = (
    Flag(
        "kubernetes.namespace",
        "NAME",
        None,
        parse_namespace,
        "A namespace whose driver pods are watched. May be given several times. "
        "Default: the daemon's own namespace.",
        repeatable=True,
    ),
    Flag(
        "kubernetes.all-namespaces",
        "BOOL",
        "false",
        parse_bool,
        "Whether the driver pods of all namespaces are watched, which takes a ClusterRole.",
    ),
    Flag(
        "kubernetes.selector",
        "SELECTOR",
        None,
        parse_selector,
        "A label selector of driver pods. May be given several times; a pod that fits any of them is taken. "
        f"In the variable, each has a line of its own. Default: {SELECTOR}.",
        repeatable=True,
        separator="\n",
    ),
    Flag(
        "kubernetes.ui-port",
        "PORT",
        str(UI_PORT),
        parse_port,
        f"The port of Spark's UI in pods that say neither by the annotation {UI} nor by a port with the name "
        "spark-ui or ui.",
    ),
    Flag(
        "kubernetes.allowed-ports",
        "RANGES",
        str(Ports()),
        parse_ports,
        "The ports of pods to which the daemon connects, whatever a pod says. Several ranges have commas "
        "between them.",
    ),
    Flag(
        "kubernetes.allowed-addresses",
        "CIDR",
        None,
        parse_network,
        "A network in which pods are, to no other of which the daemon connects. May be given several times. "
        "Default: everywhere but loopback, link-local and multicast addresses.",
        repeatable=True,
    ),
    Flag(
        "kubernetes.shards",
        "SELECTOR",
        None,
        parse_selector,
        "The labels of the pods of all shards, in the daemon's own namespace. They are followed, and say "
        "how many there are: when a StatefulSet's shards become more or fewer, all change at the same "
        "moment. Of these pods those count that have the name in --shard, up to the ordinal. "
        "--total-shards counts without it.",
    ),
    Flag(
        "kubernetes.kubeconfig",
        "FILE",
        None,
        Path,
        "File that says how to get to the API server. Default: the service account of the daemon's pod.",
    ),
)
"""What has no meaning unless pods are watched."""

FOUND: tuple[Flag, ...] = (
    Flag(
        "file-sd.path",
        "FILE",
        None,
        parse_file,
        "A JSON or YAML file with targets, in the format of Prometheus' file_sd_configs, that is read again "
        "when it changes. Its labels namespace and pod are taken over. The last part of the path may be a "
        "pattern such as *.json. May be given several times.",
        repeatable=True,
    ),
    Flag(
        "kubernetes.discovery",
        "BOOL",
        "false",
        parse_bool,
        "Whether driver pods are targets, as they come and go. Needs the extra kubernetes of this package.",
    ),
    *KUBERNETES,
    Flag(
        "shard",
        "NUMBER",
        "0",
        parse_shard,
        "Which of --total-shards daemons this is, from 0. The name of a StatefulSet's pod stands for its "
        "ordinal. Each target belongs to one shard: a pod by its namespace and application, any other by its "
        "URL (rendezvous hashing).",
    ),
    Flag(
        "total-shards",
        "COUNT",
        "1",
        parse_number,
        "How many daemons share all targets among them. --kubernetes.shards goes before it.",
    ),
)
"""All of them but --target, in the order in which they are shown."""
