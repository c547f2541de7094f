"""Processes of the probe: the parent, its children, their limits and their end."""
