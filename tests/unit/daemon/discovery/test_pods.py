"""From a pod to the target that it is: which pods are asked, at which port, and what is refused."""

import contextlib
import ipaddress

import pytest
from fake_api_server import pod
from hypothesis import given
from hypothesis import strategies as st

from exporter.daemon.discovery.found import KUBERNETES
from exporter.daemon.discovery.pods import Rules, read_pod
from exporter.daemon.discovery.reach import Ports, Reach, parse_network, parse_port, parse_ports
from exporter.daemon.model import Place

UI, PLUGIN, SCRAPE = (f"spark-exporter.io/{name}" for name in ("ui-port", "plugin-port", "scrape"))


def container(name="spark-kubernetes-driver", **ports):
    return {
        "name": name,
        "ports": [{"name": key.replace("_", "-"), "containerPort": port} for key, port in ports.items()],
    }


def state(name="spark-kubernetes-driver", **states):
    return {"name": name, "state": states or {"running": {}}}


def found(document, rules=None):
    return read_pod(document, rules if rules is not None else Rules())


def test_a_driver_is_a_target_with_its_place_and_its_reach():
    """By Spark's defaults, and nothing else is known of it."""
    item = found(pod("etl-driver", "u-1", namespace="team", application="spark-7"))

    assert (item.uid, item.place, item.key) == ("u-1", Place("team", "etl-driver"), "team/spark-7")
    assert item.target.url == "http://10.0.0.1:4040"
    assert item.target.place == item.place
    assert item.target.reach == Reach("10.0.0.1", Ports())
    assert (item.target.plugin, item.target.identity, item.refusal) == (None, "u-1", None)


def test_a_pod_without_an_application_is_known_by_its_unique_id():
    """So that it has a shard all the same."""
    assert found(pod("a", "u-1", labels=None)).key == "spark/u-1"


def test_an_address_of_version_6_stands_in_brackets():
    """In every URL."""
    target = found(pod(ip="fd00::7", annotations={PLUGIN: "7077"})).target

    assert target.url == "http://[fd00::7]:4040"
    assert target.plugin == "http://[fd00::7]:7077"
    assert target.reach.refusal("http://[fd00:0::7]:7077") is None


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"containers": [container(spark_ui=4050, ui=1111)]}, 4050),
        ({"containers": [container(ui=4051)]}, 4051),
        ({"containers": [container("sidecar"), container(spark_ui=4052)]}, 4052),
        ({"containers": [container(spark_ui=4050)], "annotations": {UI: "4060"}}, 4060),
        ({"containers": [container(blockmanager=7079)]}, 4041),
    ],
)
def test_where_the_ui_is(more, expected):
    """The annotation wins over a port with Spark's name, that over another name, all over the flag."""
    assert found(pod(**more), Rules(ui_port=4041)).target.url == f"http://10.0.0.1:{expected}"


@pytest.mark.parametrize(
    ("containers", "annotations", "expected"),
    [
        ([container()], {PLUGIN: "7077"}, 7077),
        ([container(spark_exporter=7078)], {}, 7078),
        ([container(spark_exporter=7078)], {PLUGIN: "7079"}, 7079),
    ],
)
def test_where_the_plugin_is(containers, annotations, expected):
    """If the pod says so; else Spark does."""
    target = found(pod(containers=containers, annotations=annotations)).target

    assert target.plugin == f"http://10.0.0.1:{expected}"
    assert target.discovery == KUBERNETES


@pytest.mark.parametrize(
    "more",
    [
        {"phase": "Pending"},
        {"phase": "Succeeded"},
        {"phase": "Failed"},
        {"phase": "Unknown"},
        {"ip": None},
        {"ip": ""},
        {"annotations": {SCRAPE: "false"}},
        {"statuses": [state(terminated={"exitCode": 0})]},
        {"statuses": [state("sidecar"), state(terminated={"exitCode": 1})]},
        {"statuses": [state(waiting={"reason": "CrashLoopBackOff"})]},
        {
            "containers": [container("proxy"), container("main", spark_ui=4040)],
            "statuses": [state("proxy"), state("main", terminated={})],
        },
    ],
)
def test_a_pod_with_nothing_to_ask_is_no_target(more):
    """It has no address yet, has ended, does not want it, or only others run in it. Nothing is refused."""
    item = found(pod(**more))

    assert (item.target, item.refusal) == (None, None)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, ""),
        ({"phase": "Pending"}, ""),
        ({"phase": "Unknown"}, ""),
        ({"phase": "Succeeded"}, "completed"),
        ({"phase": "Failed"}, "failed"),
        ({"statuses": [state(terminated={"exitCode": 0})]}, "completed"),
        ({"statuses": [state("sidecar"), state(terminated={"exitCode": 137})]}, "failed"),
        ({"phase": "Failed", "statuses": [state("sidecar", terminated={"exitCode": 0})]}, "failed"),
        (
            {
                "phase": "Failed",
                "containers": [container("sidecar"), container()],
                "statuses": [state("sidecar", terminated={"exitCode": 2}), state(terminated={"exitCode": 0})],
            },
            "completed",
        ),
        (
            {"statuses": [{**state(waiting={}), "lastState": {"terminated": {"exitCode": 1}}}]},
            "failed",
        ),
        ({"statuses": [{**state(), "lastState": {"terminated": {"exitCode": 1}}}]}, ""),
        ({"statuses": [state(waiting={"reason": "ContainerCreating"})]}, ""),
    ],
)
def test_how_a_driver_has_ended(more, expected):
    """The exit code of its own container says it, or else the pod; while it runs, nothing does."""
    assert found(pod(**more)).outcome == expected


def test_a_pod_on_the_hosts_network_has_an_address_of_the_host():
    """As long as the host's addresses are known."""
    document = pod(ip="10.0.0.7")
    document["spec"]["hostNetwork"] = True
    assert found(document).target is not None
    document["status"]["hostIPs"] = [{"ip": "10.0.0.1"}, {"ip": "10.0.0.7"}]
    assert found(document).target is not None
    document["status"] |= {"hostIP": "10.0.0.1", "hostIPs": [{"ip": "10.0.0.1"}]}

    item = found(document)
    assert (item.target, item.refusal.reason) == (None, "address")
    assert "10.0.0.7 is not its host's address, 10.0.0.1, whose network it has" in item.refusal.message


def test_a_pod_whose_other_containers_have_ended_is_a_target():
    """The driver's own container decides."""
    statuses = [state("sidecar", terminated={}), state()]

    assert found(pod(containers=[container("sidecar"), container()], statuses=statuses)).target is not None


@pytest.mark.parametrize(
    ("more", "reason", "sentence"),
    [
        (
            {"annotations": {UI: "http"}},
            "annotation",
            f"{UI}: 'http' is not a port; expected a number from 1 to",
        ),
        ({"annotations": {UI: "0"}}, "annotation", "'0' is not a port"),
        ({"annotations": {PLUGIN: "70000"}}, "annotation", f"{PLUGIN}: '70000' is not a port"),
        ({"annotations": {SCRAPE: "no"}}, "annotation", f"{SCRAPE}: 'no' is neither true nor false"),
        ({"annotations": {UI: "22"}}, "port", "port 22 is not among the allowed ones, 1024-65535"),
        ({"annotations": {PLUGIN: "443"}}, "port", "port 443 is not among the allowed ones"),
        ({"containers": [container(spark_ui=80)]}, "port", "port 80 is not among the allowed ones"),
        ({"ip": "127.0.0.1"}, "address", "127.0.0.1 is no pod's address"),
        ({"ip": "::ffff:127.0.0.1"}, "address", "127.0.0.1 is no pod's address"),
        ({"ip": "fd00:ec2::254"}, "address", "fd00:ec2::254 is no pod's address"),
        ({"ip": "64:ff9b::a9fe:a9fe"}, "address", "64:ff9b::a9fe:a9fe is no pod's address"),
        ({"ip": "169.254.169.254"}, "address", "169.254.169.254 is no pod's address"),
        ({"ip": "0.0.0.0"}, "address", "0.0.0.0 is no pod's address"),  # noqa: S104 - to be refused
        ({"ip": "::1"}, "address", "::1 is no pod's address"),
        ({"ip": "224.0.0.1"}, "address", "224.0.0.1 is no pod's address"),
        ({"ip": "evil.example"}, "address", "'evil.example' is not an IP address"),
    ],
)
def test_what_a_pod_claims_in_vain(more, reason, sentence):
    """There is no target then, not even at the default port."""
    item = found(pod(**more))

    assert item.target is None
    assert item.refusal.reason == reason
    assert sentence in item.refusal.message


def test_the_user_says_where_pods_are():
    """These networks and no others, loopback included."""
    rules = Rules(networks=(parse_network("10.1.0.0/16"), parse_network("127.0.0.1")))

    assert found(pod(ip="10.1.2.3"), rules).target is not None
    assert found(pod(ip="127.0.0.1"), rules).target is not None
    refusal = found(pod(ip="10.2.0.1"), rules).refusal
    assert refusal.message == "10.2.0.1 is not among the allowed addresses, 10.1.0.0/16, 127.0.0.1/32"
    assert found(pod(ip="fd00::1"), rules).refusal.reason == "address"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://10.0.0.1:7077", None),
        ("http://10.0.0.2:7077", "listens on 10.0.0.2, and the pod's address is 10.0.0.1"),
        ("http://127.0.0.1:7077", "give the application spark.exporter.host=0.0.0.0 and a token"),
        ("http://metadata.google.internal:8080", "listens on metadata.google.internal"),
        ("http://10.0.0.1:22", "the plugin's port 22 is not among the allowed ones, 1024-65535"),
        ("http://10.0.0.1", "port 80 is not among"),
    ],
)
def test_a_plugin_is_asked_at_the_pods_own_address_only(url, expected):
    """And at allowed ports: the token goes nowhere else."""
    refusal = Reach("10.0.0.1", Ports()).refusal(url)

    assert (refusal is None) == (expected is None)
    assert refusal is None or (refusal.reason == "endpoint" and expected in refusal.message)


@pytest.mark.parametrize("document", [{}, {"metadata": None}, {"metadata": {"uid": "x"}}, {"metadata": []}])
def test_what_is_no_pod_is_an_error(document):
    """And not a defect."""
    with pytest.raises(ValueError, match="not a pod"):
        found(document)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(
    part=st.sampled_from(["metadata", "spec", "status"]),
    field=st.sampled_from(
        [
            *("labels", "annotations", "containers", "phase", "podIP", "containerStatuses", "uid", "name"),
            *("hostNetwork", "hostIP", "hostIPs", "creationTimestamp"),
        ]
    ),
    value=json_values,
)
def test_nothing_in_a_pod_is_a_defect(part, field, value):
    """Whatever stands anywhere, it is a pod or it is not."""
    document = pod()
    document[part][field] = value
    with contextlib.suppress(ValueError):
        item = found(document)
        assert item.target is None or item.refusal is None


@given(st.lists(st.tuples(st.integers(1, 65535), st.integers(1, 65535)).map(sorted), min_size=1, max_size=4))
def test_ranges_read_as_they_are_written(ranges):
    """And hold exactly what lies in them."""
    ports = Ports(tuple(map(tuple, ranges)))

    assert parse_ports(str(ports)) == ports
    for first, last in ranges:
        assert first in ports
        assert last in ports
        assert (last + 1 in ports) == any(low <= last + 1 <= high for low, high in ranges)


@pytest.mark.parametrize("text", ["", "a", "0", "5-4", "1-70000", "1,,2", "1-2-3", "-5", "٣"])
def test_what_is_no_range_of_ports(text):
    """The text says what is expected."""
    with pytest.raises(ValueError, match="is not a range of ports; expected numbers from 1 to 65535"):
        parse_ports(text)


@pytest.mark.parametrize("text", ["", "65536", "4040a", "-1", "٣"])
def test_what_is_no_port(text):
    """Likewise."""
    with pytest.raises(ValueError, match="is not a port; expected a number from 1 to 65535"):
        parse_port(text)


def test_networks():
    """An address alone is a network of one."""
    assert parse_network("10.0.0.0/8") == ipaddress.ip_network("10.0.0.0/8")
    with pytest.raises(
        ValueError, match=r"'10.0.0.1/8' is not a network \(.*host bits set\); expected one such as"
    ):
        parse_network("10.0.0.1/8")
