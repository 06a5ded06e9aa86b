"""The daemon's page at /: what it knows at a glance, with the last minutes as charts."""
