"""Which scenarios a user's file is most like: routes that worked for those are tried first."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from crossload.shipped.answers import Known
from crossload.user_models.candidate_routes import similar_scenarios
from crossload.user_models.model_file import UserModel


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
