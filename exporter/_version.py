"""The version of everything in this distribution: package, client zip and plugin jar."""

__version__ = "0.1.0"
