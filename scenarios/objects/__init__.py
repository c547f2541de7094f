"""Custom objects of the scenarios, a module for each file that a user would have.

Scenario functions import these modules themselves, when they build: importing a scenario module imports no custom
object, so that a loading program can be one that never saw them.
"""
