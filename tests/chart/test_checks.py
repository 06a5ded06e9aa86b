"""Values that contradict each other or the cluster are refused with a sentence."""

import re
from pathlib import Path

import pytest
import yaml

import helm

CASES = yaml.safe_load((Path(__file__).parent / "refusals.yaml").read_text())
REFUSED = [(case["values"], case["sentence"]) for case in CASES]


@pytest.mark.parametrize(
    ("values", "sentence"), REFUSED, ids=lambda one: one[:40] if isinstance(one, str) else ""
)
def test_contradictions_are_refused_with_a_sentence(values, sentence):
    """It names the values and says what to change."""
    assert helm.refusal(values) == sentence


def test_every_refusal_has_a_test():
    """A new ``fail`` comes with values that meet it."""
    source = (helm.CHART / "templates" / "_checks.tpl").read_text()
    texts = re.findall(r'fail (?:\(printf )?"([^"]+)"', source)
    assert len(texts) == source.count("fail ")
    sentences = [sentence for _, sentence in REFUSED]
    for text in texts:
        pattern = re.sub(r"%[sv]", ".+", re.escape(text).replace("%", "%"))
        assert any(re.fullmatch(pattern, sentence) for sentence in sentences), text


def test_refusals_are_nowhere_else():
    """One file has them all."""
    others = (path for path in (helm.CHART / "templates").rglob("*.*") if path.name != "_checks.tpl")
    assert not [path.name for path in others if re.search(r"\b(fail|required) [\"(]", path.read_text())]


@pytest.mark.parametrize("values", helm.EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_not_refused(values):
    """Every example can be installed in a cluster that has what it wants."""
    assert helm.render({}, files=(values,), apis=helm.OPERATOR + helm.CERT_MANAGER)
