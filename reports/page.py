"""The report: one HTML file that needs nothing else, not even a network."""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jinja2
import pandas as pd
from markupsafe import Markup, escape

from matrix.atomic import write_atomically
from reports import analysis
from reports import causes as causes_of
from reports.columns import ATTEMPTS, LOADABLE, RESULTS, RUNGS, SCORED, UNSCORED, label, tidy, version_order
from reports.payload import embed, payload

# A sign for each verdict, so that colour is never the only cue. All are in every system's fonts.
SIGNS = {
    "exact": "=", "equal": "≈", "remedy": "+", "lossy": "◐", "fails": "×", "crashes": "!", "differs": "≠",
    "cannot-save": "∅", "not-applicable": "·", "unavailable": "?", "harness-error": "#",
}  # fmt: skip
MEANINGS = {
    "exact": "loads plainly; outputs agree bit by bit",
    "equal": "loads plainly; outputs agree within tolerance",
    "remedy": "the plain load fails, another way of loading gives the right outputs",
    "lossy": "loads with the right outputs; something else of the model is lost",
    "fails": "no way of loading that was tried gives the right outputs",
    "crashes": "the process died, or ran past its time or memory limit",
    "differs": "loads without an error and computes something else",
    "cannot-save": "building, fitting or saving raised in the saving environment",
    "not-applicable": "outside the versions that the scenario declares",
    "unavailable": "the environment could not be had here",
    "harness-error": "our own code failed; says nothing about TensorFlow",
}
# A sign and a word for what the cells say of a claim.
CLAIM_WORDS = {
    "holds": ("✓", "holds"), "fails": ("×", "does not hold"), "mixed": ("◐", "mixed"), "not-run": ("?", "not run"),
}  # fmt: skip
_SECTIONS = (
    ("who", "Grid"), ("causes", "Causes"), ("claims", "Claims"), ("formats", "Formats"), ("scenarios", "Scenarios"),
    ("round-trips", "Round trips"), ("environments", "Environments"), ("about", "About"),
)  # fmt: skip
_STYLES = ("base.css", "grid.css", "cell.css", "causes.css")
_SCRIPTS = ("data.js", "state.js", "grid.js", "small.js", "list.js", "cell.js", "main.js")


def render(
    results: pd.DataFrame,
    attempts: pd.DataFrame,
    environments: list[dict[str, Any]],
    run: dict[str, Any],
    destination: Path,
    scenarios: list[dict[str, Any]],
    causes: Sequence[Mapping[str, Any]] = (),
    claims: Sequence[Mapping[str, Any]] = (),
) -> Path:
    """Write the report to `destination` and return that path.

    :param causes: the catalogue: `id`, `title`, `explanation`, `remedies`, and `links` as pairs of text and address.
    :param claims: each `id`, `question`, `sentence`, `verdict` (holds, fails, mixed, not-run), `numbers` and `cells`.
    """
    results, attempts = tidy(results, RESULTS), tidy(attempts, ATTEMPTS)
    data = payload(results, attempts, environments, scenarios)
    data["words"] = {
        "scored": SCORED, "unscored": UNSCORED, "loadable": LOADABLE, "signs": SIGNS, "meanings": MEANINGS,
        "causes": _causes_told(results, causes),
    }  # fmt: skip
    script = "\n".join(["'use strict';", *(static_text(name) for name in _SCRIPTS)])
    html = (
        templates()
        .get_template("report.html.j2")
        .render(
            data=Markup(embed(data)),
            script=Markup(script),
            # The policy lets this one script run and nothing else: a name or a message that slipped through as markup
            # still could not run, and no address can be fetched.
            script_digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
            style=Markup("\n".join(static_text(name) for name in _STYLES)),
            **_content(results, data, run, causes, claims),
        )
    )
    destination.parent.mkdir(parents=True, exist_ok=True)
    return write_atomically(destination, lambda path: _write(path, html))


def _causes_told(results: pd.DataFrame, causes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the causes that occur, as the panel of a cell shows them."""
    occurring = set(results["cause"].tolist())
    return {name: about for name, about in causes_of.described(causes).items() if name in occurring}


def _content(
    results: pd.DataFrame,
    data: dict[str, Any],
    run: dict[str, Any],
    causes: Sequence[Mapping[str, Any]],
    claims: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Return what the templates show without the script: everything but the cells themselves."""
    grid = analysis.grid(results)
    titles = causes_of.titles(causes)
    pairs = [(str(saver), str(loader)) for saver, loader in grid.index.to_list()]
    return {
        "headline": analysis.headline(results),
        "totals": analysis.totals(results),
        "findings": analysis.worst_findings(results, titles=titles),
        "silent": [
            (verdict, said, analysis.findings(results, (verdict,), titles))
            for verdict, said in (("differs", "other outputs"), ("lossy", "right outputs, something else is lost"))
        ],
        "silent_scenarios": analysis.silent_damage(results),
        "rungs": RUNGS,
        "causes": causes_of.ranked(results, causes),
        "bad_cells": int((results["cause"] != "").sum()),
        "undiagnosed": int((results["cause"] == causes_of.UNKNOWN).sum()),
        "claims": _by_question(claims),
        "claim_words": CLAIM_WORDS,
        "round_trips": analysis.round_trips(results).to_dict("records"),
        "squares": dict(zip(pairs, grid.to_dict("records"), strict=True)),
        "savers": version_order(saver for saver, _ in pairs),
        "loaders": version_order(loader for _, loader in pairs),
        "unsaved": analysis.unsaved(results),
        "environments": data["environments"],
        "scenarios": data["scenarios"],
        "formats": sorted(data["formats"]),
        "families": sorted({scenario["family"] for scenario in data["scenarios"]}),
        "verdicts": [*SCORED, *UNSCORED],
        "signs": SIGNS,
        "meanings": MEANINGS,
        "run": run,
        "about": _about(run),
        "sections": _SECTIONS,
    }


def _by_question(claims: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Return the claims under their source questions, in their own order."""
    questions: dict[str, list[Mapping[str, Any]]] = {}
    for claim in claims:
        questions.setdefault(str(claim["question"]), []).append(claim)
    return questions


def _about(run: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the run in names and values; what the run does not say is left out."""
    stages = ", ".join(f"{stage} {_duration(spent)}" for stage, spent in (run.get("seconds_by_stage") or {}).items())
    took = _duration(run["seconds"]) if run.get("seconds") is not None else ""
    backend = f"{run.get('backend') or ''}{': ' + run['backend_reason'] if run.get('backend_reason') else ''}"
    cells = [f"{run[key]:,} {key}" for key in ("executed", "reused") if run.get(key) is not None]
    tolerances = run.get("tolerances") or {}
    return [
        ("Command", str(run.get("command") or "")),
        ("Crossload", str(run.get("version") or "")),
        ("Started", str(run.get("started") or "").replace("T", " ")),
        ("Finished", str(run.get("finished") or "").replace("T", " ")),
        ("Took", f"{took} ({stages})" if took and stages else took),
        ("Cells", ", ".join(cells) + (" from the store" if run.get("reused") is not None else "")),
        ("Host", str(run.get("host") or "")),
        ("Backend", backend),
        ("Tolerances", "; ".join(f"{name}: {tolerance_text(value)}" for name, value in tolerances.items())),
    ]


def tolerance_text(value: Any) -> str:
    """Return a tolerance in words."""
    return ", ".join(f"{key} {bound:g}" for key, bound in value.items()) if isinstance(value, dict) else str(value)


def _finding_address(finding: analysis.Finding) -> str:
    """Return the address of the grid with what a finding is about; several savers or loaders are no single square."""
    view = {"verdict": finding.verdict, "format": finding.format}
    if finding.cause:
        view["cause"] = finding.cause
    if len(finding.scenarios) == 1:
        view["scenario"] = finding.scenarios[0]
    if len(finding.savers) == len(finding.loaders) == 1:
        view |= {"saver": finding.savers[0], "loader": finding.loaders[0]}
    return "#" + urlencode(view)


def _cause_address(cause: str) -> str:
    return "#" + urlencode({"cause": cause})


def _scenario_address(scenario: str, verdict: str) -> str:
    return "#" + urlencode({"verdict": verdict, "scenario": scenario})


def _short_link(text: str) -> str:
    """Return a reference as people write it: `keras-team/keras#21681` for an address on GitHub."""
    found = re.match(r"https://github\.com/([\w.-]+/[\w.-]+)/(?:issues|pull)/(\d+)$", text)
    return f"{found[1]}#{found[2]}" if found else text


def _coded(text: str) -> Markup:
    """Return the text with what stands between backticks as code; all else is escaped."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _cell_address(cell: dict[str, Any]) -> str:
    names = (cell["saved_with"], cell["loaded_with"], cell["format"], cell["scenario"])
    return "#" + urlencode({"cell": ",".join(names)})


def templates() -> jinja2.Environment:
    """Return what renders the templates."""
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: (files("reports") / "templates" / name).read_text("utf-8")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        percent=analysis.percent,
        label=label,
        number=_number,
        listed=analysis.listed,
        coded=_coded,
        short_link=_short_link,
        address=_finding_address,
        cell_address=_cell_address,
        cause_address=_cause_address,
        scenario_address=_scenario_address,
    )
    return environment


def static_text(name: str) -> str:
    """Return one of the page's own scripts or styles."""
    return (files("reports") / "static" / name).read_text("utf-8").strip()


def _write(path: Path, html: str) -> None:
    path.write_text(html, encoding="utf-8")


def _number(value: int) -> str:
    return f"{value:,}"


def _duration(seconds: float) -> str:
    """Return a time in the two units that matter."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
