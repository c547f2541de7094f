"""The grid as an SVG file, for slides: it stands alone, in light colours, with a sign beside every colour."""

from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

import pandas as pd

from crossload.domain.cells import RESULT_COLUMNS
from crossload.domain.verdicts import SCORED
from crossload.domain.versions import spoken
from crossload_reports import analysis
from crossload_reports.analysis.answers import ordered
from crossload_reports.analysis.columns import groups, other_number
from crossload_reports.analysis.frame import tidy
from crossload_reports.analysis.standing import counted
from crossload_reports.html.words import SIGNS

_FILLS = {
    "exact": ("#1c7c5a", "#ffffff"), "equal": ("#8cc9a8", "#0e3324"), "remedy": ("#4a80c9", "#ffffff"),
    "lossy": ("#e3ab3b", "#3b2700"), "fails": ("#c8492f", "#ffffff"), "crashes": ("#5c2320", "#ffffff"),
    "differs": ("#a6107f", "#ffffff"),
}  # fmt: skip
_NOTHING = ("#efece6", "#6a655c")
_SIDE, _GAP, _LEFT, _TOP, _FOOT = 64, 4, 150, 96, 64


def grid_svg(results: pd.DataFrame, environments: Sequence[Mapping[str, Any]] = ()) -> str:
    """Return the grid: the share of right outputs and the worst verdict of every saver and loader."""
    results = counted(tidy(results, RESULT_COLUMNS))
    squares = analysis.squares(results)
    facts = {str(one["id"]): one for one in environments}
    known = [{"id": name, **facts.get(name, {})} for name in ordered(squares, environments)]
    names = [str(known[place]["id"]) for group in groups(known) for place in group.places]
    step = _SIDE + _GAP
    width = max(_LEFT + len(names) * step + 20, 760)
    height = _TOP + len(names) * step + _FOOT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"',
        ' font-family="system-ui, Segoe UI, Roboto, Liberation Sans, sans-serif" role="img">',
        f"<title>{escape(analysis.headline(results))}</title>",
        f'<rect width="{width}" height="{height}" fill="#fffefb"/>',
        _text(20, 34, analysis.headline(results), 16, "#201e1a", weight=650, anchor="start"),
        _text(_LEFT - 10, _TOP - 22, "saved ↓  loaded →", 12, "#6a655c", anchor="end"),
    ]
    for place, name in enumerate(names):
        middle = place * step + _SIDE / 2
        other = other_number(name, facts.get(name, {}))
        parts.append(_text(_LEFT + middle, _TOP - 22, spoken(name), 13 if len(spoken(name)) < 9 else 9, "#201e1a", 600))
        parts.append(_text(_LEFT + middle, _TOP - 8, other, 9, "#6a655c"))
        parts.append(_text(_LEFT - 10, _TOP + middle + 5, spoken(name), 13, "#201e1a", 600, "end"))
        parts.append(_text(_LEFT - 10, _TOP + middle + 18, other, 9, "#6a655c", anchor="end"))
    for row, saver in enumerate(names):
        for column, loader in enumerate(names):
            parts.append(
                _square(squares.get((saver, loader)), _LEFT + column * step, _TOP + row * step, saver == loader)
            )
    parts += _legend(_TOP + len(names) * step + 30)
    return "".join([*parts, "</svg>\n"])


def _square(square: Mapping[str, Any] | None, x: float, y: float, same: bool) -> str:
    scored = bool(square and square["scored"])
    fill, ink = _FILLS[square["worst"]] if square and scored else _NOTHING
    frame = ' stroke="#201e1a" stroke-width="2"' if same else ""
    body = f'<rect x="{x}" y="{y}" width="{_SIDE}" height="{_SIDE}" rx="8" fill="{fill}"{frame}/>'
    if not square or not scored:
        return body + _text(x + _SIDE / 2, y + 37, "?" if square and square["unavailable"] else "–", 15, ink)
    share = analysis.percent(square["share"])
    return (
        body
        + _text(x + _SIDE / 2, y + 31, share, 16, ink, 650)
        + _text(x + _SIDE / 2, y + 50, SIGNS[square["worst"]], 15, ink, 700)
    )


def _legend(y: float) -> list[str]:
    parts, x = [], 20.0
    for verdict in SCORED:
        fill, ink = _FILLS[verdict]
        parts.append(f'<rect x="{x}" y="{y - 13}" width="18" height="18" rx="4" fill="{fill}"/>')
        parts.append(_text(x + 9, y + 1, SIGNS[verdict], 12, ink, 700))
        parts.append(_text(x + 24, y + 1, verdict, 13, "#201e1a", anchor="start"))
        x += 42 + 8 * len(verdict)
    return [*parts, _text(x + 10, y + 1, "colour: the worst verdict inside", 12, "#6a655c", anchor="start")]


def _text(x: float, y: float, said: str, size: int, fill: str, weight: int = 400, anchor: str = "middle") -> str:
    style = f'font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" fill="{fill}"'
    return f'<text x="{x:g}" y="{y:g}" {style}>{escape(said)}</text>'
