"""The templates, and how they write addresses, numbers and names."""

import re
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

import jinja2
from markupsafe import Markup, escape

from crossload.domain.cells import CellName
from crossload.domain.versions import spoken
from crossload_reports import analysis


def templates() -> jinja2.Environment:
    """Return the templates of the page; whatever is put into them is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: (files("crossload_reports") / "templates" / name).read_text("utf-8")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        percent=analysis.percent,
        label=spoken,
        number=_number,
        listed=analysis.listed,
        coded=_coded,
        short_link=_short_link,
        query=_query,
        finding_query=_finding_query,
        cell_address=_cell_address,
    )
    return environment


def static(name: str) -> str:
    """Return a file of the folder `static`."""
    return (files("crossload_reports") / "static" / name).read_text("utf-8").strip()


def _query(view: dict[str, str]) -> str:
    """Return a view of the grid as it stands in an address, without what is empty."""
    return urlencode({name: value for name, value in view.items() if value})


def _finding_query(finding: analysis.Finding) -> str:
    """Return the view of the grid with what a finding is about; several savers or loaders are no single square."""
    view = {"verdict": finding.verdict, "format": finding.format, "cause": finding.cause}
    if len(finding.scenarios) == 1:
        view["scenario"] = finding.scenarios[0]
    if len(finding.savers) == len(finding.loaders) == 1:
        view |= {"saver": finding.savers[0], "loader": finding.loaders[0]}
    return _query(view)


def _cell_address(cell: dict[str, Any]) -> str:
    return "#" + urlencode({"cell": str(CellName.of(cell))})


def _short_link(text: str) -> str:
    """Return a reference as people write it: `keras-team/keras#21681` for an address on GitHub."""
    found = re.match(r"https://github\.com/([\w.-]+/[\w.-]+)/(?:issues|pull)/(\d+)$", text)
    return f"{found[1]}#{found[2]}" if found else text


def _coded(text: str) -> Markup:
    """Return the text with what stands between backticks as code; all else is escaped."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _number(value: int) -> str:
    return f"{value:,}"
