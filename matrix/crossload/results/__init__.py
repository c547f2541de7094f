"""Judges what was measured and lays it out as tables."""
