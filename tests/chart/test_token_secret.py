"""The Secret with the token that drivers and daemon share."""

import base64

import helm

VALID = set(map(chr, range(0x21, 0x7F)))


def secrets(values=None):
    return helm.all_of(helm.render(values), "Secret")


def test_a_token_is_generated():
    """It is long, random, and of characters that the plugin takes."""
    (made,) = secrets()
    token = base64.b64decode(made["data"]["token"]).decode()
    assert made["metadata"]["name"] == "spark-exporter-token"
    assert len(token) == 40
    assert set(token) <= VALID
    (again,) = secrets({"podLabels": {"another": "rendering"}})
    assert again["data"] != made["data"]


def test_drivers_elsewhere_have_the_same_token():
    """A Secret is only read in its own namespace, so each that is watched has one, and the daemon's."""
    made = secrets({"discovery": {"namespaces": ["etl", "ml"]}})
    assert {one["metadata"]["namespace"] for one in made} == {"etl", "ml", helm.NAMESPACE}
    assert len({one["data"]["token"] for one in made}) == 1
    assert len({one["metadata"]["name"] for one in made}) == 1


def test_the_key_is_the_users():
    """The Secret, the daemon and its volume agree about it."""
    documents = helm.render({"control": {"secretKey": "spark.token"}})
    assert list(helm.one(documents, "Secret")["data"]) == ["spark.token"]
    assert "--token-file=/etc/spark-exporter/token/spark.token" in helm.daemon(documents)["args"]


def test_an_existing_secret_is_used():
    """None is made, and the daemon reads that one."""
    documents = helm.render({"control": {"existingSecret": "theirs"}})
    assert helm.all_of(documents, "Secret") == []
    volumes = helm.one(documents, "Deployment")["spec"]["template"]["spec"]["volumes"]
    (token,) = (volume for volume in volumes if volume["name"] == "token")
    assert token["secret"]["secretName"] == "theirs"


def test_without_control_there_is_none():
    """And the daemon has no token."""
    documents = helm.render({"control": {"enabled": False}, "plugin": {"delivery": "none"}})
    assert helm.all_of(documents, "Secret") == []
    assert not any("token" in argument for argument in helm.daemon(documents)["args"])
