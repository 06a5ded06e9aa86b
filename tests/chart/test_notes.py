"""What ``helm install`` says at its end is what the chart makes, and what the operators take."""

import pytest
import yaml

import crds
import helm

OPERATORS = {
    "sparkoperator.k8s.io/v1beta2": ("driver", "executor", "template"),
    "spark.apache.org/v1": ("driverSpec", "executorSpec", "podTemplateSpec"),
}
MODES = {
    "fleet": {},
    "served": {"plugin": {"delivery": "served", "served": {"checksum": "0123abcd"}}},
    "sidecar": {"mode": "sidecar"},
    "sidecar without the plugin": {"mode": "sidecar", "plugin": {"delivery": "none"}},
}


def application(text, operator):
    """Return what is to be added to a SparkApplication of this operator."""
    after = text.split(f"({operator})\n")[1]
    lines = after.splitlines()[1:]
    block = [lines[0]]
    for line in lines[1:]:
        if line and not line.startswith(" "):
            break
        block.append(line)
    return yaml.safe_load("\n".join(block))["spec"]


def submitted(text):
    """Return the settings of the lines for spark-submit, as a shell would read them."""
    lines = [line.strip().removesuffix(" \\") for line in text.splitlines() if "--conf " in line]
    return dict(line.removeprefix("--conf ").split("=", 1) for line in lines)


def spark_data(values):
    return helm.one(helm.render(values), "ConfigMap", "spark-exporter-spark")["data"]


def defaults(values):
    lines = spark_data(values)["spark-defaults.conf"].splitlines()
    return dict(line.split(" ", 1) for line in lines if line and not line.startswith("#"))


@pytest.mark.parametrize("mode", MODES)
def test_the_lines_for_spark_submit_are_those_of_the_configmap(notes, mode):
    """Each setting once; every line but the last goes on."""
    text = notes(MODES[mode])
    assert submitted(text) == defaults(MODES[mode])
    lines = [line for line in text.splitlines() if "--conf " in line]
    assert [line.endswith(" \\") for line in lines] == [True] * (len(lines) - 1) + [False]


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("mode", MODES)
def test_a_spark_application_has_the_same_settings_and_templates(notes, mode, operator):
    """Both operators get what spark-submit gets, at the places that they have for it."""
    values = MODES[mode]
    spec = application(notes(values), operator)
    driver, executor, template = OPERATORS[operator]
    wanted = {key: value for key, value in defaults(values).items() if not key.endswith("podTemplateFile")}
    assert spec.get("sparkConf", {}) == wanted
    for place, which in ((driver, "driver"), (executor, "executor")):
        file = spark_data(values).get(f"{which}-pod-template.yaml")
        pod = yaml.safe_load(file) if file else {}
        expected = {key: pod[key] for key in ("metadata", "spec") if key in pod}
        assert spec.get(place, {}).get(template, {}) == expected


@pytest.mark.parametrize("mode", MODES)
def test_kubeflows_operator_takes_it(notes, mode):
    """With what every application has, it fits the schema of the operator."""
    added = application(notes(MODES[mode]), "sparkoperator.k8s.io/v1beta2")
    spec = {
        "type": "Python",
        "mode": "cluster",
        "sparkVersion": "4.0.0",
        "driver": {},
        "executor": {},
        **added,
    }
    crds.validate(
        {
            "apiVersion": "sparkoperator.k8s.io/v1beta2",
            "kind": "SparkApplication",
            "metadata": {"name": "etl"},
            "spec": {"mainApplicationFile": "local:///app/job.py", **spec},
        }
    )


@pytest.mark.parametrize("file", helm.EXAMPLES, ids=lambda path: path.stem)
def test_notes_are_tidy(notes, file):
    """No two empty lines after each other, no space at the end of a line, nothing unresolved."""
    text = notes(files=(file,), apis=(*helm.OPERATOR, *helm.CERT_MANAGER))
    assert "\n\n\n" not in text
    assert all(line == line.rstrip() for line in text.splitlines())
    assert "<no value>" not in text
