"""Where the drivers are."""
