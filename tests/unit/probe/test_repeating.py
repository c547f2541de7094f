"""One more update where a file was written: what is chance, what is noise, and what the fused kernel makes of it."""

import random
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from crossload.probe.operations import noise, repeating, scenario_code

facts_of_training: Any = repeating.facts_of_training  # the probe carries no annotations


class Variable:
    def __init__(self, value: float) -> None:
        self.value = np.array(value, np.float32)

    def numpy(self) -> Any:
        return self.value

    def assign(self, value: Any) -> None:
        self.value = np.array(value, np.float32)


class Model:
    """Loses its weight, what it draws (when it is made, or at each step), and what its fused kernel adds."""

    optimizer = None

    def __init__(self, drawn: str, is_fused: bool) -> None:
        self.weights = [Variable(0.25)]
        self.layer = SimpleNamespace(fused=is_fused)
        self.drawn, self.own = drawn, random.random()
        self.rate = 0.5

    def _flatten_layers(self, include_self: bool = True) -> list[Any]:
        return [self.layer]

    def loss(self) -> float:
        chance = {"made": self.own, "dropout": self.rate * random.random(), "step": random.random(), "": 0.0}
        loss = float(self.weights[0].value) + chance[self.drawn] + (0.125 if self.layer.fused else 0.0)
        self.weights[0].assign(9.0)
        return loss


@pytest.fixture
def facts(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setattr(scenario_code, "seed", random.seed)
    monkeypatch.setattr(scenario_code, "forward", lambda model, *arguments: model)
    monkeypatch.setattr(scenario_code, "update", lambda *arguments: None)
    monkeypatch.setattr(scenario_code, "without_chance", lambda model: setattr(model, "rate", 0.0))

    def measured(drawn: str = "", is_fused: bool = False) -> Any:
        def load(purpose: str) -> Model:
            random.seed(purpose)
            return Model(drawn, is_fused)

        code = SimpleNamespace(loss=lambda targets, model: model.loss())
        updates: Any = repeating.Updates
        return facts_of_training(updates(load, code, [], [], ()), load("first").loss())

    return measured


def test_without_chance_the_first_loss_stands_with_its_noise(facts: Callable[..., Any]) -> None:
    found = facts()
    assert found["loss_after_update"] == 0.25
    assert 0 < found["noise_of_loss"] < 1e-7
    assert found.keys() == {"loss_after_update", "noise_of_loss"}


def test_dropout_is_taken_out(facts: Callable[..., Any]) -> None:
    found = facts("dropout")
    assert (found["loss_after_update"], found["without_chance"]) == (0.25, True)
    assert found["noise_of_loss"] < 1e-7


@pytest.mark.parametrize("drawn", ["made", "step"])
def test_chance_that_no_rate_takes_out_leaves_nothing_to_compare(facts: Callable[..., Any], drawn: str) -> None:
    """A layer of Keras 3 draws its own seed when it is made: under the seed of the first load, a second would train alike."""
    assert facts(drawn) == {}


@pytest.mark.parametrize("drawn", ["", "dropout"])
def test_what_the_fused_kernel_adds_is_measured(facts: Callable[..., Any], drawn: str) -> None:
    found = facts(drawn, is_fused=True)
    assert (found["loss_after_update"], found["unfused_loss"]) == (0.375, 0.25)
    assert found["noise_of_loss"] < 1e-7


def test_what_fails_only_for_our_sake_says_nothing_of_the_file(
    facts: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(value: Any, generator: Any) -> Any:
        raise ValueError("no such number")

    monkeypatch.setattr(noise, "nudged", refuse)
    assert facts(is_fused=True) == {"loss_after_update": 0.375, "unfused_loss": 0.25}


def test_what_has_no_value_to_put_back_is_loaded_anew(
    facts: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[Model] = []
    made = Model.__init__

    def counted(self: Model, drawn: str, is_fused: bool) -> None:
        made(self, drawn, is_fused)
        loads.append(self)
        self.weights.append(SimpleNamespace())  # type: ignore[arg-type]  # a table of words

    monkeypatch.setattr(Model, "__init__", counted)
    assert facts() == {"loss_after_update": 0.25}
    assert len(loads) > 3
