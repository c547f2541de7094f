"""The last lines of a run, on the terminal."""

from pathlib import Path

import pandas as pd

from reports.analysis import headline, totals, worst_findings
from reports.columns import RESULTS, tidy


def terminal_summary(results: pd.DataFrame, report_path: Path | str) -> list[str]:
    """Return a few plain lines: what was found, the three worst findings, and where to read the rest."""
    results = tidy(results, RESULTS)
    counts = totals(results)
    lines = [headline(results)]
    if counts.scored:
        lines.append("Scored: " + _counted(counts.verdicts))
    if any(counts.unscored.values()):
        lines.append("Outside every score: " + _counted(counts.unscored))
    worst = worst_findings(results)
    if worst:
        lines.append("Worst findings:" if len(worst) > 1 else "Worst finding:")
        lines += [f"  {place}. {finding.verdict}: {finding.sentence}" for place, finding in enumerate(worst, 1)]
    lines.append(f"Report: {report_path}")
    return lines


def _counted(verdicts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {verdict}" for verdict, count in verdicts.items() if count)
