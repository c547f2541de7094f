"""Routes that are worth walking for a file: what worked for similar models first, then what works for most."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from crossload.domain.versions import legacy_of
from crossload.environments.model import Environment
from crossload.probe.formats import FORMATS, INFERENCE, REBUILT, WHOLE_MODEL
from crossload.shipped.answers import Known
from crossload.upgrade.graph import Loss, best_path, build_graph
from crossload.user_models.model_file import ModelError
from crossload.user_models.saver import environment_named

Recipe = tuple[tuple[str, str], ...]


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
