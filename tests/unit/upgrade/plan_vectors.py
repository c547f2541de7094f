"""Cells and what is planned over them: made by the planner in Python, held against it and against the page's.

``python -m tests.unit.upgrade.plan_vectors RESULTS.csv`` writes ``plan_vectors.json`` anew: many small random sets of cells,
and those of a real run. A change of that file is a change of what users are told, and has to be meant.
"""

import csv
import json
import random
import sys
from collections.abc import Iterable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from crossload.domain.versions import in_order
from crossload.probe import attempts as ways
from crossload.probe.formats import FORMATS, OPTIMIZER, OUTPUTS, TRAINING
from crossload.upgrade.graph import Loss
from crossload.upgrade.graph import Path as Way
from crossload.upgrade.plan import UpgradePlan, Wish, make_plan

FILE = Path(__file__).with_suffix(".json")
# Of two ways with two stops that lose as little, any is right; and so is a route for all that is one of them.
OPEN = "over two stops"
NAMES = ("scenario", "format", "saved_with", "loaded_with")
OUTCOME = ("verdict", "attempt", "lost", "cost")
_ENVIRONMENTS = ("2.4-cpu", "2.10-cpu", "2.15-cpu", "2.16-cpu", "2.16+tf_keras-cpu", "2.21-cpu", "2.21-cuda")
_FORMATS = ("export", "h5", "keras", "savedmodel", "weights.h5")
_REAL = (("2.10-cpu", "2.21-cpu"), ("2.4-cpu", "2.16-cpu"), ("2.15-cpu", "2.21-cpu"), ("2.21-cpu", "2.10-cpu"))


def read() -> list[dict[str, Any]]:
    """The sets of cells, each with its plans; cells are rows as the planner takes them."""
    sets: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    for one in sets:
        names, cells = one["names"], one["cells"]
        one["rows"] = [
            dict(zip(NAMES, (names[place] for place in cell[:4]), strict=True), family="core", key="")
            | dict(zip(OUTCOME, one["outcomes"][cell[4]], strict=True))
            for cell in (cells[start : start + 5] for start in range(0, len(cells), 5))
        ]
    return sets


def planned(rows: Sequence[Any], environments: Sequence[str], start: str, to: str, most: int) -> dict[str, Any]:
    """What Python plans, as the vectors have it."""
    plan = make_plan(rows, Wish(start, to, Loss(most)), environments)
    return {"start": start, "to": to, "most": most, **_told(plan)}


def _told(plan: UpgradePlan) -> dict[str, Any]:
    route = plan.route
    entries = [[entry.scenario, entry.format, entry.way, *_path_told(entry.path)] for entry in plan.entries]
    told = [_stops(route.recipe), route.works, sorted(route.losses.items())] if route else None
    return {
        "entries": sorted(entries, key=lambda entry: entry[:2]),
        "route": OPEN if any(entry.path and entry.path.hops > 1 for entry in plan.entries) else told,
        "apart": plan.wrong_at_home,
        "latest": plan.latest_without_work,
        "expensive": list(plan.expensive) if plan.expensive else None,
    }


def _path_told(path: Way | None) -> list[Any]:
    """Loss, what is lost and the stops."""
    if path is None:
        return []
    if path.hops > 1:
        return [int(path.loss), path.hops]
    return [int(path.loss), path.hops, list(path.losses), _stops(path.recipe)]


def _stops(recipe: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{environment} {form}" for environment, form in recipe]


def _random_rows(chance: random.Random) -> list[dict[str, Any]]:
    environments = chance.sample(_ENVIRONMENTS, chance.randint(2, 6))
    formats = chance.sample(_FORMATS, chance.randint(1, 4))
    scenarios = ("one", "two", "three")[: chance.randint(1, 3)]
    odds = [chance.random() for _ in _MADE]
    rows = []
    for names in product(scenarios, formats, environments, environments):
        if chance.random() < 0.85:  # some cells are missing
            outcome = chance.choices(_MADE, odds)[0](names[1], chance)
            rows.append(dict(zip(NAMES, names, strict=True)) | dict(zip(OUTCOME, outcome, strict=True)))
    return rows


_Outcome = tuple[str, str, str, str]


def _whole(form: str, chance: random.Random) -> _Outcome:
    return chance.choice(("exact", "equal")), "plain", "", ""


def _lossy(form: str, chance: random.Random) -> _Outcome:
    can_be_lost = [rung for rung in FORMATS[form].rungs if rung != OUTPUTS]
    lost = [rung for rung in can_be_lost if chance.random() < 0.5]
    return ("lossy", "plain", ",".join(lost), "") if lost else _whole(form, chance)


def _remedied(form: str, chance: random.Random) -> _Outcome:
    fitting = ways.remedies_for(form)
    if not fitting:
        return _bad(form, chance)
    attempt = chance.choice(fitting)
    costs = ways.costs(attempt)
    has_state = ways.OPTIMIZER_LOST in costs and OPTIMIZER in FORMATS[form].rungs
    return "remedy", attempt, f"{OPTIMIZER},{TRAINING}" if has_state else "", ", ".join(costs)


def _bad(form: str, chance: random.Random) -> _Outcome:
    return chance.choice(("fails", "differs", "crashes")), "", "", ""


def _not_run(form: str, chance: random.Random) -> _Outcome:
    return "unavailable", "", "", ""


_MADE = (_whole, _lossy, _remedied, _bad, _not_run)


def _packed(name: str, rows: Sequence[dict[str, Any]], asked: Iterable[tuple[str, str, int]]) -> dict[str, Any]:
    environments = in_order(row[side] for row in rows for side in ("saved_with", "loaded_with"))
    told = [tuple(row[column] for column in OUTCOME) for row in rows]
    outcomes = sorted(set(told))
    names = sorted({row[column] for row in rows for column in NAMES})
    cells = [
        place
        for row, outcome in zip(rows, told, strict=True)
        for place in (*(names.index(row[column]) for column in NAMES), outcomes.index(outcome))
    ]
    full = [{"family": "core", "key": "", **row} for row in rows]
    plans = [planned(full, environments, *one) for one in asked]
    return {
        "name": name,
        "environments": environments,
        "names": names,
        "outcomes": outcomes,
        "cells": cells,
        "plans": plans,
    }


def _made(results: Path, count: int = 60) -> list[dict[str, Any]]:
    sets = []
    for seed in range(count):
        chance = random.Random(seed)
        rows = _random_rows(chance)
        pairs = sorted({(row["saved_with"], row["loaded_with"]) for row in rows})
        if pairs:
            asked = [(*chance.choice(pairs), most) for most in (1, 2, 2, 3, 3)]
            sets.append(_packed(f"random {seed}", rows, asked))
    with results.open(encoding="utf-8", newline="") as stream:
        kept = (*NAMES, *OUTCOME)
        rows = [{name: row[name] for name in kept} for row in csv.DictReader(stream) if row["loaded_with"]]
    sets.append(_packed("quick profile", rows, [(*pair, 2) for pair in _REAL] + [(*_REAL[0], 1), (*_REAL[0], 3)]))
    return sets


if __name__ == "__main__":
    told = ",\n".join(json.dumps(one, separators=(",", ":")) for one in _made(Path(sys.argv[1])))
    FILE.write_text(f"[\n{told}\n]\n", encoding="utf-8")
