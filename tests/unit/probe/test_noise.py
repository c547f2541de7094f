"""How a model's own numerical noise is measured: everything moves by one unit in the last place, and is put back."""

from typing import Any

import numpy as np
import pytest

from crossload.probe.operations import noise

nudged: Any = noise.nudged
of_outputs: Any = noise.of_outputs


class Variable:
    """Stands for a variable of TensorFlow."""

    def __init__(self, value: Any) -> None:
        self.value = np.asarray(value)

    def numpy(self) -> Any:
        return self.value

    def assign(self, value: Any) -> None:
        self.value = np.asarray(value)


class Model:
    def __init__(self, *weights: Any) -> None:
        self.weights = [Variable(weight) for weight in weights]


def product(model: Model, inputs: list[Any]) -> list[Any]:
    return [inputs[0] @ model.weights[0].value]


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_every_number_moves_to_a_neighbour(kind: Any) -> None:
    array = np.array([[1.0, -2.5, 3e-3], [0.0, np.inf, np.nan]], kind)
    found = nudged(array, np.random.RandomState(0))
    assert found.dtype == array.dtype
    up, down = np.nextafter(array, kind(np.inf)), np.nextafter(array, kind(-np.inf))
    moved = np.isfinite(array) & (array != 0)
    assert np.all((found[moved] == up[moved]) | (found[moved] == down[moved]))
    assert str(found[~moved]) == str(array[~moved])
    assert array[0, 0] == 1.0


def test_signs_go_round_in_long_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise, "_SIGNS", 7)
    array = np.linspace(1, 2, 100, dtype=np.float32)
    assert np.all(nudged(array, np.random.RandomState(0)) != array)


def test_noise_is_about_what_rounding_does() -> None:
    generator = np.random.RandomState(1)
    weights = generator.normal(0, 1, (256, 5)).astype(np.float32)
    inputs = generator.uniform(-1, 1, (8, 256)).astype(np.float32)
    model = Model(weights)
    outputs = product(model, [inputs])
    found = of_outputs(model, [inputs], outputs, product)
    exact = inputs.astype(np.float64) @ weights.astype(np.float64)
    error = float(np.abs(exact - outputs[0]).max())
    assert found[0].shape == (5,)
    assert error / 10 < float(found[0].max()) < error * 10
    assert model.weights[0].value.tobytes() == weights.tobytes()


def test_small_columns_have_small_noise_beside_large_ones() -> None:
    model = Model(np.array([[1e6, 1.0], [2e6, 1.0]], np.float32))
    inputs = [np.array([[0.3, 0.4], [0.1, -0.7]], np.float32)]
    large, small = of_outputs(model, inputs, product(model, inputs), product)[0]
    assert large > 1e4 * small > 0


def test_weights_come_back_when_the_model_can_not_be_called() -> None:
    def failing(model: Model, inputs: Any) -> list[Any]:
        raise ValueError("no")

    model = Model(np.ones((2, 2), np.float32))
    assert of_outputs(model, [np.ones((1, 2), np.float32)], [np.ones((1, 2), np.float32)], failing) == []
    assert model.weights[0].value.tobytes() == np.ones((2, 2), np.float32).tobytes()


def test_what_is_no_float_is_left_alone() -> None:
    model = Model(np.array([1, 2]))
    inputs = [np.array([[1, 2]])]
    (found,) = of_outputs(model, inputs, product(model, inputs), product)
    assert float(np.max(found)) == 0.0


def test_a_small_batch_gets_more_evaluations() -> None:
    calls = []

    def counting(model: Model, inputs: Any) -> list[Any]:
        calls.append(1)
        return product(model, inputs)

    for rows in (8, 1, 100):
        calls.clear()
        inputs = [np.ones((rows, 2), np.float32)]
        of_outputs(Model(np.ones((2, 2), np.float32)), inputs, [np.ones((rows, 2), np.float32)], counting)
        assert len(calls) == {8: 4, 1: 16, 100: 4}[rows]
