"""Totals, and the grid of savers and loaders."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from crossload.domain.verdicts import FAITHFUL, SCORED, SEVERITY, UNSCORED, USABLE, severity
from crossload.domain.versions import in_order


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
        return sum(self.verdicts[verdict] for verdict in USABLE)

    @property
    def share(self) -> float | None:
        """Return the loadable share of the scored cells; None where there is none, which is not zero."""
        return self.loadable / self.scored if self.scored else None


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
    counts["loadable"] = counts[list(USABLE)].sum(axis=1)
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


def worst_first(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows sorted by severity, then scenario and format; versions keep their own order."""
    order = {name: place for place, name in enumerate(in_order([*rows["saved_with"], *rows["loaded_with"]]))}
    keyed = rows.assign(
        _verdict=[-severity(verdict) for verdict in rows["verdict"].tolist()],
        _saver=[order[name] for name in rows["saved_with"].tolist()],
        _loader=[order[name] for name in rows["loaded_with"].tolist()],
    )
    keyed = keyed.sort_values(["_verdict", "scenario", "format", "_saver", "_loader"], kind="stable")
    return keyed.drop(columns=["_verdict", "_saver", "_loader"])


def round_trips(results: pd.DataFrame) -> pd.DataFrame:
    """Return the cells that an environment saved and then did not get back whole: the bug is inside one version."""
    rows = scored(results)
    same = rows["saved_with"].astype("object") == rows["loaded_with"].astype("object")
    rows = rows[same & ~rows["verdict"].isin(FAITHFUL)]
    return worst_first(rows)


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
