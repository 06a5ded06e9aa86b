"""What is generated of the chart is fresh, and the tool that writes it notices mistakes."""

import importlib.util
import re
import sys

import pytest
import yaml

import exporter
import helm

WORDS = re.compile(r"`([a-zA-Z]+(?:\.[a-zA-Z_]+)+)`")


@pytest.fixture(scope="module")
def tool():
    """The tool as a module."""
    spec = importlib.util.spec_from_file_location("chart_tool", helm.ROOT / "tools" / "chart.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_readme_and_schema_are_fresh(tool, monkeypatch, capsys):
    """The committed files are those that the tool writes."""
    monkeypatch.setattr(sys, "argv", ["chart.py", "--check"])
    assert (tool.main(), capsys.readouterr().err) == (0, "")


def test_a_stale_file_is_named(tool, chart_copy, monkeypatch, capsys):
    """With the remedy; without --check it is written."""
    monkeypatch.setattr(tool, "CHART", chart_copy)
    monkeypatch.setattr(tool, "readme", lambda: "other")
    monkeypatch.setattr(tool, "schema", (chart_copy / "values.schema.json").read_text)
    monkeypatch.setattr(sys, "argv", ["chart.py", "--check"])
    assert tool.main() == 1
    assert capsys.readouterr().err.endswith("README.md is stale: run `make docs`\n")
    monkeypatch.setattr(sys, "argv", ["chart.py"])
    assert tool.main() == 0
    assert (chart_copy / "README.md").read_text() == "other"


def test_every_value_is_explained(tool):
    """Down to the last, or down to the level that has a comment."""
    found = {value.key for value in tool.values((helm.CHART / "values.yaml").read_text())}

    def leaves(document, path):
        if ".".join(path) in found or not isinstance(document, dict) or not document:
            yield ".".join(path)
            return
        for key, below in document.items():
            yield from leaves(below, [*path, key])

    assert set(leaves(yaml.safe_load((helm.CHART / "values.yaml").read_text()), [])) == found


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\n", "values.yaml: a has no comment `# -- ...`"),
        ("a:\n  # -- B.\n  b: 1\n  c: {}\n", "values.yaml: a.c has no comment `# -- ...`"),
        ("# -- A.\na: 1\n# -- B.\n", "values.yaml: there is no key below the comment 'B.'"),
    ],
)
def test_what_is_not_explained_is_an_error(tool, text, problem):
    """The key is named."""
    with pytest.raises(ValueError, match=re.escape(problem)):
        tool.values(text)


def test_comments_of_several_lines_are_one(tool):
    """What is below a value with a comment needs none of its own."""
    text = "# -- A long\n# story.\na:\n  b: 1\n  c: [2]\n"
    assert tool.values(text) == [("a", '{"b": 1, "c": [2]}', "A long story.")]


def test_values_that_are_spoken_of_exist():
    """Comments, refusals and notes name values that are there."""
    values = yaml.safe_load((helm.CHART / "values.yaml").read_text())
    for word in WORDS.findall((helm.CHART / "values.yaml").read_text()):
        top, *rest = word.split(".")
        if top not in values:
            continue
        below = values[top]
        for key in rest:
            assert key in below, word
            below = below[key]


def test_the_chart_has_the_packages_version():
    """The image, the jar and the zip are named by it."""
    head = yaml.safe_load((helm.CHART / "Chart.yaml").read_text())
    assert head["appVersion"] == exporter.__version__
    assert head["version"] == exporter.__version__
