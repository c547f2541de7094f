"""The order in which Keras 2 wrote an optimizer's state."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from crossload.probe.errors import NotTranslatableError
from crossload.probe.translate import optimizers, stored


class Adam(SimpleNamespace):
    pass


def values(slots: dict[str, list[Any]]) -> dict[str, list[float]]:
    return {name: [float(array[0]) for array in arrays] for name, arrays in slots.items()}


def numbers(*items: float) -> list[Any]:
    return [np.asarray([item], "float32") for item in items]


def test_old_optimizers_write_one_slot_after_the_other() -> None:
    names = ["Adam/iter:0", "Adam/a/kernel/m:0", "Adam/b/kernel/m:0", "Adam/a/kernel/v:0", "Adam/b/kernel/v_1:0"]
    slots, _, steps = optimizers._old(stored.OptimizerState([np.int64(3), *numbers(1, 2, 3, 4)], names), 2)
    assert steps == 3
    assert values(slots) == {"m": [1, 2], "v": [3, 4]}


def test_standalone_keras_gives_its_slots_no_names() -> None:
    names = ["Adam/iterations:0", "training/Adam/Variable:0", *(f"training/Adam/Variable_{n}:0" for n in range(1, 6))]
    state = stored.OptimizerState([np.int64(3), *numbers(1, 2, 3, 4, 0, 0)], names)
    slots, _, steps = optimizers._old(state, 2, optimizers.KNOWN["Adam"][1])
    assert values(slots) == {"m": [1, 2], "v": [3, 4], "vhat": [0, 0]}
    assert steps == 3
    for held in (4, 7):
        fewer = stored.OptimizerState(state.arrays[:held], names[:held])
        kind = "Adam" if held == 4 else "Adagrad"
        with pytest.raises(NotTranslatableError, match="arrays of its optimizer's Variable for 2"):
            optimizers._old(fewer, 2, optimizers.KNOWN[kind][1])


def test_an_old_state_of_other_variables_is_refused() -> None:
    state = stored.OptimizerState([np.int64(3), *numbers(1)], ["Adam/iter:0", "Adam/a/kernel/m:0"])
    with pytest.raises(NotTranslatableError, match="1 arrays of its optimizer's m for 2"):
        optimizers._old(state, 2)


@pytest.mark.parametrize("names", [None, ["iteration:0", "learning_rate:0", "m", "v", "m", "v"]])
def test_new_optimizers_write_one_variable_after_the_other(names: list[str] | None) -> None:
    state = stored.OptimizerState([np.int64(3), np.float32(0.001), *numbers(1, 2, 3, 4)], names)
    target = Adam(_momentums=[0, 0], _velocities=[0, 0], _velocity_hats=None, learning_rate=0.001)
    slots, _, steps = optimizers._new(state, optimizers.KNOWN["Adam"][1], 2, target)
    assert steps == 3
    assert values(slots) == {"m": [1, 3], "v": [2, 4]}


def test_which_of_the_two_wrote_a_file() -> None:
    assert optimizers._is_new(["iteration:0", "Adam/m/dense/kernel:0"])
    assert not optimizers._is_new(["Adam/iter:0", "Adam/dense/kernel/m:0"])
    assert not optimizers._is_new(["training/Adam/iter:0", "training/Adam/dense/kernel/m:0"])


class SGD(SimpleNamespace):
    pass


def test_slots_of_a_momentum_that_nobody_uses_say_nothing() -> None:
    target, groups = SGD(momentums=[], learning_rate=0.1), optimizers.KNOWN["SGD"][1]
    held = [np.int64(3), np.float32(0.1), *numbers(0, 0)]
    assert optimizers._new(stored.OptimizerState(held), groups, 2, target)[::2] == ({}, 3)
    # SGD of 2.11 to 2.15 keeps its last step there, whatever its momentum.
    steps = stored.OptimizerState([*held[:2], *numbers(0, 1)])
    assert optimizers._new(steps, groups, 2, target)[::2] == ({}, 3)
    with pytest.raises(NotTranslatableError, match="1 arrays of its optimizer, 0 belong"):
        optimizers._new(stored.OptimizerState([*held[:2], *numbers(1)]), groups, 2, target)


def test_a_zip_of_keras_2_holds_no_scale_of_the_loss() -> None:
    state = stored.OptimizerState([np.int64(3), np.float32(0.1), *numbers(1, 2)])
    assert optimizers._without_scale(SimpleNamespace(), state) is state


class Embedding(SimpleNamespace):
    pass


def test_what_a_row_that_is_used_twice_does_is_said() -> None:
    model = SimpleNamespace(layers=[Embedding(trainable_weights=["table"])], optimizer=Adam())
    assert "more than once" in optimizers.steps_of_rows(model)[0]
    for other in (SGD(), None):
        assert optimizers.steps_of_rows(SimpleNamespace(layers=model.layers, optimizer=other)) == []
    frozen = SimpleNamespace(layers=[SimpleNamespace(layers=[Embedding(trainable_weights=[])])], optimizer=Adam())
    assert optimizers.steps_of_rows(frozen) == []
