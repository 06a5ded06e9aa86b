"""The Certificate of cert-manager."""

import helm

TLS = {
    "enabled": True,
    "certManager": {
        "enabled": True,
        "issuerRef": {"name": "internal", "kind": "ClusterIssuer"},
        "duration": "48h",
        "renewBefore": "24h",
    },
}


def test_it_is_for_the_names_of_the_service():
    """Prometheus and Spark know the daemon by them."""
    documents = helm.render({"web": {"tls": TLS}}, apis=helm.CERT_MANAGER)
    spec = helm.one(documents, "Certificate")["spec"]
    assert spec["dnsNames"] == [
        "spark-exporter",
        f"spark-exporter.{helm.NAMESPACE}",
        f"spark-exporter.{helm.NAMESPACE}.svc",
    ]
    assert spec["issuerRef"] == {"name": "internal", "kind": "ClusterIssuer", "group": "cert-manager.io"}
    assert (spec["duration"], spec["renewBefore"]) == ("48h", "24h")


def test_the_daemon_serves_what_it_makes():
    """The pod mounts the Secret that cert-manager writes."""
    documents = helm.render({"web": {"tls": TLS}}, apis=helm.CERT_MANAGER)
    volumes = helm.one(documents, "Deployment")["spec"]["template"]["spec"]["volumes"]
    (found,) = (volume for volume in volumes if volume["name"] == "tls")
    assert found["secret"]["secretName"] == helm.one(documents, "Certificate")["spec"]["secretName"]


def test_none_with_a_secret_of_the_users():
    """Nor without TLS."""
    given = {"enabled": True, "existingSecret": "certificate"}
    for web in ({}, {"tls": given}):
        assert helm.all_of(helm.render({"web": web}, apis=helm.CERT_MANAGER), "Certificate") == []
