"""Recorded runs: what differs between two of them, and since when."""
