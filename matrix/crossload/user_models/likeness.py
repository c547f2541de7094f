"""Scenarios that are most like a user's file: what routes are tried in the order of."""

from collections.abc import Mapping
from typing import Any

from crossload.domain.verdicts import SCORED
from crossload.shipped.answers import Known
from crossload.shipped.building import features_of
from crossload.user_models.model_file import UserModel

# Scenarios that are asked at most, and how much less alike than the best one they may be.
_ASKED, _SPREAD = 5, 0.15
# What weighs how much, of 1 in all: the layers it is made of, and what decides most failures.
_WEIGHTS = {"classes": 0.4, "custom": 0.2, "lambdas": 0.2, "registered": 0.05, "nested": 0.1, "compiled": 0.05}
# Layers that are in nearly every model say nothing.
_COMMON = frozenset({"Functional", "Sequential", "Model", "InputLayer", "Dense"})


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
