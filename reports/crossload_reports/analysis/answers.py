"""The answer to "can we upgrade?" in one sentence, for every pair of environments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from crossload.domain.verdicts import LOADS, SCORED, USABLE
from crossload.domain.versions import EnvironmentId, in_order, on_the_way, spoken
from crossload_reports.html.payload import folded

Counts = Mapping[str, Any]
Squares = Mapping[tuple[str, str], Counts]


@dataclass(frozen=True)
class Answer:
    """What is said of one pair.

    :param sentence: the finding.
    :param more: what the files are, and how many scenarios come across in some format.
    """

    sentence: str
    more: str


def answers(results: pd.DataFrame, squares: Squares, environments: Sequence[str]) -> dict[tuple[str, str], Answer]:
    """Return an answer for every pair of environments, whether anything was measured between them or not.

    :param squares: the grid as mappings, by saver and loader.
    :param environments: ids in the order of their versions.
    """
    scenarios, files = _scenarios(results), _files(results)
    return {
        (start, to): Answer(
            _sentence(squares, environments, start, to),
            _more(scenarios.get((start, to)), files.get(start, 0), spoken(start), spoken(to)),
        )
        for start in environments
        for to in environments
    }


def usual_pair(squares: Squares, environments: Sequence[str]) -> tuple[str, str]:
    """Return the pair that is shown first: to the newest version, from the middle one of those before it."""
    plain = [name for name in environments if EnvironmentId.parse(name).is_plain]
    measured = [name for name in plain if any(name in pair and squares[pair]["scored"] for pair in squares)]
    if not measured:
        return (environments[0], environments[-1]) if environments else ("", "")
    to = measured[-1]
    before = [name for name in measured[:-1] if squares.get((name, to), {}).get("scored")] or measured[:1]
    return before[(len(before) - 1) // 2], to


def _scenarios(results: pd.DataFrame) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Return for each pair how many scenarios, files and scenarios that load in some format there are."""
    rows = results[results["verdict"].isin(SCORED) & (results["loaded_with"] != "")]
    if rows.empty:
        return {}
    names = ("saved_with", "loaded_with", "scenario")
    places, first = folded([rows[name].cat.codes.to_numpy() for name in names], len(rows))
    loads = np.zeros(len(first), dtype=bool)
    np.logical_or.at(loads, places, rows["verdict"].isin(USABLE).to_numpy())
    files = np.bincount(places, minlength=len(first))
    found: dict[tuple[str, str], tuple[int, int, int]] = {}
    pairs = zip(*(rows[name].iloc[first].tolist() for name in names[:2]), strict=True)
    for pair, count, good in zip(pairs, files.tolist(), loads.tolist(), strict=True):
        scenarios, total, loadable = found.get(pair, (0, 0, 0))
        found[pair] = (scenarios + 1, total + count, loadable + good)
    return found


def _files(results: pd.DataFrame) -> dict[str, int]:
    """Return how many files of each environment were loaded in any."""
    rows = results[results["verdict"].isin(SCORED) & (results["loaded_with"] != "")]
    saved = rows[["saved_with", "scenario", "format"]].drop_duplicates()
    return {str(name): int(count) for name, count in saved["saved_with"].value_counts().items()}


def _more(counts: tuple[int, int, int] | None, of_start: int, start: str, to: str) -> str:
    """
    :param of_start: files of the environment that wrote them, wherever they were loaded.
    """
    if counts is None:
        return "Nothing is claimed about what was not run."
    scenarios, files, loadable = counts
    said = f"A file is a scenario in a format: {_many(files, 'file')} of {_many(scenarios, 'scenario')}."
    said += f" {loadable:,} of {scenarios:,} scenarios give the right outputs in at least one format."
    if of_start > files:
        was, them = ("was", "it") if of_start == files + 1 else ("were", "them")
        left = _many(of_start - files, "more file")
        said += f" {left} of {start} {was} not measured in {to}: nothing is claimed about {them}."
    return said


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _plain(square: Counts) -> int:
    return sum(int(square[verdict]) for verdict in LOADS)


def _sentence(squares: Squares, environments: Sequence[str], start: str, to: str) -> str:
    goal = squares.get((start, to))
    if not goal or not goal["scored"]:
        return f"Nothing was measured from {spoken(start)} to {spoken(to)}."
    drop = _drop(squares, environments, start, to)
    count, plain = int(goal["scored"]), _plain(goal)
    if drop is None:
        return f"From {spoken(start)}, {plain:,} of {_many(count, 'file')} load plainly in {spoken(to)}{_ending(goal)}."
    before, after = drop
    old = squares[start, before]
    opening = (
        f"From {spoken(start)}, {_plain(old):,} of {_many(old['scored'], 'file')} load plainly in {spoken(before)}"
    )
    fewer = "" if after == to else f"from {spoken(after)} on it is fewer: "
    of = "" if count == old["scored"] else f" of {count:,}"
    return f"{opening}; {fewer}in {spoken(to)}, {plain:,}{of} {'does' if plain == 1 else 'do'}{_ending(goal)}."


def _ending(goal: Counts) -> str:
    remedied, wrong, lost = int(goal["remedy"]), int(goal["differs"]), int(goal["fails"]) + int(goal["crashes"])
    more = f" and {remedied:,} more with a verified remedy" if remedied else ""
    silently = f"{wrong:,} {'computes' if wrong == 1 else 'compute'} something else without a word" if wrong else ""
    not_at_all = f"{lost:,} {'does' if lost == 1 else 'do'} not load" if lost else ""
    return more + "".join(f"; {part}" for part in (silently, not_at_all) if part)


def _drop(squares: Squares, environments: Sequence[str], start: str, to: str) -> tuple[str, str] | None:
    """Return the neighbours between which the share of plain loads falls most on the way; None where it hardly does."""
    order = list(environments)
    first, last = order.index(start), order.index(to)
    way = on_the_way(order[first : last + 1], start, to)
    shares = [
        (name, _plain(square) / square["scored"])
        for name in way
        if (square := squares.get((start, name))) and square["scored"]
    ]
    drops = [(one, two, before - after) for (one, before), (two, after) in pairwise(shares)]
    worst = max(drops, key=lambda drop: drop[2], default=None)
    return (worst[0], worst[1]) if worst is not None and worst[2] >= 0.05 else None


def ordered(squares: Squares, environments: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return every environment in the order of its version: those of the run, and those that have cells."""
    return in_order([*(str(one["id"]) for one in environments), *(name for pair in squares for name in pair)])
