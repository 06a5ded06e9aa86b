"""What the tests of dashboards and rules share."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from requirements import require_program

# Dashboards are no part of the installed package. Last, so that ``exporter`` is the installed one.
sys.path.append(str(Path(__file__).resolve().parents[2]))

VALUES = {
    **dict.fromkeys(("namespace", "app_name", "executor", "instance", "query"), ".*"),
    "app_id": "a",
    "gauge": "rows",
    "split": ["source"],
    "__interval": "1m",
    "__interval_ms": "60000",
    "__rate_interval": "2m",
    "__range": "10m",
    "__range_s": "600",
}


@pytest.fixture
def check(tmp_path):
    """Fails unless a query answers with these values by labels, at minutes after the start of series."""
    from dashboards.queries_of import fill  # noqa: PLC0415 - found only with the path above

    promtool = require_program("promtool", "install it with: apt-get install prometheus")

    def check(series, query, answers):
        cases = [
            {
                "expr": fill(query, VALUES),
                "eval_time": f"{minute}m",
                "exp_samples": [{"labels": labels, "value": value} for labels, value in samples.items()],
            }
            for minute, samples in answers.items()
        ]
        inputs = [{"series": name, "values": values} for name, values in series.items()]
        test = {"interval": "1m", "input_series": inputs, "promql_expr_test": cases}
        path = tmp_path / "case.yaml"
        path.write_text(json.dumps({"evaluation_interval": "1m", "tests": [test]}))  # JSON is YAML
        command = [promtool, "test", "rules", str(path)]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stdout + found.stderr

    return check
