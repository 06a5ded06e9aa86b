"""Plays PySpark."""
