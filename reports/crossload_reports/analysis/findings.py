"""Findings: cells that one sentence describes, the worst first."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from crossload.domain.verdicts import RAISES, UNFAITHFUL, severity
from crossload.domain.versions import in_order, spoken
from crossload.probe.formats import RUNGS
from crossload_reports.analysis.frame import tuples
from crossload_reports.analysis.grid import listed, percent, scored, totals

_PHRASES = {
    "differs": "gives other outputs in",
    "crashes": "crashes in",
    "fails": "does not load in",
    "lossy": "loads, but not all of it, in",
    "remedy": "needs more than a plain load in",
}


@dataclass(frozen=True)
class Finding:
    """Cells that one sentence describes."""

    verdict: str
    format: str
    savers: tuple[str, ...]
    loaders: tuple[str, ...]
    scenarios: tuple[str, ...]
    cells: int
    error_type: str
    cause: str = ""
    title: str = ""

    @property
    def sentence(self) -> str:
        """Return the finding in words."""
        savers, loaders = (listed([spoken(name) for name in names]) for names in (self.savers, self.loaders))
        count = len(self.scenarios)
        names = listed(self.scenarios)
        scenarios = names if count == 1 else f"{count} scenarios ({names})"
        why = self.title or self.error_type
        return (
            f"{self.format} of {savers} {_PHRASES[self.verdict]} {loaders} for {scenarios}{': ' + why if why else ''}"
        )


@dataclass(frozen=True)
class SilentDamage:
    """What happens to one scenario without a word, counted in cells."""

    scenario: str
    differs: int
    lost: dict[str, int]


def silent_damage(results: pd.DataFrame) -> list[SilentDamage]:
    """Return, for each scenario that has any, how many cells load with other outputs, and what the others lose."""
    rows = results[results["verdict"].isin(("differs", "lossy"))]
    differs: dict[str, int] = defaultdict(int)
    lost: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(RUNGS, 0))
    for scenario, verdict, rungs in tuples(rows, ["scenario", "verdict", "lost"]):
        differs[scenario] += verdict == "differs"
        for rung in rungs.split(",") if verdict == "lossy" and rungs else ():
            lost[scenario][rung] += 1
    found = [SilentDamage(name, differs[name], {k: v for k, v in lost[name].items() if v}) for name in differs]
    return sorted(found, key=lambda one: (-one.differs, -sum(one.lost.values()), one.scenario))


def findings(
    results: pd.DataFrame, verdicts: tuple[str, ...] = UNFAITHFUL, titles: Mapping[str, str] | None = None
) -> list[Finding]:
    """Group the bad cells so that one finding is one sentence, the worst first.

    Loaders are joined first (the same model breaks in a run of versions), then scenarios, then savers, each only where
    all the rest is the same. So a finding never claims a cell that was not measured.

    :param titles: what to call each known cause; the error type stands in for a cause that has none.
    """
    known = titles or {}
    bad = results[results["verdict"].isin(verdicts)]
    loaders: dict[tuple[str, ...], list[str]] = defaultdict(list)
    kept = ["verdict", "format", "cause", "error_type", "saved_with", "scenario", "loaded_with"]
    for verdict, format_, cause, error_type, saver, scenario, loader in tuples(bad, kept):
        # Numbers differ silently or a rung is lost: whatever error another attempt met does not split those. Neither do
        # the many words in which versions say the same cause.
        loud = verdict in RAISES
        why = (cause, "") if cause in known else ("", error_type if loud else "")
        loaders[verdict, format_, *why, saver, scenario].append(loader)

    by_scenario: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for (verdict, format_, cause, error, saver, scenario), names in loaders.items():
        by_scenario[verdict, format_, cause, error, saver, tuple(in_order(names))].append(scenario)

    by_saver: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for (verdict, format_, cause, error, saver, names), scenarios in by_scenario.items():
        by_saver[verdict, format_, cause, error, names, tuple(sorted(set(scenarios)))].append(saver)

    found = [
        Finding(
            verdict,
            format_,
            tuple(in_order(savers)),
            names,
            scenarios,
            len(savers) * len(names) * len(scenarios),
            error,
            cause,
            known.get(cause, ""),
        )
        for (verdict, format_, cause, error, names, scenarios), savers in by_saver.items()
    ]
    return sorted(found, key=lambda item: (-severity(item.verdict), -item.cells, item.sentence))


def worst_findings(results: pd.DataFrame, limit: int = 3, titles: Mapping[str, str] | None = None) -> list[Finding]:
    """Return the findings that a reader should see before anything else.

    The same scenarios with the same verdict count once, in the format where they break most cells: three sentences about
    one model would hide the second worst.
    """
    first: dict[tuple[str, tuple[str, ...]], Finding] = {}
    for finding in findings(results, titles=titles):
        first.setdefault((finding.verdict, finding.scenarios), finding)
    return list(first.values())[:limit]


def headline(results: pd.DataFrame) -> str:
    """Return the whole run in one sentence.

    :param results: the cells that count.
    """
    counts = totals(results)
    if counts.share is None:
        return "No cell could be scored in this run."
    judged = scored(results)
    names = in_order([*judged["saved_with"], *judged["loaded_with"]])
    wrong, cells = counts.verdicts["differs"], counts.scored
    between = f"between {len(names)} environments" if len(names) > 1 else f"inside {spoken(names[0])}"
    start = f"{percent(counts.share)} of {cells:,} loads {between} give the right outputs"
    if not wrong:
        return f"{start}; none is silently wrong."
    silently = "loads without a word and computes" if wrong == 1 else "load without a word and compute"
    return f"{start}; {wrong:,} {silently} something else."
