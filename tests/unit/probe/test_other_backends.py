"""Keras 3 with JAX behind it: what it is given, what is sown, and that its process is not forked. TensorFlow is a stand-in."""

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from crossload.probe.operations import scenario_code
from crossload.probe.process import isolation, kernel_cache


class _Tensor:
    def __init__(self, value: Any) -> None:
        self.value = value


@pytest.fixture
def sown(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Stands for TensorFlow; what its random sources and Keras' own were given."""
    given: dict[str, Any] = {"backend": "tensorflow"}
    keras: Any = ModuleType("tensorflow.keras")
    keras.backend = SimpleNamespace(backend=lambda: given["backend"])
    keras.utils = SimpleNamespace(set_random_seed=lambda number: given.update(keras=number))
    tensorflow: Any = ModuleType("tensorflow")
    tensorflow.keras, tensorflow.constant = keras, _Tensor
    tensorflow.random = SimpleNamespace(set_seed=lambda number: given.update(tensorflow=number))
    context: Any = ModuleType("tensorflow.python.eager.context")
    context._context = None
    eager: Any = ModuleType("tensorflow.python.eager")
    eager.context = context
    for name, module in {"tensorflow": tensorflow, "tensorflow.keras": keras, "tensorflow.python.eager": eager}.items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setitem(sys.modules, "tensorflow.python", ModuleType("tensorflow.python"))
    monkeypatch.setattr(kernel_cache, "kept", lambda: _Nothing())
    return given


class _Nothing:
    def __enter__(self) -> None: ...

    def __exit__(self, *error: object) -> None: ...


def test_keras_draws_the_same_numbers_whatever_it_computes_with(sown: dict[str, Any]) -> None:
    scenario_code.seed("dense")
    assert "keras" not in sown
    sown["backend"] = "jax"
    scenario_code.seed("dense")
    assert sown["keras"] == sown["tensorflow"]


def test_numbers_stay_arrays_where_tensorflow_does_not_compute(sown: dict[str, Any]) -> None:
    numbers, words = np.ones(2, np.float32), np.array(["a", "b"])
    assert isinstance(scenario_code.as_tensors([numbers]), _Tensor)
    sown["backend"] = "jax"
    assert scenario_code.as_tensors([numbers]) is numbers
    # Layers that look words up are TensorFlow's.
    kept, looked_up = scenario_code.as_tensors([numbers, words])
    assert kept is numbers
    assert isinstance(looked_up, _Tensor)


def test_a_process_in_which_jax_runs_is_not_forked(sown: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    assert isolation.can_fork()
    bridge: Any = ModuleType("jax._src.xla_bridge")
    monkeypatch.setitem(sys.modules, "jax._src.xla_bridge", bridge)
    assert isolation.can_fork()
    bridge._backends = {"cpu": object()}
    assert not isolation.can_fork()
