"""The data that the page carries, packed so that 100,000 cells stay a page.

Most cells are like many others, so each distinct outcome is stored once and a cell is a handful of small integers,
column by column. Strings live in one list and are referred to by their place in it. `static/data.js` unpacks this.
"""

import json
import math
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import pandas as pd

from reports.columns import RUNGS, label, tuples, version_order
from reports.exports import plain

_DIFFS = ("max_abs_diff", "max_rel_diff", "max_ulp_diff")
_RUNG_LETTERS = {"pass": "p", "lost": "l", "n/a": "n"}
_OUTCOME = (
    "verdict",
    "fidelity",
    "attempt",
    "cause",
    "rungs",
    "diffs",
    "error_type",
    "error",
    "evidence",
    "stage",
    "container",
    "reason",
    "cost",
    "route",
    "route_cost",
)
_TRY = ("attempt", "outcome", "fidelity", "rungs", "diffs", "error_type", "error", "stage")
_FACTS = (
    "python",
    "tensorflow",
    "keras",
    "h5py",
    "numpy",
    "protobuf",
    "state",
    "reason",
    "size_mb",
    "digest",
    "hardware",
    "backend",
    "image",
    "image_digest",
    "base",
    "gpu",
)


class _Places:
    """Gives every distinct thing its place in a list."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._places: dict[Any, int] = {}

    def place(self, item: Any) -> int:
        """Return where the item is, appending it when it is new."""
        if item not in self._places:
            self._places[item] = len(self.items)
            self.items.append(item)
        return self._places[item]


def payload(
    results: pd.DataFrame, attempts: pd.DataFrame, environments: list[dict[str, Any]], scenarios: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return what the page needs to know about every cell. Both tables have been through `tidy`."""
    strings = _Places()
    strings.place("")
    known = {str(environment["id"]): environment for environment in environments}
    names = version_order([*known, *results["saved_with"], *results["loaded_with"]])
    described = _scenarios(results, scenarios)
    place_of = {name: place for place, name in enumerate(names)}
    scenario_of = {scenario["name"]: place for place, scenario in enumerate(described)}
    formats = _Places()
    outcomes, kinds = _Places(), _Places()

    tried: dict[tuple[str, ...], list[tuple[int, float | None]]] = defaultdict(list)
    attempts = _packed(attempts)
    where = ["scenario", "format", "saved_with", "loaded_with"]
    attempts["kind"] = _placed(attempts, _TRY, kinds, strings)
    for scenario, format_, saver, loader, took, kind in tuples(attempts, [*where, "seconds", "kind"]):
        tried[scenario, format_, saver, loader].append((kind, _rounded(took)))

    results = _packed(results)
    cells: dict[str, list[Any]] = {
        name: [] for name in ("scenario", "format", "saver", "loader", "outcome", "bytes", "seconds", "tries")
    }
    trials: dict[str, list[Any]] = {"kind": [], "seconds": []}
    results["outcome"] = _placed(results, _OUTCOME, outcomes, strings)
    kept = [*where, "artifact_bytes", "seconds", "outcome"]
    for scenario, format_, saver, loader, size, took, outcome in tuples(results, kept):
        cells["scenario"].append(scenario_of[scenario])
        cells["format"].append(formats.place(format_))
        cells["saver"].append(place_of.get(saver, -1))
        cells["loader"].append(place_of.get(loader, -1))
        cells["outcome"].append(outcome)
        cells["bytes"].append(None if pd.isna(size) else int(size))
        cells["seconds"].append(_rounded(took))
        mine = tried.get((scenario, format_, saver, loader), [])
        cells["tries"].append(len(mine))
        trials["kind"] += [kind for kind, _ in mine]
        trials["seconds"] += [seconds for _, seconds in mine]
    return {
        "schema": 1,
        "environments": [_environment(name, known.get(name, {}), strings) for name in names],
        "scenarios": [{**scenario, "source": strings.place(scenario["source"])} for scenario in described],
        "formats": formats.items,
        "outcomes": _columns(outcomes.items, _OUTCOME),
        "cells": cells,
        "kinds": _columns(kinds.items, _TRY),
        "trials": trials,
        "strings": strings.items,
    }


def embed(data: Any) -> str:
    """Return JSON that may stand inside a script element: nothing in it can end the element or open a comment."""
    text = json.dumps(plain(data), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # "<" occurs only inside strings, where the escape means the same. It covers "</script", "<!--" and "<script".
    # The two separators are legal in JSON, but older engines end a line at them.
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _scenarios(results: pd.DataFrame, scenarios: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Return every scenario that has a cell, with what is known about it, in the order of family and name."""
    told = {str(scenario["name"]): scenario for scenario in scenarios}
    families = dict(zip(results["scenario"], results["family"], strict=True))
    described = []
    for name, family in families.items():
        about = told.get(name, {})
        texts = {key: str(about.get(key) or "") for key in ("title", "case", "source")}
        described.append({"name": name, "family": str(about.get("family") or family or "other"), **texts})
    return sorted(described, key=lambda scenario: (scenario["family"], scenario["name"]))


def _environment(name: str, facts: dict[str, Any], strings: _Places) -> dict[str, Any]:
    pins = facts.get("pins") or {}
    flat = [strings.place(str(part)) for pin in sorted(pins.items()) for part in pin]
    return {"id": name, "label": label(name), **{key: facts.get(key, "") for key in _FACTS}, "pins": flat}


def _packed(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with its rungs in one column of five letters and its differences in one short text."""
    rungs = [
        "".join(_RUNG_LETTERS.get(rung, ".") for rung in row)
        for row in tuples(frame, [f"rung_{name}" for name in RUNGS])
    ]
    diffs = [" ".join(map(_short, row)) for row in tuples(frame, _DIFFS)]
    return frame.assign(rungs=rungs, diffs=diffs)


def _placed(frame: pd.DataFrame, columns: tuple[str, ...], places: _Places, strings: _Places) -> list[int]:
    """Return for each row the place of its distinct combination of these columns."""
    return [places.place(tuple(_value(item, strings) for item in row)) for row in tuples(frame, columns)]


def _value(item: Any, strings: _Places) -> int:
    if isinstance(item, str):
        return strings.place(item)
    return -1 if pd.isna(item) else int(item)  # fidelity, the one number among them


def _columns(items: Iterable[tuple[int, ...]], names: tuple[str, ...]) -> dict[str, list[int]]:
    columns = list(zip(*items, strict=True)) or [()] * len(names)
    return {name: list(column) for name, column in zip(names, columns, strict=True)}


def _short(value: Any) -> str:
    """Return a difference in three digits, or a dash for none measured."""
    return "-" if pd.isna(value) else f"{float(value):.3g}"


def _rounded(value: Any) -> float | None:
    return None if pd.isna(value) or math.isinf(value) else round(float(value), 2)
