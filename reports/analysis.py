"""Grid, totals and findings: pure functions over the results table.

Only scored verdicts enter a share. What could not be saved, does not apply, was unavailable or broke in our own code
is counted apart: counting it as a failure, or leaving it green, would both be lies.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from reports.columns import FAITHFUL, LOADABLE, RUNGS, SCORED, SEVERITY, UNSCORED, label, tuples, version_order

_RANK = {verdict: rank for rank, verdict in enumerate(SEVERITY)}
_PHRASES = {
    "differs": "gives other outputs in",
    "crashes": "crashes in",
    "fails": "does not load in",
    "lossy": "loads, but not all of it, in",
    "remedy": "needs more than a plain load in",
}


@dataclass(frozen=True)
class Totals:
    """How many cells have each verdict. `scored` is the only denominator."""

    verdicts: dict[str, int]
    unscored: dict[str, int]

    @property
    def scored(self) -> int:
        """Return the number of cells that were run and judged."""
        return sum(self.verdicts.values())

    @property
    def loadable(self) -> int:
        """Return the number of cells that give the right outputs, plainly or with a remedy."""
        return sum(self.verdicts[verdict] for verdict in LOADABLE)

    @property
    def share(self) -> float | None:
        """Return the loadable share of the scored cells; None where there is none, which is not zero."""
        return self.loadable / self.scored if self.scored else None


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
        savers, loaders = (listed([label(name) for name in names]) for names in (self.savers, self.loaders))
        count = len(self.scenarios)
        names = listed(self.scenarios)
        scenarios = names if count == 1 else f"{count} scenarios ({names})"
        why = self.title or self.error_type
        return (
            f"{self.format} of {savers} {_PHRASES[self.verdict]} {loaders} for {scenarios}{': ' + why if why else ''}"
        )


def totals(results: pd.DataFrame) -> Totals:
    """Count the verdicts, the scored ones apart from the others."""
    counts = results["verdict"].value_counts()
    return Totals(
        verdicts={verdict: int(counts.get(verdict, 0)) for verdict in SCORED},
        unscored={verdict: int(counts.get(verdict, 0)) for verdict in UNSCORED},
    )


def scored(results: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that count."""
    return results[results["verdict"].isin(SCORED)]


def grid(results: pd.DataFrame) -> pd.DataFrame:
    """Return one row a saver and loader: a count for each verdict, `scored`, `loadable`, `share` and `worst`.

    `share` is missing and `worst` is empty where nothing was scored. Rows without a loader (`cannot-save`) are no
    square of the grid; see `unsaved`.
    """
    cells = results[results["loaded_with"] != ""]
    verdicts = [*SCORED, *UNSCORED]
    savers, loaders, found = (cells[name].astype("object") for name in ("saved_with", "loaded_with", "verdict"))
    counts = pd.crosstab([savers, loaders], found)
    counts = counts.reindex(columns=pd.Index(verdicts)).fillna(0).astype(int)
    counts.columns.name = None
    counts["scored"] = counts[list(SCORED)].sum(axis=1)
    counts["loadable"] = counts[list(LOADABLE)].sum(axis=1)
    counts["share"] = (counts["loadable"] / counts["scored"].where(counts["scored"] > 0)).astype("Float64")
    counts["worst"] = [_worst(row) for row in counts[list(SCORED)].to_dict("records")]
    return counts


def squares(results: pd.DataFrame) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the grid as mappings, by saver and loader."""
    found = grid(results)
    rows = ({str(name): value for name, value in row.items()} for row in found.to_dict("records"))
    return dict(zip(((str(saver), str(loader)) for saver, loader in found.index.to_list()), rows, strict=True))


def unsaved(results: pd.DataFrame) -> dict[str, int]:
    """Return for each saver how many artifacts it could not write."""
    rows = results[results["verdict"] == "cannot-save"]
    return {str(name): int(count) for name, count in rows["saved_with"].astype("object").value_counts().items()}


def _worst(counts: dict[Any, Any]) -> str:
    return next((verdict for verdict in SEVERITY if counts[verdict]), "")


def round_trips(results: pd.DataFrame) -> pd.DataFrame:
    """Return the cells that an environment saved and then did not get back whole: the bug is inside one version."""
    rows = scored(results)
    same = rows["saved_with"].astype("object") == rows["loaded_with"].astype("object")
    rows = rows[same & ~rows["verdict"].isin(FAITHFUL)]
    return worst_first(rows)


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


def worst_first(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows sorted by severity, then scenario and format; versions keep their own order."""
    order = {name: place for place, name in enumerate(version_order([*rows["saved_with"], *rows["loaded_with"]]))}
    keyed = rows.assign(
        _verdict=[_RANK[verdict] for verdict in rows["verdict"].tolist()],
        _saver=[order[name] for name in rows["saved_with"].tolist()],
        _loader=[order[name] for name in rows["loaded_with"].tolist()],
    )
    keyed = keyed.sort_values(["_verdict", "scenario", "format", "_saver", "_loader"], kind="stable")
    return keyed.drop(columns=["_verdict", "_saver", "_loader"])


def findings(
    results: pd.DataFrame, verdicts: tuple[str, ...] = SEVERITY[:5], titles: Mapping[str, str] | None = None
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
        loud = verdict in ("fails", "crashes", "remedy")
        why = (cause, "") if cause in known else ("", error_type if loud else "")
        loaders[verdict, format_, *why, saver, scenario].append(loader)

    by_scenario: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for (verdict, format_, cause, error, saver, scenario), names in loaders.items():
        by_scenario[verdict, format_, cause, error, saver, tuple(version_order(names))].append(scenario)

    by_saver: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for (verdict, format_, cause, error, saver, names), scenarios in by_scenario.items():
        by_saver[verdict, format_, cause, error, names, tuple(sorted(set(scenarios)))].append(saver)

    found = [
        Finding(
            verdict,
            format_,
            tuple(version_order(savers)),
            names,
            scenarios,
            len(savers) * len(names) * len(scenarios),
            error,
            cause,
            known.get(cause, ""),
        )
        for (verdict, format_, cause, error, names, scenarios), savers in by_saver.items()
    ]
    return sorted(found, key=lambda item: (_RANK[item.verdict], -item.cells, item.sentence))


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
    """Return the whole run in one sentence."""
    counts = totals(results)
    if counts.share is None:
        return "No cell could be scored in this run."
    judged = scored(results)
    names = version_order([*judged["saved_with"], *judged["loaded_with"]])
    wrong, cells = counts.verdicts["differs"], counts.scored
    between = f"between {len(names)} environments" if len(names) > 1 else f"inside {label(names[0])}"
    start = f"{percent(counts.share)} of {cells:,} measured loads {between} give the right outputs"
    if not wrong:
        return f"{start}; none is silently wrong."
    silently = "loads without a word and computes" if wrong == 1 else "load without a word and compute"
    return f"{start}; {wrong:,} {silently} something else."


def percent(share: float) -> str:
    """Return a share as a whole percentage that says 0 % or 100 % only when it is exactly that.

    Halves are rounded up, as the page does it.
    """
    rounded = math.floor(share * 100 + 0.5)
    if 0 < share < 1:
        rounded = min(99, max(1, rounded))
    return f"{rounded} %"


def listed(names: Sequence[str], shown: int = 4) -> str:
    """Join names as in prose, and count those that would make the sentence unreadable."""
    if len(names) > shown + 1:
        return f"{', '.join(names[:shown])} and {len(names) - shown} more"
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
