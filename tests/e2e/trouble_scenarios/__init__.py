"""Scenarios that misbehave, for the tests of isolation."""
