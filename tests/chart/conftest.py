"""What the tests of the Helm chart share."""

import shutil
import sys

import pytest

import helm

# Dashboards are no part of the installed package. Last, so that ``exporter`` is the installed one.
sys.path.append(str(helm.ROOT))


@pytest.fixture(scope="session")
def notes(tmp_path_factory):
    """Return what ``helm install`` says with these values."""
    folder = tmp_path_factory.mktemp("notes")
    return lambda values=None, **options: helm.notes(values, folder, **options)


@pytest.fixture
def chart_copy(tmp_path):
    """A copy of the chart that a test may change."""
    return shutil.copytree(helm.CHART, tmp_path / "chart")
