"""The data that the page carries, so that a hundred thousand cells stay a page.

Most cells are like many others, so each distinct outcome is stored once and a cell is a handful of small integers, column by
column. Strings live in one list and are referred to by their place in it. `packing` writes all of it, `static/data.js` reads it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from crossload.domain.cells import AXES, DIFF_COLUMNS, RUNG_COLUMNS
from crossload.domain.versions import EnvironmentId, in_order, spoken
from crossload.probe import attempts as ways
from crossload.probe.formats import FORMATS
from crossload_reports.analysis.columns import both_numbers, groups, other_number
from crossload_reports.analysis.standing import FILES
from crossload_reports.html.packing import Column, narrow

# In the columns of cells: what has no number. Seconds are kept in hundredths.
NO_SECONDS = 2**16 - 1
NO_BYTES = 2**32 - 1

_RUNG_LETTERS = {"pass": "p", "lost": "l", "n/a": "n"}
# What a cell and an attempt have in common with others. `rungs` and `fidelity` are made from columns of their own.
_OUTCOME = (
    "verdict",
    "attempt",
    "cause",
    "error_type",
    "error",
    "evidence",
    "stage",
    "container",
    "reason",
    "cost",
    "route",
    "route_cost",
    "twin",
)
_TRY = ("attempt", "outcome", "error_type", "error", "stage", "note")
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


class Strings:
    """Gives every distinct string its place in a list; the empty one is first."""

    def __init__(self) -> None:
        self.items: list[str] = [""]
        self._places: dict[str, int] = {"": 0}

    def place(self, item: str) -> int:
        """Return where the string is, appending it when it is new."""
        if item not in self._places:
            self._places[item] = len(self.items)
            self.items.append(item)
        return self._places[item]

    def places(self, column: "pd.Series[Any]") -> Column:
        """Return the place of every text of a tidy column."""
        used = np.unique(column.cat.codes.to_numpy())
        words = column.cat.categories
        table = np.zeros(len(words) + 1, dtype=np.int64)
        for code in used:
            table[code] = self.place(str(words[code]))
        found: Column = table[column.cat.codes.to_numpy()]
        return found


def payload(
    results: pd.DataFrame, attempts: pd.DataFrame, environments: list[dict[str, Any]], scenarios: list[dict[str, Any]]
) -> tuple[dict[str, Any], dict[str, Column], Strings]:
    """Return what the page needs to know about every cell: a head for JSON, columns, and the strings of both.

    Cells are in the order of scenario, format, saver and loader. Both tables have been through `tidy`.
    """
    strings = Strings()
    known = {str(environment["id"]): environment for environment in environments}
    names = in_order([*known, *_distinct(results, "saved_with"), *_distinct(results, "loaded_with")])
    described = _scenarios(results, scenarios)
    formats = sorted(_distinct(results, "format"))
    places = _Places([scenario["name"] for scenario in described], formats, names)

    keys = places.keys(results)
    order = np.argsort(keys, kind="stable")
    results, keys = results.iloc[order].reset_index(drop=True), keys[order]
    outcome, outcomes = _interned(results, _OUTCOME, strings)
    cells = {
        **{f"cells.{name}": narrow(column) for name, column in places.parts(keys).items()},
        "cells.outcome": narrow(outcome),
        "cells.diffs": narrow(_diffs(results, strings)),
        "cells.apart": _placed_in(results["apart"], list(FILES)),
        "cells.bytes": _numbers(results["artifact_bytes"], 1, NO_BYTES).astype(np.uint32),
        "cells.seconds": _numbers(results["seconds"], 100, NO_SECONDS).astype(np.uint16),
    }

    tried = places.keys(attempts)
    where = np.searchsorted(keys, tried)
    belongs = (where < len(keys)) & (keys[np.minimum(where, len(keys) - 1)] == tried) if len(keys) else where < 0
    order = np.argsort(where[belongs], kind="stable")
    attempts = attempts[belongs].iloc[order].reset_index(drop=True)
    kind, kinds = _interned(attempts, _TRY, strings)
    trials = {
        "cells.tries": narrow(np.bincount(where[belongs], minlength=len(keys))),
        "trials.kind": narrow(kind),
        "trials.diffs": narrow(_diffs(attempts, strings)),
        "trials.seconds": _numbers(attempts["seconds"], 100, NO_SECONDS).astype(np.uint16),
    }
    head = {
        "environments": [_environment(name, known.get(name, {}), strings) for name in names],
        "groups": [
            {"name": group.name, "places": group.places}
            for group in groups([{"id": name, **known.get(name, {})} for name in names])
        ],
        "scenarios": [{**scenario, "source": strings.place(scenario["source"])} for scenario in described],
        "formats": [{"name": name, "gives": FORMATS[name].gives if name in FORMATS else ""} for name in formats],
        "instead": {name: _given(name) for name in _distinct(results, "attempt") if _given(name)},
    }
    columns = {
        **cells, **trials,
        **{f"outcomes.{name}": column for name, column in outcomes.items()},
        **{f"kinds.{name}": column for name, column in kinds.items()},
    }  # fmt: skip
    return head, columns, strings


class _Places:
    """Numbers for the four names of a cell, and one number for all of them, in whose order cells are kept."""

    def __init__(self, scenarios: Sequence[str], formats: Sequence[str], environments: Sequence[str]) -> None:
        self._of = {
            "scenario": {name: place for place, name in enumerate(scenarios)},
            "format": {name: place for place, name in enumerate(formats)},
            "saver": {name: place for place, name in enumerate(environments)},
            # What could not be saved has no loader, and comes after every one.
            "loader": {"": len(environments)} | {name: place for place, name in enumerate(environments)},
        }
        self._sizes = (len(scenarios), len(formats), len(environments), len(environments) + 1)

    def keys(self, frame: pd.DataFrame) -> Column:
        """Return the number of the cell of each row; -1 where a name is not known."""
        key, known = np.zeros(len(frame), dtype=np.int64), np.ones(len(frame), dtype=bool)
        for column, places, size in zip(AXES, self._of.values(), self._sizes, strict=True):
            words = frame[column].cat.categories
            table = np.array([*(places.get(word, -1) for word in words), -1], dtype=np.int64)
            part = table[frame[column].cat.codes.to_numpy()]
            known &= part >= 0
            key = key * size + part
        return np.where(known, key, -1)

    def parts(self, keys: Column) -> dict[str, Column]:
        """Return the four numbers again."""
        found, rest = {}, keys
        for name, size in reversed(list(zip(self._of, self._sizes, strict=True))):
            found[name] = rest % max(1, size)
            rest = rest // max(1, size)
        return found


def _given(attempt: str) -> str:
    """What an attempt gives whatever the format; empty where it gives what the format's own load call does."""
    own = [ways.PIECES[part].gives for part in ways.parts(attempt) if ways.PIECES[part].gives]
    return str(own[-1]) if own else ""


def _distinct(frame: pd.DataFrame, column: str) -> list[str]:
    words = frame[column].cat.categories
    return [str(words[code]) for code in np.unique(frame[column].cat.codes.to_numpy())] if len(frame) else []


def _interned(frame: pd.DataFrame, columns: Sequence[str], strings: Strings) -> tuple[Column, dict[str, Column]]:
    """Return for each row the place of its distinct outcome, and the outcomes' own columns."""
    parts = {name: strings.places(frame[name]) for name in columns}
    parts["rungs"] = _rungs(frame, strings)
    # From 0 on: a fidelity that was not measured is 0, and every other one more than it is.
    parts["fidelity"] = frame["fidelity"].fillna(-1).to_numpy(dtype=np.int64) + 1
    places, first = folded(parts.values(), len(frame))
    return places, {name: narrow(column[first]) for name, column in parts.items()}


def folded(columns: Iterable[Column], rows: int) -> tuple[Column, Column]:
    """Return for each row the number of its distinct combination, and for each combination the first row that has it."""
    key = np.zeros(rows, dtype=np.int64)
    for column in columns:
        codes, found = pd.factorize(column, use_na_sentinel=False)
        # Made dense again after each column, so that the product never grows beyond what 64 bits hold.
        key = np.asarray(pd.factorize(key * max(1, len(found)) + codes)[0], dtype=np.int64)
    first = np.full(int(key.max()) + 1 if rows else 0, rows, dtype=np.int64)
    np.minimum.at(first, key, np.arange(rows))
    return key, first


def _rungs(frame: pd.DataFrame, strings: Strings) -> Column:
    """Return the places of five letters, one a rung."""
    letters = []
    for name in RUNG_COLUMNS:
        column = frame[name]
        table = np.array([*(_RUNG_LETTERS.get(word, ".") for word in column.cat.categories), "."])
        letters.append(table[column.cat.codes.to_numpy()])
    return _placed(letters, len(frame), strings, "".join)


def _diffs(frame: pd.DataFrame, strings: Strings) -> Column:
    """Return the places of the differences as one short text."""
    numbers = [frame[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in DIFF_COLUMNS]
    return _placed(numbers, len(frame), strings, lambda row: " ".join(map(_short, row)))


def _placed_in(column: "pd.Series[Any]", words: Sequence[str]) -> Column:
    """Return the place of every word of a tidy column in a list."""
    table = np.array(
        [words.index(word) if word in words else 0 for word in [*column.cat.categories, ""]], dtype=np.uint8
    )
    found: Column = table[column.cat.codes.to_numpy()]
    return found


def _placed(columns: Sequence[Column], rows: int, strings: Strings, said: Any) -> Column:
    places, first = folded(columns, rows)
    table = np.array([strings.place(said([column[row] for column in columns])) for row in first], dtype=np.int64)
    return table[places] if rows else places


def _numbers(column: "pd.Series[Any]", times: int, missing: int) -> Column:
    values = column.to_numpy(dtype=np.float64, na_value=np.nan) * times
    return np.where(np.isfinite(values), np.minimum(np.nan_to_num(values, posinf=0).round(), missing - 1), missing)


def _short(value: float) -> str:
    """Return a difference in three digits, or a dash for none measured."""
    return "-" if np.isnan(value) else f"{value:.3g}"


def _scenarios(results: pd.DataFrame, scenarios: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return every scenario that has a cell, with what is known about it, in the order of family and name."""
    told = {str(scenario["name"]): scenario for scenario in scenarios}
    families = results[["scenario", "family"]].drop_duplicates().astype("object")
    described: list[dict[str, Any]] = []
    for name, family in dict(zip(families["scenario"], families["family"], strict=True)).items():
        about = told.get(name, {})
        texts = {key: str(about.get(key) or "") for key in ("title", "case", "source")}
        told_family = str(about.get("family") or family or "other")
        described.append({"name": name, "family": told_family, **texts, "control": bool(about.get("control"))})
    return sorted(described, key=lambda scenario: (scenario["family"], scenario["name"]))


def _environment(name: str, facts: Mapping[str, Any], strings: Strings) -> dict[str, Any]:
    pins = facts.get("pins") or {}
    flat = [strings.place(str(part)) for pin in sorted(pins.items()) for part in pin]
    # Nobody moves through a variant: a way of versions passes over it.
    common = {
        "id": name,
        "label": spoken(name),
        "plain": EnvironmentId.parse(name).is_plain,
        "said": both_numbers(name, facts),
    }
    common |= {"other": other_number(name, facts), "sample": facts.get("sample")}
    return {**common, **{key: facts.get(key, "") for key in _FACTS}, "pins": flat}
