"""The PromQL of the dashboards."""
