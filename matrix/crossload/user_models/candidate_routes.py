"""Routes that are worth walking for a file: what worked for similar models first, then what works for most."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crossload.domain.verdicts import SCORED
from crossload.domain.versions import legacy_of
from crossload.environments.model import Environment
from crossload.probe.formats import FORMATS, INFERENCE, REBUILT, WHOLE_MODEL
from crossload.shipped.answers import Known
from crossload.shipped.building import features_of
from crossload.upgrade.graph import Loss, best_path, build_graph
from crossload.user_models.model_file import ModelError, UserModel
from crossload.user_models.saver import environment_named

Recipe = tuple[tuple[str, str], ...]

# Scenarios that are asked at most, and how much less alike than the best one they may be.
_ASKED, _SPREAD = 5, 0.15
# What weighs how much, of 1 in all: the layers it is made of, and what decides most failures.
_WEIGHTS = {"classes": 0.4, "custom": 0.2, "lambdas": 0.2, "registered": 0.05, "nested": 0.1, "compiled": 0.05}
# Layers that are in nearly every model say nothing.
_COMMON = frozenset({"Functional", "Sequential", "Model", "InputLayer", "Dense"})


@dataclass(frozen=True)
class Candidate:
    """A route, and what measured cells of similar models say of it.

    :param recipe: the stops: environment, and the format it saves in; empty for the direct load.
    :param loss: what it is expected to take away; None where nothing was measured.
    :param works: similar models for which it worked.
    """

    recipe: Recipe
    loss: Loss | None
    works: int

    @property
    def text(self) -> str:
        stops = [f"load in {environment}, save as {form}" for environment, form in self.recipe]
        return "; ".join(stops) or "load directly"


def candidates(
    known: Known,
    scenarios: Sequence[str],
    start: tuple[str, str],
    to: str,
    environments: Iterable[str],
    max_hops: int,
    most: Loss,
) -> list[Candidate]:
    """Routes in the order in which they should be walked; the direct one is always among them.

    :param start: environment and format of the file.
    :param environments: what there is to hop through.
    :param most: what may be lost at most.
    """
    there = set(environments)
    found: dict[Recipe, list[Loss]] = {}
    for scenario in scenarios:
        rows = [row for row in known.rows if row["scenario"] == scenario and row["loaded_with"]]
        graph = build_graph(rows)
        for hops in range(max_hops + 1):
            path = best_path(graph, start, to, most, hops)
            if path is not None and _can_be_walked(path.recipe, there):
                found.setdefault(path.recipe, []).append(path.loss)
    measured = [Candidate(recipe, max(losses), len(losses)) for recipe, losses in found.items()]
    measured.sort(key=lambda item: (item.loss or 0, -item.works, len(item.recipe), item.recipe))
    known_recipes = {item.recipe for item in measured}
    usual = [Candidate(recipe, None, 0) for recipe in _usual(start, to, there) if len(recipe) <= max_hops]
    return [*measured, *(item for item in usual if item.recipe not in known_recipes)]


def given_route(text: str, environments: Mapping[str, Environment]) -> Candidate:
    """The route that a user gives: ``2.15:h5,2.12:keras`` for two stops, ``direct`` for none.

    :raises ModelError: a stop names no environment or no format of whole models.
    """
    recipe = []
    for stop in [] if text.strip() == "direct" else text.split(","):
        place, sign, form = stop.strip().partition(":")
        if not sign or form not in FORMATS:
            raise ModelError(f"--route {text}: {stop.strip()!r} is not of the form VERSION:FORMAT, such as 2.15:h5.")
        if FORMATS[form].gives != WHOLE_MODEL:
            whole = ", ".join(name for name, known in FORMATS.items() if known.gives == WHOLE_MODEL)
            raise ModelError(
                f"--route {text}: {form} holds no whole model, which a stop must hand on. Formats that do: {whole}."
            )
        recipe.append((environment_named(place, environments).id, form))
    return Candidate(tuple(recipe), None, 0)


def _can_be_walked(recipe: Recipe, environments: set[str]) -> bool:
    return all(name in environments and FORMATS[form].gives not in (REBUILT, INFERENCE) for name, form in recipe)


def _usual(start: tuple[str, str], to: str, environments: set[str]) -> list[Recipe]:
    """Routes that help most files where nothing similar was measured: directly, rewritten at home, through legacy Keras."""
    home, form = start
    places = [home, legacy_of(to), "2.15-cpu", "2.12-cpu"]
    stops: list[Recipe] = [
        ((place, other),)
        for place in dict.fromkeys(places)
        for other in ("keras", "h5")
        if place in environments and place != to and (place, other) != (home, form)
    ]
    return [(), *stops]


def _likeness(one: Mapping[str, Any], two: Mapping[str, Any]) -> float:
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
        item["name"]: _likeness(mine, item["features"]) if says_something else 1.0
        for item in known.scenarios
        if item["name"] in measured and not item["altered"] and item["name"] not in controls
    }
    ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    if not ranked:
        return []
    if not says_something:
        return ranked
    return [item for item in ranked if item[1] >= ranked[0][1] - _SPREAD][:_ASKED]
