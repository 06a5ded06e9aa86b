"""The Deployment of the daemon, and the container that it shares with the StatefulSet."""

import pytest

import helm


def pod(values=None, **options):
    return helm.one(helm.render(values, **options), "Deployment")["spec"]["template"]["spec"]


def arguments(values=None):
    return helm.daemon(helm.render(values))["args"]


def test_one_daemon_watches_its_own_namespace():
    """By default there is one replica, which watches drivers and has a token."""
    deployment = helm.one(helm.render(), "Deployment")
    assert deployment["spec"]["replicas"] == 1
    assert helm.daemon([deployment])["args"] == [
        "serve",
        "--web.listen-address=:4060",
        "--token-file=/etc/spark-exporter/token/token",
        "--kubernetes.discovery=true",
        "--kubernetes.selector=spark-role=driver",
        "--kubernetes.allowed-ports=1024-65535",
        "--state.directory=/var/lib/spark-exporter",
    ]


def test_the_selector_fits_the_pods_and_never_changes_with_the_version():
    """What is selected is on the pods, and has neither the chart's version nor the user's labels."""
    deployment = helm.one(helm.render({"commonLabels": {"team": "data"}}), "Deployment")
    wanted = deployment["spec"]["selector"]["matchLabels"]
    assert wanted == {
        "app.kubernetes.io/name": "spark-exporter",
        "app.kubernetes.io/instance": helm.RELEASE,
        "app.kubernetes.io/component": "daemon",
    }
    assert wanted.items() <= deployment["spec"]["template"]["metadata"]["labels"].items()
    assert deployment["metadata"]["labels"]["team"] == "data"


def test_discovery_becomes_flags():
    """Namespaces, selectors, ports and networks are handed on, each value as one argument."""
    values = {
        "discovery": {
            "namespaces": ["etl", "ml", "etl"],
            "selectors": ["app in (jupyter, zeppelin)", "spark-role=driver"],
            "uiPort": 4041,
            "allowedPorts": "4040-4060,10000",
            "allowedAddresses": ["10.0.0.0/8", "fd00::/8"],
        }
    }
    assert arguments(values)[3:-1] == [
        "--kubernetes.discovery=true",
        "--kubernetes.namespace=etl",
        "--kubernetes.namespace=ml",
        "--kubernetes.selector=app in (jupyter, zeppelin)",
        "--kubernetes.selector=spark-role=driver",
        "--kubernetes.ui-port=4041",
        "--kubernetes.allowed-ports=4040-4060,10000",
        "--kubernetes.allowed-addresses=10.0.0.0/8",
        "--kubernetes.allowed-addresses=fd00::/8",
    ]


def test_all_namespaces():
    """One flag watches them all."""
    assert "--kubernetes.all-namespaces=true" in arguments({"discovery": {"allNamespaces": True}})


def test_targets_without_discovery():
    """Without discovery nothing of Kubernetes is on the command line, and no token for its API in the pod."""
    values = {
        "discovery": {"enabled": False},
        "targets": ["http://driver:4040"],
        "historyServer": {"url": "http://history:18080"},
        "plugin": {"delivery": "none"},
        "control": {"enabled": False},
    }
    assert arguments(values) == [
        "serve",
        "--web.listen-address=:4060",
        "--target=http://driver:4040",
        "--target=http://history:18080",
        "--state.directory=/var/lib/spark-exporter",
    ]
    assert pod(values)["automountServiceAccountToken"] is False
    assert pod()["automountServiceAccountToken"] is True


def test_further_flags_keep_their_values():
    """Numbers stay as they are written, lists repeat the flag, and quotes and spaces survive."""
    flags = {
        "limits.series": 2000000,
        "retention": "30m",
        "app-name.default-rules": False,
        "app-name.rule": ['"x" (.*)=>$1', "b=>c"],
    }
    assert arguments({"exporter": {"flags": flags}})[-5:] == [
        "--app-name.default-rules=false",
        '--app-name.rule="x" (.*)=>$1',
        "--app-name.rule=b=>c",
        "--limits.series=2000000",
        "--retention=30m",
    ]


def test_restricted_by_default():
    """The pod fits the strictest standard: no root, privilege, capability or writable root; seccomp."""
    spec = pod()
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] > 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = spec["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
    assert not any("hostPath" in volume for volume in spec["volumes"])


def test_no_secret_is_in_the_environment_or_on_the_command_line():
    """The token is a file that only the daemon's group reads."""
    spec = pod()
    assert "env" not in spec["containers"][0]
    (token,) = (volume for volume in spec["volumes"] if volume["name"] == "token")
    assert token["secret"]["defaultMode"] == 0o440
    assert spec["securityContext"]["fsGroup"] == spec["securityContext"]["runAsGroup"]


def test_every_mount_has_a_volume():
    """And no volume is mounted nowhere."""
    for values in helm.EXAMPLES:
        documents = helm.render({}, files=(values,), apis=helm.CERT_MANAGER)
        for workload in (one for one in documents if one["kind"] in {"Deployment", "StatefulSet"}):
            spec = workload["spec"]["template"]["spec"]
            claims = {one["metadata"]["name"] for one in workload["spec"].get("volumeClaimTemplates", ())}
            volumes = {volume["name"] for volume in spec["volumes"]} | claims
            assert {mount["name"] for mount in spec["containers"][0]["volumeMounts"]} == volumes


@pytest.mark.parametrize(
    ("web", "kind", "scheme"),
    [
        ({}, "httpGet", "HTTP"),
        ({"tls": {"enabled": True, "existingSecret": "certificate"}}, "httpGet", "HTTPS"),
        ({"existingConfigSecret": "web"}, "tcpSocket", None),
    ],
)
def test_probes_fit_what_is_served(web, kind, scheme):
    """The kubelet takes any certificate, but knows no password."""
    container = helm.daemon(helm.render({"web": web}))
    for name, path in (
        ("startupProbe", "/-/healthy"),
        ("livenessProbe", "/-/healthy"),
        ("readinessProbe", "/-/ready"),
    ):
        probe = container[name][kind]
        assert probe["port"] == "http-metrics"
        assert (probe.get("path"), probe.get("scheme")) == ((path, scheme) if scheme else (None, None))


def test_web_configuration_and_certificate_are_mounted():
    """The daemon gets the file that the Secret holds, and the certificate that the file names."""
    values = {"web": {"tls": {"enabled": True, "existingSecret": "certificate"}}}
    container = helm.daemon(helm.render(values))
    assert "--web.config.file=/etc/spark-exporter/web/web-config.yml" in container["args"]
    secrets = {
        volume["name"]: volume["secret"]["secretName"]
        for volume in pod(values)["volumes"]
        if "secret" in volume
    }
    assert secrets == {
        "token": "spark-exporter-token",
        "web-config": "spark-exporter-web-config",
        "tls": "certificate",
    }


def test_a_changed_web_configuration_restarts_the_pods():
    """Its checksum is on the pods; what else is set does not change it."""

    def checksum(users):
        values = {"web": {"basicAuth": {"users": users, "scrapeSecret": "scrape"}}}
        template = helm.one(helm.render(values), "Deployment")["spec"]["template"]
        return template["metadata"]["annotations"]["checksum/web-config"]

    first, second = "$2b$10$" + "a" * 53, "$2b$10$" + "b" * 53
    assert checksum({"prometheus": first}) != checksum({"prometheus": second})
    assert checksum({"prometheus": first}) == checksum({"prometheus": first})


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ({}, "ghcr.io/spark-exporter/spark-exporter:0.1.0"),
        ({"repository": "registry/mine", "tag": "2"}, "registry/mine:2"),
        ({"repository": "mine", "tag": "2", "digest": "sha256:" + "0" * 64}, "mine@sha256:" + "0" * 64),
    ],
)
def test_image(image, expected):
    """The digest goes before the tag, and the tag is the chart's version of the daemon."""
    assert helm.daemon(helm.render({"image": image}))["image"] == expected


def test_where_and_how_pods_run_is_handed_on():
    """Scheduling, resources, annotations and the like are the user's."""
    values = {
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"operator": "Exists"}],
        "affinity": {"nodeAffinity": {}},
        "priorityClassName": "high",
        "terminationGracePeriodSeconds": 60,
        "imagePullSecrets": ["registry"],
        "resources": {"limits": {"memory": "1Gi"}},
        "podAnnotations": {"a": "b"},
        "podLabels": {"c": "d"},
        "topologySpreadConstraints": [
            {"maxSkew": 2, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
        ],
    }
    template = helm.one(helm.render(values), "Deployment")["spec"]["template"]
    spec = template["spec"]
    for key in ("nodeSelector", "tolerations", "affinity", "priorityClassName", "topologySpreadConstraints"):
        assert spec[key] == values[key]
    assert spec["terminationGracePeriodSeconds"] == 60
    assert spec["imagePullSecrets"] == [{"name": "registry"}]
    assert spec["containers"][0]["resources"] == values["resources"]
    assert template["metadata"]["annotations"] == {"a": "b"}
    assert template["metadata"]["labels"]["c"] == "d"


def test_further_variables():
    """Variables of the user are those of the daemon."""
    given = [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}]
    assert helm.daemon(helm.render({"exporter": {"env": given}}))["env"] == given


@pytest.mark.parametrize(
    "values", [{"mode": "sidecar"}, {"sharding": {"shards": 2}}, {"persistence": {"enabled": True}}]
)
def test_no_deployment_where_something_else_does_it(values):
    """Sidecars have none, and shards and volumes take a StatefulSet."""
    assert helm.all_of(helm.render(values), "Deployment") == []
