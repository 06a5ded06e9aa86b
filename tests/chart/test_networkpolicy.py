"""The NetworkPolicy: in from Prometheus, out to drivers, the API server and DNS."""

import pytest

import helm

DRIVERS, API_SERVER, DNS = range(3)


def policy(**values):
    given = {"networkPolicy": {"enabled": True, **values.pop("networkPolicy", {})}, **values}
    return helm.one(helm.render(given), "NetworkPolicy")["spec"]


def expressions(*parts):
    return {
        "matchExpressions": [dict(zip(("key", "operator", "values"), part, strict=False)) for part in parts]
    }


def test_it_is_about_the_daemon_and_both_directions():
    """What is not allowed below is forbidden."""
    spec = policy()
    deployment = helm.one(helm.render(), "Deployment")
    assert spec["podSelector"] == deployment["spec"]["selector"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]


def test_in_from_prometheus_only():
    """Beside it only the pod of helm test, which goes with the test."""
    (rule,) = policy()["ingress"]
    prometheus, test = rule["from"]
    assert prometheus == {
        "namespaceSelector": {},
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "prometheus"}},
    }
    labels = helm.one(helm.render(), "Pod")["metadata"]["labels"]
    assert test["podSelector"]["matchLabels"].items() <= labels.items()
    assert rule["ports"] == [{"port": "http-metrics", "protocol": "TCP"}]
    (rule,) = policy(tests={"enabled": False})["ingress"]
    assert rule["from"] == [prometheus]


def test_in_from_spark_if_the_daemon_serves_the_plugin():
    """Drivers and executors load it, in the namespaces that are watched."""
    (rule,) = policy(plugin={"delivery": "served", "served": {"checksum": "01234567"}})["ingress"]
    assert rule["from"][-1] == {
        "podSelector": expressions(("spark-role", "In", ["driver", "executor"])),
    }


@pytest.mark.parametrize(
    ("discovery", "where"),
    [
        ({}, None),
        ({"namespaces": ["etl", "ml"]}, expressions(("kubernetes.io/metadata.name", "In", ["etl", "ml"]))),
        ({"allNamespaces": True}, {}),
    ],
)
def test_out_to_drivers(discovery, where):
    """To pods that discovery selects, where it looks, on the ports that it allows."""
    rule = policy(discovery=discovery)["egress"][DRIVERS]
    (peer,) = rule["to"]
    assert peer["podSelector"] == expressions(("spark-role", "In", ["driver"]))
    assert peer.get("namespaceSelector") == where
    assert rule["ports"] == [{"port": 1024, "endPort": 65535, "protocol": "TCP"}]


def test_out_to_the_allowed_ports_alone():
    """Single ports and ranges."""
    ports = policy(discovery={"allowedPorts": "4040-4060,10000"})["egress"][DRIVERS]["ports"]
    assert ports == [
        {"port": 4040, "endPort": 4060, "protocol": "TCP"},
        {"port": 10000, "protocol": "TCP"},
    ]


@pytest.mark.parametrize(
    ("selector", "parts"),
    [
        ("a=b", [("a", "In", ["b"])]),
        ("a==b,c!=d", [("a", "In", ["b"]), ("c", "NotIn", ["d"])]),
        ("a = b", [("a", "In", ["b"])]),
        ("x.io/a in (b, c), d notin (e)", [("x.io/a", "In", ["b", "c"]), ("d", "NotIn", ["e"])]),
        ("a,!b", [("a", "Exists"), ("b", "DoesNotExist")]),
        ("a=", [("a", "In", [""])]),
    ],
)
def test_selectors_mean_the_same_as_on_the_command_line(selector, parts):
    """All forms of Kubernetes' label selectors."""
    (peer,) = policy(discovery={"selectors": [selector]})["egress"][DRIVERS]["to"]
    assert peer["podSelector"] == expressions(*parts)


def test_each_selector_is_a_peer():
    """As a pod needs to fit only one."""
    peers = policy(discovery={"selectors": ["a=b", "c"]})["egress"][DRIVERS]["to"]
    assert [peer["podSelector"] for peer in peers] == [
        expressions(("a", "In", ["b"])),
        expressions(("c", "Exists")),
    ]


def test_out_to_the_api_server_and_dns():
    """Where the user says that they are."""
    rules = policy()["egress"]
    assert [port["port"] for port in rules[API_SERVER]["ports"]] == [443, 6443]
    assert "to" not in rules[API_SERVER]
    assert {(port["port"], port["protocol"]) for port in rules[DNS]["ports"]} == {(53, "UDP"), (53, "TCP")}
    peers = [{"ipBlock": {"cidr": "10.0.0.1/32"}}]
    rules = policy(networkPolicy={"apiServer": {"peers": peers, "ports": [6443]}})["egress"]
    assert rules[API_SERVER] == {"to": peers, "ports": [{"port": 6443, "protocol": "TCP"}]}


def test_without_discovery_neither_drivers_nor_the_api_server():
    """Only DNS and what the user adds."""
    extra = [{"to": [{"ipBlock": {"cidr": "10.1.0.0/16"}}]}]
    rules = policy(
        discovery={"enabled": False},
        targets=["http://driver:4040"],
        networkPolicy={"extraEgress": extra},
    )["egress"]
    assert len(rules) == 2
    assert rules[1:] == extra


def test_further_rules():
    """What the user adds comes after ours."""
    extra = [{"from": [{"podSelector": {"matchLabels": {"app": "airflow"}}}]}]
    assert policy(networkPolicy={"extraIngress": extra})["ingress"][1:] == extra


def test_none_by_default():
    """Not every cluster has what enforces it."""
    assert helm.all_of(helm.render(), "NetworkPolicy") == []
