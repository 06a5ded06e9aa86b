"""Writes the generated documents, or with --check says which are stale."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from exporter.client.install import jar_path
from exporter.daemon import docs

DIRECTORY = Path(__file__).resolve().parent.parent / "docs"
CONFIGURATION_PAGE = "io.sparkexporter.conf.ConfigurationPage"


def configuration() -> str:
    """Return the page that the plugin prints of its settings."""
    command = ["java", "-cp", jar_path(), CONFIGURATION_PAGE]
    return subprocess.run(command, capture_output=True, check=True).stdout.decode()


def main() -> int:
    """Write or check; return the exit code."""
    pages = {
        "configuration.md": configuration(),
        "flags.md": docs.flags_page(),
        "metrics.md": docs.metrics_page(),
    }
    stale = 0
    for name, text in pages.items():
        path = DIRECTORY / name
        if path.exists() and path.read_text() == text:
            continue
        if "--check" in sys.argv[1:]:
            print(f"docs/{name} is stale: run `make docs`", file=sys.stderr)
            stale += 1
        else:
            path.write_text(text)
            print(f"wrote docs/{name}")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
