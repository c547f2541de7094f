"""Scenarios that try to break out of their container."""
