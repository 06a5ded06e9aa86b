"""Runs helm on the project's chart."""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from requirements import require_built

ROOT = Path(__file__).resolve().parent.parent
CHART = ROOT / "helm" / "spark-exporter"
EXAMPLES = sorted((CHART / "ci").glob("*-values.yaml"))
RELEASE, NAMESPACE = "spark-exporter", "spark"
_MONITORING = "monitoring.coreos.com/v1"
OPERATOR = tuple(f"{_MONITORING}/{kind}" for kind in ("ServiceMonitor", "PodMonitor", "PrometheusRule"))
CERT_MANAGER = ("cert-manager.io/v1/Certificate",)

Document = dict[str, Any]
# In C where PyYAML has it: the dashboards are long.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run helm and return what came of it."""
    command = [require_built("helm"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def render(values: Document | None = None, **options: Any) -> list[Document]:
    """Return the resources that the chart makes with these values; options as of ``template``."""
    answer = template(values, **options)
    assert answer.returncode == 0, answer.stderr
    return [document for document in yaml.load_all(answer.stdout, Loader=_LOADER) if document]


def template(
    values: Document | None = None,
    *,
    apis: tuple[str, ...] = (),
    files: tuple[Path, ...] = (),
    flags: tuple[str, ...] = (),
    chart: Path = CHART,
) -> subprocess.CompletedProcess[str]:
    """Run ``helm template``.

    Args:
        values: values of the chart.
        apis: what the cluster knows beside Kubernetes' own resources.
        files: files of values, such as those in ``ci/``.
        flags: further flags of helm.
        chart: another chart than the project's.

    """
    return _template(json.dumps(values or {}), apis, files, flags, chart)


@lru_cache(maxsize=256)
def _template(
    values: str, apis: tuple[str, ...], files: tuple[Path, ...], flags: tuple[str, ...], chart: Path
) -> subprocess.CompletedProcess[str]:
    arguments = [f"--api-versions={api}" for api in apis]
    arguments += [f"--values={file}" for file in (*files, "-")]
    command = [
        require_built("helm"),
        "template",
        RELEASE,
        str(chart),
        f"--namespace={NAMESPACE}",
        *arguments,
        *flags,
    ]
    return subprocess.run(command, input=values, capture_output=True, text=True, check=False, timeout=120)


def notes(values: Document | None, directory: Path, **options: Any) -> str:
    """Return what ``helm install`` says at its end, rendered in a copy of the chart in ``directory``."""
    copy = directory / "chart"
    if not copy.exists():
        shutil.copytree(CHART, copy)
        (copy / "templates" / "NOTES.txt").unlink()
        (copy / "templates" / "said.yaml").write_text(
            'kind: Said\nmetadata: {name: notes}\ntext: {{ include "spark-exporter.notes" . | quote }}\n'
        )
    return str(one(render(values, chart=copy, **options), "Said")["text"])


def all_of(documents: list[Document], kind: str) -> list[Document]:
    """Return the resources of this kind."""
    return [document for document in documents if document["kind"] == kind]


def one(documents: list[Document], kind: str, name: str | None = None) -> Document:
    """Return the only resource of this kind, or of this kind and name."""
    (found,) = (
        document for document in all_of(documents, kind) if name in {None, document["metadata"]["name"]}
    )
    return found


def daemon(documents: list[Document]) -> Document:
    """Return the container of the daemon in a Deployment or StatefulSet."""
    (workload,) = (document for document in documents if document["kind"] in {"Deployment", "StatefulSet"})
    (container,) = workload["spec"]["template"]["spec"]["containers"]
    return dict(container)


def template_files() -> list[str]:
    """Return the templates that make something, as paths below ``templates``."""
    folder = CHART / "templates"
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.suffix in {".yaml", ".txt"}
    )
