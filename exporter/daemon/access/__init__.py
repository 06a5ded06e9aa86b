"""Who may read what the daemon serves: TLS and passwords, as Prometheus' exporters have them."""
