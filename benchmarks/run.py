"""Runs the benchmarks, prints each bound beside its figure, and fails when one is missed.

Without arguments all of them; else the named ones. Figures and machine go to benchmarks/results/.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAMES = ("client", "config", "render", "plugin", "fleet", "overhead", "rest", "messages")


def revision() -> str:
    """Return the commit of the checkout, or an empty text outside of one."""
    command = ["git", "-C", str(HERE), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def main(names: list[str]) -> int:
    """Run them; return the exit code."""
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"unknown benchmark {unknown[0]!r}: expected one of {', '.join(NAMES)}", file=sys.stderr)
        return 2
    sys.path.insert(0, str(HERE))
    results = []
    print(f"{'benchmark':<70} {'figure':>10} {'bound':>10}")
    for name in names or NAMES:
        for result in importlib.import_module(name).main():
            verdict = "" if result["ok"] else "  MISSED"
            figure, bound = f"{result['figure']:.3g}", f"{result['bound']:.3g}"
            print(f"{result['name']:<70} {figure:>10} {bound:>10} {result['unit']}{verdict}", flush=True)
            results.append(result)
    record = {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "revision": revision(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "results": results,
    }
    target = HERE / "results" / f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(record, indent=1) + "\n")
    missed = sum(not result["ok"] for result in results)
    print(f"\n{len(results) - missed} of {len(results)} bounds held; see {target.relative_to(HERE.parent)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
