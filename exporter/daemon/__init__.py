"""The daemon: finds Spark drivers, follows their plugin, and publishes Prometheus series."""
