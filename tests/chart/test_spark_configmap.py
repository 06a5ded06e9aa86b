"""The ConfigMap for Spark: settings and pod templates."""

import kubernetes_validate
import pytest
import yaml

import helm

NAME = "spark-exporter-spark"
JAR, ZIP = "spark-exporter-plugin-0.1.0.jar", "spark-exporter-client-0.1.0.zip"
SERVED = {"delivery": "served", "served": {"checksum": "0123abcd"}}


def data(values=None, **options):
    return helm.one(helm.render(values, **options), "ConfigMap", NAME)["data"]


def settings(values=None):
    lines = (line for line in data(values)["spark-defaults.conf"].splitlines() if not line.startswith("#"))
    return dict(line.split(" ", 1) for line in lines if line)


def pod(which, values=None, **options):
    return yaml.safe_load(data(values, **options)[f"{which}-pod-template.yaml"])


def named(items, name):
    (found,) = (item for item in items if item["name"] == name)
    return found


def test_an_init_container_brings_the_plugin():
    """By default Spark finds jar and zip in its pods; the plugin serves the daemon beyond loopback."""
    assert settings() == {
        "spark.plugins": "io.sparkexporter.ExporterPlugin",
        "spark.jars": f"local:///opt/spark-exporter/{JAR}",
        "spark.submit.pyFiles": f"local:///opt/spark-exporter/{ZIP}",
        "spark.executorEnv.PYTHONPATH": f"/opt/spark-exporter/{ZIP}",
        "spark.exporter.host": "0.0.0.0",  # noqa: S104 - in a pod
        "spark.kubernetes.driver.podTemplateFile": "driver-pod-template.yaml",
        "spark.kubernetes.executor.podTemplateFile": "executor-pod-template.yaml",
    }


@pytest.mark.parametrize("which", ["driver", "executor"])
def test_what_is_copied_is_where_spark_looks(which):
    """The init container writes to the volume that Spark's container has at the directory of the settings."""
    spec = pod(which, {"plugin": {"directory": "/plugins/here"}})["spec"]
    copying = named(spec["initContainers"], "spark-exporter-plugin")
    assert copying["args"] == ["install-plugin", "/plugin"]
    assert "command" not in copying
    (volume,) = spec["volumes"]
    (written,) = copying["volumeMounts"]
    (read,) = named(spec["containers"], f"spark-kubernetes-{which}")["volumeMounts"]
    assert volume == {"name": written["name"], "emptyDir": {}}
    assert (written["name"], written["mountPath"]) == (read["name"], "/plugin")
    assert (read["mountPath"], read["readOnly"]) == ("/plugins/here", True)
    assert (
        settings({"plugin": {"directory": "/plugins/here"}})["spark.jars"] == f"local:///plugins/here/{JAR}"
    )


def test_no_sidecar_in_a_fleet():
    """The driver's pod has one init container that ends, and shares no processes."""
    spec = pod("driver")["spec"]
    assert [one.get("restartPolicy") for one in spec["initContainers"]] == [None]
    assert "shareProcessNamespace" not in spec
    assert "metadata" not in pod("driver")


def test_a_token_that_is_missing_does_not_hold_up_the_driver():
    """The variable is optional: without it the driver runs, and cannot be steered."""
    for values in ({}, {"mode": "sidecar"}):
        spec = pod("driver", values)["spec"]
        (variable,) = named(spec["containers"], "spark-kubernetes-driver")["env"]
        assert variable["name"] == "SPARK_EXPORTER_TOKEN"
        assert variable["valueFrom"]["secretKeyRef"] == {
            "name": "spark-exporter-token",
            "key": "token",
            "optional": True,
        }


def test_the_daemon_serves_the_plugin():
    """The URL has version and checksum, and Spark puts the token into the driver; there are no templates."""
    path = f"http://spark-exporter.{helm.NAMESPACE}.svc:4060/plugin/0.1.0-0123abcd"
    assert settings({"plugin": SERVED}) == {
        "spark.plugins": "io.sparkexporter.ExporterPlugin",
        "spark.jars": f"{path}/{JAR}",
        "spark.submit.pyFiles": f"{path}/{ZIP}",
        "spark.exporter.host": "0.0.0.0",  # noqa: S104 - in a pod
        "spark.kubernetes.driver.secretKeyRef.SPARK_EXPORTER_TOKEN": "spark-exporter-token:token",
    }
    assert list(data({"plugin": SERVED})) == ["spark-defaults.conf"]


def test_another_url_serves_the_plugin():
    """Such as one through a gateway, or that of another release."""
    served = {"checksum": "0123abcd", "url": "https://spark.example.com/"}
    jar = settings({"plugin": {"delivery": "served", "served": served}})["spark.jars"]
    assert jar == f"https://spark.example.com/plugin/0.1.0-0123abcd/{JAR}"


def test_what_may_be_steered():
    """The list goes to the plugin."""
    made = settings({"control": {"allow": ["config", "sql-conf"]}})
    assert made["spark.exporter.events.allow"] == "config,sql-conf"


def test_the_sidecar():
    """It starts before the driver and ends after it, scrapes loopback, and stays for one last scrape."""
    values = {
        "mode": "sidecar",
        "sidecar": {"lastScrapeSeconds": 25},
        "exporter": {"flags": {"retention": "5m"}},
    }
    spec = pod("driver", values)["spec"]
    sidecar = named(spec["initContainers"], "spark-exporter")
    assert sidecar["restartPolicy"] == "Always"
    assert sidecar["args"] == [
        "serve",
        "--web.listen-address=:4060",
        "--target=http://127.0.0.1:4040",
        "--sidecar.last-scrape=25s",
        "--state.directory=",
        "--retention=5m",
    ]
    assert spec["shareProcessNamespace"] is True
    assert spec["terminationGracePeriodSeconds"] > 25


def test_the_plugin_of_a_sidecar_stays_on_loopback():
    """Nothing but the sidecar needs to reach it."""
    assert "spark.exporter.host" not in settings({"mode": "sidecar"})


def test_nothing_holds_up_a_driver():
    """The sidecar has no probe, so that the driver starts whatever becomes of it."""
    spec = pod("driver", {"mode": "sidecar"})["spec"]
    sidecar = named(spec["initContainers"], "spark-exporter")
    assert not {"startupProbe", "readinessProbe", "livenessProbe"} & sidecar.keys()


@pytest.mark.parametrize("name", ["spark-exporter", "spark-exporter-plugin"])
def test_our_containers_are_restricted(name):
    """In somebody else's pod, too: no root, no privilege, no capability, and the user of Spark."""
    spec = pod("driver", {"mode": "sidecar", "sidecar": {"runAsUser": 1000}})["spec"]
    assert named(spec["initContainers"], name)["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 1000,
        "seccompProfile": {"type": "RuntimeDefault"},
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_scrape_annotations_only_without_a_pod_monitor():
    """Both together would scrape twice."""
    alone = pod("driver", {"mode": "sidecar"})["metadata"]
    assert alone["annotations"]["prometheus.io/port"] == "4060"
    monitored = pod("driver", {"mode": "sidecar"}, apis=helm.OPERATOR)["metadata"]
    assert "annotations" not in monitored


def test_a_sidecar_without_the_plugin():
    """Only the daemon is added."""
    values = {"mode": "sidecar", "plugin": {"delivery": "none"}}
    assert set(data(values)) == {"spark-defaults.conf", "driver-pod-template.yaml"}
    spec = pod("driver", values)["spec"]
    assert [one["name"] for one in spec["initContainers"]] == ["spark-exporter"]
    assert "volumes" not in spec
    assert settings(values) == {"spark.kubernetes.driver.podTemplateFile": "driver-pod-template.yaml"}


@pytest.mark.parametrize(
    "values", [{}, {"mode": "sidecar"}, {"plugin": {"delivery": "none"}, "mode": "sidecar"}]
)
def test_the_templates_are_pods(values):
    """Kubernetes takes each as it is, once Spark has given its container an image."""
    for name in set(data(values)) - {"spark-defaults.conf"}:
        made = yaml.safe_load(data(values)[name])
        for container in made["spec"]["containers"]:
            container["image"] = "spark"
        kubernetes_validate.validate(made, "1.29", strict=True)


def test_nothing_for_spark_without_the_plugin():
    """A fleet that only scrapes needs nothing in Spark's pods."""
    documents = helm.render({"plugin": {"delivery": "none"}})
    assert NAME not in {one["metadata"]["name"] for one in helm.all_of(documents, "ConfigMap")}
