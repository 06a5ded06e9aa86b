"""Dashboards, recording rules and alerts as code: `python -m dashboards` writes them."""
