"""Scenarios with models inside models, for the test of what edit-config does to them."""
