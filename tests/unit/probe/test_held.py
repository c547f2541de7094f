"""Which array of a zip is whose inside a layer of the user's own: by its attributes, not by their names' order."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from crossload.probe.translate.held import arrays_of
from crossload.probe.translate.stored import Group


class _Variable:
    def __init__(self, *shape: int) -> None:
        self.shape = shape


class _Layer:
    """A layer as Keras 2 has it."""

    def __init__(self, own: Sequence[_Variable] = (), others: Sequence[_Variable] = (), **parts: Any) -> None:
        self._trainable_weights, self._non_trainable_weights = list(own), list(others)
        self._parts = [part for value in parts.values() for part in _flat(value)]
        for name, value in parts.items():
            setattr(self, name, value)

    @property
    def trainable_weights(self) -> list[_Variable]:
        return self._trainable_weights + [item for part in self._parts for item in part.trainable_weights]

    @property
    def non_trainable_weights(self) -> list[_Variable]:
        return self._non_trainable_weights + [item for part in self._parts for item in part.non_trainable_weights]


class Dense(_Layer):
    """One of Keras' own."""

    def __init__(self, units: int = 4) -> None:
        super().__init__([_Variable(3, units), _Variable(units)])


Dense.__module__ = "keras.src.layers.core.dense"


class Sequential(_Layer):
    def __init__(self, *layers: _Layer) -> None:
        super().__init__(layers=list(layers))


Sequential.__module__ = "keras.src.engine.sequential"


def _flat(value: Any) -> list[_Layer]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else [value]


def _stored(number: float, units: int = 4) -> dict[str, Any]:
    return {"vars": {"0": np.full((3, units), number), "1": np.full((units,), number + 0.5)}}


def _numbers(layer: _Layer, group: dict[str, Any]) -> list[float] | None:
    found = arrays_of(Group(group), layer)
    return None if found is None else [float(array.flat[0]) for array in found]


def test_parts_are_found_by_their_names_and_not_in_the_order_of_those() -> None:
    layer = _Layer(tokens=Dense(), positions=Dense())
    assert _numbers(layer, {"positions": _stored(1), "tokens": _stored(2)}) == [2, 2.5, 1, 1.5]


def test_a_layers_own_variables_go_first_and_what_is_not_trained_last() -> None:
    layer = _Layer([_Variable(2)], [_Variable(5)], dense=Dense())
    group = {"vars": {"0": np.full(2, 7.0), "1": np.full(5, 8.0)}, "dense": _stored(1)}
    assert _numbers(layer, group) == [7, 1, 1.5, 8]


def test_parts_in_a_list_a_dictionary_a_model_and_another_own_layer() -> None:
    layer = _Layer(
        way=Sequential(Dense(), Dense()),
        stages=[Dense(), Dense()],
        named={"last": Dense(), "first": Dense()},
        inner=_Layer(core=Dense()),
    )
    group = {
        "inner": {"core": _stored(1)},
        "named": {"dense": _stored(2), "dense_1": _stored(3)},
        "stages": {"dense": _stored(4), "dense_1": _stored(5)},
        "way": {"layers": {"dense": _stored(6), "dense_1": _stored(7)}},
    }
    assert _numbers(layer, group) == [6, 6.5, 7, 7.5, 4, 4.5, 5, 5.5, 2, 2.5, 3, 3.5, 1, 1.5]


@pytest.mark.parametrize(
    "group",
    [
        {"positions": _stored(1), "other": _stored(2)},
        {"positions": _stored(1), "tokens": _stored(2, units=5)},
        {"positions": _stored(1)},
        {"positions": _stored(1), "tokens": {"vars": {"0": np.zeros((3, 4))}}},
    ],
    ids=["another name", "another shape", "a part without weights", "fewer arrays"],
)
def test_what_does_not_fit_is_not_guessed(group: dict[str, Any]) -> None:
    assert _numbers(_Layer(tokens=Dense(), positions=Dense()), group) is None


def test_layers_of_keras_have_an_order_of_their_own() -> None:
    assert _numbers(Dense(), _stored(1)) is None
