"""Spark applications that do everything, well and badly, with all programs that watch them."""
