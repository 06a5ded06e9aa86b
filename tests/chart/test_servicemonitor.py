"""The ServiceMonitor for Prometheus' operator."""

import pytest

import helm


def monitor(values=None):
    return helm.one(helm.render(values, apis=helm.OPERATOR + helm.CERT_MANAGER), "ServiceMonitor")


def endpoint(values=None):
    (found,) = monitor(values)["spec"]["endpoints"]
    return found


def test_it_finds_the_service():
    """Its selector and its port are the Service's."""
    documents = helm.render(apis=helm.OPERATOR)
    spec = helm.one(documents, "ServiceMonitor")["spec"]
    service = helm.one(documents, "Service")
    assert spec["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert spec["namespaceSelector"] == {"matchNames": [helm.NAMESPACE]}
    assert spec["endpoints"][0]["port"] == service["spec"]["ports"][0]["name"]


def test_namespace_and_pod_are_the_drivers():
    """The labels that the daemon gives stay as they are."""
    assert endpoint()["honorLabels"] is True


@pytest.mark.parametrize("name", ["spark-exporter", "another"])
def test_the_job_is_what_the_rules_look_for(name):
    """Whatever the release is called: the alert about the daemon selects by it."""
    documents = helm.render({"fullnameOverride": name}, apis=helm.OPERATOR)
    (made,) = helm.one(documents, "ServiceMonitor")["spec"]["endpoints"]
    assert made["relabelings"] == [{"targetLabel": "job", "replacement": "spark-exporter"}]
    groups = helm.one(documents, "PrometheusRule")["spec"]["groups"]
    (down,) = (
        rule for group in groups for rule in group["rules"] if rule.get("alert") == "SparkExporterDown"
    )
    assert 'up{job="spark-exporter"} == 0' in down["expr"]


def test_settings_are_the_users():
    """Labels, times and relabelings are handed on; theirs come after ours."""
    given = {
        "namespace": "monitoring",
        "labels": {"release": "kube-prometheus-stack"},
        "interval": "30s",
        "scrapeTimeout": "20s",
        "relabelings": [{"targetLabel": "cluster", "replacement": "a"}],
        "metricRelabelings": [{"action": "drop", "sourceLabels": ["__name__"], "regex": "x"}],
    }
    made = monitor({"serviceMonitor": given})
    (found,) = made["spec"]["endpoints"]
    assert made["metadata"]["namespace"] == "monitoring"
    assert made["metadata"]["labels"]["release"] == "kube-prometheus-stack"
    assert (found["interval"], found["scrapeTimeout"]) == ("30s", "20s")
    assert found["relabelings"][1:] == given["relabelings"]
    assert found["metricRelabelings"] == given["metricRelabelings"]


def test_plain_http_by_default():
    """Neither TLS nor a password."""
    assert endpoint()["scheme"] == "http"
    assert not {"tlsConfig", "basicAuth"} & endpoint().keys()


def test_tls_of_cert_manager():
    """Prometheus trusts the authority that the Secret has, for the Service's name."""
    tls = {"enabled": True, "certManager": {"enabled": True, "issuerRef": {"name": "internal"}}}
    found = endpoint({"web": {"tls": tls}})
    assert found["scheme"] == "https"
    assert found["tlsConfig"] == {
        "serverName": f"spark-exporter.{helm.NAMESPACE}.svc",
        "ca": {"secret": {"name": "spark-exporter-tls", "key": "ca.crt"}},
    }


def test_tls_of_the_user():
    """With a Secret of theirs, Prometheus trusts the authorities that it knows, or what the user says."""
    tls = {"enabled": True, "existingSecret": "certificate"}
    assert endpoint({"web": {"tls": tls}})["tlsConfig"] == {
        "serverName": f"spark-exporter.{helm.NAMESPACE}.svc"
    }
    tls = {**tls, "scrapeConfig": {"insecureSkipVerify": True}}
    assert endpoint({"web": {"tls": tls}})["tlsConfig"] == {"insecureSkipVerify": True}


def test_basic_auth():
    """Name and password come from the Secret."""
    auth = {
        "users": {"prometheus": "$2b$10$" + "a" * 53},
        "scrapeSecret": "scrape",
        "usernameKey": "name",
    }
    assert endpoint({"web": {"basicAuth": auth}})["basicAuth"] == {
        "username": {"name": "scrape", "key": "name"},
        "password": {"name": "scrape", "key": "password"},
    }


@pytest.mark.parametrize(
    ("enabled", "apis", "there"),
    [
        ("auto", (), False),
        ("auto", helm.OPERATOR, True),
        (True, helm.OPERATOR, True),
        (False, helm.OPERATOR, False),
    ],
)
def test_it_is_there_if_the_operator_is(enabled, apis, there):
    """Unless the user says otherwise."""
    documents = helm.render({"serviceMonitor": {"enabled": enabled}}, apis=apis)
    assert bool(helm.all_of(documents, "ServiceMonitor")) is there


def test_none_for_sidecars():
    """They have no Service."""
    assert helm.all_of(helm.render({"mode": "sidecar"}, apis=helm.OPERATOR), "ServiceMonitor") == []
