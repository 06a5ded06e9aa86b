"""What the tests of dashboards and rules share."""

import sys
from pathlib import Path

# Dashboards are no part of the installed package. Last, so that ``exporter`` is the installed one.
sys.path.append(str(Path(__file__).resolve().parents[2]))
