"""The answer to "can we upgrade?" in one sentence, for every pair of environments."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from crossload.domain.verdicts import CRASHES, DIFFERS, FAILS, LOADS, LOSSY, REMEDY, SCORED, USABLE
from crossload.domain.versions import EnvironmentId, in_order, on_the_way, spoken
from crossload.probe import attempts as ways
from crossload.probe.attempts import INFERENCE_ONLY
from crossload_reports.analysis.frame import tuples
from crossload_reports.analysis.sentences import Break, Numbers, many, sentence
from crossload_reports.html.payload import folded

# A fall of the share of plain loads that is worth a word.
_DROP = 0.05

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


def answers(
    results: pd.DataFrame, squares: Squares, environments: Sequence[str], sampled: Mapping[str, str] | None = None
) -> dict[tuple[str, str], Answer]:
    """Return an answer for every pair of environments, whether anything was measured between them or not.

    :param results: the cells that count.
    :param squares: the grid as mappings, by saver and loader.
    :param environments: ids in the order of their versions.
    :param sampled: of those that a sample was measured of, a sentence that says so.
    """
    scenarios, files, numbers = _scenarios(results), _files(results), _numbers(results, squares)
    return {
        (start, to): Answer(
            sentence(numbers.get((start, to)), spoken(start), spoken(to), _break(squares, environments, start, to)),
            " ".join(
                [
                    _more(
                        scenarios.get((start, to)),
                        files.get(start, 0),
                        numbers.get((start, to)),
                        spoken(start),
                        spoken(to),
                    ),
                    *((sampled or {})[name] for name in dict.fromkeys((start, to)) if name in (sampled or {})),
                ]
            ),
        )
        for start in environments
        for to in environments
    }


def usual_pair(squares: Squares, environments: Sequence[str]) -> tuple[str, str]:
    """Return the pair that is shown first: to the newest version, from the middle one of those before it.

    What pip gives today is a version as others are, and the newest: it is what an upgrade ends in.
    """
    parsed = {name: EnvironmentId.parse(name) for name in environments}
    plain = [name for name, one in parsed.items() if one.is_plain or one.is_today]
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


def _numbers(results: pd.DataFrame, squares: Squares) -> dict[tuple[str, str], Numbers]:
    """Return how the files of every pair load."""
    only_called = results[(results["verdict"] == REMEDY) & _gives_a_function(results)]
    called, detours = _by_pair(only_called), _by_pair(only_called[only_called["route"] != ""])
    routed = _by_pair(results[results["verdict"].isin((FAILS, CRASHES)) & (results["route"] != "")])
    return {
        pair: Numbers(
            plain=_plain(square),
            lossy=int(square[LOSSY]),
            stepped=int(square[REMEDY]),
            called=called.get(pair, 0),
            detours=detours.get(pair, 0),
            wrong=int(square[DIFFERS]),
            lost=int(square[FAILS]) + int(square[CRASHES]),
            routed=routed.get(pair, 0),
        )
        for pair, square in squares.items()
    }


def _gives_a_function(results: pd.DataFrame) -> "pd.Series[bool]":
    """Return which cells rest on an attempt that gives only something to call."""
    names = {str(name) for name in results["attempt"].unique()}
    return results["attempt"].isin([name for name in names if INFERENCE_ONLY in ways.costs(name)])


def _by_pair(rows: pd.DataFrame) -> Counter[tuple[str, str]]:
    return Counter(tuples(rows, ["saved_with", "loaded_with"]))


def _more(counts: tuple[int, int, int] | None, of_start: int, numbers: Numbers | None, start: str, to: str) -> str:
    """
    :param of_start: files of the environment that wrote them, wherever they were loaded.
    """
    if counts is None or numbers is None:
        return "Nothing is claimed about what was not run."
    scenarios, files, loadable = counts
    said = (
        f"A file is a scenario in a format: {many(files, 'file')} of {many(scenarios, 'scenario')}, right in {start}."
    )
    said += f" {loadable:,} of {scenarios:,} scenarios give the right outputs in at least one format."
    if numbers.lossy:
        lose = "loses" if numbers.lossy == 1 else "lose"
        said += f" {numbers.lossy:,} of those that load as they are {lose} state that training needs."
    if of_start > files:
        was, them = ("was", "it") if of_start == files + 1 else ("were", "them")
        left = many(of_start - files, "more file")
        said += f" {left} of {start} {was} not measured in {to}: nothing is claimed about {them}."
    return said


def _plain(square: Counts) -> int:
    return sum(int(square[verdict]) for verdict in LOADS)


def _break(squares: Squares, environments: Sequence[str], start: str, to: str) -> Break | None:
    """Return the neighbours between which the share of plain loads falls most on the way; None where it hardly does."""
    order = list(environments)
    first, last = order.index(start), order.index(to)
    way = on_the_way(order[first : last + 1], start, to)
    known = [(name, square) for name in way if (square := squares.get((start, name))) and square["scored"]]
    shares = [(name, _plain(square) / square["scored"]) for name, square in known]
    drops = [(one, two, before - after) for (one, before), (two, after) in pairwise(shares)]
    worst = max(drops, key=lambda drop: drop[2], default=None)
    if worst is None or worst[2] < _DROP:
        return None
    old = squares[start, worst[0]]
    return Break(spoken(worst[0]), spoken(worst[1]), _plain(old), int(old["scored"]))


def ordered(squares: Squares, environments: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return every environment in the order of its version: those of the run, and those that have cells."""
    return in_order([*(str(one["id"]) for one in environments), *(name for pair in squares for name in pair)])
