"""What the values lack is the default, and what looks like a number or a word of YAML stays a text."""

import json

import yaml

import helm

EVERYTHING = helm.OPERATOR + helm.CERT_MANAGER
VALUES = yaml.safe_load((helm.CHART / "values.yaml").read_text())
OWN_TOKEN = ("--set=control.existingSecret=token",)
"""The one that is generated differs each time."""


def leaves(values, path=()):
    """Yield the path of each value that holds no other."""
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*path, key))
        else:
            yield ".".join(part.replace(".", r"\.") for part in (*path, key))


def texts(document, names):
    """Yield each value of the keys that must be texts."""
    if isinstance(document, dict):
        for key, value in document.items():
            if key in names or key.startswith(("app.kubernetes.io/", "spark-exporter.io/")):
                yield key, value
            yield from texts(value, names)
    elif isinstance(document, list):
        for value in document:
            yield from texts(value, names)


def test_the_file_of_defaults_is_the_values_file():
    """Templates cannot read the values file, so that the chart has it once more."""
    assert json.loads((helm.CHART / "files" / "defaults.json").read_text()) == VALUES


def test_null_is_the_default():
    """Of every value at once: nothing is empty, open or an error of Go because something was taken away.

    What the user names is left out: a label that is null is gone.
    """
    named = ("podSecurityContext.", "securityContext.", "dashboards.labels.", "dashboards.annotations.")
    paths = [path for path in leaves(VALUES) if not path.startswith(named) and ".resources." not in path]
    assert len(paths) > 150
    nulls = tuple(f"--set={path}=null" for path in paths if path != "control.existingSecret")
    assert helm.render(apis=EVERYTHING, flags=(*nulls, *OWN_TOKEN)) == helm.render(
        apis=EVERYTHING, flags=OWN_TOKEN
    )


def test_every_section_may_be_null():
    """A section is as good as all that is in it."""
    plain = helm.render(apis=EVERYTHING, flags=OWN_TOKEN)
    nulls = tuple(f"--set={key}=null" for key in VALUES if key not in {"control", "mode"})
    assert helm.render(apis=EVERYTHING, flags=(*nulls, *OWN_TOKEN)) == plain


def test_what_the_user_names_can_be_taken_away():
    """As OpenShift wants it, which gives pods a user itself."""
    flags = ("--set=podSecurityContext.runAsUser=null", "--set=dashboards.labels.grafana_dashboard=null")
    documents = helm.render(flags=flags)
    pod = helm.one(documents, "Deployment")["spec"]["template"]["spec"]
    assert set(VALUES["podSecurityContext"]) - set(pod["securityContext"]) == {"runAsUser"}
    assert not any(
        "grafana_dashboard" in one["metadata"]["labels"] for one in helm.all_of(documents, "ConfigMap")
    )


def test_names_that_look_like_numbers_are_texts():
    """Release, namespaces, Secrets and keys may consist of digits, or be a word that YAML reads."""
    values = {
        "fullnameOverride": "on-1",
        "discovery": {"namespaces": ["8"]},
        "control": {"existingSecret": "12", "secretKey": "1e3"},
        "imagePullSecrets": ["3"],
        "serviceAccount": {"name": "4"},
        "web": {"tls": {"enabled": True, "existingSecret": "5"}, "existingConfigSecret": "6"},
        "fileSd": {"existingConfigMap": "7", "files": ["a.json"]},
        "priorityClassName": "9",
        "persistence": {"enabled": True, "storageClass": "10"},
    }
    flags = [f"--set-json={key}={json.dumps(value)}" for key, value in values.items()]
    apis = [f"--api-versions={api}" for api in EVERYTHING]
    answer = helm.run("template", "123", helm.CHART, "--namespace=456", *flags, *apis)
    assert answer.returncode == 0, answer.stderr
    names = {"name", "namespace", "secretName", "serviceAccountName", "storageClassName", "priorityClassName"}
    found = [
        pair for document in yaml.safe_load_all(answer.stdout) for pair in texts(document, {*names, "key"})
    ]
    assert [pair for pair in found if not isinstance(pair[1], str)] == []
    assert {"456", "123", "3", "4", "5", "6", "7", "8", "9", "10", "12", "1e3"} <= {text for _, text in found}
