"""The Service of the daemon."""

import helm


def service(values=None, **options):
    return helm.one(helm.render(values, **options), "Service")


def test_it_leads_to_the_daemon():
    """Its selector fits the pods, and its port is the container's."""
    documents = helm.render()
    made = helm.one(documents, "Service")
    template = helm.one(documents, "Deployment")["spec"]["template"]
    assert made["spec"]["selector"].items() <= template["metadata"]["labels"].items()
    (port,) = made["spec"]["ports"]
    (own,) = helm.daemon(documents)["ports"]
    assert (port["port"], port["targetPort"], own["containerPort"]) == (4060, own["name"], 4060)


def test_the_pod_of_helm_test_is_not_behind_it():
    """A pod that scrapes must not be scraped."""
    documents = helm.render()
    selector = helm.one(documents, "Service")["spec"]["selector"]
    assert not selector.items() <= helm.one(documents, "Pod")["metadata"]["labels"].items()


def test_type_port_and_annotations_are_the_users():
    """All three are handed on."""
    given = {"type": "LoadBalancer", "port": 80, "annotations": {"a": "b"}}
    made = service({"service": given}, apis=helm.OPERATOR)
    assert made["spec"]["type"] == "LoadBalancer"
    assert made["spec"]["ports"][0]["port"] == 80
    assert made["metadata"]["annotations"] == {"a": "b"}


def test_annotations_for_scraping_only_without_a_service_monitor():
    """Both together would scrape twice."""
    assert service()["metadata"]["annotations"] == {
        "prometheus.io/scrape": "true",
        "prometheus.io/scheme": "http",
        "prometheus.io/port": "4060",
        "prometheus.io/path": "/metrics",
    }
    assert "annotations" not in service(apis=helm.OPERATOR)["metadata"]
    off = service({"serviceMonitor": {"enabled": False}}, apis=helm.OPERATOR)
    assert off["metadata"]["annotations"]["prometheus.io/scrape"] == "true"


def test_no_service_for_sidecars():
    """Each is reached at its pod."""
    assert helm.all_of(helm.render({"mode": "sidecar"}), "Service") == []
