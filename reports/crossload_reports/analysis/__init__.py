"""Grid, totals and findings: pure functions over the results table.

Only scored verdicts enter a share. What could not be saved, does not apply, was unavailable or broke in our own code
is counted apart: counting it as a failure, or leaving it green, would both be lies.
"""

from crossload_reports.analysis.findings import (
    Finding,
    SilentDamage,
    findings,
    headline,
    silent_damage,
    worst_findings,
)
from crossload_reports.analysis.grid import (
    Totals,
    grid,
    listed,
    percent,
    round_trips,
    scored,
    squares,
    totals,
    unsaved,
    worst_first,
)

__all__ = [
    "Finding",
    "SilentDamage",
    "Totals",
    "findings",
    "grid",
    "headline",
    "listed",
    "percent",
    "round_trips",
    "scored",
    "silent_damage",
    "squares",
    "totals",
    "unsaved",
    "worst_findings",
    "worst_first",
]
