"""The unit tests of the chart: helm-unittest runs them, and no template is without one."""

import re
import shutil
import subprocess
from pathlib import Path

import yaml

import helm
from requirements import require_built

SUITES = {
    path.name.removesuffix("_test.yaml"): yaml.safe_load(path.read_text())
    for path in sorted((helm.CHART / "tests").glob("*_test.yaml"))
}
TESTS = [test for suite in SUITES.values() for test in suite["tests"]]
REFUSAL = re.compile(r'\bfail (?:\(printf )?"([^"]+)"')
REFUSES = re.compile(r"(?:\{\{-?|\(|\|)\s*(?:fail|required)\b")


def unittest(chart, files="*_test.yaml"):
    """Run the tests in a copy of the chart, as a folder for snapshots is made beside them."""
    command = [require_built("helm-unittest"), "--strict", f"--file=tests/{files}", str(chart)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def refusal(test):
    """Return what a test wants to be refused with, or nothing if it wants a rendering."""
    (first, *_) = test["asserts"]
    return first.get("failedTemplate", {}).get("errorMessage", "")


def test_all_pass(chart_copy):
    """Each test of each file is run; what fails is shown."""
    answer = unittest(chart_copy)
    assert answer.returncode == 0, answer.stdout
    assert f"{len(SUITES)} passed, {len(SUITES)} total" in answer.stdout
    assert f"{len(TESTS)} passed, {len(TESTS)} total" in answer.stdout


def test_a_changed_template_is_noticed(chart_copy):
    """A failure is a failure, with the template and the test that it is about."""
    template = chart_copy / "templates" / "deployment.yaml"
    changed = template.read_text().replace("replicas: 1", "replicas: 2")
    assert changed != template.read_text()
    template.write_text(changed)
    answer = unittest(chart_copy, files="deployment_test.yaml")
    assert answer.returncode == 1
    assert "spark-exporter/templates/deployment.yaml" in answer.stdout
    assert "Path:\tspec.replicas" in answer.stdout


def test_every_template_has_a_file():
    """It is called after the template, and no file is about one that is gone."""
    named = {Path(template).stem.lower(): template for template in helm.template_files()}
    about = {name: SUITES[name]["templates"] for name in named.keys() & SUITES.keys()}
    assert about == {name: [template] for name, template in named.items()}
    assert {template for suite in SUITES.values() for template in suite["templates"]} == {*named.values()}


def test_every_refusal_has_a_test():
    """A new ``fail`` comes with values that meet it, and with its sentence."""
    source = "".join(path.read_text() for path in (helm.CHART / "templates").rglob("*.*"))
    texts = REFUSAL.findall(source)
    assert len(texts) == len(REFUSES.findall(source))
    wanted = [refusal(test) for test in TESTS]
    for text in texts:
        sentence = re.sub("%[dsv]", ".+", re.escape(text))
        assert any(re.fullmatch(sentence, one) for one in wanted), text


def test_values_of_the_tests_can_be_installed(chart_copy):
    """A test about one template alone does not see that the values are refused by another."""
    shutil.rmtree(chart_copy / "tests")
    (chart_copy / "tests").mkdir()
    for name, suite in SUITES.items():
        made = {
            "suite": suite["suite"],
            "templates": ["checks.yaml"],
            "release": {"name": helm.RELEASE, "namespace": helm.NAMESPACE},
            "set": suite.get("set", {}),
            "capabilities": {"apiVersions": [*helm.OPERATOR, *helm.CERT_MANAGER]},
            "tests": [
                {"it": test["it"], "set": test.get("set", {}), "asserts": [{"hasDocuments": {"count": 0}}]}
                for test in suite["tests"]
                if not refusal(test)
            ],
        }
        if made["tests"]:
            (chart_copy / "tests" / f"{name}_test.yaml").write_text(yaml.safe_dump(made))
    answer = unittest(chart_copy)
    assert answer.returncode == 0, answer.stdout


def test_the_package_has_no_tests(tmp_path):
    """Who installs the chart gets neither them nor the values of the examples."""
    packaged = helm.run("package", helm.CHART, f"--destination={tmp_path}")
    assert packaged.returncode == 0, packaged.stderr
    (archive,) = tmp_path.glob("*.tgz")
    shutil.unpack_archive(archive, tmp_path)
    content = {path.relative_to(tmp_path / "spark-exporter") for path in tmp_path.glob("spark-exporter/**/*")}
    assert Path("templates/tests/scrape.yaml") in content
    assert not {Path("tests"), Path("ci")} & content
