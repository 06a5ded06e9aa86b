"""Draws the dashboards from a Prometheus, as Grafana would lay them out."""
