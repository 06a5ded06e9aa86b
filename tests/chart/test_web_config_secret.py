"""The Secret with the web configuration, in the form of Prometheus' exporters."""

import yaml

import helm

HASH = "$2b$10$" + "a" * 53
TLS = {"cert_file": "/etc/spark-exporter/tls/tls.crt", "key_file": "/etc/spark-exporter/tls/tls.key"}


def configuration(web):
    documents = helm.render({"web": web})
    secret = helm.one(documents, "Secret", "spark-exporter-web-config")
    return yaml.safe_load(secret["stringData"]["web-config.yml"])


def test_tls():
    """Certificate and key are where the pod has them."""
    web = {"tls": {"enabled": True, "existingSecret": "certificate"}}
    assert configuration(web) == {"tls_server_config": TLS}


def test_users():
    """Each has the hash that was given, dollars and all."""
    web = {"basicAuth": {"users": {"prometheus": HASH, "me": HASH}, "scrapeSecret": "scrape"}}
    assert configuration(web) == {"basic_auth_users": {"prometheus": HASH, "me": HASH}}


def test_both():
    """Both parts stand in one file."""
    web = {
        "tls": {"enabled": True, "existingSecret": "certificate"},
        "basicAuth": {"users": {"prometheus": HASH}, "scrapeSecret": "scrape"},
    }
    assert configuration(web) == {"tls_server_config": TLS, "basic_auth_users": {"prometheus": HASH}}


def test_none_is_made_unless_it_is_wanted():
    """Plain HTTP needs none, and a Secret of the user's is used as it is."""
    for web in ({}, {"existingConfigSecret": "theirs"}):
        names = {one["metadata"]["name"] for one in helm.all_of(helm.render({"web": web}), "Secret")}
        assert names == {"spark-exporter-token"}


def test_a_secret_of_the_users_is_mounted():
    """It has to have the file web-config.yml."""
    documents = helm.render({"web": {"existingConfigSecret": "theirs"}})
    volumes = helm.one(documents, "Deployment")["spec"]["template"]["spec"]["volumes"]
    (found,) = (volume for volume in volumes if volume["name"] == "web-config")
    assert found["secret"]["secretName"] == "theirs"
    assert "--web.config.file=/etc/spark-exporter/web/web-config.yml" in helm.daemon(documents)["args"]
