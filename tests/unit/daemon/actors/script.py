"""Plays a driver's Python program, which ends when its standard input does."""

import sys

sys.stdin.read()
