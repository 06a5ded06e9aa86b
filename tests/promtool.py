"""Runs promtool, Prometheus' own tool."""

from __future__ import annotations

import subprocess

from requirements import require_program


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run promtool and return what came of it."""
    program = require_program("promtool", "install it with: tools/install.sh")
    command = [program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)
