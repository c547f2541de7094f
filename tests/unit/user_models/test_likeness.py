"""Which scenarios a user's file is most like: routes that worked for those are tried first."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from crossload.shipped.answers import Known
from crossload.upgrade.graph import Loss
from crossload.user_models.candidate_routes import candidates, given_route, similar_scenarios
from crossload.user_models.model_file import ModelError, UserModel
from tests.unit.doubles import environment


@pytest.mark.parametrize(("custom", "alike"), [((), ["dense", "own-model"]), (("VAE",), ["own-model"])])
def test_a_subclassed_model_is_like_those_with_classes_of_their_own(custom: tuple[str, ...], alike: list[str]) -> None:
    """It names no layer. Weights alone name none either, and may be of any model."""
    features = {"classes": [], "registered": False, "lambdas": False, "nested": False, "compiled": False}
    scenarios = [
        {"name": "dense", "altered": False, "control": False, "features": {**features, "custom": False}},
        {"name": "own-model", "altered": False, "control": False, "features": {**features, "custom": True}},
    ]
    rows: list[dict[str, Any]] = [
        {"scenario": item["name"], "format": "keras", "saved_with": "2.14-cpu", "verdict": "exact"}
        for item in scenarios
    ]
    found = SimpleNamespace(classes=(), custom=custom, registered=(), lambdas=0, nested=False, compiled=())
    model = cast(UserModel, SimpleNamespace(found=found, format="keras"))
    known = Known(rows, [{"id": "2.14-cpu"}], scenarios, "")
    assert [name for name, _ in similar_scenarios(model, known, "2.14-cpu")] == alike


def test_controls_and_files_that_were_altered_or_never_loaded_are_like_nothing() -> None:
    features = {"classes": ["Conv2D"], "custom": False, "registered": False, "lambdas": False}
    features |= {"nested": False, "compiled": False}
    names = ["good", "altered", "unavailable", "q2-1-missing-file", "said-to-be-one"]
    scenarios = [{"name": name, "altered": name == "altered", "features": features} for name in names]
    rows: list[dict[str, Any]] = [
        {
            "scenario": name,
            "format": "keras",
            "saved_with": "2.14-cpu",
            "verdict": "unavailable" if name == "unavailable" else "exact",
            "apart": "control" if name == "said-to-be-one" else "",
        }
        for name in names
    ]
    found = SimpleNamespace(classes=("Conv2D",), custom=(), registered=(), lambdas=0, nested=False, compiled=())
    model = cast(UserModel, SimpleNamespace(found=found, format="keras"))
    known = Known(rows, [{"id": "2.14-cpu"}], scenarios, "")
    assert [name for name, _ in similar_scenarios(model, known, "2.14-cpu")] == ["good"]


def _cell(
    scenario: str, saver: str, loader: str, verdict: str = "exact", form: str = "h5", lost: str = ""
) -> dict[str, Any]:
    return {
        **{"scenario": scenario, "format": form, "saved_with": saver, "loaded_with": loader, "verdict": verdict},
        **{"attempt": "plain", "lost": lost, "cost": ""},
    }


OLD, MIDDLE, NEW = "2.10-cpu", "2.15-cpu", "2.16-cpu"


def _recipes(
    rows: list[dict[str, Any]], there: tuple[str, ...] = (OLD, MIDDLE, NEW)
) -> list[tuple[tuple[str, str], ...]]:
    names = list(dict.fromkeys(row["scenario"] for row in rows))
    found = candidates(Known(rows, [], [], ""), names, (OLD, "h5"), NEW, there, 1, Loss.STATE)
    return [item.recipe for item in found]


def test_routes_that_lose_least_are_walked_first_and_then_those_that_worked_most_often() -> None:
    lossy = [_cell(name, OLD, NEW, "lossy", lost="optimizer") for name in ("one", "two", "three")]
    hop = [_cell("four", OLD, MIDDLE), _cell("four", MIDDLE, NEW, form="keras"), _cell("four", OLD, NEW, "fails")]
    found = _recipes([*lossy, *hop])
    assert found[:2] == [((MIDDLE, "keras"),), ()]


def test_no_route_goes_through_what_is_not_there_or_stops_where_it_ends() -> None:
    hop = [_cell("one", OLD, MIDDLE), _cell("one", MIDDLE, NEW, form="keras"), _cell("one", OLD, NEW, "fails")]
    assert ((MIDDLE, "keras"),) in _recipes(hop)
    assert all(place in (OLD, NEW) for recipe in _recipes(hop, (OLD, NEW)) for place, _ in recipe)
    assert all(place != NEW for recipe in _recipes(hop) for place, _ in recipe)
    within = candidates(Known([], [], [], ""), [], (OLD, "h5"), MIDDLE, (OLD, MIDDLE, NEW), 1, Loss.STATE)
    assert within
    assert all(place != MIDDLE for item in within for place, _ in item.recipe)
    # Rewritten where it was written as what it was is no other file.
    assert ((OLD, "h5"),) not in _recipes(hop)
    # Weights hand on no model.
    weights = [_cell("one", OLD, MIDDLE), _cell("one", MIDDLE, NEW, form="weights.h5"), _cell("one", OLD, NEW, "fails")]
    assert ((MIDDLE, "weights.h5"),) not in _recipes(weights)


@pytest.mark.parametrize(
    ("text", "said"),
    [("2.15", "VERSION:FORMAT"), ("2.15:weights.h5", "holds no whole model"), ("2.15:export", "holds no whole model")],
)
def test_a_given_route_has_stops_that_hand_on_a_model(text: str, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        given_route(text, {MIDDLE: environment(MIDDLE)})


def test_a_given_route_is_taken_as_it_was_given() -> None:
    assert given_route("2.15:h5", {MIDDLE: environment(MIDDLE)}).recipe == ((MIDDLE, "h5"),)
    assert given_route("direct", {}).recipe == ()
