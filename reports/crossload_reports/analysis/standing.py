"""Which cells count: shares, findings and answers are of files that are meant to load and are right where they were written."""

from dataclasses import dataclass

import pandas as pd

from crossload.domain.standing import CONTROL, COUNTS, WRONG_AT_HOME
from crossload.domain.verdicts import SCORED
from crossload_reports.analysis.frame import tuples
from crossload_reports.analysis.sentences import many

# How the choice of cells is called on the page, by the words of the column `apart`; `all` is no word of that column.
FILES = {COUNTS: "that count", CONTROL: "controls", WRONG_AT_HOME: "not right at home", "all": "all"}


def counted(results: pd.DataFrame) -> pd.DataFrame:
    """Return the cells that count for a score, a finding or an answer."""
    return results[results["apart"] == COUNTS]


@dataclass(frozen=True)
class Apart:
    """What counts for nothing but claims and a page of its own.

    :param controls: verdicts of each scenario that is meant to fail or to differ, with how many cells have each.
    :param wrong_at_home: files that are not right in the environment that wrote them: scenario, format, environment, verdict.
    """

    controls: dict[str, dict[str, int]]
    wrong_at_home: list[tuple[str, str, str, str]]

    @property
    def text(self) -> str:
        """Return both in words."""
        cells, controls = many(self.control_cells, "cell"), many(len(self.controls), "control")
        meant = f"{cells} of {controls}, which are meant to fail or to differ"
        home = f"{many(len(self.wrong_at_home), 'file')} not right where written"
        return "; ".join([*([meant] if self.controls else []), *([home] if self.wrong_at_home else [])])

    @property
    def control_cells(self) -> int:
        """Return how many cells are controls'."""
        return sum(sum(verdicts.values()) for verdicts in self.controls.values())


def put_apart(results: pd.DataFrame) -> Apart:
    """Return what does not count."""
    controls: dict[str, dict[str, int]] = {}
    for scenario, verdict in tuples(results[results["apart"] == CONTROL], ["scenario", "verdict"]):
        counts = controls.setdefault(scenario, {})
        counts[verdict] = counts.get(verdict, 0) + 1
    rows = results[(results["apart"] == WRONG_AT_HOME) & results["verdict"].isin(SCORED)]
    rows = rows[rows["saved_with"].astype("object") == rows["loaded_with"].astype("object")]
    return Apart(dict(sorted(controls.items())), list(tuples(rows, ["scenario", "format", "saved_with", "verdict"])))
