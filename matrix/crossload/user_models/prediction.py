"""What measured cells of similar models say about a file that has not been loaded anywhere yet."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crossload.domain.cells import CellRow
from crossload.domain.verdicts import SCORED, severity
from crossload.shipped.answers import Known
from crossload.shipped.building import features_of
from crossload.user_models.model_file import UserModel

# Scenarios that are asked at most, and how much less alike than the best one they may be.
_ASKED, _SPREAD = 5, 0.15
# What weighs how much, of 1 in all: the layers it is made of, and what decides most failures.
_WEIGHTS = {"classes": 0.4, "custom": 0.2, "lambdas": 0.2, "registered": 0.05, "nested": 0.1, "compiled": 0.05}
# Layers that are in nearly every model say nothing.
_COMMON = frozenset({"Functional", "Sequential", "Model", "InputLayer", "Dense"})


@dataclass(frozen=True)
class Prediction:
    """What is expected in one environment.

    :param verdict: the most frequent one among the scenarios asked; ties go to the worse one.
    :param agreeing: how many of ``asked`` have it.
    :param attempt, cause: the most frequent ones of those.
    """

    environment: str
    verdict: str
    agreeing: int
    asked: int
    attempt: str
    cause: str


def likeness(one: Mapping[str, Any], two: Mapping[str, Any]) -> float:
    """How alike the features of two models are, from 0 to 1."""
    if not one or not two:
        return 0.0
    total = sum(weight for name, weight in _WEIGHTS.items() if name != "classes" and one[name] == two[name])
    mine, theirs = (set(item["classes"]) - _COMMON for item in (one, two))
    return total + _WEIGHTS["classes"] * (len(mine & theirs) / len(mine | theirs) if mine | theirs else 1.0)


def similar_scenarios(model: UserModel, known: Known, saver: str) -> list[tuple[str, float]]:
    """Scenarios measured in this format and saver that are most like the file, with how alike they are."""
    measured = {
        row["scenario"]
        for row in known.rows
        if row["format"] == model.format and row["saved_with"] == saver and row["verdict"] in SCORED
    }
    mine, controls = features_of(model.found), known.controls
    # Weights say nothing of their model. A subclassed model names no layer either, and is one of the user's own classes.
    says_something = bool(model.found.classes or model.found.custom)
    scores = {
        item["name"]: likeness(mine, item["features"]) if says_something else 1.0
        for item in known.scenarios
        if item["name"] in measured and not item["altered"] and item["name"] not in controls
    }
    ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    if not ranked:
        return []
    if not says_something:
        return ranked
    return [item for item in ranked if item[1] >= ranked[0][1] - _SPREAD][:_ASKED]


def predict(known: Known, saver: str, form: str, scenarios: Sequence[str]) -> list[Prediction]:
    """What is expected in every environment that these scenarios were loaded in, in the order of their versions."""
    wanted = set(scenarios)
    by_loader: dict[str, list[CellRow]] = {}
    for row in known.rows:
        is_like = row["scenario"] in wanted and row["format"] == form and row["saved_with"] == saver
        if is_like and row["loaded_with"] and row["verdict"] in SCORED:
            by_loader.setdefault(row["loaded_with"], []).append(row)
    # A sample says too little of few scenarios: there speaks the environment that it was compared with.
    asked = {name: known.stands_for.get(name, name) for name in known.environment_ids}
    return [_prediction(name, by_loader[other]) for name, other in asked.items() if other in by_loader]


def _prediction(environment: str, rows: Iterable[CellRow]) -> Prediction:
    rows = list(rows)
    counts = Counter(row["verdict"] for row in rows)
    verdict = max(counts, key=lambda name: (counts[name], severity(name)))
    like = [row for row in rows if row["verdict"] == verdict]
    return Prediction(
        environment, verdict, len(like), len(rows), _usual(row["attempt"] for row in like), _usual(row["cause"] for row in like)
    )  # fmt: skip


def _usual(words: Iterable[str | None]) -> str:
    counts = Counter(word or "" for word in words)
    return max(counts, key=lambda word: (counts[word], word), default="")
