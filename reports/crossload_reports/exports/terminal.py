"""The last lines of a run, on the terminal."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from crossload.domain.cells import RESULT_COLUMNS
from crossload_reports.analysis.causes import titles
from crossload_reports.analysis.findings import headline, worst_findings
from crossload_reports.analysis.frame import tidy
from crossload_reports.analysis.grid import totals
from crossload_reports.analysis.standing import counted, put_apart


def terminal_summary(
    results: pd.DataFrame, report_path: Path | str, causes: Iterable[Mapping[str, Any]] = ()
) -> list[str]:
    """Return a few plain lines: what was found, the three worst findings with their causes, and where to read the rest."""
    every = tidy(results, RESULT_COLUMNS)
    results, apart = counted(every), put_apart(every)
    counts = totals(results)
    lines = [headline(results)]
    if counts.scored:
        lines.append("Scored: " + _counted(counts.verdicts))
    if any(counts.unscored.values()):
        lines.append("Outside every score: " + _counted(counts.unscored))
    if apart.control_cells or apart.wrong_at_home:
        lines.append(f"Apart: {apart.text}")
    worst = worst_findings(results, titles=titles(causes))
    if worst:
        lines.append("Worst findings:" if len(worst) > 1 else "Worst finding:")
        lines += [f"  {place}. {finding.verdict}: {finding.sentence}" for place, finding in enumerate(worst, 1)]
    lines.append(f"Report: {report_path}")
    return lines


def _counted(verdicts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {verdict}" for verdict, count in verdicts.items() if count)
