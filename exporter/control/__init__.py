"""``spark-exporter config`` and ``spark-exporter events``: clients of the daemon's API."""
