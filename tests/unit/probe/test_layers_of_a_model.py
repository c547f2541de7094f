"""Which layers a model has, where TensorFlow does not say so itself, and what of them is left to chance."""

from types import SimpleNamespace
from typing import Any

from crossload.probe.operations import scenario_code

all_layers: Any = scenario_code.all_layers
without_chance: Any = scenario_code.without_chance


class Layer(SimpleNamespace):
    def get_config(self) -> dict[str, Any]:
        return {}


def of_keras(name: str, module: str = "tensorflow.python.keras.layers", **attributes: Any) -> Any:
    return type(name, (Layer,), {"__module__": module})(**attributes)


def test_layers_are_found_inside_of_others_and_of_what_they_are_kept_in() -> None:
    cell, dropout, dense = Layer(name="cell"), Layer(name="dropout"), Layer(name="dense")
    kept = SimpleNamespace(layers=[dropout, dense])
    model = Layer(_layers=[Layer(name="around", _layers=[cell]), Layer(name="own", _layers=[kept, dense])])
    assert sorted(item.name for item in all_layers(model)) == ["around", "cell", "dense", "dropout", "own"]


def test_a_model_that_holds_itself_ends() -> None:
    model = Layer(name="model")
    model._layers = [model]
    assert len(all_layers(model)) == 1


def test_only_what_layers_of_keras_leave_to_chance_is_taken_out() -> None:
    dropout = of_keras("Dropout", rate=0.5)
    newer = type("Dropout2", (type(dropout),), {})(rate=0.25)
    cell = of_keras("LSTMCell", "tensorflow_core.python.keras.layers.recurrent", dropout=0.1, recurrent_dropout=0.2)
    mine = of_keras("Dropout", "mine.layers", rate=0.5)
    other = of_keras("Scale", rate=3.0)
    without_chance(Layer(_layers=[dropout, newer, cell, mine, other]))
    assert (dropout.rate, newer.rate, cell.dropout, cell.recurrent_dropout) == (0.0, 0.0, 0.0, 0.0)
    assert (mine.rate, other.rate) == (0.5, 3.0)
