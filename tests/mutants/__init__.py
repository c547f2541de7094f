"""Deliberate faults in Crossload itself, and whether the unit tests notice each of them: ``nox -s mutants``."""
