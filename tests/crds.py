"""Schemas of custom resources, out of the Go modules of those who define them."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft7Validator, ValidationError

from requirements import require_program

__all__ = ["ValidationError", "file", "validate"]

_OPERATOR = "github.com/prometheus-operator/prometheus-operator@v0.85.0"
_MONITORING = "example/prometheus-operator-crd/monitoring.coreos.com_{}.yaml"
_WHERE = {
    "ServiceMonitor": (_OPERATOR, _MONITORING.format("servicemonitors")),
    "PodMonitor": (_OPERATOR, _MONITORING.format("podmonitors")),
    "PrometheusRule": (_OPERATOR, _MONITORING.format("prometheusrules")),
    "Certificate": (
        "github.com/cert-manager/cert-manager@v1.21.2",
        "deploy/crds/cert-manager.io_certificates.yaml",
    ),
    "SparkApplication": (
        "github.com/kubeflow/spark-operator/v2@v2.4.0",
        "config/crd/bases/sparkoperator.k8s.io_sparkapplications.yaml",
    ),
}
"""The module and the file in it, by kind."""


def validate(document: dict[str, Any]) -> None:
    """Check a custom resource as strictly as the API server does with ``--validate=strict``.

    Raises:
        ValidationError: a field is unknown, missing, or not as it should be.

    """
    group, _, version = document["apiVersion"].partition("/")
    definition = _definition(document["kind"])
    assert definition["spec"]["group"] == group
    schemas = {one["name"]: one["schema"]["openAPIV3Schema"] for one in definition["spec"]["versions"]}
    Draft7Validator(_strict(schemas[version])).validate(document)


def file(kind: str) -> Path:
    """Return the file with the CustomResourceDefinition of this kind."""
    module, path = _WHERE[kind]
    return _module(module) / path


@cache
def _definition(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(file(kind).read_text("utf-8"))
    return found


@cache
def _module(module: str) -> Path:
    """Return the folder of a Go module, which is downloaded if it is not there."""
    program = require_program("go", "install Go")
    # In a folder of its own, as the module of another project has a say in versions.
    with tempfile.TemporaryDirectory() as folder:
        answer = subprocess.run(
            [program, "mod", "download", "-json", module],
            cwd=folder,
            env={**os.environ, "GOWORK": "off", "GOFLAGS": "-mod=mod"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return Path(json.loads(answer.stdout)["Dir"])


def _strict(schema: Any) -> Any:
    """Return the schema such that fields that it does not know are errors."""
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {
        key: _strict(value) for key, value in schema.items() if key not in {"default", "format", "example"}
    }
    closed = "properties" in schema and "additionalProperties" not in schema
    # What every resource has is described elsewhere.
    open_ = schema.get("x-kubernetes-preserve-unknown-fields") or schema == {"type": "object"}
    if closed and not open_ and schema.get("type") == "object":
        made["additionalProperties"] = False
    return made
