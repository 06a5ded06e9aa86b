"""The daemon's API: live configuration and events, handed to the drivers of the applications."""
