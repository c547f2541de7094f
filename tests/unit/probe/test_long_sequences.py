"""Which models run in graphs, and that what no graph can be made of runs eagerly."""

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from crossload.probe.operations import long_sequences, scenario_code

takes_long: Any = scenario_code._takes_long
call: Any = long_sequences.call
update: Any = long_sequences.update
are_long: Any = long_sequences.are_long


@pytest.fixture
def graphs(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Functions that TensorFlow was asked to make graphs of."""
    made: list[Any] = []
    tensorflow = ModuleType("tensorflow")
    tensorflow.keras = SimpleNamespace(backend=SimpleNamespace())  # type: ignore[attr-defined]

    def function(of: Any) -> Any:
        made.append(of)
        return of

    tensorflow.function = function  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow)
    return made


class Layer:
    def get_config(self) -> dict[str, Any]:
        return {}


RNN = type("RNN", (Layer,), {"__module__": "keras.src.layers.rnn.rnn"})
LSTM = type("LSTM", (RNN,), {"__module__": "keras.src.layers.rnn.lstm"})
MINE = type("RNN", (Layer,), {"__module__": "mine"})


class Model:
    def __init__(self, *layers: Any, fails: bool = False) -> None:
        self._layers, self._fails, self.stepped = layers, fails, 0

    def __call__(self, features: Any, training: bool) -> Any:
        assert not training
        if self._fails:
            raise TypeError("not in a graph")
        return features

    def train_step(self, data: Any) -> dict[str, Any]:
        self(data, training=False)
        self.stepped += 1
        return {}


@pytest.mark.parametrize(
    ("layer", "shape", "long"),
    [
        (LSTM(), (2, long_sequences.LONG, 3), True),
        (LSTM(), (2, long_sequences.LONG), True),
        (LSTM(), (2, long_sequences.LONG - 1, 3), False),
        (LSTM(), (long_sequences.LONG,), False),
        (MINE(), (2, long_sequences.LONG, 3), False),
        (Layer(), (2, long_sequences.LONG, 3), False),
    ],
)
def test_recurrent_layers_of_keras_over_long_sequences(
    layer: Any, shape: tuple[int, ...], long: bool, graphs: list[Any]
) -> None:
    assert takes_long(Model(layer), [np.zeros((2, 1)), np.zeros(shape)]) is long


def test_a_graph_is_made_once_and_goes_with_its_model(graphs: list[Any]) -> None:
    model = Model()
    assert (call(model, "x"), call(model, "y")) == ("x", "y")
    assert update(model, "x", "y")
    assert len(graphs) == 2
    del model
    assert not long_sequences._calls
    assert not long_sequences._updates


def test_a_step_that_gives_nothing_back_is_taken_once(graphs: list[Any]) -> None:
    model: Any = Model()
    model.train_step = lambda data: None
    assert update(model, "x", "y")


def test_what_no_graph_can_be_made_of(graphs: list[Any]) -> None:
    model = Model(fails=True)
    assert call(model, "x") is None
    assert not update(model, "x", "y")
    assert model.stepped == 0
    # TensorFlow 2.0 and 2.1 have no such method.
    assert not update(Layer(), "x", "y")
