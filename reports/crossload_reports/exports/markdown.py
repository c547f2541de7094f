"""The run as Markdown: short enough for a comment on a pull request or the summary of a CI job."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from crossload.domain.cells import RESULT_COLUMNS
from crossload.domain.versions import spoken
from crossload_reports import analysis
from crossload_reports.analysis import causes as causes_of
from crossload_reports.analysis.answers import answers, ordered, usual_pair
from crossload_reports.analysis.frame import tidy
from crossload_reports.analysis.standing import counted
from crossload_reports.html.words import CHANGES, SIGNS

# A comment on GitHub may have 65,536 characters; nobody reads a tenth of that.
MOST_CHARACTERS = 12_000
_MOST_ENVIRONMENTS = 12
_MOST_LINES = 5
_LONGEST_LINE = 300


def summary_markdown(
    results: pd.DataFrame,
    environments: Sequence[Mapping[str, Any]] = (),
    causes: Sequence[Mapping[str, Any]] = (),
    past: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Return the finding, the grid, what is silently wrong, the causes and what changed.

    :param causes: the catalogue.
    :param past: earlier runs, the newest first, as `crossload.runs.earlier.PastRun.to_dict` gives them.
    """
    results = counted(tidy(results, RESULT_COLUMNS))
    squares = analysis.squares(results)
    names = ordered(squares, environments)
    parts = ["## Crossload"]
    if squares:
        parts.append(f"**{_escaped(answers(results, squares, names)[usual_pair(squares, names)].sentence)}**")
    parts.append(_escaped(analysis.headline(results)))
    parts += [*_grid(squares, names), *_silent(results, causes), *_causes(results, causes), *_changes(past)]
    text = "\n\n".join(parts) + "\n"
    return (
        text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 30].rsplit("\n", 1)[0] + "\n\n(cut short)\n"
    )


def _grid(squares: Mapping[tuple[str, str], Mapping[str, Any]], names: Sequence[str]) -> list[str]:
    if not squares:
        return []
    if len(names) > _MOST_ENVIRONMENTS:
        return [f"The grid of {len(names)} environments is in the report."]
    head = f"| saved ↓ loaded → | {' | '.join(_escaped(spoken(name)) for name in names)} |"
    rows = [
        f"| **{_escaped(spoken(saver))}** | {' | '.join(_square(squares.get((saver, loader))) for loader in names)} |"
        for saver in names
    ]
    return [
        "\n".join([head, "|---" * (len(names) + 1) + "|", *rows]),
        "Share of loads with the right outputs, by any way tried, and the worst verdict.",
    ]


def _square(square: Mapping[str, Any] | None) -> str:
    if not square or not square["scored"]:
        return "?" if square and square["unavailable"] else "–"
    return f"{analysis.percent(square['share'])} {SIGNS[square['worst']]} {square['worst']}"


def _silent(results: pd.DataFrame, causes: Sequence[Mapping[str, Any]]) -> list[str]:
    counts = analysis.totals(results)
    wrong, lossy = counts.verdicts["differs"], counts.verdicts["lossy"]
    if not wrong and not lossy:
        return []
    found = analysis.findings(results, ("differs",), causes_of.titles(causes))
    return [
        f"### Silently wrong\n\n{wrong:,} loads compute something else without a word; {lossy:,} lose state.",
        *_list([finding.sentence for finding in found]),
    ]


def _causes(results: pd.DataFrame, causes: Sequence[Mapping[str, Any]]) -> list[str]:
    ranked = causes_of.ranked(results, causes)
    if not ranked:
        return []
    lines = [
        f"{row.cells:,} cells: {row.title}"
        + (f" (`{row.repaired[0]}` repairs {row.repaired[1]:,})" if row.repaired else "")
        for row in ranked
    ]
    return ["### Causes", *_list(lines, escape_code=False)]


def _changes(past: Sequence[Mapping[str, Any]]) -> list[str]:
    if not past:
        return []
    last = past[0]
    said = ", ".join(
        f"{last['counts'][kind]:,} {name}" for kind, (name, _) in CHANGES.items() if last["counts"].get(kind)
    )
    return [f"### Since run {last['id']}\n\n{said or 'Nothing changed'}."]


def _list(lines: Sequence[str], escape_code: bool = True) -> list[str]:
    shown = [f"- {_escaped(line, escape_code)[:_LONGEST_LINE]}" for line in lines[:_MOST_LINES]]
    more = [f"- and {len(lines) - _MOST_LINES:,} more"] if len(lines) > _MOST_LINES else []
    return ["\n".join([*shown, *more])] if shown else []


def _escaped(text: str, escape_code: bool = True) -> str:
    """Return text that Markdown shows as it is: no markup, no mention, no end of a table's cell."""
    signs = r"([\\*_{}\[\]<>#|~@`])" if escape_code else r"([\\*{}\[\]<>#|~@])"
    return re.sub(signs, r"\\\1", " ".join(text.split()))
