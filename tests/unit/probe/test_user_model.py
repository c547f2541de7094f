"""What is left to chance where a file was written is no loss anywhere else."""

import random
from types import SimpleNamespace
from typing import Any

import pytest

from crossload.probe.operations import load, scenario_code, user_model


class _Copies:
    """A file that needs no copy."""

    def make(self, pieces: Any, context: Any) -> tuple[str, list[str]]:
        return "model.keras", []


@pytest.mark.parametrize(("chance", "alike"), [(True, False), (False, True)])
def test_a_seed_that_a_layer_draws_when_it_is_made_is_chance(
    monkeypatch: pytest.MonkeyPatch, chance: bool, alike: bool
) -> None:
    """Dropout of Keras 3 does: under the seed of the first load, a second one would train alike."""

    class Model:
        def __init__(self) -> None:
            self.loss = random.random() if chance else 0.25

        def get_weights(self) -> list[Any]:
            return []

        def __call__(self, *arguments: Any) -> None:
            return None

    monkeypatch.setattr(scenario_code, "start_over", lambda code, purpose="": random.seed(code.name + purpose))
    monkeypatch.setattr(load, "call_loader", lambda *arguments: (Model(), []))
    for name in ("forward", "update"):
        monkeypatch.setattr(scenario_code, name, lambda model, *arguments: model)
    monkeypatch.setattr(scenario_code, "seed", lambda name: None)
    code = SimpleNamespace(name="yours", options={}, loss=lambda targets, model: model.loss)
    request = {"format": "keras", "attempts": ["plain"]}

    _, _, model, _ = user_model._load(request, code, _Copies(), [])

    assert user_model._trains_again_alike(request, code, _Copies(), [], [], model.loss, ()) is alike
