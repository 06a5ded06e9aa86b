"""The client library: records metrics in the user's Python processes. Standard library only."""
