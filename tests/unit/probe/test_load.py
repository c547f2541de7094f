"""What each rung shows of a loaded model: every way of being another model is seen by the rung that is about it.

Models are stand-ins with what the probe asks of Keras: TensorFlow is not installed here.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from crossload.probe import formats
from crossload.probe.formats import ARCHITECTURE, OPTIMIZER, OUTPUTS, TRAINING, USE, WEIGHTS
from crossload.probe.operations import load, measuring, scenario_code, use

INPUTS = np.linspace(0, 1, 8, dtype=np.float32).reshape(2, 4)
WEIGHT = np.arange(8, dtype=np.float32).reshape(4, 2) / 8
SLOT = np.full((4, 2), 0.25, np.float32)


class Variable:
    def __init__(self, value: Any, name: str) -> None:
        self.value, self.name = np.asarray(value), name

    def numpy(self) -> NDArray[Any]:
        return self.value


class Adam:
    """Looks like the Keras class of this name."""

    def __init__(self, steps: int = 2, rate: float = 0.01, slot: NDArray[Any] = SLOT) -> None:
        self.iterations = Variable(steps, "iterations")
        self.learning_rate = rate
        self.variables = [self.iterations, Variable(slot, "hidden/kernel/m")]

    def get_config(self) -> dict[str, Any]:
        return {"name": "Adam", "learning_rate": self.learning_rate, "beta_1": 0.9}


class Dense:
    """Looks like the Keras class of this name."""

    def __init__(self, name: str, *shapes: tuple[int, ...]) -> None:
        self.name, self.output = name, SimpleNamespace(shape=(None, 2))
        self.weights = [SimpleNamespace(shape=shape) for shape in shapes]


class Functional:
    """Looks like a model of Keras, whose only operation is a product."""

    weights: tuple[Any, ...] = ()

    def __init__(
        self,
        weight: NDArray[Any] = WEIGHT,
        optimizer: Adam | None = None,
        inner: str = "hidden",
        shape: tuple[int, ...] = (4, 2),
        step: float = 0.5,
        predicted: float = 0.0,
    ) -> None:
        self.name, self.output = "model", SimpleNamespace(shape=(None, 2))
        self.weight, self.optimizer, self.loss = weight, optimizer, "mse"
        self.layers: list[Any] = []
        self._step, self._predicted = step, predicted
        self._inner = (inner, shape)

    def whole(self) -> "Functional":
        """With a model inside, which has the layer."""
        nested = Functional()
        nested.name, nested.layers = "nested", [Dense(self._inner[0], self._inner[1])]
        self.layers = [nested]
        return self

    def __call__(self, inputs: Any, training: bool = True) -> Any:
        assert not training
        return inputs @ self.weight

    def get_weights(self) -> list[NDArray[Any]]:
        return [self.weight]

    def get_compile_config(self) -> dict[str, Any]:
        return {"loss": "mse"}

    def predict(self, inputs: Any) -> Any:
        return inputs @ self.weight + np.float32(self._predicted)

    def step(self) -> None:
        self.weight = self.weight + np.float32(self._step)


FACTS: dict[str, Any] = {
    "architecture": [["Functional", "nested", [None, 2], []], ["Dense", "hidden", [None, 2], [[4, 2]]]],
    "optimizer": {"optimizer": "adam", "steps": 2, "learning_rate": 0.01, "arguments": {"beta_1": 0.9}},
    "compile": {"loss": [{"name": "mean_squared_error", "with": {}}], "metrics": [], "weighted_metrics": []},
    "loss_after_update": float(np.mean(INPUTS @ (WEIGHT + np.float32(0.5)))),
    "use": {"predict": ""},
    "unmeasured": {},
}
Measure = Callable[..., dict[str, Any]]


@pytest.fixture
def measure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Measure:
    """Every rung of a model, against the reference of a right one."""
    monkeypatch.setattr(scenario_code, "as_tensors", lambda arrays: arrays[0])
    monkeypatch.setattr(scenario_code, "update", lambda model, *others: model.step())
    monkeypatch.setattr(use, "run", lambda step, model, inputs, *others: [model.predict(inputs[0])])
    arrays = {"inputs": INPUTS, "targets": INPUTS, "weights": WEIGHT, "outputs": INPUTS @ WEIGHT, "slots": SLOT}
    named: dict[str, Any] = {f"{kind}_0": array for kind, array in arrays.items()}
    np.savez(tmp_path / "reference.npz", **named)

    def rungs(model: Any, **facts: Any) -> dict[str, Any]:
        told = {**FACTS, **dict.fromkeys(arrays, 1), "noise": 0, **facts}
        (tmp_path / "reference.json").write_text(json.dumps(told), encoding="utf-8")
        code = SimpleNamespace(loss=lambda targets, outputs: float(np.mean(outputs[0])))
        reference = load.Reference(str(tmp_path))
        wanted = formats.FORMATS["h5"].rungs
        found: dict[str, Any] = load.measure_rungs(model, wanted, reference, code, formats.WHOLE_MODEL, ["predict"])
        return found

    return rungs


def lost(found: Mapping[str, Any]) -> set[str]:
    """The rungs on which something is another thing, whatever a tolerance says of it."""
    differs = {rung for rung in (ARCHITECTURE, WEIGHTS, OPTIMIZER) if not found[rung]["same"]}
    differs |= {OUTPUTS} if not found[OUTPUTS]["bit_equal"] else set()
    differs |= {TRAINING} if found[TRAINING].get("difference", 1.0) > 0 else set()
    return differs | ({USE} if not found[USE]["predict"]["bit_equal"] else set())


def test_the_same_model_differs_on_no_rung(measure: Measure) -> None:
    found = measure(Functional(optimizer=Adam()).whole())
    assert set(found) == {ARCHITECTURE, WEIGHTS, OUTPUTS, OPTIMIZER, TRAINING, USE}
    assert lost(found) == set()


@pytest.mark.parametrize(
    ("changed", "rungs"),
    [
        ({"weight": WEIGHT + np.float32(1)}, {WEIGHTS, OUTPUTS, TRAINING, USE}),
        ({"predicted": 1.0}, {USE}),
        ({"step": 0.25}, {TRAINING}),
        ({"step": 0.75}, {TRAINING}),
        ({"inner": "other"}, {ARCHITECTURE}),
        ({"shape": (4, 3)}, {ARCHITECTURE}),
        ({"optimizer": Adam(steps=3)}, {OPTIMIZER}),
        ({"optimizer": Adam(rate=0.02)}, {OPTIMIZER}),
        ({"optimizer": Adam(slot=SLOT + np.float32(1))}, {OPTIMIZER}),
        ({"optimizer": None}, {OPTIMIZER, TRAINING}),
    ],
)
def test_another_model_is_seen_by_the_rungs_that_are_about_what_is_other(
    measure: Measure, changed: dict[str, Any], rungs: set[str]
) -> None:
    assert lost(measure(Functional(**{"optimizer": Adam(), **changed}).whole())) == rungs


class SGD(Adam):
    """Looks like the Keras class of this name."""

    def get_config(self) -> dict[str, Any]:
        return {"name": "SGD", "learning_rate": self.learning_rate, "momentum": self.momentum}

    momentum = 0.0


class RMSprop(Adam):
    """Looks like the Keras class of this name."""

    def get_config(self) -> dict[str, Any]:
        return {"name": "RMSprop", "learning_rate": self.learning_rate, "epsilon": self.epsilon}

    epsilon = 1e-14


def _told(optimizer: Any, **arguments: float) -> dict[str, Any]:
    """What a reference says of an optimizer, by the words that the probe itself finds for it."""
    said = measuring.optimizer_state(Functional(optimizer=optimizer))
    return {**{key: value for key, value in said.items() if key != "slots"}, "arguments": arguments}


def test_slots_for_a_momentum_that_nobody_uses_are_no_state(measure: Measure) -> None:
    none = SGD(slot=np.zeros_like(SLOT))
    found = measure(Functional(optimizer=none).whole(), optimizer=_told(none, momentum=0.0), slots=0)
    assert found[OPTIMIZER]["same"]
    used = SGD(slot=SLOT)
    used.momentum = 0.9
    found = measure(Functional(optimizer=used).whole(), optimizer=_told(used, momentum=0.9), slots=0)
    assert list(found[OPTIMIZER]["differences"]) == ["slots"]


def test_an_epsilon_beside_the_root_is_its_square_under_it_for_one_optimizer_only(measure: Measure) -> None:
    made = RMSprop()
    assert measure(Functional(optimizer=made).whole(), optimizer=_told(made, epsilon=1e-7))[OPTIMIZER]["same"]
    assert not measure(Functional(optimizer=made).whole(), optimizer=_told(made, epsilon=1e-3))[OPTIMIZER]["same"]


def test_what_a_rung_raises_is_its_loss_and_what_the_probe_raises_is_a_fault(measure: Measure) -> None:
    model = Functional(optimizer=Adam()).whole()
    model.get_weights = lambda: np.zeros(3).no_such_thing  # type: ignore[attr-defined, method-assign]
    assert measure(model)[WEIGHTS]["error_type"] == "AttributeError"
    model.get_weights = lambda: None  # type: ignore[assignment, method-assign, return-value]
    with pytest.raises(TypeError):
        measure(model)


def test_what_fails_where_the_file_was_written_says_nothing_of_a_load(measure: Measure) -> None:
    found = measure(
        Functional(optimizer=Adam()).whole(), use={"predict": "ValueError: no"}, unmeasured={TRAINING: "no"}
    )
    assert found[USE]["predict"] == {"not_applicable": "ValueError: no"}
    assert found[TRAINING] == {"not_applicable": "no"}
    assert measure(Functional().whole(), optimizer=None)[OPTIMIZER] == {
        "not_applicable": "the saved model has no optimizer"
    }


def _context(attempt: str, seeds: list[str]) -> Any:
    def build() -> Functional:
        seeds.append("built")
        return Functional()

    code = SimpleNamespace(name="dense", custom_objects=lambda: {"Scale": object}, build=build)
    return load.LoadContext(code, attempt, SimpleNamespace(arrays=lambda kind: [INPUTS]), "weights-h5")


def test_a_rebuilt_model_has_no_right_weight_by_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(scenario_code, "seed", said.append)
    monkeypatch.setattr(scenario_code, "forward", lambda *arguments: None)
    _context("plain", said).rebuild()
    assert said[-1] == "built"
    # Of the file's own model the seed is the scenario's name.
    assert said[:-1]
    assert "dense" not in said


def test_evidence_is_given_no_classes() -> None:
    assert _context("bare", []).custom_objects() is None
    assert _context("imported", []).custom_objects() is None
    assert _context("plain", []).custom_objects() == {"Scale": object}


def test_a_checkpoint_that_restores_nothing_does_not_load() -> None:
    def refuse() -> None:
        raise AssertionError("no variable of the model is in the file")

    restored = SimpleNamespace(assert_existing_objects_matched=refuse)
    model = SimpleNamespace(load_weights=lambda path: restored)
    with pytest.raises(AssertionError, match="no variable"):
        formats.FORMATS["tf-checkpoint"].load("checkpoint", SimpleNamespace(rebuild=lambda: model))


def test_formats_of_whole_models_are_asked_for_every_rung() -> None:
    for name in ("h5", "savedmodel", "keras", "checkpoint-callback"):
        assert formats.FORMATS[name].rungs == formats.RUNGS
