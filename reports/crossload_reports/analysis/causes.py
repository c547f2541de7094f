"""Why cells are bad: the causes of a run, ranked by how many cells they break."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from crossload.domain.cells import SIDES, CellName
from crossload.domain.verdicts import RAISES, SCORED, SEVERITY
from crossload.domain.versions import in_order, spoken
from crossload_reports.analysis.frame import tuples

UNKNOWN = "unknown"
_UNKNOWN = {
    "id": UNKNOWN,
    "title": "No known cause",
    "explanation": "The error matches no cause that Crossload knows; the cell shows it as it is.",
    "remedies": [],
    "links": [],
}


@dataclass(frozen=True)
class CauseRow:
    """One cause and the cells that it breaks.

    :param verdicts: cells by verdict, the worst first.
    :param first: the oldest environment in which it shows: the loading one, or the saving one of what could not be saved.
    :param example: a cell of it, as the names of its address.
    :param tried: cells whose plain load raises or dies: remedies are only tried there.
    :param repaired: the attempt that repairs most of its cells, how many it repairs, and how many could be repaired.
    :param routed: cells that no attempt repairs and that have a way round through another environment.
    """

    id: str
    title: str
    explanation: str
    remedies: list[str]
    links: list[tuple[str, str]]
    cells: int
    verdicts: dict[str, int]
    scenarios: int
    formats: list[str]
    first: str
    savers: list[str]
    loaders: list[str]
    example: dict[str, str]
    tried: int
    repaired: tuple[str, int, int] | None
    routed: int


def described(causes: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The catalogue by id, with the entry for what matches nothing."""
    return {str(cause["id"]): dict(cause) for cause in [*causes, _UNKNOWN]}


def titles(causes: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What to call each cause in a sentence."""
    return {str(cause["id"]): str(cause["title"]) for cause in causes}


def ranked(results: pd.DataFrame, causes: Iterable[Mapping[str, Any]]) -> list[CauseRow]:
    """The causes that occur, those that break most loads first; what could not be saved comes after them."""
    known = described(causes)
    rows = results[results["cause"] != ""]
    found = []
    for cause, group in rows.groupby("cause", sort=False, observed=True):
        about = known.get(str(cause)) or {**_UNKNOWN, "id": str(cause), "title": str(cause), "explanation": ""}
        found.append(_row(about, group))
    return sorted(found, key=lambda row: (-_loads(row), -row.cells, row.id))


def _loads(row: CauseRow) -> int:
    return sum(count for verdict, count in row.verdicts.items() if verdict in SCORED)


def _row(about: Mapping[str, Any], group: pd.DataFrame) -> CauseRow:
    counts = Counter(group["verdict"].tolist())
    order = [*SEVERITY, *(verdict for verdict in counts if verdict not in SEVERITY)]
    met = [loader or saver for saver, loader in tuples(group, SIDES)]
    first = in_order(met)[0]
    named = (CellName(*row) for row in tuples(group, CellName._fields))
    example = next(name for name in named if (name.loaded_with or name.saved_with) == first)
    attempts = Counter(group[group["verdict"] == "remedy"]["attempt"].tolist())
    plainly = sum(counts[verdict] for verdict in RAISES)
    best = attempts.most_common(1)
    return CauseRow(
        id=str(about["id"]),
        title=str(about["title"]),
        explanation=str(about["explanation"]),
        remedies=list(about["remedies"]),
        links=[(str(text), str(address)) for text, address in about["links"]],
        cells=len(group),
        verdicts={verdict: counts[verdict] for verdict in order if counts[verdict]},
        scenarios=group["scenario"].nunique(),
        formats=sorted(set(group["format"].tolist())),
        first=first,
        savers=[spoken(name) for name in in_order(group["saved_with"].tolist())],
        loaders=[spoken(name) for name in in_order(group["loaded_with"].tolist())],
        example=example._asdict(),
        tried=plainly,
        routed=int(((group["verdict"] != "remedy") & (group["route"] != "")).sum()),
        repaired=(best[0][0], best[0][1], plainly) if best else None,
    )
