"""Environments: what one is, its lock, and which ones a selection names."""
