"""The Helm chart in a real API server: install, upgrade, rollback, uninstall, and what the daemon may do."""

import json
import shutil

import pytest
import yaml

import helm
from release import Release


def versions(objects):
    return {key: one["metadata"]["resourceVersion"] for key, one in objects.items()}


def test_a_changed_threshold_changes_the_rule_and_nothing_else(release):
    """Also with a token that was generated; a rollback takes it back, and uninstalling leaves nothing."""
    release.install()
    before = release.objects()
    kinds = {"deployments", "servicemonitors", "prometheusrules", "secrets", "roles"}
    assert {resource for resource, _ in before} >= kinds

    release.upgrade("--set=rules.thresholds.gc_share_ratio=0.37")
    after = release.objects()
    rule = ("prometheusrules", release.fullname)
    assert {key for key in before if versions(before)[key] != versions(after).get(key)} == {rule}
    assert after.keys() == before.keys()
    old, new = (rules_of(objects[rule]) for objects in (before, after))
    assert [pair for pair in zip(old, new) if pair[0] != pair[1]] == [changed(new)]
    assert len(old) == len(new)

    release.rollback(1)
    assert release.objects()[rule]["spec"] == before[rule]["spec"]
    assert release.objects().keys() == before.keys()

    release.uninstall()
    assert release.objects() == {}


def rules_of(resource):
    return [rule for group in resource["spec"]["groups"] for rule in group["rules"]]


def changed(rules):
    """Return the rule that must have changed, as it was and as it is."""
    (new,) = (rule for rule in rules if rule.get("alert") == "SparkGarbageCollectionHigh")
    assert "> 0.37" in new["expr"]
    return {**new, "expr": new["expr"].replace("0.37", "0.2")}, new


def test_the_daemon_may_watch_pods_and_nothing_else(release):
    """As its service account: not in other namespaces, no other resource, and no change."""
    release.install()
    assert all(release.may(verb, "pods") for verb in ("get", "list", "watch"))
    assert not any(release.may(verb, "pods") for verb in ("create", "update", "patch", "delete"))
    others = ("secrets", "configmaps", "services", "endpoints", "events")
    assert not any(release.may(verb, one) for verb in ("get", "list") for one in others)
    assert not release.may("get", "pods", subresource="log")
    assert not release.may("create", "pods", subresource="exec")
    assert not release.may("list", "pods", namespace="")
    release.uninstall()


@pytest.mark.parametrize("example", ["default", "sharded", "served", "history", "sidecar", "openshift"])
def test_the_server_takes_every_resource(release, example):
    """In a namespace with the strictest standard for pods all of them, those of Spark, too."""
    strict = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
    release.server.admin.merge(f"/api/v1/namespaces/{release.namespace}", strict)
    for namespace in ("etl", "ml"):
        # Of another example, perhaps.
        release.server.admin.post("/api/v1/namespaces", json={"metadata": {"name": namespace}})
    release.install(f"--values={helm.CHART / 'ci' / f'{example}-values.yaml'}")
    pods = dict(pods_of(release))
    assert {*pods} == PODS[example]
    for name, pod in pods.items():
        given = pod.get("metadata", {})
        pod["metadata"] = {"name": name, **{key: given.get(key, {}) for key in ("labels", "annotations")}}
        answer = dry_run(release, pod)
        assert answer.status_code == 201, answer.text
        assert "Warning" not in answer.headers
        # So it is looked at.
        pod["spec"]["hostNetwork"] = True
        assert dry_run(release, pod).status_code == 403
    release.uninstall()


WORKLOADS = {"deployments", "statefulsets"}
PODS = {
    "default": {"daemon", "test", "driver", "executor"},
    "sharded": {"daemon", "test", "driver", "executor"},
    "served": {"daemon", "test"},
    "history": {"daemon", "test"},
    "sidecar": {"driver", "executor"},
    "openshift": {"daemon", "test", "driver", "executor"},
}


def pods_of(release):
    """Yield the pods of a release: the daemon's, that of ``helm test``, driver and executor."""
    made = release.objects()
    for (resource, _), one in made.items():
        if resource in WORKLOADS:
            yield "daemon", as_made(one)
    for hook in yaml.safe_load_all(helm.run("get", "hooks", release.name, *release.access).stdout):
        if hook:
            yield "test", hook
    data = made.get(("configmaps", f"{release.fullname}-spark"), {}).get("data", {})
    for which in ("driver", "executor"):
        if template := data.get(f"{which}-pod-template.yaml"):
            yield which, as_spark_completes(template)


def dry_run(release, pod):
    path = f"/api/v1/namespaces/{release.namespace}/pods"
    return release.server.admin.post(path, json=pod, params={"dryRun": "All"})


def as_made(workload):
    """Return the pod of a Deployment or StatefulSet, with volumes for its claims."""
    template = workload["spec"]["template"]
    claims = [claim["metadata"]["name"] for claim in workload["spec"].get("volumeClaimTemplates", ())]
    volumes = [*template["spec"]["volumes"], *({"name": name, "emptyDir": {}} for name in claims)]
    return {"metadata": template["metadata"], "spec": {**template["spec"], "volumes": volumes}}


def as_spark_completes(template):
    """Return a pod of Spark, whose own container is as the standard wants it: that is not the chart's."""
    pod = yaml.safe_load(template)
    (spark,) = pod["spec"]["containers"]
    spark |= {
        "image": "spark",
        "securityContext": {
            "runAsNonRoot": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    return pod


@pytest.fixture
def older_chart(tmp_path):
    """The chart as it may have been before some of its values, alerts and thresholds were there.

    Its daemons were replaced as Kubernetes does it by default.
    """
    chart = shutil.copytree(helm.CHART, tmp_path / "chart")
    values = yaml.safe_load((chart / "values.yaml").read_text())
    for path in (
        "rules.thresholds.gc_share_ratio",
        "rules.alerts.SparkJobsFailing",
        "plugin.resources",
        "networkPolicy",
    ):
        *parents, last = path.split(".")
        below = values
        for key in parents:
            below = below[key]
        del below[last]
    (chart / "values.yaml").write_text(yaml.safe_dump(values))
    deployment = chart / "templates" / "deployment.yaml"
    rolling = deployment.read_text().replace("type: Recreate", "type: RollingUpdate")
    assert rolling != deployment.read_text()
    deployment.write_text(rolling)
    return chart


def test_values_of_an_older_chart_get_the_new_defaults(release, older_chart):
    """``--reuse-values`` forgets what is new in the chart: it is there all the same, beside what was set."""
    mine = "--set=rules.thresholds.heap_used_ratio=0.5"
    release.helm("install", release.name, older_chart, mine)
    assert "gc_share_ratio" not in helm.run("get", "values", "--all", release.name, *release.access).stdout
    release.upgrade("--reuse-values")
    reused = release.objects()
    release.upgrade("--reset-values", mine)
    assert contents(release.objects()) == contents(reused)
    assert any("> 0.5" in rule["expr"] for rule in rules_of(reused["prometheusrules", release.fullname]))
    release.uninstall()


def contents(objects):
    return {key: [one.get(part) for part in ("spec", "data", "rules")] for key, one in objects.items()}


def test_the_generated_secret_is_not_deleted_as_one_of_the_users(release):
    """Helm would do so, as the chart no longer makes it; the sentence says what to do, and doing it helps."""
    release.install()
    name = f"{release.fullname}-token"
    token = release.get("secrets", name)["data"]
    answer = helm.run(
        "upgrade", release.name, helm.CHART, f"--set=control.existingSecret={name}", *release.access
    )
    assert answer.returncode != 0
    assert f"control.existingSecret is {name}, which this release has generated" in answer.stderr
    assert release.get("secrets", name)["data"] == token
    release.secret("kept", token="a-token-of-the-tests")
    release.upgrade("--set=control.existingSecret=kept")
    assert ("secrets", name) not in release.objects()
    release.uninstall()


def test_two_releases_of_one_name_do_not_collide(release, namespace):
    """Each in its own namespace, with dashboards and monitors in a third; drivers have one token, though."""
    other = Release(release.server, release.server.namespace(f"{namespace}-b"))
    other.name, other.fullname = release.name, release.fullname
    common = release.server.namespace(f"{namespace}-common")
    shared = [
        f"--set={kind}.namespace={common}" for kind in ("dashboards", "serviceMonitor", "prometheusRule")
    ]
    drivers = f"--set=discovery.namespaces={{{common}}}"
    release.install(*shared, drivers)
    refused = helm.run("install", other.name, helm.CHART, *shared, drivers, *other.access)
    assert refused.returncode != 0
    assert (
        f"is of the release {namespace}/{release.name}: name it in control.existingSecret" in refused.stderr
    )
    other.install(*shared, drivers, "--set=control.existingSecret=shared")
    for one in (other, release):
        one.uninstall()


@pytest.mark.parametrize("mode", ["fleet", "sidecar"])
def test_a_quota_takes_drivers_and_executors(release, mode):
    """Where limits are asked for, the containers that the chart adds to Spark's pods have them."""
    server, path = release.server, f"/api/v1/namespaces/{release.namespace}"
    names = [f"{kind}.{resource}" for kind in ("requests", "limits") for resource in ("cpu", "memory")]
    hard = dict.fromkeys(names, "100Gi")
    made = server.admin.create(
        f"{path}/resourcequotas", {"metadata": {"name": "limits"}, "spec": {"hard": hard}}
    )
    # As the controller writes it.
    made["status"] = {"hard": hard, "used": dict.fromkeys(names, "0")}
    server.admin.checked("PUT", f"{path}/resourcequotas/limits/status", json=made)
    release.install(f"--set=mode={mode}")
    data = release.get("configmaps", f"{release.fullname}-spark")["data"]
    for which in ("driver", "executor"):
        pod = yaml.safe_load(data[f"{which}-pod-template.yaml"])
        pod["metadata"] = {"name": which}
        # As Spark completes it.
        (spark,) = pod["spec"]["containers"]
        amounts = {"cpu": "1", "memory": "1Gi"}
        spark |= {"image": "spark", "resources": {"limits": amounts, "requests": amounts}}
        answer = server.admin.post(f"{path}/pods", json=pod, params={"dryRun": "All"})
        assert answer.status_code == 201, answer.text
        del pod["spec"]["initContainers"][-1]["resources"]
        answer = server.admin.post(f"{path}/pods", json=pod, params={"dryRun": "All"})
        assert "must specify limits.cpu" in json.loads(answer.text)["message"]
    release.uninstall()


def test_volumes_of_another_size_take_another_statefulset(release):
    """The chart says what to do, and then the same upgrade makes it anew; the same size is no other."""
    release.install("--set=persistence.enabled=true")
    release.upgrade("--set=persistence.enabled=true,persistence.size=1024Mi")
    larger = "--set=persistence.enabled=true,persistence.size=2Gi"
    refused = helm.run("upgrade", release.name, helm.CHART, larger, *release.access)
    assert refused.returncode != 0
    assert f"delete statefulset {release.fullname} --cascade=orphan, and upgrade again" in refused.stderr
    path = f"/apis/apps/v1/namespaces/{release.namespace}/statefulsets/{release.fullname}"
    release.server.admin.checked("DELETE", path)
    release.upgrade(larger)
    (claim,) = release.get("statefulsets")["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["resources"]["requests"]["storage"] == "2Gi"
    release.uninstall()
