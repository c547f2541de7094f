"""What the templates show without the script: everything but the cells themselves."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from crossload.domain import damage
from crossload.domain.standing import CONTROL
from crossload.domain.verdicts import SCORED, UNSCORED
from crossload.domain.versions import EnvironmentId
from crossload.inspection.carried import MEANINGS as CONSTRUCTS
from crossload.inspection.security.advisories import KERAS
from crossload.inspection.security.standing import open_constructs, package_of
from crossload.probe.formats import RUNGS
from crossload_reports import analysis
from crossload_reports.analysis import causes as causes_of
from crossload_reports.analysis.answers import Answer, usual_pair
from crossload_reports.analysis.frame import tuples
from crossload_reports.analysis.standing import FILES, Apart, counted, put_apart
from crossload_reports.html.words import CHANGES, CLAIM_WORDS, MEANINGS, PAGES, SIGNS

# Lists that no one reads to the end stop here; the grid and the tables have every cell.
_MOST_SENTENCES = 40
_MOST_ROUND_TRIPS = 300
# What people load whole models or weights from.
_MODEL_FORMATS = ("keras", "h5", "savedmodel", "weights.h5")


def content(  # noqa: PLR0913 - the parts of a page, each by its name
    every: pd.DataFrame,
    told: Mapping[str, Any],
    answers: Mapping[tuple[str, str], Answer],
    squares: Mapping[tuple[str, str], Mapping[str, Any]],
    run: Mapping[str, Any],
    causes: Sequence[Mapping[str, Any]],
    claims: Sequence[Mapping[str, Any]],
    past: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Return the variables of the templates.

    :param every: all cells; what is said is said of those that count, but for what is put apart.
    :param told: the head of the payload: environments, scenarios and formats.
    """
    titles = causes_of.titles(causes)
    names = [str(environment["id"]) for environment in told["environments"]]
    pair = usual_pair(squares, names)
    results, apart = counted(every), put_apart(every)
    trips = analysis.round_trips(every[every["apart"] != CONTROL])
    return {
        "headline": analysis.headline(results),
        "answer": answers.get(pair, Answer("No cell could be scored in this run.", "")),
        "pair": pair,
        "totals": analysis.totals(results),
        "findings": analysis.worst_findings(results, titles=titles),
        "silent": [
            (verdict, said, analysis.findings(results, (verdict,), titles))
            for verdict, said in (("differs", "other outputs"), ("lossy", "right outputs, something else is lost"))
        ],
        "damaged": damage.rows(damage.shipped()),
        "damaged_in": list(dict.fromkeys(item.environment for item in damage.shipped())),
        "damaged_on": sorted({item.measured for item in damage.shipped()}),
        "damage_outcomes": damage.OUTCOMES,
        "silent_scenarios": analysis.silent_damage(results),
        "most_sentences": _MOST_SENTENCES,
        "rungs": RUNGS,
        "causes": causes_of.ranked(results, causes),
        "bad_cells": int((results["cause"] != "").sum()),
        "undiagnosed": int((results["cause"] == causes_of.UNKNOWN).sum()),
        "claims": _by_question(claims),
        "claim_words": CLAIM_WORDS,
        "round_trips": trips.head(_MOST_ROUND_TRIPS).astype("object").to_dict("records"),
        "round_trip_count": len(trips),
        "squares": squares,
        "loads": _loads(squares),
        "names": [names[place] for group in told["groups"] for place in group["places"]],
        "said": {str(environment["id"]): environment["said"] for environment in told["environments"]},
        "unsaved": analysis.unsaved(results),
        "environments": told["environments"],
        "lets": {str(environment["id"]): _lets(environment) for environment in told["environments"]},
        "construct_meanings": CONSTRUCTS,
        "scenarios": told["scenarios"],
        "formats": [form["name"] for form in told["formats"]],
        "families": sorted({scenario["family"] for scenario in told["scenarios"]}),
        "hardware": sorted({str(one["hardware"] or "") for one in told["environments"]} - {""}),
        "attempts": sorted({str(name) for name in results["attempt"].unique()} - {""}),
        "verdicts": [*SCORED, *UNSCORED],
        "signs": SIGNS,
        "meanings": MEANINGS,
        "changes": CHANGES,
        "past": past,
        "run": run,
        "about": _about(run),
        "not_run": _not_run(results),
        "pages": PAGES,
        "files": FILES,
        "apart": apart,
        "controls": _controls(apart, told["scenarios"]),
    }


def _lets(environment: Mapping[str, Any]) -> dict[str, str]:
    """Return what of a hostile file the Keras of an environment does not stop, each with how that is known."""
    name, keras = str(environment["id"]), str(environment.get("keras") or "")
    package = package_of(EnvironmentId.parse(name).variant) if EnvironmentId.is_id(name) else KERAS
    return open_constructs(keras, package, _MODEL_FORMATS)


def _controls(apart: Apart, scenarios: Sequence[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], dict[str, int]]]:
    """Return the scenarios that are meant to fail or to differ, each with its verdicts, the frequent ones first."""
    known = {str(scenario["name"]): scenario for scenario in scenarios}
    return [
        (known[name], dict(sorted(counts.items(), key=lambda item: -item[1])))
        for name, counts in apart.controls.items()
    ]


def _not_run(results: pd.DataFrame) -> list[tuple[str, str, int]]:
    """Return why cells are outside every score: verdict, reason and number, the most frequent first."""
    rows = results[results["verdict"].isin(UNSCORED)]
    counts = Counter(tuples(rows, ["verdict", "reason"]))
    return [(verdict, reason, count) for (verdict, reason), count in counts.most_common(_MOST_SENTENCES)]


def _loads(squares: Mapping[tuple[str, str], Mapping[str, Any]]) -> dict[str, int]:
    """Return for each environment how many scored cells it loaded."""
    counts: dict[str, int] = {}
    for (_, loader), square in squares.items():
        counts[loader] = counts.get(loader, 0) + int(square["scored"])
    return counts


def _by_question(claims: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Return the claims under their source questions, in their own order."""
    questions: dict[str, list[Mapping[str, Any]]] = {}
    for claim in claims:
        questions.setdefault(str(claim["question"]), []).append(claim)
    return questions


def _about(run: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the run in names and values; what the run does not say is left out."""
    stages = ", ".join(f"{stage} {_duration(spent)}" for stage, spent in (run.get("seconds_by_stage") or {}).items())
    took = _duration(run["seconds"]) if run.get("seconds") is not None else ""
    backend = f"{run.get('backend') or ''}{': ' + run['backend_reason'] if run.get('backend_reason') else ''}"
    cells = [f"{run[key]:,} {key}" for key in ("executed", "copied", "reused") if run.get(key) is not None]
    tolerances = run.get("tolerances") or {}
    samples = " ".join(str(item["text"]) for item in run.get("samples") or ())
    return [
        ("Command", str(run.get("command") or "")),
        ("Crossload", str(run.get("version") or "")),
        ("Started", str(run.get("started") or "").replace("T", " ")),
        ("Finished", str(run.get("finished") or "").replace("T", " ")),
        ("Took", f"{took} ({stages})" if took and stages else took),
        ("Cells", ", ".join(cells) + (" from the store" if run.get("reused") is not None else "")),
        ("Twins", (run.get("twins") or {}).get("text") or "none: every cell was measured on its own file"),
        ("Samples", samples or "none: every cell of the selection was to be measured"),
        ("Host", str(run.get("host") or "")),
        ("Backend", backend),
        ("Tolerances", "; ".join(f"{name}: {tolerance_text(value)}" for name, value in tolerances.items())),
    ]


def tolerance_text(value: Any) -> str:
    """Return a tolerance in words."""
    return ", ".join(f"{key} {bound:g}" for key, bound in value.items()) if isinstance(value, dict) else str(value)


def _duration(seconds: float) -> str:
    """Return a time in the two units that matter."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
