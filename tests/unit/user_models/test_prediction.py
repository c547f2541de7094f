"""What is expected of a file that was loaded nowhere: the most frequent verdict, and of two the worse."""

import itertools
from types import SimpleNamespace
from typing import Any, cast

import pytest

from crossload.domain.verdicts import SEVERITY
from crossload.shipped.answers import Known
from crossload.user_models.model_file import UserModel
from crossload.user_models.prediction import predict, similar_scenarios


def expected(*verdicts: str) -> str:
    rows: list[dict[str, Any]] = [
        {
            **{"scenario": f"s{number}", "format": "h5", "saved_with": "2.10-cpu", "loaded_with": "2.16-cpu"},
            **{"verdict": verdict, "attempt": "plain", "cause": ""},
        }
        for number, verdict in enumerate(verdicts)
    ]
    known = Known(rows, [{"id": "2.10-cpu"}, {"id": "2.16-cpu"}], (), "")
    (found,) = predict(known, "2.10-cpu", "h5", [row["scenario"] for row in rows])
    return found.verdict


@pytest.mark.parametrize(("worse", "better"), [*itertools.combinations(SEVERITY, 2)])
def test_a_tie_goes_to_the_worse(worse: str, better: str) -> None:
    assert expected(better, worse) == expected(worse, better) == worse


def test_the_most_frequent_one_is_expected() -> None:
    assert expected("exact", "differs", "exact") == "exact"


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
